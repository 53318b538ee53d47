"""A queue's messages in flight: with a lowered limit, and slowly at its real size, which is what proves the rows."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.sqs import limits
from skyjar.services.sqs.errors import OverLimit

from .conftest import Make, Queue

BATCHES = limits.IN_FLIGHT // 10


def fill(queue: Queue, batches: int) -> None:
    """Ten messages a batch, in a FIFO queue a group a batch."""
    for batch in range(batches):
        entries: list[dict[str, Any]] = [{"Id": str(n), "MessageBody": f"{batch}-{n}"} for n in range(10)]
        if queue.name.endswith(".fifo"):
            for each in entries:
                each |= {"MessageGroupId": str(batch), "MessageDeduplicationId": each["MessageBody"]}
        assert len(queue.sqs.send_message_batch(queue_url=queue.url, entries=entries)["Successful"]) == 10


def receive(queue: Queue, batches: int) -> set[str]:
    return {message["Body"] for _ in range(batches) for message in queue.take(visibility_timeout=600)}


@pytest.mark.slow
@pytest.mark.spec("sqs-007", "sqs-032")
def test_a_standard_queue_holds_any_number_and_has_120_000_in_flight(queue: Make) -> None:
    made = queue()
    fill(made, BATCHES + 1)
    assert made.counts() == (limits.IN_FLIGHT + 10, 0, 0)
    assert len(receive(made, BATCHES)) == limits.IN_FLIGHT == 120_000
    with pytest.raises(OverLimit):
        made.take()
    assert made.counts() == (10, limits.IN_FLIGHT, 0)


@pytest.mark.slow
@pytest.mark.spec("sqs-033")
def test_a_fifo_queue_returns_nothing_beyond_120_000(queue: Make) -> None:
    made = queue(is_fifo=True, FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    fill(made, BATCHES + 1)
    assert len(receive(made, BATCHES)) == limits.IN_FLIGHT
    assert made.take() == []
    assert made.counts() == (10, limits.IN_FLIGHT, 0)


@pytest.mark.parametrize("is_fifo", [False, True])
def test_with_a_lowered_limit_there_is_room_again_after_a_delete(
    queue: Make, monkeypatch: pytest.MonkeyPatch, is_fifo: bool
) -> None:
    monkeypatch.setattr(limits, "IN_FLIGHT", 20)
    made = queue(is_fifo=is_fifo)
    fill(made, 3)
    held = made.take() + made.take()
    assert len(held) == 20
    for _ in range(2):
        if is_fifo:
            assert made.take() == []
        else:
            with pytest.raises(OverLimit):
                made.take()
    made.delete(held[0]["ReceiptHandle"])
    made.hide(held[1]["ReceiptHandle"], 0)
    assert len(made.take(1)) == 1
    assert made.counts()[1] == 19
