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

from skyjar.kernel.blobs import Blobs
from skyjar.kernel.clock import Clock
from skyjar.kernel.errors import AWSError
from skyjar.kernel.ids import Chance
from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Store
from skyjar.pipeline.pipeline import Pipeline
from tests.conftest import Desk

from .comparison import Refused
from .machine import Machine, explore

MINUTES = float(os.environ.get("SKYJAR_MODEL_MINUTES", "0"))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


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
    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.desk = Lasting(self.directory)

    def send(self, operation: str, **members: Any) -> dict[str, Any]:
        try:
            given = {snake(name): value for name, value in members.items()}
            answer: dict[str, Any] = getattr(self.desk.ask("dynamodb"), snake(operation))(**given)
        except AWSError as error:
            reasons = error.fields.get("CancellationReasons", [])
            raise Refused(error.code, [each["Code"] for each in reasons]) from error
        return answer

    def turn(self, seconds: int) -> None:
        self.desk.advance(seconds)

    def restart(self) -> None:
        self.desk.reopen()

    def close(self) -> None:
        self.desk.close()
        self.desk.store.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def test_the_service_and_a_dictionary_agree() -> None:
    if not MINUTES:
        explore(AtTheDesk, 60, 30)
        return
    began, rounds = time.monotonic(), 0
    while time.monotonic() - began < MINUTES * 60:
        explore(AtTheDesk, 100, 60)
        rounds += 1
    sys.stderr.write(f"{rounds * 100} runs of up to 60 steps\n")
