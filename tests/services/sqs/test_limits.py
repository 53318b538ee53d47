"""A queue's quotas at their real size: 120,000 messages, all in flight.

Operations are called in one transaction per thousand messages, so that this takes seconds."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.sqs import limits
from skyjar.services.sqs.errors import OverLimit

from .conftest import Make, Queue

BATCHES = limits.IN_FLIGHT // 10
AT_ONCE = 500


def rounds(queue: Queue, batches: int, operation: str, parameters: Any) -> list[Any]:
    """The answers to `operation(**parameters(number))` for each number below `batches`."""
    found: list[Any] = []
    for start in range(0, batches, AT_ONCE):

        def body(tx: Any, start: int = start) -> list[Any]:
            act = getattr(queue.desk.call(tx).ask("sqs"), operation)
            return [act(queue_url=queue.url, **parameters(n)) for n in range(start, min(start + AT_ONCE, batches))]

        found += queue.desk.store.transact(body)
    return found


def fill(queue: Queue, batches: int, fifo: bool) -> None:
    def entries(batch: int) -> dict[str, Any]:
        made = [{"Id": str(n), "MessageBody": f"{batch}-{n}"} for n in range(10)]
        if fifo:
            for each in made:
                each["MessageGroupId"] = each["MessageDeduplicationId"] = each["MessageBody"]
        return {"entries": made}

    for answer in rounds(queue, batches, "send_message_batch", entries):
        assert len(answer["Successful"]) == 10


def receive(queue: Queue, batches: int) -> set[str]:
    given = {"max_number_of_messages": 10, "visibility_timeout": 600}
    answers = rounds(queue, batches, "receive_message", lambda _: given)
    return {message["Body"] for answer in answers for message in answer["Messages"]}


@pytest.mark.spec("sqs-007", "sqs-032")
def test_a_standard_queue_holds_any_number_and_has_120_000_in_flight(queue: Make) -> None:
    made = queue()
    fill(made, BATCHES + 1, fifo=False)
    assert made.counts() == (limits.IN_FLIGHT + 10, 0, 0)
    assert len(receive(made, BATCHES)) == limits.IN_FLIGHT == 120_000
    with pytest.raises(OverLimit):
        made.take()
    assert made.counts() == (10, limits.IN_FLIGHT, 0)


@pytest.mark.spec("sqs-033")
def test_a_fifo_queue_returns_nothing_beyond_120_000(queue: Make) -> None:
    made = queue(is_fifo=True, FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    fill(made, BATCHES + 1, fifo=True)
    assert len(receive(made, BATCHES)) == limits.IN_FLIGHT
    assert made.take() == []
    assert made.counts() == (10, limits.IN_FLIGHT, 0)
