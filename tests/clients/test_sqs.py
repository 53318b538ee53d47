"""SQS with boto3, against a cloud whose clock the test turns."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import skyjar
from skyjar.edge.certificates import Authority
from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client


@pytest.fixture
def sqs(still: Account) -> Any:
    return still.client("sqs", Config(retries={"max_attempts": 0}))


@pytest.fixture
def turn(still_cloud: Running) -> Callable[[float], None]:
    return still_cloud.advance


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="q")["QueueUrl"])


def fifo(sqs: Any, name: str = "q.fifo", **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true", **attributes})["QueueUrl"])


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def message(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Message"])


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return code(error)


def bodies(sqs: Any, url: str, most: int = 10, **more: Any) -> list[str]:
    return [m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, **more).get("Messages", [])]


def arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def count(sqs: Any, url: str, which: str = "ApproximateNumberOfMessages") -> int:
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[which])["Attributes"][which])


@pytest.mark.spec("sqs-001")
def test_a_deleted_queue_is_gone_and_its_name_is_free_after_a_minute(sqs: Any, turn: Any) -> None:
    url = sqs.create_queue(QueueName="q", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x") == "AWS.SimpleQueueService.NonExistentQueue"
    assert refused(sqs.create_queue, QueueName="q") == "AWS.SimpleQueueService.QueueDeletedRecently"
    turn(60)
    assert sqs.create_queue(QueueName="q")["QueueUrl"] == url


@pytest.mark.spec("sqs-002", "sqs-003")
def test_a_queue_is_fifo_by_name_and_attribute_for_ever(sqs: Any, url: str) -> None:
    assert refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"}) == "InvalidAttributeName"
    assert refused(sqs.create_queue, QueueName="f", Attributes={"FifoQueue": "true"}) == "InvalidParameterValue"
    assert refused(sqs.create_queue, QueueName="f.fifo") == "InvalidParameterValue"


@pytest.mark.spec("sqs-004")
def test_tags_are_case_sensitive_and_overwritten(sqs: Any, url: str) -> None:
    sqs.tag_queue(QueueUrl=url, Tags={"Env": "a", "env": "b"})
    sqs.tag_queue(QueueUrl=url, Tags={"Env": "c"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"Env": "c", "env": "b"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["Env"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"env": "b"}


@pytest.mark.spec("sqs-005", "sqs-047")
def test_identity_policies_govern_every_call(still: Account, url: str) -> None:
    iam = still.client("iam")
    iam.create_user(UserName="ann")
    keys = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = still.client("sqs", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"])

    def allow(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)

    allow("sqs:CreateQueue")
    assert refused(ann.create_queue, QueueName="tagged", tags={"a": "b"}) in ("AccessDenied", "AccessDeniedException")
    assert refused(ann.send_message, QueueUrl=url, MessageBody="x") in ("AccessDenied", "AccessDeniedException")
    allow("sqs:CreateQueue", "sqs:TagQueue", "sqs:SendMessage")
    ann.create_queue(QueueName="tagged", tags={"a": "b"})
    ann.send_message(QueueUrl=url, MessageBody="x")


@pytest.mark.spec("sqs-006")
def test_purging_empties_a_queue_once_a_minute(sqs: Any, url: str, turn: Any) -> None:
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    sqs.purge_queue(QueueUrl=url)
    assert count(sqs, url) == 0
    assert refused(sqs.purge_queue, QueueUrl=url) == "AWS.SimpleQueueService.PurgeQueueInProgress"
    turn(60)
    sqs.purge_queue(QueueUrl=url)


@pytest.mark.spec("sqs-008")
def test_messages_are_kept_four_days_by_default_and_then_vanish(sqs: Any, url: str, turn: Any) -> None:
    def retention(value: str) -> None:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": value})

    assert count(sqs, url, "MessageRetentionPeriod") == 345_600
    retention("1209600")
    for value in ("1209601", "59"):
        with pytest.raises(ClientError) as error:
            retention(value)
        assert code(error) == "InvalidAttributeValue"
    retention("60")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert count(sqs, url) == 1
    turn(60)
    assert count(sqs, url) == 0
    assert bodies(sqs, url) == []


@pytest.mark.spec("sqs-009", "sqs-027", "sqs-028", "sqs-029")
def test_a_received_message_hides_for_its_timeout_and_comes_back(sqs: Any, url: str, turn: Any) -> None:
    assert count(sqs, url, "VisibilityTimeout") == 30
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "43200"})
    too_long = {"VisibilityTimeout": "43201"}
    assert refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=too_long) == "InvalidAttributeValue"
    assert refused(sqs.receive_message, QueueUrl=url, VisibilityTimeout=43_201) == "InvalidParameterValue"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert bodies(sqs, url) == ["x"]
    assert bodies(sqs, url) == []
    turn(29.9)
    assert bodies(sqs, url) == []
    turn(0.1)
    again = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    turn(31)
    assert bodies(sqs, url) == []


@pytest.mark.spec("sqs-010", "sqs-011")
def test_thousands_of_messages_all_arrive(sqs: Any, url: str) -> None:
    for start in range(0, 2_000, 10):
        entries = [{"Id": str(n), "MessageBody": str(start + n)} for n in range(10)]
        assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 10
    assert count(sqs, url) == 2_000
    seen: set[str] = set()
    while found := bodies(sqs, url):
        seen.update(found)
    assert seen == {str(n) for n in range(2_000)}


@pytest.mark.spec("sqs-012")
def test_a_message_has_one_byte_to_one_mebibyte(sqs: Any, url: str) -> None:
    assert count(sqs, url, "MaximumMessageSize") == 1_048_576
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="") in ("MissingParameter", "InvalidParameterValue")
    sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)
    with pytest.raises(ClientError) as error:
        sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_577)
    assert code(error) == "InvalidParameterValue"
    assert "must be shorter than" in message(error)


@pytest.mark.spec("sqs-013")
def test_ten_message_attributes_come_back(sqs: Any, url: str) -> None:
    ten = {f"a{n}": {"DataType": "String", "StringValue": str(n)} for n in range(9)}
    ten["b"] = {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"}
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=ten)
    got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert got["MessageAttributes"] == ten
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    eleven = {**ten, "c": {"DataType": "Number", "StringValue": "1"}}
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x", MessageAttributes=eleven) == "InvalidParameterValue"


@pytest.mark.spec("sqs-014", "sqs-020")
def test_a_body_waits_and_comes_back_byte_for_byte(sqs: Any, url: str) -> None:
    body = "q80K/ñ€😀\t\n=="
    sqs.send_message(QueueUrl=url, MessageBody=body)
    assert count(sqs, url) == 1
    got = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert (got["Body"], got["MD5OfBody"]) == (body, hashlib.md5(body.encode()).hexdigest())


@pytest.mark.spec("sqs-015")
def test_batches_have_one_to_ten_entries_and_fail_one_by_one(sqs: Any, url: str) -> None:
    def entries(number: int) -> list[dict[str, Any]]:
        return [{"Id": str(n), "MessageBody": "x"} for n in range(number)]

    send = sqs.send_message_batch
    assert refused(send, QueueUrl=url, Entries=entries(11)) == "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
    assert refused(send, QueueUrl=url, Entries=[]) == "AWS.SimpleQueueService.EmptyBatchRequest"
    twice = entries(1) + entries(1)
    assert refused(send, QueueUrl=url, Entries=twice) == "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"
    mixed = send(QueueUrl=url, Entries=[*entries(9), {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}])
    assert len(mixed["Successful"]) == 9
    assert (mixed["Failed"][0]["Id"], mixed["Failed"][0]["SenderFault"]) == ("bad", True)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    changes = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 60} for n, m in enumerate(got)]
    assert len(sqs.change_message_visibility_batch(QueueUrl=url, Entries=changes)["Successful"]) == 9
    handles = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got)]
    handles.append({"Id": "bad", "ReceiptHandle": "nonsense"})
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    assert (len(deleted["Successful"]), deleted["Failed"][0]["Code"]) == (9, "ReceiptHandleIsInvalid")


@pytest.mark.spec("sqs-016", "sqs-017", "sqs-018")
def test_delays_hide_new_messages(sqs: Any, turn: Any) -> None:
    assert refused(sqs.create_queue, QueueName="no", Attributes={"DelaySeconds": "901"}) == "InvalidAttributeValue"
    sqs.create_queue(QueueName="most", Attributes={"DelaySeconds": "900"})
    plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
    assert count(sqs, plain, "DelaySeconds") == 0
    url = sqs.create_queue(QueueName="d", Attributes={"DelaySeconds": "10"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="queue's")
    sqs.send_message(QueueUrl=url, MessageBody="none", DelaySeconds=0)
    sqs.send_message(QueueUrl=url, MessageBody="own", DelaySeconds=5)
    assert bodies(sqs, url) == ["none"]
    assert count(sqs, url, "ApproximateNumberOfMessagesDelayed") == 2
    turn(5)
    assert bodies(sqs, url) == ["own"]
    turn(5)
    assert bodies(sqs, url) == ["queue's"]
    ordered = fifo(sqs, DelaySeconds="3")
    own = {"MessageGroupId": "g", "MessageDeduplicationId": "1"}
    refusal = refused(sqs.send_message, QueueUrl=ordered, MessageBody="x", DelaySeconds=5, **own)
    assert refusal == "InvalidParameterValue"
    sqs.send_message(QueueUrl=ordered, MessageBody="x", **own)
    assert bodies(sqs, ordered) == []
    turn(3)
    assert bodies(sqs, ordered) == ["x"]


@pytest.mark.spec("sqs-021", "sqs-053")
def test_consumers_get_different_messages(sqs: Any, url: str) -> None:
    for number in range(6):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    first, second = bodies(sqs, url, 3), bodies(sqs, url, 3)
    assert not set(first) & set(second)
    assert len(first) == len(second) == 3


@pytest.mark.spec("sqs-023", "sqs-024")
def test_a_receive_returns_one_to_ten_messages_at_once(sqs: Any, url: str) -> None:
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(10)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    sqs.send_message_batch(QueueUrl=url, Entries=entries[:2])
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert len(bodies(sqs, url, 10)) == 10
    assert refused(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11) == "InvalidParameterValue"


@pytest.mark.spec("sqs-025", "sqs-026")
def test_a_long_poll_is_woken_by_a_message(account: Account) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})["QueueUrl"]
    assert refused(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21) == "InvalidParameterValue"
    began = time.monotonic()
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.extend(bodies(sqs, url)))
    waiting.start()
    while not account.running.call(lambda: bool(account.running.cloud.store._watches)):
        pass
    account.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    waiting.join(10)
    assert found == ["x"]
    assert time.monotonic() - began < 10
    assert bodies(sqs, url, WaitTimeSeconds=1) == []


@pytest.mark.spec("sqs-030", "sqs-031")
def test_visibility_is_changed_while_a_message_is_in_flight(sqs: Any, url: str, turn: Any) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    change = sqs.change_message_visibility
    assert refused(change, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_201) == "InvalidParameterValue"
    change(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=100)
    turn(99)
    assert bodies(sqs, url) == []
    change(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    refusal = refused(change, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=5)
    assert refusal == "AWS.SimpleQueueService.MessageNotInflight"
    assert bodies(sqs, url, VisibilityTimeout=1) == ["x"]
    turn(1)
    assert bodies(sqs, url, VisibilityTimeout=60) == ["x"]
    turn(59)
    assert bodies(sqs, url) == []
    turn(1)
    assert bodies(sqs, url) == ["x"]


def send_fifo(sqs: Any, url: str, body: str, group: str = "g", dedup: str = "") -> Any:
    return sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=dedup or f"{group}-{body}"
    )


@pytest.mark.spec("sqs-034", "sqs-036", "sqs-037")
def test_a_group_is_in_order_and_one_at_a_time(sqs: Any, turn: Any) -> None:
    url = fifo(sqs)
    numbers = [int(send_fifo(sqs, url, str(n), "a")["SequenceNumber"]) for n in range(4)]
    assert numbers == sorted(numbers)
    send_fifo(sqs, url, "0", "b")
    first = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
    assert (first["Body"], first["Attributes"]["MessageGroupId"]) == ("0", "a")
    other = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], MaxNumberOfMessages=10)["Messages"]
    assert [m["Attributes"]["MessageGroupId"] for m in other] == ["b"]
    assert bodies(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs, url, 2, VisibilityTimeout=5) == ["1", "2"]
    turn(5)
    rest = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [m["Body"] for m in rest] == ["1", "2", "3"]


@pytest.mark.spec("sqs-035", "sqs-040")
def test_fifo_messages_need_a_group_and_a_deduplication_id(sqs: Any) -> None:
    url = fifo(sqs)
    with pytest.raises(ClientError) as error:
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageDeduplicationId="1")
    assert code(error) == "MissingParameter"
    assert message(error) == "The request must contain the parameter MessageGroupId."
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g") == "InvalidParameterValue"


@pytest.mark.spec("sqs-038")
def test_a_deduplication_id_counts_for_five_minutes(sqs: Any, turn: Any) -> None:
    url = fifo(sqs)
    first, again = (send_fifo(sqs, url, "x", dedup="same") for _ in range(2))
    assert (first["MessageId"], first["SequenceNumber"]) == (again["MessageId"], again["SequenceNumber"])
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(got) == 1
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    turn(301)
    send_fifo(sqs, url, "x", dedup="same")
    assert bodies(sqs, url) == ["x"]


@pytest.mark.spec("sqs-039")
def test_content_based_deduplication_looks_at_the_body_alone(sqs: Any) -> None:
    url = fifo(sqs, ContentBasedDeduplication="true")
    for value in ("1", "2"):
        attributes = {"a": {"DataType": "String", "StringValue": value}}
        sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="g", MessageAttributes=attributes)
    assert bodies(sqs, url) == ["same"]


@pytest.mark.spec("sqs-041")
def test_a_retried_receive_gets_the_same_messages(sqs: Any) -> None:
    url = fifo(sqs)
    for number in range(3):
        send_fifo(sqs, url, str(number))
    first, again = (
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2, ReceiveRequestAttemptId="try")["Messages"]
        for _ in range(2)
    )
    assert [(m["Body"], m["ReceiptHandle"]) for m in first] == [(m["Body"], m["ReceiptHandle"]) for m in again]


@pytest.mark.spec("sqs-042")
def test_a_fifo_queue_takes_300_calls_a_second_unless_in_high_throughput(sqs: Any, turn: Any) -> None:
    url = fifo(sqs)
    for number in range(300):
        send_fifo(sqs, url, str(number))
    assert refused(send_fifo, sqs=sqs, url=url, body="extra") == "RequestThrottled"
    turn(1)
    send_fifo(sqs, url, "extra")
    fast = fifo(sqs, "h.fifo", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for number in range(310):
        send_fifo(sqs, fast, str(number))
    assert bodies(sqs, url) == [str(n) for n in range(10)]


@pytest.mark.spec("sqs-043", "sqs-044", "sqs-045", "sqs-046")
def test_failing_messages_go_to_the_dead_letter_queue_and_can_be_moved_back(sqs: Any, url: str, turn: Any) -> None:
    dead = sqs.create_queue(QueueName="dead", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
    redrive = {"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 2}
    other = fifo(sqs, "dead.fifo")
    wrong = json.dumps({**redrive, "deadLetterTargetArn": arn(sqs, other)})
    refusal = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"RedrivePolicy": wrong})
    assert refusal == "InvalidParameterValue"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(redrive)})
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sqs.send_message(QueueUrl=url, MessageBody="bad")
    sent = ""
    for _ in range(2):
        got = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1, AttributeNames=["SentTimestamp"])["Messages"][0]
        sent = got["Attributes"]["SentTimestamp"]
        turn(2)
    assert bodies(sqs, url) == []
    buried = sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0, AttributeNames=["All"])["Messages"][0]
    assert buried["Attributes"]["SentTimestamp"] == sent
    assert buried["Attributes"]["DeadLetterQueueSourceArn"] == arn(sqs, url)
    sqs.start_message_move_task(SourceArn=arn(sqs, dead))
    turn(1)
    task = sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert bodies(sqs, url) == ["bad"]


@pytest.mark.spec("sqs-045")
def test_retention_counts_from_the_first_sending(sqs: Any, turn: Any) -> None:
    dead = sqs.create_queue(QueueName="dead", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1})
    attributes = {"MessageRetentionPeriod": "3600", "RedrivePolicy": redrive}
    url = sqs.create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    assert bodies(sqs, url, VisibilityTimeout=61) == ["old"]
    turn(61)
    assert bodies(sqs, url) == []
    assert bodies(sqs, dead) == []


@pytest.mark.spec("sqs-046")
def test_a_move_task_can_be_cancelled(sqs: Any, url: str, turn: Any) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(5)]
    sqs.send_message_batch(QueueUrl=dead, Entries=entries)
    started = sqs.start_message_move_task(
        SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, url), MaxNumberOfMessagesPerSecond=1
    )
    turn(1.5)
    sqs.cancel_message_move_task(TaskHandle=started["TaskHandle"])
    turn(5)
    task = sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]
    assert task["Status"] == "CANCELLED"
    assert 0 < count(sqs, url) < 5
    assert count(sqs, url) + count(sqs, dead) == 5


@pytest.mark.spec("sqs-048", "sqs-049")
def test_a_queue_policy_lets_another_account_in_until_it_is_removed(still_cloud: Running, still: Account) -> None:
    sqs, other = still.client("sqs"), still_cloud.account()
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    theirs = other.client("sqs")
    assert refused(theirs.send_message, QueueUrl=url, MessageBody="x") in ("AccessDenied", "AccessDeniedException")
    sqs.add_permission(QueueUrl=url, Label="x", AWSAccountIds=[other.number], Actions=["SendMessage"])
    theirs.send_message(QueueUrl=url, MessageBody="x")
    assert refused(theirs.receive_message, QueueUrl=url) in ("AccessDenied", "AccessDeniedException")
    sqs.remove_permission(QueueUrl=url, Label="x")
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    assert "Policy" not in shown.get("Attributes", {})
    assert refused(theirs.send_message, QueueUrl=url, MessageBody="x") in ("AccessDenied", "AccessDeniedException")


@pytest.mark.spec("sqs-050")
def test_a_policy_can_insist_on_https() -> None:
    with skyjar.running(trusts_loopback=False) as strict_cloud:
        _insist_on_https(strict_cloud, strict_cloud.account())


def _insist_on_https(cloud: Running, account: Account) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn(sqs, url),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x") in ("AccessDenied", "AccessDeniedException")
    authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
    secure = boto3.client(
        "sqs",
        endpoint_url=cloud.endpoint.replace("http:", "https:"),
        region_name="us-east-1",
        aws_access_key_id=account.number,
        aws_secret_access_key="test",
        verify=str(authority.certificate_path),
    )
    secure.send_message(QueueUrl=url, MessageBody="x")


def test_the_query_protocol_of_older_clients_is_spoken(still: Account) -> None:
    import urllib.request

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    still.client("sqs").create_queue(QueueName="q")
    body = b"Action=GetQueueUrl&QueueName=q&Version=2012-11-05"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    made = AWSRequest("POST", still.running.endpoint + "/", headers, body)
    SigV4Auth(Credentials(still.number, "test"), "sqs", "us-east-1").add_auth(made)
    request = urllib.request.Request(made.url, body, dict(made.headers.items()))
    answer = urllib.request.urlopen(request).read().decode()
    assert f"<QueueUrl>{still.running.endpoint}/{still.number}/q</QueueUrl>" in answer
