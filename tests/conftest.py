"""Fixtures for every test: an operation called in-process with an in-memory store and a hand-set clock, and a cloud."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from skyjar.kernel.blobs import Blobs
from skyjar.kernel.call import Call, Origin
from skyjar.kernel.clock import Clock
from skyjar.kernel.ids import Chance
from skyjar.kernel.memory import MemoryDriver
from skyjar.kernel.principals import Principal, root
from skyjar.kernel.store import Conflict, Store, Transaction
from skyjar.pipeline.pipeline import Pipeline

NOON = 1_800_000_000.0  # 2027-01-15T08:00:00Z


class Again(Store):
    """Refuses every other transaction, as if another had come in between: what an operation did must not show twice."""

    def __init__(self, driver: MemoryDriver) -> None:
        super().__init__(driver)
        self._chance = Random(1)
        self.refused: Callable[[], None] = lambda: None

    def commit(self, tx: Transaction, *, is_gathered: bool = False) -> None:
        if tx.writes and self._chance.random() < 0.5:
            self.refused()
            raise Conflict
        super().commit(tx, is_gathered=is_gathered)


class Desk:
    """Calls operations without sockets: `desk.ask("sqs").send_message(…)`, each in its own transaction.

    The clock stands until `desk.advance(seconds)`, which runs the jobs that fall due. `desk.user(arn-name)` calls as
    somebody else.
    """

    account = "111122223333"
    region = "us-east-1"
    is_secure = True  # as calls from the machine itself are

    def __init__(self, directory: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(frozen_at=NOON, machine=lambda: 0.0)  # no time passes by itself
        self.store = Again(MemoryDriver()) if "SKYJAR_AGAIN" in os.environ else Store(MemoryDriver())
        self.pipeline = Pipeline(self.store, self.clock, Chance(1), Blobs(directory / "blobs"))
        if isinstance(self.store, Again):
            self.store.refused = self.pipeline.inside.memory.clear  # rates, which count runs in vain as well
        self.pipeline.start(self.loop)
        self.caller: Principal = root(self.account)

    def ask(self, service: str, caller: Principal | None = None, region: str | None = None) -> Any:
        return Asking(self, service, caller or self.caller, region or self.region)

    def call(self, tx: Transaction, caller: Principal | None = None) -> Call:
        who = caller or self.caller
        return Call(
            self.pipeline.inside,
            tx,
            now=self.clock.now(),
            caller=who,
            account=who.account or self.account,
            region=self.region,
            origin=Origin("http://127.0.0.1:4566", secure=self.is_secure),
        )

    def settle(self) -> None:
        self.loop.run_until_complete(self.pipeline.runner.settle())

    def advance(self, seconds: float) -> None:
        self.loop.run_until_complete(self.pipeline.runner.advance(self.clock.now() + seconds))

    def close(self) -> None:
        self.loop.run_until_complete(self.pipeline.stop())
        self.loop.close()


class Asking:
    def __init__(self, desk: Desk, service: str, caller: Principal, region: str) -> None:
        self._desk, self._service, self._caller, self._region = desk, service, caller, region

    def __getattr__(self, operation: str) -> Any:
        desk = self._desk

        def run(**parameters: Any) -> Any:
            def body(tx: Transaction) -> Any:
                call = desk.call(tx, self._caller)
                return getattr(call.ask(self._service, self._caller, region=self._region), operation)(**parameters)

            return desk.store.transact(body)

        return run


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()
