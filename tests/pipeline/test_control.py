"""Skyjar's own routes: snapshots, reset, the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from skyjar.wire.http import Request

from .conftest import HOST, signed

if TYPE_CHECKING:
    from .conftest import Answer, Front
else:
    Answer = Front = Any

URL = f"http://{HOST}/000000000000/q"


def queues(front: Front) -> list[str]:
    found: list[str] = front.json("AmazonSQS.ListQueues", {}).json.get("QueueUrls", [])
    return [url.rpartition("/")[2] for url in found]


def s3(front: Front, method: str, path: str, body: bytes = b"") -> Answer:
    headers = signed("s3", "", body).headers
    return front.send(Request(method, path, "", headers, body))


def test_health(front: Front) -> None:
    assert front.control("GET", "/_skyjar/health")["status"] == "ready"
    assert front.control("GET", "/_localstack/health")["services"]["sqs"] == "available"


def test_a_snapshot_brings_everything_back(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    front.json("AmazonSQS.SendMessage", {"QueueUrl": URL, "MessageBody": "kept"})
    assert s3(front, "PUT", "/bucket").status == 200
    assert s3(front, "PUT", "/bucket/key", b"content").status == 200
    assert front.control("POST", "/_skyjar/snapshots", {"name": "one"}) == {"name": "one"}
    front.json("AmazonSQS.CreateQueue", {"QueueName": "later"})
    front.json("AmazonSQS.PurgeQueue", {"QueueUrl": URL})
    s3(front, "PUT", "/bucket/key", b"changed")
    assert front.control("POST", "/_skyjar/snapshots/load", {"name": "one"}) == {"name": "one"}
    assert queues(front) == ["q"]
    assert front.json("AmazonSQS.ReceiveMessage", {"QueueUrl": URL}).json["Messages"][0]["Body"] == "kept"
    assert s3(front, "GET", "/bucket/key").status == 200
    assert [snapshot["name"] for snapshot in front.control("GET", "/_skyjar/snapshots")["snapshots"]] == ["one"]


def test_a_snapshot_may_be_loaded_twice_and_is_not_changed_by_what_follows(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    front.control("POST", "/_skyjar/snapshots", {"name": "one"})
    for n in range(3):
        front.json("AmazonSQS.CreateQueue", {"QueueName": f"extra{n}"})
        for _ in range(200):
            front.json("AmazonSQS.SendMessage", {"QueueUrl": URL, "MessageBody": "x" * 1000})
        front.control("POST", "/_skyjar/snapshots/load", {"name": "one"})
        assert queues(front) == ["q"]
        assert not front.json("AmazonSQS.ReceiveMessage", {"QueueUrl": URL}).json.get("Messages")


def test_reset_empties_the_cloud_and_it_goes_on(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    assert front.control("POST", "/_skyjar/reset", {}) == {"status": "empty"}
    assert queues(front) == []
    assert front.json("AmazonSQS.CreateQueue", {"QueueName": "q"}).status == 200


def test_a_poll_that_waits_while_the_state_is_swapped_looks_again(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    waiting = front.json("AmazonSQS.ReceiveMessage", {"QueueUrl": URL, "WaitTimeSeconds": 20})
    front.control("POST", "/_skyjar/reset", {})
    front.turn()
    assert waiting.status == 400


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a" * 65, None, 7, "a\0b"])
def test_a_name_that_is_no_snapshots_name_is_refused(front: Front, name: Any) -> None:
    for path in ("/_skyjar/snapshots", "/_skyjar/snapshots/load"):
        assert front.control("POST", path, {"name": name})[0] == 400


def test_snapshots_are_not_overwritten_and_can_be_removed(front: Front) -> None:
    front.control("POST", "/_skyjar/snapshots", {"name": "one"})
    assert front.control("POST", "/_skyjar/snapshots", {"name": "one"})[0] == 400
    assert front.control("POST", "/_skyjar/snapshots/load", {"name": "two"})[0] == 400
    assert front.control("DELETE", "/_skyjar/snapshots", {"name": "one"}) == {"name": "one"}
    assert front.control("GET", "/_skyjar/snapshots") == {"snapshots": []}


def test_advancing_does_what_falls_due_in_order(front: Front) -> None:
    """A delayed message shows itself to a waiting poll on the way, with the time at which it did."""
    front.control("POST", "/_skyjar/clock", {"action": "freeze", "at": 1_800_000_000})
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    waiting = []
    for delay in (30, 10, 20):
        front.json("AmazonSQS.SendMessage", {"QueueUrl": URL, "MessageBody": str(delay), "DelaySeconds": delay})
    for _ in range(3):
        body = {"QueueUrl": URL, "WaitTimeSeconds": 20, "AttributeNames": ["ApproximateFirstReceiveTimestamp"]}
        waiting.append(front.json("AmazonSQS.ReceiveMessage", body))
    told = front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 15})
    assert told["time"] == "2027-01-15T08:00:15.000Z"
    front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 15})
    found = [answer.json.get("Messages", []) for answer in waiting]
    seen = {
        message["Body"]: int(message["Attributes"]["ApproximateFirstReceiveTimestamp"]) - 1_800_000_000_000
        for messages in found
        for message in messages
    }
    assert seen == {"10": pytest.approx(10_000, abs=5), "20": pytest.approx(20_000, abs=5)}


def test_the_clock_is_kept_before_anything_happens_at_a_later_time(front: Front) -> None:
    """Else a process that is killed while the clock is turned comes up in the past of what it has written."""
    from skyjar.control import clock as kept
    from skyjar.kernel.clock import Clock

    front.control("POST", "/_skyjar/clock", {"action": "freeze", "at": 1_800_000_000})
    seen = []

    def look() -> None:
        again = Clock()
        kept.recall(front.cloud.store, again)
        seen.append((again.now(), front.cloud.clock.now()))

    front.cloud.clock.call_at(1_800_000_010, look)
    front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 15})
    assert seen == [(1_800_000_010.0, 1_800_000_010.0)]


def test_the_clock_is_kept_over_a_restart(front: Front) -> None:
    from skyjar.control import clock as kept
    from skyjar.kernel.clock import Clock

    front.control("POST", "/_skyjar/clock", {"action": "freeze", "at": "2030-01-01T00:00:00Z"})
    again = Clock()
    kept.recall(front.cloud.store, again)
    assert again.now() == 1893456000.0
    assert front.control("POST", "/_skyjar/clock", {"action": "resume"})["is_frozen"] is False


def test_a_clock_is_not_turned_by_what_is_no_time(front: Front) -> None:
    for body in (
        {"action": "advance", "seconds": -1},
        {"action": "set", "at": "x"},
        {"action": "jump"},
        {"action": "set"},
    ):
        assert front.control("POST", "/_skyjar/clock", body)[0] == 400
