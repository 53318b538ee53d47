"""The event history: what was called, by whom, with what; and what is not in it."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.history import forwards
from skyjar.kernel.principals import Principal

DAY_S = 86_400


def look(desk: Any, key: str = "", value: str = "", **more: Any) -> list[dict[str, Any]]:
    if key:
        more["lookup_attributes"] = [{"AttributeKey": key, "AttributeValue": value}]
    found: list[dict[str, Any]] = desk.ask("cloudtrail").lookup_events(**more)["Events"]
    return found


def record(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event["CloudTrailEvent"])
    return found


def test_a_call_is_an_event(desk: Any) -> None:
    desk.ask("iam").create_user(user_name="ann", tags=[{"Key": "team", "Value": "blue"}])
    (event,) = look(desk, "EventName", "CreateUser")
    assert (event["Username"], event["ReadOnly"], event["EventSource"]) == ("root", "false", "iam.amazonaws.com")
    assert event["Resources"] == [{"ResourceType": "AWS::IAM::User", "ResourceName": "ann"}]
    shown = record(event)
    assert shown["userIdentity"] == {
        "type": "Root",
        "principalId": desk.account,
        "arn": f"arn:aws:iam::{desk.account}:root",
        "accountId": desk.account,
    }
    assert shown["requestParameters"] == {"userName": "ann", "tags": [{"key": "team", "value": "blue"}]}
    assert shown["responseElements"]["user"]["userName"] == "ann"
    assert shown["responseElements"]["user"]["createDate"] == "Jan 15, 2027, 8:00:00 AM"
    assert (shown["eventTime"], shown["eventID"]) == ("2027-01-15T08:00:00Z", event["EventId"])
    assert look(desk, "EventId", event["EventId"])[0]["EventName"] == "CreateUser"
    assert look(desk, "ResourceName", "ann")[0]["EventName"] == "CreateUser"


def test_what_is_refused_is_an_event_too(desk: Any) -> None:
    ann = Principal(
        kind="user", account=desk.account, arn=f"arn:aws:iam::{desk.account}:user/ann", id="AIDA1", name="ann",
        access_key="AKIA1",
    )  # fmt: skip
    with pytest.raises(AWSError):
        desk.ask("sqs", ann).list_queues()
    shown = record(look(desk, "AccessKeyId", "AKIA1")[0])
    assert (shown["errorCode"], shown["userIdentity"]["userName"]) == ("AccessDenied", "ann")
    assert "is not authorized to perform: sqs:ListQueues" in shown["errorMessage"]
    assert shown["responseElements"] is None


def test_secrets_are_not_in_it(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    secrets.create_secret(name="s", secret_string="hunter2")
    secrets.put_secret_value(secret_id="s", secret_binary=b"hunter2")
    secrets.get_secret_value(secret_id="s")
    desk.ask("iam").create_user(user_name="ann")
    key = desk.ask("iam").create_access_key(user_name="ann")["AccessKey"]
    texts = [event["CloudTrailEvent"] for event in look(desk) if event["EventSource"] != "kms.amazonaws.com"]
    assert len(texts) == 5
    texts = [event["CloudTrailEvent"] for event in look(desk)]
    assert not [text for text in texts if "hunter2" in text or key["SecretAccessKey"] in text]
    made = record(look(desk, "EventName", "CreateAccessKey")[0])["responseElements"]["accessKey"]
    assert made["accessKeyId"] == key["AccessKeyId"]

    def raw(tx: Any) -> bytes:
        return b"".join(row.parameters + row.answer for row in forwards(tx))

    assert b"hunter2" not in desk.store.transact(raw)


def test_reading_has_no_answer_and_data_is_not_told(desk: Any) -> None:
    url = desk.ask("sqs").create_queue(queue_name="q")["QueueUrl"]
    desk.ask("sqs").send_message(queue_url=url, message_body="x")
    desk.ask("sqs").get_queue_attributes(queue_url=url, attribute_names=["All"])
    names = [event["EventName"] for event in look(desk, "EventSource", "sqs.amazonaws.com")]
    assert names == ["GetQueueAttributes", "CreateQueue"]
    read = record(look(desk, "EventName", "GetQueueAttributes")[0])
    assert (read["eventName"], read["responseElements"], read["readOnly"]) == ("GetQueueAttributes", None, True)


def test_pages_times_and_ninety_days(desk: Any) -> None:
    for number in range(5):
        desk.ask("sqs").create_queue(queue_name=f"q{number}")
        desk.advance(10)
    first = desk.ask("cloudtrail").lookup_events(max_results=3)
    rest = desk.ask("cloudtrail").lookup_events(max_results=3, next_token=first["NextToken"])
    names = [record(event)["requestParameters"]["queueName"] for event in (*first["Events"], *rest["Events"])
             if event["EventName"] == "CreateQueue"]  # fmt: skip
    assert names == ["q4", "q3", "q2", "q1", "q0"]
    start = desk.clock.now() - 25
    assert [record(event)["requestParameters"]["queueName"] for event in look(desk, "EventName", "CreateQueue",
            start_time=start)] == ["q4", "q3"]  # fmt: skip
    assert look(desk, end_time=start - 1000) == []
    with pytest.raises(AWSError):
        look(desk, start_time=2.0, end_time=1.0)
    with pytest.raises(AWSError):
        look(desk, next_token="x")
    desk.advance(90 * DAY_S)
    assert look(desk, "EventName", "CreateQueue") == []


def test_a_region_and_an_account_see_their_own(desk: Any) -> None:
    desk.ask("sqs", region="eu-west-1").create_queue(queue_name="q")
    assert look(desk, "EventName", "CreateQueue") == []
    found = desk.ask("cloudtrail", region="eu-west-1").lookup_events()["Events"]
    assert [event["EventName"] for event in found] == ["CreateQueue"]


def test_what_is_rolled_back_did_not_happen(desk: Any) -> None:
    def body(tx: Any) -> None:
        desk.call(tx).ask("sqs").create_queue(queue_name="q")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        desk.store.transact(body)
    assert look(desk, "EventName", "CreateQueue") == []


def test_what_a_stack_does_comes_from_cloudformation(desk: Any) -> None:
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=body)
    desk.settle()
    made = record(look(desk, "EventName", "CreateQueue")[0])
    assert made["sourceIPAddress"] == made["userAgent"] == "cloudformation.amazonaws.com"
    assert made["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"
    assert record(look(desk, "EventName", "CreateStack")[0])["sourceIPAddress"] == "127.0.0.1"


def test_a_batch_of_secrets_is_an_event_for_each(desk: Any) -> None:
    secrets = desk.ask("secretsmanager")
    for name in ("a", "b"):
        secrets.create_secret(name=name, secret_string="x")
    secrets.batch_get_secret_value(secret_id_list=["a", "b"])
    read = [record(event)["requestParameters"]["secretId"] for event in look(desk, "EventName", "GetSecretValue")]
    assert sorted(read) == ["a", "b"]
