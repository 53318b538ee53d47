"""Random operations on the service and on a plain dictionary, with restarts and a turned clock: they never differ.

The long form: SKYJAR_MODEL_MINUTES=5 pytest -s tests/services/dynamodb/test_model.py
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis.stateful import rule

from skyjar.kernel.blobs import Blobs
from skyjar.kernel.clock import Clock
from skyjar.kernel.errors import AWSError
from skyjar.kernel.ids import Chance
from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Store
from skyjar.pipeline.pipeline import Pipeline
from tests.conftest import Desk

from .comparison import Refused
from .machine import EXPIRIES, OF_STREAMS, Machine, explore
from .model import Move
from .moves import batches, singles, transactions

LAG_S = 7.0
MINUTES = float(os.environ.get("SKYJAR_MODEL_MINUTES", "0"))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def refusal(error: AWSError) -> Refused:
    return Refused(error.code, [each["Code"] for each in error.fields.get("CancellationReasons", [])])


class Lasting(Desk):
    """A desk on a folder: `reopen` is what a new process finds there."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.store.close()
        self.directory = directory
        self._open()

    def _open(self) -> None:
        self.store = Store(RocksDriver(self.directory / "store"))
        self.pipeline = Pipeline(self.store, self.clock, Chance(), Blobs(self.directory / "blobs"))
        self.pipeline.start(self.loop)

    def reopen(self) -> None:
        self.loop.run_until_complete(self.pipeline.stop())
        self.store.close()
        self.clock = Clock(frozen_at=self.clock.now())
        self._open()


class AtTheDesk(Machine):
    """Beside the rest, transactions that are going on are met, since what is written can be left waiting here."""

    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.desk = Lasting(self.directory)

    def send(self, operation: str, **members: Any) -> dict[str, Any]:
        try:
            given = {snake(name): value for name, value in members.items()}
            service = "dynamodbstreams" if operation in OF_STREAMS else "dynamodb"
            answer: dict[str, Any] = getattr(self.desk.ask(service), snake(operation))(**given)
        except AWSError as error:
            raise refusal(error) from error
        return answer

    def begin_only(self, operation: str, **members: Any) -> dict[str, Any]:
        """Do it, and leave what was written waiting."""
        tx = self.desk.store.begin()
        given = {snake(name): value for name, value in members.items()}
        try:
            answer: dict[str, Any] = getattr(self.desk.call(tx).ask("dynamodb"), snake(operation))(**given)
        except AWSError as error:
            raise refusal(error) from error
        tx.commit_gathered()
        self.begun = tx
        return answer

    def waits(self) -> bool:
        return self.begun.is_gathered

    @rule(first=transactions(EXPIRIES), second=transactions(EXPIRIES))
    def two_transactions_meet(self, first: list[Move], second: list[Move]) -> None:
        self.pair.meet(first, self.begin_only, self.waits, lambda ongoing: self.pair.together(second, ongoing))
        self.desk.store.flush()

    @rule(first=transactions(EXPIRIES), second=singles(EXPIRIES))
    def a_write_meets_a_transaction(self, first: list[Move], second: Move) -> None:
        self.pair.meet(first, self.begin_only, self.waits, lambda ongoing: self.pair.single(second, ongoing))
        self.desk.store.flush()

    @rule(first=transactions(EXPIRIES), second=batches(EXPIRIES))
    def a_batch_meets_a_transaction(self, first: list[Move], second: list[Move]) -> None:
        self.pair.meet(first, self.begin_only, self.waits, lambda ongoing: self.pair.batch(second, ongoing))
        self.desk.store.flush()

    def turn(self, seconds: int) -> None:
        self.desk.advance(seconds)

    def restart(self) -> None:
        self.desk.reopen()

    def close(self) -> None:
        self.desk.close()
        self.desk.store.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Stale(AtTheDesk):
    """Where reads may be stale: what is written, and whoever asks for what is there, sees nothing of it."""

    def open(self) -> None:
        super().open()
        self._behave(LAG_S)

    def restart(self) -> None:
        super().restart()
        self._behave(LAG_S)

    def _behave(self, lag_s: float) -> None:
        self.desk.pipeline.behaviour.stale_reads_s = lag_s

    def send(self, operation: str, **members: Any) -> dict[str, Any]:
        if members.get("IndexName", "lsi") != "lsi" or '."gsi"' in members.get("Statement", ""):
            self._behave(0.0)  # global indexes have no consistent reads
        elif operation in ("GetItem", "Query", "Scan", "ExecuteStatement"):
            members["ConsistentRead"] = True
        elif operation == "BatchGetItem":
            asked = {name: {**each, "ConsistentRead": True} for name, each in members["RequestItems"].items()}
            members["RequestItems"] = asked
        try:
            return super().send(operation, **members)
        finally:
            self._behave(LAG_S)


def test_stale_reads_change_nothing_of_what_is_there() -> None:
    explore(Stale, 30, 30)


def test_the_service_and_a_dictionary_agree() -> None:
    if not MINUTES:
        explore(AtTheDesk, 60, 30)
        return
    began, rounds = time.monotonic(), 0
    while time.monotonic() - began < MINUTES * 60:
        explore(AtTheDesk, 100, 60)
        rounds += 1
    sys.stderr.write(f"{rounds * 100} runs of up to 60 steps\n")
