"""Random operations on a server that is killed between them, and on a plain dictionary: they never differ.

The long form: SKYJAR_MODEL_MINUTES=5 pytest -s tests/simulate/test_kill_model.py
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.services.dynamodb.comparison import Refused
from tests.services.dynamodb.machine import NOON, OF_STREAMS, Machine, explore

from .servers import Server, Wire

pytestmark = pytest.mark.client
MINUTES = float(os.environ.get("SKYJAR_MODEL_MINUTES", "0"))


class Killed(Machine):
    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.server = Server(self.directory / "data")
        self.server.start()
        self.wire = Wire(self.server.port)
        body = json.dumps({"action": "freeze", "at": NOON}).encode()
        status, _ = self.wire.send("POST", "/_skyjar/clock", body, {"content-type": "application/json"})
        assert status == 200

    def send(self, operation: str, **members: Any) -> dict[str, Any]:
        target = "DynamoDBStreams_20120810" if operation in OF_STREAMS else "DynamoDB_20120810"
        status, answer = self.wire.json("dynamodb", f"{target}.{operation}", members)
        if status == 200:
            return answer
        reasons = [each["Code"] for each in answer.get("CancellationReasons", [])]
        raise Refused(answer["__type"].rpartition("#")[2], reasons)

    def turn(self, seconds: int) -> None:
        self.wire.advance(seconds)

    def restart(self) -> None:
        self.wire.close()
        self.server.kill()
        self.server.start()
        self.wire = Wire(self.server.port)

    def close(self) -> None:
        self.wire.close()
        self.server.stop()
        assert "Traceback" not in self.server.errors()
        shutil.rmtree(self.directory, ignore_errors=True)


def test_a_killed_server_and_a_dictionary_agree() -> None:
    if not MINUTES:
        explore(Killed, 2, 30)
        return
    began, rounds = time.monotonic(), 0
    while time.monotonic() - began < MINUTES * 60:
        explore(Killed, 10, 60)
        rounds += 1
    sys.stderr.write(f"{rounds * 10} runs of up to 60 steps\n")
