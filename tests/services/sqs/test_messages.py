"""Messages of standard queues: contents, delay, visibility, batches, dead letters."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from skyjar.services.sqs import limits

from .conftest import Make, refusal


def text(value: str, kind: str = "String") -> dict[str, Any]:
    return {"DataType": kind, "StringValue": value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", {"StringValue": "x"}),
        ("a", text("")),
        ("a", text("x", "Text")),
        ("a", text("x", "Number")),
        ("a", text("nan", "Number")),
        ("a", text("1_000", "Number")),
        ("a", {"DataType": "Binary", "BinaryValue": b""}),
        ("a", {"DataType": "String", "StringValue": "x", "StringListValues": ["x"]}),
        ("AWS.a", text("x")),
        ("amazon.a", text("x")),
        (".a", text("x")),
        ("a.", text("x")),
        ("a..b", text("x")),
        ("a b", text("x")),
        ("", text("x")),
        ("a" * 257, text("x")),
    ],
)
def test_message_attributes_are_refused(queue: Make, name: str, value: dict[str, Any]) -> None:
    made = queue()
    assert refusal(made.send, "x", message_attributes={name: value})[0] == "InvalidParameterValue"
    assert made.counts() == (0, 0, 0)


@pytest.mark.parametrize("value", ["0", "-1", "+1.5", ".5", "1e100", "123456789012345678901234567890"])
def test_numbers_are_kept_as_written(queue: Make, value: str) -> None:
    made = queue()
    made.send("x", message_attributes={"a": text(value, "Number.int")})
    got = made.take(message_attribute_names=["a*"]) + made.take(message_attribute_names=["All"])
    assert "MessageAttributes" not in got[0]
    made.hide(got[0]["ReceiptHandle"], 0)
    assert made.take(message_attribute_names=["a"])[0]["MessageAttributes"] == {"a": text(value, "Number.int")}


def test_attributes_and_body_share_the_size(queue: Make) -> None:
    made = queue(MaximumMessageSize="1024")
    made.send("x" * 1013, message_attributes={"abcd": text("v")})
    sentence = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    assert refusal(made.send, "x" * 1014, message_attributes={"abcd": text("v")}) == ("InvalidParameterValue", sentence)
    assert refusal(made.send, "é" * 513) == ("InvalidParameterValue", sentence)


@pytest.mark.parametrize(("body", "code"), [("", "MissingParameter"), ("\0", "InvalidMessageContents"),
                                            ("a\uffff", "InvalidMessageContents"), ("\x0b", "InvalidMessageContents")])  # fmt: skip
def test_bodies_are_refused(queue: Make, body: str, code: str) -> None:
    assert refusal(queue().send, body)[0] == code


def test_a_batch_fails_entry_by_entry_and_keeps_the_rest_in_order(queue: Make) -> None:
    made = queue(is_fifo=True)
    entries = [
        {"Id": body, "MessageBody": body, "MessageGroupId": "g", "MessageDeduplicationId": body} for body in "abc"
    ]
    entries[1]["MessageAttributes"] = {"a": text("x", "Number")}  # type: ignore[assignment]
    answer = made.sqs.send_message_batch(queue_url=made.url, entries=entries)
    assert [done["Id"] for done in answer["Successful"]] == ["a", "c"]
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in answer["Failed"]] == [("b", "InvalidParameterValue", True)]
    assert made.bodies() == ["a", "c"]


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([str(n) for n in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["a.b"], "InvalidBatchEntryId"),
        (["a" * 81], "InvalidBatchEntryId"),
        (["a\n"], "InvalidBatchEntryId"),
    ],
)
def test_batches_are_refused_whole(queue: Make, ids: list[str], code: str) -> None:
    made = queue()
    entries = [{"Id": each, "MessageBody": "x", "ReceiptHandle": "x", "VisibilityTimeout": 0} for each in ids]
    for batch in ("send_message", "delete_message", "change_message_visibility"):
        act = getattr(made.sqs, f"{batch}_batch")
        assert refusal(act, queue_url=made.url, entries=entries)[0] == f"AWS.SimpleQueueService.{code}"


def test_a_batch_has_one_mebibyte(queue: Make) -> None:
    made = queue()
    entries = [{"Id": str(n), "MessageBody": "x" * 524_288} for n in range(2)]
    made.sqs.send_message_batch(queue_url=made.url, entries=entries)
    entries[0]["MessageBody"] += "x"
    code, sentence = refusal(made.sqs.send_message_batch, queue_url=made.url, entries=entries)
    assert (code, "You have sent 1048577 bytes." in sentence) == ("AWS.SimpleQueueService.BatchRequestTooLong", True)


def test_receiving_with_no_timeout_leaves_the_message_visible(queue: Make) -> None:
    made = queue()
    for body in "ab":
        made.send(body)
    assert sorted(made.bodies(visibility_timeout=0)) == ["a", "b"]
    assert made.counts() == (2, 0, 0)
    assert {m["Attributes"]["ApproximateReceiveCount"] for m in made.take()} == {"2"}
    assert made.counts() == (0, 2, 0)


def test_only_the_last_handle_works(queue: Make, desk: Any) -> None:
    made, other = queue(VisibilityTimeout="5"), queue("other")
    made.send("x")
    old = made.take()[0]["ReceiptHandle"]
    desk.advance(5)
    new = made.take()[0]["ReceiptHandle"]
    made.delete(old)
    assert made.counts() == (0, 1, 0)
    assert refusal(made.hide, old, 5)[0] == "AWS.SimpleQueueService.MessageNotInflight"
    assert refusal(other.delete, new)[0] == "ReceiptHandleIsInvalid"
    made.delete(new)
    made.delete(new)
    assert made.counts() == (0, 0, 0)


def test_twelve_hours_count_from_each_receipt(queue: Make, desk: Any) -> None:
    made = queue()
    made.send("x")
    handle = made.take()[0]["ReceiptHandle"]
    desk.advance(20)
    assert "Total VisibilityTimeout" in refusal(made.hide, handle, limits.VISIBILITY_S)[1]
    made.hide(handle, limits.VISIBILITY_S - 20)
    desk.advance(limits.VISIBILITY_S)
    made.hide(made.take()[0]["ReceiptHandle"], limits.VISIBILITY_S)


def test_a_delay_of_one_s_own_and_a_queue_s_count_from_the_sending(queue: Make, desk: Any) -> None:
    made = queue(DelaySeconds="5")
    made.send("queue's")
    made.send("own", delay_seconds=1)
    made.set(DelaySeconds="0")
    assert made.counts() == (0, 0, 2)
    desk.advance(1)
    assert made.bodies() == ["own"]
    desk.advance(4)
    assert made.bodies() == ["queue's"]


def test_a_long_poll_ends_at_a_delay(queue: Make, desk: Any) -> None:
    from skyjar.kernel.errors import Wait

    made = queue()
    made.send("x", delay_seconds=3)
    with pytest.raises(Wait) as wait:
        made.take(wait_time_seconds=20)
    assert wait.value.until == desk.clock.now() + 3


def test_dead_letters_keep_what_they_are(queue: Make, desk: Any) -> None:
    made, dead = queue(VisibilityTimeout="1"), queue("dead")
    made.dies_into(dead, after=2)
    attributes = {"a": text("v")}
    sent = made.send("x", message_attributes=attributes)
    for _ in range(2):
        assert made.bodies() == ["x"]
        desk.advance(1)
    assert made.bodies() == []
    (found,) = dead.take(message_attribute_names=["All"])
    assert (found["MessageId"], found["MessageAttributes"]) == (sent["MessageId"], attributes)
    assert found["Attributes"]["DeadLetterQueueSourceArn"] == made.arn
    assert made.counts() == (0, 0, 0)


def test_redriven_messages_are_new(queue: Make, desk: Any) -> None:
    made, dead = queue(VisibilityTimeout="1"), queue("dead")
    made.dies_into(dead)
    sent = made.send("x")
    made.take()
    desk.advance(1)
    made.take()
    dead.sqs.start_message_move_task(source_arn=dead.arn)
    desk.advance(1)
    (found,) = made.take()
    assert found["MessageId"] != sent["MessageId"]
    assert int(found["Attributes"]["SentTimestamp"]) > (desk.clock.now() - 2) * 1000
    assert "DeadLetterQueueSourceArn" not in found["Attributes"]


def test_md5s_are_of_the_utf_8(queue: Make) -> None:
    answer = queue().send("é", message_system_attributes={"AWSTraceHeader": text("Root=1")})
    assert answer["MD5OfMessageBody"] == hashlib.md5("é".encode()).hexdigest()
    assert len(answer["MD5OfMessageSystemAttributes"]) == 32


@pytest.mark.parametrize(("name", "value"), [("max_number_of_messages", 0), ("max_number_of_messages", 11),
                                             ("visibility_timeout", 43_201), ("wait_time_seconds", 21),
                                             ("receive_request_attempt_id", "a")])  # fmt: skip
def test_receives_are_refused(queue: Make, name: str, value: Any) -> None:
    made = queue()
    assert refusal(made.sqs.receive_message, queue_url=made.url, **{name: value})[0] == "InvalidParameterValue"
