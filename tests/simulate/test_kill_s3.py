"""`kill -9` in the middle of S3's longer work: uploads in parts, copies, replication, lifecycle, collection.

The long form: SKYJAR_KILLS=50 SKYJAR_WRITES=20000 pytest -s tests/simulate/test_kill_s3.py (SKYJAR_SEED replays the choices).
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import boxes
from .boxes import BOXES, DYING, FAR, NEAR, Doer, Memory
from .servers import Gone, Server, Wire, eventually

pytestmark = pytest.mark.client
KILLS = int(os.environ.get("SKYJAR_KILLS", "3"))
WRITES = int(os.environ.get("SKYJAR_WRITES", "450"))
SEED = int(os.environ.get("SKYJAR_SEED", str(random.randrange(1_000_000))))
CLIENTS = 4
DAY_S = 86_400.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    made.start()
    boxes.prepare(made)
    yield made
    made.stop()


def turn(server: Server) -> None:
    """A day passes, and lifecycle begins its work; the server may die meanwhile."""
    with contextlib.suppress(Gone, AssertionError):
        Wire(server.port).advance(DAY_S)


def one_life(server: Server, memories: list[Memory], writes: int, chance: random.Random) -> None:
    doers = [Doer(server, memory) for memory in memories]
    for doer in doers:
        doer.start()
    until = sum(memory.acknowledged for memory in memories) + writes
    deadline = time.monotonic() + 120
    while sum(memory.acknowledged for memory in memories) < until and time.monotonic() < deadline:
        assert not any(memory.problems for memory in memories), [memory.problems for memory in memories]
        time.sleep(0.001)
    turning = threading.Thread(target=turn, args=(server,), daemon=True)
    turning.start()
    time.sleep(chance.random() * 0.1)
    server.kill()
    for thread in (*doers, turning):
        thread.join(60)


def check_all(server: Server, memories: list[Memory]) -> None:
    wire = Wire(server.port)
    for memory in memories:
        boxes.check(wire, memory)
        assert not memory.problems, f"seed {SEED}: {memory.problems[:5]}"
    wire.close()


def check_replicas(server: Server, memories: list[Memory]) -> None:
    s3 = boxes.client(server)
    if not eventually(lambda: boxes.versions(s3, NEAR) == boxes.versions(s3, FAR), 30):
        near, far = boxes.versions(s3, NEAR), boxes.versions(s3, FAR)
        pytest.fail(f"seed {SEED}: missing {set(near) - set(far)}, too many {set(far) - set(near)}, of {len(near)}")
    there = boxes.versions(s3, FAR)
    assert len({version for _, version, _ in there}) == len(there), "a version arrived twice"
    found = {s3.get_object(Bucket=FAR, Key=key, VersionId=version)["Body"].read() for key, version, tag in there if tag}
    assert {body for memory in memories for _, body in memory.sent} <= found, f"seed {SEED}"


def test_nothing_acknowledged_is_lost_or_torn_and_nothing_is_left_over(server: Server) -> None:
    chance = random.Random(SEED)
    memories = [Memory(number, SEED) for number in range(CLIENTS)]
    for _ in range(KILLS):
        one_life(server, memories, WRITES // KILLS, chance)
        server.start()
        check_all(server, memories)
    check_replicas(server, memories)
    wire, s3 = Wire(server.port), boxes.client(server)
    wire.advance(3 * DAY_S)
    assert not s3.list_objects_v2(Bucket=DYING).get("KeyCount"), "expirations did not finish"
    assert not s3.list_multipart_uploads(Bucket=BOXES, Prefix=boxes.LEFT).get("Uploads"), "abandoned uploads were left"
    server.kill()
    assert "Traceback" not in server.errors()
    there, named = boxes.collected(server.data, time.time())
    assert there == named, f"seed {SEED}: {len(there - named)} blobs nobody names, {len(named - there)} are gone"
    assert named
    server.start()
    check_all(server, memories)
    check_replicas(server, memories)


def test_of_many_writers_to_one_key_one_wins_wholly(server: Server) -> None:
    sizes = (10, 10_000, 40_000, 300_000)
    bodies = [boxes.body_of(f"writer-{number}", sizes[number % 4] + number) for number in range(20)]
    begin = threading.Barrier(len(bodies) + 1)
    torn: list[bytes] = []

    def write(body: bytes) -> None:
        wire = Wire(server.port)
        begin.wait(30)
        for _ in range(3):
            status, _ = wire.s3("PUT", f"/{BOXES}/one", body)
            seen = boxes.held(wire, BOXES, "one")
            if status != 200 or seen not in bodies:
                torn.append(seen or b"")
        wire.close()

    writers = [threading.Thread(target=write, args=(body,), daemon=True) for body in bodies]
    for writer in writers:
        writer.start()
    begin.wait(30)
    for writer in writers:
        writer.join(60)
    assert not torn
    wire = Wire(server.port)
    last = boxes.held(wire, BOXES, "one")
    assert last in bodies
    server.kill()
    server.start()
    assert boxes.held(Wire(server.port), BOXES, "one") == last
