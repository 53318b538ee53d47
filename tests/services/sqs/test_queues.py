"""Queues: names, attributes, tags, policies, lists, deletion and purging."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.principals import root
from skyjar.services.sqs import limits

from .conftest import Make, refusal

RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
NONSENSE = ("", "x", "--5", "1.5", "1e3", "²", "９", "9" * 5_000, " 60", "60\n")


@pytest.mark.parametrize("name", RANGES)
def test_numbers_have_ranges(queue: Make, name: str) -> None:
    made = queue()
    least, most = RANGES[name]
    for value in (least, most):
        made.set(**{name: str(value)})
    for wrong in (str(least - 1), str(most + 1), *NONSENSE):
        assert refusal(made.set, **{name: wrong}) == (
            "InvalidAttributeValue",
            f"Invalid value for the parameter {name}.",
        )


def test_defaults_are_aws_s(queue: Make) -> None:
    shown = queue().shown()
    expected = {"DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
                "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true"}  # fmt: skip
    assert shown.items() >= expected.items()
    assert {"Policy", "RedrivePolicy", "FifoQueue", "KmsMasterKeyId"}.isdisjoint(shown)
    fifo = queue("f", is_fifo=True).shown()
    assert {
        name: fifo[name] for name in ("DeduplicationScope", "FifoThroughputLimit", "ContentBasedDeduplication")
    } == {
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
        "ContentBasedDeduplication": "false",
    }


def test_what_is_for_fifo_queues_alone(queue: Make) -> None:
    standard, fifo = queue(), queue(is_fifo=True)
    only = "You can specify the {} only when FifoQueue is set to true."
    for name, value, sentence in (
        ("ContentBasedDeduplication", "true", "Unknown Attribute ContentBasedDeduplication."),
        ("DeduplicationScope", "queue", only.format("DeduplicationScope")),
        ("FifoThroughputLimit", "perQueue", only.format("FifoThroughputLimit")),
        ("FifoQueue", "true", "Unknown Attribute FifoQueue."),
    ):
        assert refusal(standard.set, **{name: value}) == ("InvalidAttributeName", sentence)
    assert refusal(fifo.set, FifoQueue="false")[1].endswith("Reason: Modifying queue type is not supported.")
    fifo.set(FifoQueue="true")
    assert refusal(fifo.set, FifoThroughputLimit="perMessageGroupId")[0] == "InvalidAttributeValue"
    fifo.set(FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    assert refusal(fifo.set, DeduplicationScope="queue")[0] == "InvalidAttributeValue"


@pytest.mark.parametrize("name", ["a" * 81, "", "a b", "a.fifo", "a/b", "ä", "a\n"])
def test_names_are_refused(desk: Any, name: str) -> None:
    assert refusal(desk.ask("sqs").create_queue, queue_name=name)[0] == "InvalidParameterValue"


def test_creating_again_needs_the_same_attributes(queue: Make, desk: Any) -> None:
    first = queue(VisibilityTimeout="5")
    assert queue(VisibilityTimeout="5").url == queue().url == first.url
    assert refusal(queue, VisibilityTimeout="6")[0] == "QueueAlreadyExists"


def test_documents_are_removed_by_the_empty_string(queue: Make) -> None:
    made, dead = queue(), queue("dead")
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": made.arn}
    made.set(Policy=json.dumps({"Version": "2012-10-17", "Statement": allow}))
    made.dies_into(dead)
    made.set(RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    assert made.shown().keys() >= {"Policy", "RedrivePolicy", "RedriveAllowPolicy"}
    made.set(Policy="", RedrivePolicy="", RedriveAllowPolicy="")
    assert made.shown().keys().isdisjoint({"Policy", "RedrivePolicy", "RedriveAllowPolicy"})
    for wrong in ("x", "[]", '{"Statement": 1}', '{"Version":"2012-10-17","Statement":{"Effect":"Maybe"}}'):
        assert refusal(made.set, Policy=wrong)[0] == "InvalidAttributeValue"


def test_redrive_policies_are_checked(queue: Make) -> None:
    made, dead, ordered = queue(), queue("dead"), queue("dead", is_fifo=True)
    for target, count in ((dead.arn, 0), (dead.arn, 1001), (dead.arn, "²"), (ordered.arn, 1), (dead.arn + "x", 1)):
        wrong = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": count})
        assert refusal(made.set, RedrivePolicy=wrong)[0] == "InvalidParameterValue"
    assert "mandatory attribute: maxReceiveCount." in refusal(made.set, RedrivePolicy='{"deadLetterTargetArn":"a"}')[1]
    dead.set(RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    assert refusal(made.dies_into, dead)[0] == "InvalidParameterValue"
    dead.set(RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [made.arn]}))
    made.dies_into(dead)


def test_lists_come_in_pages(queue: Make, desk: Any) -> None:
    sqs, dead = desk.ask("sqs"), queue("z-dead")
    for number in range(5):
        queue(f"a{number}").dies_into(dead)
    assert len(sqs.list_queues()["QueueUrls"]) == 6
    first = sqs.list_queues(queue_name_prefix="a", max_results=3)
    second = sqs.list_queues(queue_name_prefix="a", max_results=3, next_token=first["NextToken"])
    names = [url.rpartition("/")[2] for url in first["QueueUrls"] + second["QueueUrls"]]
    assert names == ["a0", "a1", "a2", "a3", "a4"]
    assert "NextToken" not in second
    page = sqs.list_dead_letter_source_queues(queue_url=dead.url, max_results=4)
    rest = sqs.list_dead_letter_source_queues(queue_url=dead.url, max_results=4, next_token=page["NextToken"])
    assert (len(page["queueUrls"]), len(rest["queueUrls"]), "NextToken" in rest) == (4, 1, False)
    for wrong in (0, 1001):
        assert refusal(sqs.list_queues, max_results=wrong)[0] == "InvalidParameterValue"


def test_a_customer_s_key_is_not_found_when_sending(queue: Make) -> None:
    made = queue(KmsMasterKeyId="alias/mine")
    assert refusal(made.send, "x") == (
        "KMS.NotFoundException",
        "Alias arn:aws:kms:us-east-1:111122223333:alias/mine is not found.",
    )
    made.set(KmsMasterKeyId="alias/aws/sqs")
    made.send("x")
    assert (made.shown()["KmsMasterKeyId"], made.shown()["SqsManagedSseEnabled"]) == ("alias/aws/sqs", "false")
    made.set(SqsManagedSseEnabled="true")
    assert "KmsMasterKeyId" not in made.shown()
    both = {"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"}
    assert refusal(made.set, **both)[0] == "InvalidAttributeValue"


def test_purging_leaves_old_handles_harmless_and_numbers_growing(queue: Make) -> None:
    made = queue(is_fifo=True)
    before = int(made.send("a")["SequenceNumber"])
    handle = made.take()[0]["ReceiptHandle"]
    made.sqs.purge_queue(queue_url=made.url)
    made.delete(handle)
    assert refusal(made.hide, handle, 5)[0] == "InvalidParameterValue"
    assert int(made.send("a")["SequenceNumber"]) > before
    assert made.bodies() == ["a"]


def test_permissions_are_statements(queue: Make) -> None:
    made = queue()

    def add(label: str, actions: list[str], accounts: list[str]) -> None:
        made.sqs.add_permission(queue_url=made.url, label=label, actions=actions, aws_account_ids=accounts)

    add("one", ["SendMessage"], ["222222222222"])
    assert refusal(add, "one", ["*"], ["222222222222"])[1].endswith("Reason: Already exists.")
    assert refusal(add, "two", ["CreateQueue"], ["222222222222"])[0] == "InvalidParameterValue"
    assert refusal(add, "two", ["SendMessage"] * 8, ["222222222222"])[0] == "OverLimit"
    assert refusal(add, "two", [], ["222222222222"]) == (
        "MissingParameter",
        "The request must contain the parameter Actions.",
    )
    assert refusal(add, "two", ["*"], [])[0] == "MissingParameter"
    statement = json.loads(made.shown()["Policy"])["Statement"][0]
    assert (statement["Sid"], statement["Action"]) == ("one", "SQS:SendMessage")


def test_another_account_s_messages_expire_too(queue: Make, desk: Any) -> None:
    made = queue(MessageRetentionPeriod="60")
    made.sqs.add_permission(queue_url=made.url, label="x", actions=["*"], aws_account_ids=["222222222222"])
    other = desk.ask("sqs", root("222222222222"))
    other.send_message(queue_url=made.url, message_body="x")
    assert other.get_queue_url(queue_name="q", queue_owner_aws_account_id=desk.account)["QueueUrl"] == made.url
    desk.advance(61)
    assert made.counts() == (0, 0, 0)


def test_tags_have_limits(queue: Make) -> None:
    made = queue()
    made.sqs.tag_queue(queue_url=made.url, tags={f"k{n}": "" for n in range(limits.TAGS)})
    assert refusal(made.sqs.tag_queue, queue_url=made.url, tags={"more": ""})[0] == "InvalidParameterValue"
