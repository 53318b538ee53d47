"""Blobs: written whole or not at all, named by content, kept while named."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skyjar.kernel.blobs import GRACE_S, Blob, Blobs, Collector, Flowing, Slices, size_of
from skyjar.kernel.frames import Damaged
from skyjar.kernel.memory import MemoryDriver
from skyjar.kernel.store import Store, Transaction
from skyjar.kernel.tables import Place, Record, Table


class Thing(Record, frozen=True):
    name: str
    blob: str = ""
    parts: tuple[str, ...] = ()


things = Table("test.things", Thing, key=("name",), blobs=("blob", "parts"))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


NOW = 4e9


def collect(blobs: Blobs, store: Store, then: float = NOW) -> int:
    """Two rounds, a grace period apart."""
    collector = Collector(blobs)

    def round_at(now: float) -> int:
        return sum(store.transact(lambda tx: collector.step(tx, now, 2)) for _ in range(9))

    assert round_at(then - GRACE_S) == 0
    return round_at(then)


def test_a_blob_is_named_by_its_content_and_read_in_parts(blobs: Blobs) -> None:
    blob = blobs.put(b"0123456789")
    assert blob.name == hashlib.sha256(b"0123456789").hexdigest()
    assert blob.size == 10
    found = blobs.open(blob.name)
    assert (found.read(), found.read(3), found.read(3, 4), found.read(9, 50)) == (
        b"0123456789", b"3456789", b"3456", b"9",
    )  # fmt: skip
    with pytest.raises(FileNotFoundError):
        blobs.open("0" * 64)


def test_the_same_content_twice_is_one_blob(blobs: Blobs) -> None:
    assert blobs.put(b"same").path == blobs.put(b"same").path


def test_what_is_streamed_is_hashed_on_the_way(blobs: Blobs) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    writer = blobs.writer(digest)
    for chunk in (b"ab", b"", b"cd"):
        writer.write(chunk)
    assert writer.close().read() == b"abcd"
    assert digest.hexdigest() == hashlib.md5(b"abcd", usedforsecurity=False).hexdigest()


def test_an_aborted_one_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    writer = blobs.writer()
    writer.write(b"half")
    writer.abort()
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_what_was_being_written_when_the_process_died_is_cleared_away(blobs: Blobs, tmp_path: Path) -> None:
    blobs.writer().write(b"half")
    kept = blobs.put(b"whole")
    again = Blobs(tmp_path / "blobs")
    assert again.open(kept.name).read() == b"whole"
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []


def test_with_sync_it_is_written_the_same(tmp_path: Path) -> None:
    assert Blobs(tmp_path / "blobs", is_synced=True).put(b"x").read() == b"x"


def test_collecting_keeps_what_a_record_names(blobs: Blobs) -> None:
    store = Store(MemoryDriver())
    one, two, three, loose = (blobs.put(text) for text in (b"1", b"2", b"3", b"loose"))

    def at(tx: Transaction) -> Place:
        return Place(tx, "111122223333", "us-east-1")

    store.transact(lambda tx: things.add(at(tx), Thing(name="a", blob=one.name, parts=(two.name, three.name))))
    store.transact(lambda tx: things.add(at(tx), Thing(name="b", blob=one.name)))
    assert collect(blobs, store) == 1
    assert not loose.path.exists()
    store.transact(lambda tx: things.put(at(tx), Thing(name="a", parts=(three.name,))))
    assert collect(blobs, store) == 1
    assert not two.path.exists()
    assert one.path.exists()
    store.transact(lambda tx: things.delete(at(tx), "b"))
    store.transact(lambda tx: things.delete(at(tx), "a"))
    assert collect(blobs, store) == 2


def test_collecting_leaves_the_young(blobs: Blobs) -> None:
    store = Store(MemoryDriver())
    young, old = blobs.put(b"young"), blobs.put(b"old")
    os.utime(young.path, (NOW - 1, NOW - 1))
    assert collect(blobs, store) == 1
    assert (young.path.exists(), old.path.exists()) == (True, False)


def test_what_is_named_between_two_rounds_stays(blobs: Blobs) -> None:
    """An upload of content that was about to be deleted must survive."""
    store = Store(MemoryDriver())
    blob, collector = blobs.put(b"again"), Collector(blobs)
    place = lambda tx: Place(tx, "111122223333", "us-east-1")  # noqa: E731
    for named, now in ((False, NOW), (True, NOW + 1), (False, NOW + GRACE_S)):
        if named:
            store.transact(lambda tx: things.put(place(tx), Thing(name="a", blob=blob.name)))
        else:
            store.transact(lambda tx: things.delete(place(tx), "a"))
        for _ in range(3):
            assert store.transact(lambda tx: collector.step(tx, now, 5)) == 0  # noqa: B023
    for _ in range(3):
        store.transact(lambda tx: collector.step(tx, NOW + 2 * GRACE_S, 5))
    assert not blob.path.exists()


def test_blobs_that_go_meanwhile_are_no_trouble(blobs: Blobs) -> None:
    store, collector = Store(MemoryDriver()), Collector(blobs)
    made = [blobs.put(bytes([n])) for n in range(20)]
    for now in (NOW, NOW + GRACE_S):
        for _ in range(30):
            store.transact(lambda tx: collector.step(tx, now, 1))  # noqa: B023
            if now == NOW and made:
                made.pop().path.unlink()
    shutil.rmtree(blobs.path("00").parent.parent)
    for _ in range(3):
        assert store.transact(lambda tx: collector.step(tx, NOW, 1)) == 0


def test_slices_are_read_one_after_another(blobs: Blobs) -> None:
    a, b = blobs.put(b"abcdef"), blobs.put(b"ghi")
    slices = Slices(((a, 2, 3), (b, 0, 3)))
    assert slices.length == 6
    assert slices.read() == b"cdeghi"


@pytest.mark.parametrize("layers", [1, 2])
def test_a_sealed_blob_is_read_with_its_secrets_only(blobs: Blobs, layers: int) -> None:
    data = b"hush" * 50_000
    made = blobs.put_sealed(data, layers)
    assert (made.size, len(made.secrets)) == (len(data), layers)
    assert b"hush" not in made.path.read_bytes()
    again = Blob(made.name, made.path, made.size, made.secrets)
    assert again.read() == data
    assert again.read(70_001, 10) == data[70_001:70_011]
    with again.stream(100_000) as stream:
        assert b"".join(iter(lambda: stream.read(30_000), b"")) == data[100_000:]
    assert blobs.put_sealed(data, layers).name != made.name


def test_a_damaged_blob_ends_where_it_is_damaged(blobs: Blobs) -> None:
    made = blobs.put_sealed(b"x" * 200_000)
    raw = bytearray(made.path.read_bytes())
    raw[150_000] ^= 1
    made.path.write_bytes(raw)
    with made.stream() as stream:
        assert (len(stream.read(65_536)), len(stream.read(65_536)), stream.read(65_536)) == (65_536, 65_536, b"")
    with pytest.raises(Damaged):
        made.read()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What comes of a full disk too: the last write that fits takes only a part of its bytes, and says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_blob_that_does_not_fit_is_refused_and_not_cut_short(blobs: Blobs, tmp_path: Path, is_sealed: bool) -> None:
    with files_of_at_most(60_000), pytest.raises(OSError, match="too large"):
        blobs.put_sealed(b"x" * 100_000) if is_sealed else blobs.put(b"x" * 100_000)
    assert not list(blobs.files())
    assert not list((tmp_path / "blobs" / "incoming").iterdir())
    assert blobs.put(b"x" * 100_000).size == 100_000


def test_a_body_that_is_still_coming_has_the_size_that_is_known() -> None:
    assert (size_of(Flowing("a")), size_of(Flowing("a", 5)), size_of(b"abc")) == (0, 5, 3)
    with pytest.raises(TypeError):
        Flowing("a").read()
