"""Records of calls, and what `why` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyjar.pipeline.records import BATCH, BATCHES, KEPT, CallRecord, Records

if TYPE_CHECKING:
    from .conftest import Front
else:
    Front = Any


def test_a_call_is_recorded_with_who_what_and_how_it_ended(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"}, key="123456789012")
    front.json("AmazonSQS.GetQueueUrl", {"QueueName": "none"}, key="123456789012")
    good, bad = front.control("GET", "/_skyjar/calls?limit=2")["calls"]
    assert (good["service"], good["operation"], good["status"], good["error"]) == ("sqs", "CreateQueue", 200, "")
    assert (good["principal"], good["account"]) == ("arn:aws:iam::123456789012:root", "123456789012")
    assert good["decision"]["reason"] == "root"
    assert (bad["status"], bad["error"]) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    assert bad["took_ms"] > 0


def test_why_explains_a_denial(front: Front) -> None:
    policy = {"Statement": [{"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}  # fmt: skip
    key, secret = front.user("ann", policy)
    answer = front.json("AmazonSQS.CreateQueue", {"QueueName": "q"}, key=key, secret=secret)
    assert answer.status == 403
    assert "explicit deny" in answer.json["message"]
    front.json("AmazonSQS.ListQueues", {})
    (told,) = front.control("GET", "/_skyjar/why")["calls"]
    assert (told["operation"], told["status"]) == ("CreateQueue", 403)
    decision = told["decision"]
    assert (decision["is_allowed"], decision["reason"], decision["action"]) == (
        False,
        "explicit-deny",
        "sqs:CreateQueue",
    )
    assert decision["resource"].endswith(":q")
    assert decision["trace"]
    assert front.control("GET", f"/_skyjar/why?id={told['request_id'][:13]}")["calls"][0] == told
    assert front.control("GET", "/_skyjar/why?id=nobody")[0] == 400


def test_a_call_below_another_is_told_with_it(front: Front) -> None:
    template = '{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"below"}}}}'
    made = front.query("cloudformation", f"Action=CreateStack&Version=2010-05-15&StackName=s&TemplateBody={template}")
    assert made.status == 200, made.text
    front.loop.run_until_complete(front.pipeline.runner.settle())
    calls = front.control("GET", "/_skyjar/calls?limit=100")["calls"]
    inner = next(call for call in calls if call["operation"] == "CreateQueue")
    assert inner["parent"]


def _record(n: int) -> CallRecord:
    return CallRecord(f"id-{n}", "", 1.0, "sqs", "SendMessage", "arn", "1", "r", 200, "", 10, "::1", None)


def test_records_outlive_the_process_in_batches_and_the_oldest_go(front: Front) -> None:
    store = front.cloud.store
    records = Records(store)
    for n in range(BATCH * (BATCHES + 5)):
        records.add(_record(n))
    records.flush()
    again = Records(store)
    assert [record.request_id for record in again.find("id-999")] != []
    assert again.find("id-0") == []
    total, latest = again.latest(10)
    assert total == 0
    assert latest[-1].request_id == f"id-{BATCH * (BATCHES + 5) - 1}"
    assert len(records._kept) == KEPT


def test_following_sees_each_call_once(front: Front) -> None:
    records = Records(front.cloud.store)
    for n in range(5):
        records.add(_record(n))
    total, first = records.latest(3)
    records.add(_record(5))
    _, then = records.latest(100, after=total)
    assert [record.request_id for record in first] == ["id-2", "id-3", "id-4"]
    assert [record.request_id for record in then] == ["id-5"]
    assert records.latest(100, after=6)[1] == []


def test_no_call_is_told_twice_when_the_store_has_let_go_of_some_that_memory_keeps(front: Front) -> None:
    records = Records(front.pipeline.store)
    for n in range(BATCHES + 50):  # each written by itself, so that the first are dropped from the store
        records.add(_record(n))
        records.flush()
    assert [record.request_id for record in records.everything()] == [f"id-{n}" for n in range(BATCHES + 50)]
