"""Calls that wait: long polls without polling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from .conftest import HOST, signed

if TYPE_CHECKING:
    from .conftest import Answer, Front
else:
    Answer = Front = Any


class Ignore:
    on_close = None

    def __call__(self, response: object) -> None:
        assert response is not None


URL = f"http://{HOST}/000000000000/q"


def alarms(front: Front) -> list[float]:
    """When what waits for the clock is due."""
    return sorted(due for due, _, alarm in front.cloud.clock._alarms if alarm.callback is not None)


def poll(front: Front, wait_s: int = 20) -> Answer:
    return front.json("AmazonSQS.ReceiveMessage", {"QueueUrl": URL, "WaitTimeSeconds": wait_s})


def send(front: Front, body: str = "hello") -> None:
    assert front.json("AmazonSQS.SendMessage", {"QueueUrl": URL, "MessageBody": body}).status == 200


def queue(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})


def test_a_poll_is_answered_by_the_message_that_comes(front: Front) -> None:
    queue(front)
    waiting = poll(front)
    front.turn()
    assert waiting.response is None
    send(front)
    front.turn()
    assert waiting.json["Messages"][0]["Body"] == "hello"


def test_of_many_polls_each_message_answers_one(front: Front) -> None:
    queue(front)
    waiting = [poll(front) for _ in range(5)]
    send(front, "a")
    send(front, "b")
    front.turn()
    answered = [each.json["Messages"][0]["Body"] for each in waiting if each.response is not None]
    assert sorted(answered) == ["a", "b"]


def test_a_poll_ends_empty_at_its_time_by_the_turned_clock(front: Front) -> None:
    queue(front)
    waiting = poll(front, 10)
    front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 9})
    assert waiting.response is None
    front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 2})
    assert waiting.status == 200
    assert not waiting.json.get("Messages")


def test_a_client_that_leaves_takes_nothing_and_leaves_nothing_behind(front: Front) -> None:
    queue(front)
    before = alarms(front)
    waiting, store = poll(front), front.cloud.store
    assert store._watches
    waiting.leave()
    assert not store._watches
    assert alarms(front) == before
    send(front)
    front.turn()
    assert waiting.response is None
    assert poll(front, 0).json["Messages"][0]["Body"] == "hello"


def test_a_client_that_leaves_just_as_the_message_comes_does_not_lose_it(front: Front) -> None:
    """The message wakes the poll, and before it runs again the connection is gone."""
    queue(front)
    waiting = poll(front)
    body = orjson.dumps({"QueueUrl": URL, "MessageBody": "hello"})

    async def at_once() -> None:
        front.pipeline.handle(signed("sqs", "AmazonSQS.SendMessage", body), Ignore())  # type: ignore[arg-type]
        waiting.leave()

    front.loop.run_until_complete(at_once())
    front.turn()
    assert waiting.response is None
    assert poll(front, 0).json["Messages"][0]["Body"] == "hello"


def test_permissions_are_asked_again_when_a_wait_is_over(front: Front) -> None:
    allow = {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    key, secret = front.user("ann", allow)
    queue(front)
    waiting = front.json("AmazonSQS.ReceiveMessage", {"QueueUrl": URL, "WaitTimeSeconds": 20}, key=key, secret=secret)
    front.turn()
    front.query("iam", "Action=DeleteUserPolicy&Version=2010-05-08&UserName=ann&PolicyName=p")
    send(front)
    front.turn()
    assert waiting.status == 403
    assert poll(front, 0).json["Messages"]


def test_a_poll_of_a_queue_that_is_deleted_hears_of_it(front: Front) -> None:
    queue(front)
    waiting = poll(front)
    front.json("AmazonSQS.DeleteQueue", {"QueueUrl": URL})
    front.turn()
    assert waiting.status == 400
    assert "NonExistentQueue" in waiting.text or "QueueDoesNotExist" in waiting.text
