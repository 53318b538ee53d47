"""Streams of events that come from a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.outside import Failed, Produce
from skyjar.pipeline import event_streams
from skyjar.pipeline.event_streams import produce

IDLE: dict[str, Any] = {"Idle": {}}


class Work:
    """Tells `told`, where an exception is raised and an event of threading is waited for."""

    def __init__(self, *told: Any) -> None:
        self.told, self.is_stopped = told, False

    def events(self) -> Iterator[dict[str, Any]]:
        for each in self.told:
            if isinstance(each, Exception):
                raise each
            if isinstance(each, threading.Event):
                assert each.wait(20)
            else:
                yield {each: {}}

    def stop(self) -> None:
        self.is_stopped = True

    @property
    def request(self) -> Produce:
        return Produce(self.events(), lambda: IDLE, self.stop)


async def read(work: Work) -> list[dict[str, Any]]:
    found = await produce(work.request)
    assert not isinstance(found, Exception)
    return [event async for event in found]


def test_events_come_in_order_and_the_work_is_told_that_it_is_over() -> None:
    work = Work("a", "b")
    assert asyncio.run(read(work)) == [{"a": {}}, {"b": {}}]
    assert work.is_stopped
    assert asyncio.run(read(Work())) == []


def test_what_fails_at_once_is_the_answer_and_later_the_end() -> None:
    for wrong, kind in ((AccessDenied("no"), AccessDenied), (ValueError("x"), Failed)):
        assert isinstance(asyncio.run(produce(Work(wrong, "a").request)), kind)
    assert asyncio.run(read(Work("a", AccessDenied("no"), "b"))) == [{"a": {}}, {"AccessDenied": {"message": "no"}}]
    [_, ended] = asyncio.run(read(Work("a", ValueError("x"))))
    assert list(ended) == ["InternalError"]


def test_somebody_who_waits_is_told_so_and_one_who_goes_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "IDLE_S", 0.001)
    gate = threading.Event()
    work = Work(gate, "a", gate)

    async def run() -> None:
        found = await produce(work.request)
        assert not isinstance(found, Exception)
        assert [await anext(found) for _ in range(3)] == [IDLE, IDLE, IDLE]
        gate.set()
        assert [event async for event in found if event != IDLE] == [{"a": {}}]
        gate.clear()
        again = await produce(work.request)
        assert not isinstance(again, Exception)
        work.is_stopped = False
        assert await anext(again) == IDLE
        await again.aclose()  # type: ignore[attr-defined]
        assert work.is_stopped
        gate.set()

    asyncio.run(run())
