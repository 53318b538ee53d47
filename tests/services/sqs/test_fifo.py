"""FIFO queues: groups, deduplication, dead letters, delay, throughput."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Make, refusal


def test_a_group_goes_on_behind_its_dead_letters(queue: Make, desk: Any) -> None:
    made, dead = queue(is_fifo=True, VisibilityTimeout="1"), queue("dead", is_fifo=True)
    made.dies_into(dead)
    for body in ("a", "b", "c", "d"):
        made.send(body)
    assert made.bodies(2) == ["a", "b"]
    desk.advance(1)
    assert made.bodies(1) == ["c"]
    assert dead.bodies() == ["a", "b"]


def test_dead_letters_that_share_a_deduplication_id_are_both_kept(queue: Make, desk: Any) -> None:
    made = queue(is_fifo=True, VisibilityTimeout="1", DeduplicationScope="messageGroup")
    dead = queue("dead", is_fifo=True)
    made.dies_into(dead)
    ids = [made.send(group, group, message_deduplication_id="same")["MessageId"] for group in "ab"]
    made.take()
    desk.advance(1)
    assert made.take() == []
    found = [message["Attributes"] for message in dead.take()]
    assert sorted(each["MessageDeduplicationId"] for each in found) == sorted(ids)
    assert {int(each["SentTimestamp"]) for each in found} == {int(desk.clock.now() * 1000)}


def test_a_redrive_keeps_the_order_of_groups(queue: Make, desk: Any) -> None:
    made, dead = queue(is_fifo=True), queue("dead", is_fifo=True)
    made.dies_into(dead)
    for body in ("1", "2", "3"):
        dead.send(body, "a")
        dead.send(body, "b")
    held = next(m for m in dead.take(1) if m["Attributes"]["MessageGroupId"] == "a")
    dead.sqs.start_message_move_task(source_arn=dead.arn, destination_arn=made.arn)
    desk.advance(1)
    assert made.bodies() == ["1", "2", "3"]
    dead.hide(held["ReceiptHandle"], 0)
    assert dead.bodies() == ["1", "2", "3"]


@pytest.mark.parametrize(("scope", "kept"), [("queue", ["x"]), ("messageGroup", ["x", "x"])])
def test_deduplication_is_of_the_queue_or_of_the_group(queue: Make, scope: str, kept: list[str]) -> None:
    made = queue(is_fifo=True, DeduplicationScope=scope)
    first = made.send("x", "a", message_deduplication_id="same")
    second = made.send("x", "b", message_deduplication_id="same")
    assert (first["MessageId"] == second["MessageId"]) is (len(kept) == 1)
    assert made.bodies() == kept


def test_a_deduplication_id_counts_after_the_message_is_deleted(queue: Make, desk: Any) -> None:
    made = queue(is_fifo=True)
    made.send("x")
    made.delete(made.take()[0]["ReceiptHandle"])
    desk.advance(299)
    made.send("x")
    assert made.bodies() == []
    desk.advance(1)
    made.send("x")
    assert made.bodies() == ["x"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"message_group_id": ""}, "MissingParameter"),
        ({"message_group_id": "a b"}, "InvalidParameterValue"),
        ({"message_group_id": "a" * 129}, "InvalidParameterValue"),
        ({"message_group_id": "ä"}, "InvalidParameterValue"),
        ({"message_deduplication_id": ""}, "InvalidParameterValue"),
        ({"message_deduplication_id": "a\n"}, "InvalidParameterValue"),
        ({"delay_seconds": 1}, "InvalidParameterValue"),
    ],
)
def test_sends_are_refused(queue: Make, parameters: dict[str, Any], code: str) -> None:
    assert refusal(queue(is_fifo=True).send, "x", **parameters)[0] == code


def test_a_standard_queue_knows_groups_but_no_deduplication(queue: Make) -> None:
    made = queue()
    made.send("x", message_group_id="tenant")
    assert made.take()[0]["Attributes"]["MessageGroupId"] == "tenant"
    assert refusal(made.send, "x", message_deduplication_id="1")[0] == "InvalidParameterValue"


def test_an_expired_handle_deletes_nothing(queue: Make, desk: Any) -> None:
    made = queue(is_fifo=True, VisibilityTimeout="1")
    made.send("x")
    handle = made.take()[0]["ReceiptHandle"]
    desk.advance(1)
    code, sentence = refusal(made.delete, handle)
    assert (code, sentence.endswith("Reason: The receipt handle has expired.")) == ("InvalidParameterValue", True)
    assert made.bodies() == ["x"]


def test_a_new_delay_counts_for_what_is_there(queue: Make, desk: Any) -> None:
    made = queue(is_fifo=True, DelaySeconds="100")
    made.send("a")
    desk.advance(10)
    made.set(DelaySeconds="20")
    assert made.bodies() == []
    desk.advance(10)
    assert made.bodies() == ["a"]
    made.send("b", "h")
    made.set(DelaySeconds="0")
    assert made.bodies() == ["b"]
    made.send("c", "i")
    made.set(DelaySeconds="50")
    assert made.counts() == (0, 2, 1)


def test_an_attempt_returns_its_messages_until_one_is_gone(queue: Make, desk: Any) -> None:
    made = queue(is_fifo=True)
    for body in "ab":
        made.send(body)
    first = made.take(receive_request_attempt_id="1")
    again = made.take(receive_request_attempt_id="1")
    assert [m["ReceiptHandle"] for m in first] == [m["ReceiptHandle"] for m in again]
    assert again[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    made.delete(first[0]["ReceiptHandle"])
    assert made.take(receive_request_attempt_id="1") == []


@pytest.mark.parametrize("operation", ["send", "take", "hide"])
def test_300_calls_a_second_of_each_operation(queue: Make, desk: Any, operation: str) -> None:
    made = queue(is_fifo=True)
    made.send("first")
    handle = made.take()[0]["ReceiptHandle"]
    act = {"send": lambda: made.send("x"), "take": made.take, "hide": lambda: made.hide(handle, 9)}[operation]
    desk.advance(1)
    for _ in range(300):
        act()
    assert refusal(act)[0] == "RequestThrottled"
    desk.advance(1)
    act()


def test_a_group_waits_for_all_of_it_that_is_in_flight(queue: Make) -> None:
    made = queue(is_fifo=True)
    for body in "ab":
        made.send(body)
    first, second = made.take()
    made.hide(first["ReceiptHandle"], 0)
    assert made.take() == []
    made.hide(second["ReceiptHandle"], 0)
    assert made.bodies() == ["a", "b"]
