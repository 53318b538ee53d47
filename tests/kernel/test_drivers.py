"""The conformance suite: every storage driver must pass it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sortedcontainers import SortedDict

from skyjar.kernel.keys import after
from skyjar.kernel.memory import MemoryDriver
from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Driver

OPENERS: dict[str, Callable[[Path], Driver]] = {
    "memory": lambda directory: MemoryDriver(),
    "rocks": lambda directory: RocksDriver(directory / "store"),
}


@pytest.fixture(params=sorted(OPENERS))
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    opened = OPENERS[request.param](tmp_path)
    yield opened
    opened.close()


def everything(driver: Driver) -> list[tuple[bytes, bytes]]:
    return driver.scan(b"", b"\xff" * 64, None, False, False)


def test_what_was_put_is_found_and_what_was_not_is_none(driver: Driver) -> None:
    driver.commit({b"a": b"1", b"empty": b""})
    assert driver.get(b"a") == b"1"
    assert driver.get(b"empty") == b""
    assert driver.get(b"b") is None
    assert driver.get_many([b"b", b"a", b"empty", b"a"]) == [None, b"1", b"", b"1"]
    assert driver.get_many([]) == []


def test_absence_that_was_read_ends_with_a_put(driver: Driver) -> None:
    assert driver.get(b"a") is None
    driver.commit({b"a": b"1"})
    assert driver.get(b"a") == b"1"
    driver.commit({b"a": b"2" * 5000})
    assert driver.get(b"a") == b"2" * 5000
    driver.commit({b"a": None})
    assert driver.get(b"a") is None
    assert driver.get_many([b"a"]) == [None]


def test_deleting_what_is_not_there_is_nothing(driver: Driver) -> None:
    driver.commit({b"a": None})
    driver.commit({})
    assert everything(driver) == []


def test_a_scan_is_ordered_half_open_and_limited(driver: Driver) -> None:
    driver.commit({bytes([n]): bytes([n]) for n in (3, 1, 2, 5, 4)})
    keys = [bytes([n]) for n in (1, 2, 3, 4, 5)]
    scan = lambda *args: [key for key, _ in driver.scan(*args)]  # noqa: E731
    assert scan(b"", b"\xff", None, False, False) == keys
    assert scan(b"\x02", b"\x04", None, False, False) == keys[1:3]
    assert scan(b"\x02", b"\x04", None, True, False) == keys[2:0:-1]
    assert scan(b"", b"\xff", 2, False, False) == keys[:2]
    assert scan(b"", b"\xff", 2, True, False) == keys[:2:-1]
    assert scan(b"", b"\xff", 0, False, False) == []
    assert scan(b"", b"\xff", 0, True, False) == []
    assert scan(b"\x04", b"\x02", None, False, False) == []
    assert scan(b"\x02", b"\x02", None, True, False) == []


def test_a_reverse_scan_excludes_its_end_whether_it_exists_or_not(driver: Driver) -> None:
    driver.commit({b"a": b"1", b"b": b"2"})
    assert driver.scan(b"a", b"b", None, True, False) == [(b"a", b"1")]
    assert driver.scan(b"a", b"ab", None, True, False) == [(b"a", b"1")]
    assert driver.scan(b"a", b"z", None, True, False) == [(b"b", b"2"), (b"a", b"1")]


def test_keys_of_two_kibibytes_and_odd_bytes(driver: Driver) -> None:
    odd = [b"\0", b"\0\0", b"\xff" * 32, b"\0\xff\0", b"k" * 2048, b"k" * 2047 + b"l", b"\x80" * 2048, "ключ".encode()]
    driver.commit({key: key[::-1] for key in odd})
    assert everything(driver) == [(key, key[::-1]) for key in sorted(odd)]
    assert [driver.get(key) for key in odd] == [key[::-1] for key in odd]


def test_long_values(driver: Driver) -> None:
    value = os.urandom(1 << 20)
    driver.commit({b"long": value})
    assert driver.get(b"long") == value


def test_a_checkpoint_is_a_copy_that_opens(driver: Driver, tmp_path: Path) -> None:
    driver.commit({b"a": b"1", b"b": b"2"})
    driver.checkpoint(tmp_path / "made" / "checkpoint")
    driver.commit({b"a": b"changed", b"b": None, b"c": b"3"})
    path = tmp_path / "made" / "checkpoint"
    copy: Driver = MemoryDriver.restore(path) if isinstance(driver, MemoryDriver) else RocksDriver(path)
    assert everything(copy) == [(b"a", b"1"), (b"b", b"2")]
    copy.commit({b"d": b"4"})
    copy.close()
    assert everything(driver) == [(b"a", b"changed"), (b"c", b"3")]


def test_a_queue_that_is_consumed_and_refilled(driver: Driver) -> None:
    """What an is_queue scan remembers must not hide what comes before it later, or in another range."""
    key = lambda n: b"q" + n.to_bytes(4, "big")  # noqa: E731
    head = lambda: driver.scan(b"q", b"r", 1, False, True)  # noqa: E731
    for n in range(1, 50):
        driver.commit({key(n): b"x"})
    for n in range(1, 50):
        assert head()[0][0] == key(n)
        driver.commit({key(n): None})
    assert head() == []
    driver.commit({key(7): b"y"})
    assert head() == [(key(7), b"y")]
    driver.commit({key(3): b"z", key(7): None})
    assert head() == [(key(3), b"z")]


def test_a_queue_scan_that_starts_inside_the_range(driver: Driver) -> None:
    driver.commit({b"q5": b"5"})
    assert driver.scan(b"q3", b"r", 1, False, True) == [(b"q5", b"5")]
    driver.commit({b"q4": b"4"})
    assert driver.scan(b"q3", b"r", 1, False, True) == [(b"q4", b"4")]


def test_a_queue_scan_whose_end_moves(driver: Driver) -> None:
    driver.commit({b"q5": b"5"})
    assert driver.scan(b"q", b"q3", None, False, True) == []
    assert driver.scan(b"q", b"q9", None, False, True) == [(b"q5", b"5")]
    assert driver.scan(b"q", b"q4", None, False, True) == []
    driver.commit({b"q1": b"1"})
    assert driver.scan(b"q", b"q4", None, False, True) == [(b"q1", b"1")]


KEYS = st.binary(max_size=3).map(lambda b: bytes([byte % 4 * 85 for byte in b]))  # few bytes: 00 55 AA FF
COMMITS = st.dictionaries(KEYS.filter(bool), st.none() | st.binary(max_size=2), max_size=4)
SCANS = st.tuples(KEYS, KEYS, st.none() | st.integers(0, 4), st.booleans(), st.booleans())
PREFIX_SCANS = st.tuples(KEYS.filter(bool), st.none() | st.integers(0, 2)).map(
    lambda given: (given[0], after(given[0]), given[1], False, True)
)
STEPS = st.lists(st.one_of(COMMITS, SCANS, PREFIX_SCANS, KEYS.filter(bool)), max_size=40)


@pytest.mark.parametrize("kind", sorted(OPENERS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_it_is_a_sorted_dictionary(kind: str, steps: list[object]) -> None:
    """Any mix of commits, reads and scans answers as a sorted dictionary does."""
    with tempfile.TemporaryDirectory() as directory:
        driver = OPENERS[kind](Path(directory))
        model: SortedDict[bytes, bytes] = SortedDict()
        try:
            for step in steps:
                if isinstance(step, dict):
                    (driver.commit if len(step) % 2 else driver.gather)(dict(step))
                    for key, value in step.items():
                        if value is None:
                            model.pop(key, None)
                        else:
                            model[key] = value
                elif isinstance(step, bytes):
                    assert driver.get(step) == model.get(step)
                else:
                    start, end, limit, reverse, is_queue = step  # type: ignore[misc]
                    expected = [(key, model[key]) for key in model if start <= key < end]
                    if reverse:
                        expected.reverse()
                    assert driver.scan(start, end, limit, reverse, is_queue) == expected[:limit]
        finally:
            driver.close()


def test_what_is_gathered_is_seen_at_once_the_latest_of_each_key(driver: Driver) -> None:
    driver.commit({b"a": b"0", b"gone": b"0"})
    driver.gather({b"a": b"1", b"b": b"1", b"long": b"x" * 5000, b"gone": None})
    driver.gather({b"a": b"2"})
    assert [driver.get(key) for key in (b"a", b"b", b"gone")] == [b"2", b"1", None]
    assert driver.get(b"long") == b"x" * 5000
    assert driver.get_many([b"gone", b"a"]) == [None, b"2"]
    driver.gather({b"c": b"3"})
    assert [key for key, _ in everything(driver)] == [b"a", b"b", b"c", b"long"]
    driver.flush()
    driver.flush()
    assert [key for key, _ in everything(driver)] == [b"a", b"b", b"c", b"long"]
    assert driver.losses == 0


# What only an engine that outlives its process can be asked


def test_reopening_finds_what_was_committed(tmp_path: Path) -> None:
    driver = RocksDriver(tmp_path / "store")
    driver.commit({b"a": b"1"})
    driver.sync()
    driver.close()
    again = RocksDriver(tmp_path / "store")
    assert everything(again) == [(b"a", b"1")]
    again.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from skyjar.kernel.rocks import RocksDriver
driver = RocksDriver(Path(sys.argv[1]))
for n in range(1000):
    driver.commit({b"first" + n.to_bytes(4, "big"): b"x" * 100, b"second" + n.to_bytes(4, "big"): b"y" * 3000})
    os.write(1, b"%d\\n" % n)
    if n == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_committed_survives_a_kill_and_no_commit_is_half_there(tmp_path: Path) -> None:
    path = tmp_path / "store"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), "700"], capture_output=True, timeout=60)
    acknowledged = len(done.stdout.split())
    assert done.returncode == -9
    assert acknowledged == 701
    driver = RocksDriver(path)
    firsts = [key[-4:] for key, _ in driver.scan(b"first", b"firsu", None, False, False)]
    seconds = [key[-4:] for key, _ in driver.scan(b"second", b"secone", None, False, False)]
    assert firsts == seconds == [n.to_bytes(4, "big") for n in range(acknowledged)]
    driver.close()


def test_a_write_batch_torn_at_the_end_of_the_log_is_not_half_there(tmp_path: Path) -> None:
    path = tmp_path / "store"
    subprocess.run([sys.executable, "-c", KILLED, str(path), "20"], capture_output=True, timeout=60)
    log = max(path.glob("*.log"), key=lambda file: file.stat().st_size)
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 1000)
    driver = RocksDriver(path)
    firsts = driver.scan(b"first", b"firsu", None, False, False)
    seconds = driver.scan(b"second", b"secone", None, False, False)
    assert len(firsts) == len(seconds) == 20
    driver.close()


def test_a_second_process_is_told_that_the_store_is_in_use(tmp_path: Path) -> None:
    driver = RocksDriver(tmp_path / "store")
    code = "import sys; from pathlib import Path; from skyjar.kernel.rocks import RocksDriver; RocksDriver(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "store")], capture_output=True, timeout=60)
    assert b"cannot open the store" in done.stderr
    driver.close()


def test_a_commit_that_fails_is_not_remembered(tmp_path: Path) -> None:
    driver = RocksDriver(tmp_path / "store")
    driver.commit({b"a": b"1"})
    assert driver.get(b"a") == b"1"

    class Full:
        def write(self, batch: object) -> None:
            raise OSError("No space left on device")

    real, driver._db = driver._db, Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        driver.commit({b"a": b"2"})
    driver.gather({b"a": b"3"})
    with pytest.raises(OSError, match="No space"):
        driver.flush()
    driver._db = real
    driver.flush()
    assert driver.get(b"a") == b"1"
    assert driver.losses == 2
    driver.close()
