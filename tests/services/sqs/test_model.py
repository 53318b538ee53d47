"""Random operations against a plain Python model and against a queue: they never differ.

The model says what AWS promises: nothing is lost, what is in flight is not delivered again before its time, and a FIFO
queue's groups are in order and in flight one at a time.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.kernel.errors import AWSError

from .conftest import Queue

_names = count()
SECONDS, HANDLE = st.integers(0, 4), st.integers(0, 3)
STEP = st.one_of(
    st.tuples(st.just("send"), st.sampled_from("aab"), SECONDS),
    st.tuples(st.just("send"), st.sampled_from("aab"), st.just(0)),
    st.tuples(st.just("receive"), st.integers(1, 4), SECONDS),
    st.tuples(st.just("delete"), HANDLE, st.none()),
    st.tuples(st.just("hide"), HANDLE, SECONDS),
    st.tuples(st.just("turn"), st.integers(1, 3), st.none()),
)
FAST = {"FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


class Known(msgspec.Struct):
    body: str
    group: str
    visible_at: float
    handle: str = ""
    receives: int = 0


class Pair:
    """The queue and the model side by side. `handles` are all that were ever given out, the latest first."""

    def __init__(self, desk: Any, is_fifo: bool) -> None:
        name = f"m{next(_names)}" + (".fifo" if is_fifo else "")
        self.desk, self.is_fifo = desk, is_fifo
        self.queue = Queue(desk, name, FAST if is_fifo else {})
        self.known: list[Known] = []
        self.handles: list[tuple[str, str]] = []
        self.numbers = count()

    @property
    def now(self) -> float:
        now: float = self.desk.clock.now()
        return now

    def in_flight(self, each: Known) -> bool:
        return each.receives > 0 and each.visible_at > self.now

    def send(self, group: str, delay: int) -> None:
        body = f"{group}{next(self.numbers)}"
        if self.is_fifo:
            self.queue.send(body, group)
        else:
            self.queue.send(body, delay_seconds=delay)
        self.known.append(Known(body, group, self.now + (0 if self.is_fifo else delay)))

    def receivable(self) -> list[Known]:
        """Of a FIFO queue: all of the groups that have none in flight."""
        visible = [each for each in self.known if each.visible_at <= self.now]
        if not self.is_fifo:
            return visible
        busy = {each.group for each in self.known if self.in_flight(each)}
        return [each for each in visible if each.group not in busy]

    def receive(self, most: int, seconds: int) -> None:
        may = self.receivable()
        found = self.queue.take(most, visibility_timeout=seconds)
        assert len(found) == min(most, len(may))
        bodies = [message["Body"] for message in found]
        if self.is_fifo:
            for group in "abc":
                taken = [body for body in bodies if body[0] == group]
                assert taken == [each.body for each in may if each.group == group][: len(taken)]
        for message in found:
            (each,) = (each for each in may if each.body == message["Body"])
            each.receives += 1
            each.visible_at, each.handle = self.now + seconds, message["ReceiptHandle"]
            assert message["Attributes"]["ApproximateReceiveCount"] == str(each.receives)
            self.handles.insert(0, (each.body, each.handle))

    def named(self, index: int) -> tuple[str, Known | None]:
        """A handle that was given out, and the message if it is there and this is its latest."""
        if index >= len(self.handles):
            return "", None
        body, handle = self.handles[index]
        found = [each for each in self.known if each.body == body and each.handle == handle]
        return handle, found[0] if found else None

    def delete(self, index: int, _: None) -> None:
        handle, each = self.named(index)
        if not handle:
            return
        if self.is_fifo and each is not None and each.visible_at <= self.now:
            with pytest.raises(AWSError):
                self.queue.delete(handle)
            return
        self.queue.delete(handle)
        if each is not None:
            self.known.remove(each)

    def hide(self, index: int, seconds: int) -> None:
        handle, each = self.named(index)
        if not handle:
            return
        if each is None or not self.in_flight(each):
            with pytest.raises(AWSError):
                self.queue.hide(handle, seconds)
            return
        self.queue.hide(handle, seconds)
        each.visible_at = self.now + seconds

    def turn(self, seconds: int, _: None) -> None:
        self.desk.advance(seconds)

    def compare(self) -> None:
        hidden = [each for each in self.known if each.visible_at > self.now]
        flying = sum(1 for each in hidden if each.receives)
        assert self.queue.counts() == (len(self.known) - len(hidden), flying, len(hidden) - flying)

    def drain(self) -> None:
        """After all timeouts everything comes, each once, groups in order."""
        self.desk.advance(10)
        left = [each.body for each in self.known]
        came: list[str] = []
        while found := self.queue.take(10):
            for message in found:
                came.append(message["Body"])
                self.queue.delete(message["ReceiptHandle"])
        assert sorted(came) == sorted(left)
        if self.is_fifo:
            for group in "abc":
                assert [b for b in came if b[0] == group] == [b for b in left if b[0] == group]
        assert self.queue.counts() == (0, 0, 0)


@pytest.mark.parametrize("is_fifo", [False, True], ids=["standard", "fifo"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=12, max_size=40))
def test_a_queue_and_its_model_never_differ(desk: Any, is_fifo: bool, steps: list[tuple[str, Any, Any]]) -> None:
    pair = Pair(desk, is_fifo)
    for operation, first, second in steps:
        getattr(pair, operation)(first, second)
    pair.compare()
    pair.drain()
