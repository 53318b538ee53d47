"""`kill -9` at random instants: what was acknowledged is there, what was deleted stays away, what was begun goes on.

The long form: SKYJAR_KILLS=50 SKYJAR_WRITES=20000 pytest -s tests/simulate/test_kill.py (SKYJAR_SEED replays the choices,
SKYJAR_MINUTES ends it earlier).
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers import Server, Wire
from .writers import Ledger, State, Writer, check, drain, prepare

KILLS = int(os.environ.get("SKYJAR_KILLS", "3"))
WRITES = int(os.environ.get("SKYJAR_WRITES", "900"))
MINUTES = float(os.environ.get("SKYJAR_MINUTES", "1000"))
SEED = int(os.environ.get("SKYJAR_SEED", str(random.randrange(1_000_000))))
CLIENTS = 8


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def one_life(server: Server, ledger: Ledger, states: list[State], until: int, chance: random.Random) -> None:
    """Clients write until that many writes are acknowledged and a moment more; then the server is killed."""
    writers = [Writer(server, ledger, state) for state in states]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 60
    while ledger.acknowledged < until and time.monotonic() < deadline and not ledger.problems:
        time.sleep(0.001)
    time.sleep(chance.random() * 0.02)
    server.kill()
    for writer in writers:
        writer.join(60)
    assert not any(writer.is_alive() for writer in writers)


def restart(server: Server, chance: random.Random) -> None:
    """Start again; now and then it is killed while it starts."""
    while chance.random() < 0.15:
        server.spawn()
        time.sleep(chance.random() * 0.6)
        server.kill()
    server.start()


def test_nothing_acknowledged_is_lost(server: Server) -> None:
    chance, ledger = random.Random(SEED), Ledger()
    states = [State(number, SEED) for number in range(CLIENTS)]
    wire = Wire(server.port)
    prepare(wire)
    began, kills = time.monotonic(), 0
    while kills < KILLS and time.monotonic() - began < MINUTES * 60:
        until = ledger.acknowledged + chance.randrange(1, 2 * WRITES // KILLS)
        one_life(server, ledger, states, until, chance)
        kills += 1
        restart(server, chance)
        wire = Wire(server.port)
        check(wire, states, ledger.problems)
        wire.advance(60)  # what was in flight when it died is visible again
        wire.close()
        assert not ledger.problems, f"seed {SEED}, kill {kills}: {ledger.problems[:5]}"
    drain(server, ledger, states)
    assert not ledger.problems, f"seed {SEED}: {ledger.problems[:5]}"
    assert ledger.acknowledged > 0
    assert " ERROR " not in server.errors()
    assert "Traceback" not in server.errors()
    sys.stderr.write(f"{kills} kills, {ledger.acknowledged} acknowledged writes, seed {SEED}\n")
