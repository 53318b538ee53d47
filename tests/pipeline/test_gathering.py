"""Calls of one turn of the loop share a write; nobody is answered before it is done."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import orjson

from skyjar.pipeline.answers import PROBE

from .conftest import Answer, signed

if TYPE_CHECKING:
    from .conftest import Front
else:
    Front = Any

QUEUE = "http://127.0.0.1:4566/000000000000/q"


class Full:
    """A store on a disk that is full."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def write(self, batch: object) -> None:
        raise OSError("No space left on device")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _together(front: Front, count: int) -> list[Answer]:
    """Messages that arrive in one turn of the loop."""
    answers = [Answer() for _ in range(count)]
    bodies = [b'{"QueueUrl":"%s","MessageBody":"%d"}' % (QUEUE.encode(), n) for n in range(count)]
    requests = [signed("sqs", "AmazonSQS.SendMessage", body) for body in bodies]

    async def handle() -> None:
        for request, answer in zip(requests, answers, strict=True):
            front.pipeline.handle(request, answer)  # type: ignore[arg-type]
            assert answer.response is None
        assert front.pipeline.store.is_gathering

    front.loop.run_until_complete(handle())
    return answers


def _stored(front: Front) -> str:
    body = {"QueueUrl": QUEUE, "AttributeNames": ["ApproximateNumberOfMessages"]}
    found: str = front.json("AmazonSQS.GetQueueAttributes", body).json["Attributes"]["ApproximateNumberOfMessages"]
    return found


def test_calls_of_one_turn_are_written_together_and_then_answered(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    driver: Any = front.pipeline.store.driver
    written: list[int] = []
    write = driver.flush
    driver.flush = lambda: (written.append(len(driver._gathered)), write())
    answers = _together(front, 20)
    front.turn()
    assert [answer.status for answer in answers] == [200] * 20
    (size,) = [size for size in written if size]
    assert 20 < size < 40  # the messages, the tally once, the job that expires them
    assert _stored(front) == "20"


def test_when_the_write_fails_all_of_them_are_told_and_nothing_is_there(front: Front, caplog: Any) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    driver: Any = front.pipeline.store.driver

    real = driver._db
    driver._db = Full(real)
    answers = _together(front, 20)
    front.turn()
    driver._db = real
    assert {answer.status for answer in answers} == {500}
    assert "No space left" in caplog.text
    assert _stored(front) == "0"
    _together(front, 1)
    front.turn()
    assert _stored(front) == "1"


def test_a_loss_that_somebody_else_met_is_told_as_well(front: Front) -> None:
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    driver: Any = front.pipeline.store.driver
    real = driver._db

    answer = Answer()

    async def handle() -> None:
        front.pipeline.handle(signed("sqs", "AmazonSQS.CreateQueue", b'{"QueueName":"other"}'), answer)  # type: ignore[arg-type]
        driver._db = Full(real)
        try:
            driver.flush()  # as a scan of another call would
        except OSError:
            driver._db = real

    front.loop.run_until_complete(handle())
    front.turn()
    assert answer.status == 500


def test_no_call_leaves_work_for_the_collector(front: Front) -> None:
    """A cycle of references in every call would make the collector, and everybody with it, stop and look."""
    front.json("AmazonSQS.CreateQueue", {"QueueName": "q"})
    key, secret = front.user("ann", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    calls = {
        "SendMessage": {"QueueUrl": QUEUE, "MessageBody": "m"},
        "ReceiveMessage": {"QueueUrl": QUEUE, "WaitTimeSeconds": 0},
        "GetQueueAttributes": {"QueueUrl": QUEUE, "AttributeNames": ["All"]},
    }
    requests = [signed("sqs", f"AmazonSQS.{name}", orjson.dumps(body), key, secret) for name, body in calls.items()]

    async def handle() -> None:
        for request in requests:
            front.pipeline.handle(request, Answer())  # type: ignore[arg-type]

    front.loop.run_until_complete(handle())
    front.turn()
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            front.loop.run_until_complete(handle())
        front.turn()
        assert gc.collect() < 50
    finally:
        gc.enable()


def test_answers_wait_for_each_other_only_while_there_are_several(front: Front) -> None:
    request = signed("sqs", "AmazonSQS.ListQueues", b"{}")

    def arrive(count: int) -> int:
        """How many of the calls of one turn are answered before it is over."""
        answers = [Answer() for _ in range(count)]
        at_once: list[Answer] = []

        async def handle() -> None:
            for answer in answers:
                front.pipeline.handle(request, answer)  # type: ignore[arg-type]
            at_once.extend(answer for answer in answers if answer.response is not None)

        front.loop.run_until_complete(handle())
        front.turn()
        assert [answer.status for answer in answers] == [200] * count
        return len(at_once)

    arrive(PROBE + 2)  # finds out that there are several
    assert arrive(5) == 0
    assert arrive(1) == 0  # finds out that it is alone
    assert [arrive(1) for _ in range(PROBE)] == [1] * PROBE
    assert arrive(1) == 0
