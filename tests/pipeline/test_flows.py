"""Bodies that are passed on while they come."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from skyjar.kernel.blobs import Blobs, Flowing
from skyjar.kernel.errors import AWSError
from skyjar.pipeline import flows
from skyjar.pipeline.flows import Cut, Pipe


@pytest.fixture
def pipe(tmp_path: Path) -> Pipe:
    return Pipe(Blobs(tmp_path))


def test_what_is_written_is_read_before_the_end(pipe: Pipe) -> None:
    async def run() -> None:
        first = asyncio.ensure_future(anext(pipe))
        await asyncio.sleep(0)
        pipe.write(b"a")
        assert await first == b"a"
        pipe.write(b"b")
        pipe.close()
        assert [chunk async for chunk in pipe] == [b"b"]

    asyncio.run(run())


def test_what_was_broken_off_is_cut_after_what_came(pipe: Pipe) -> None:
    async def run() -> None:
        pipe.write(b"a")
        pipe.abort()
        assert await anext(pipe) == b"a"
        with pytest.raises(Cut):
            await anext(pipe)

    asyncio.run(run())


def test_a_slow_reader_finds_everything_in_order_and_leaves_no_file(
    pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "MEMORY_BYTES", 10)
    chunks = [bytes([number]) * 4 for number in range(20)]
    for chunk in chunks:
        pipe.write(chunk)
    pipe.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(chunks[0] in path.read_bytes() for path in files)

    async def run() -> list[bytes]:
        return [chunk async for chunk in pipe]

    assert b"".join(asyncio.run(run())) == b"".join(chunks)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_nothing_is_kept_for_a_reader_who_has_gone(pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MEMORY_BYTES", 10)
    pipe.write(b"a" * 20)
    asyncio.run(pipe.aclose())
    pipe.write(b"b" * 20)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_nobody_answers_with_a_body_that_is_not_there() -> None:
    with pytest.raises(AWSError):
        flows.Flows(None, ()).take(Flowing("gone"))  # type: ignore[arg-type]
