"""Bodies that are opened as they are sent."""

import asyncio
from pathlib import Path

from skyjar.edge.http2 import file_chunks
from skyjar.kernel.blobs import Blobs, Slices
from skyjar.pipeline.respond import file_slice


def test_sealed_and_plain_slices_are_sent_one_after_another(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    data = bytes(number * 7 % 251 for number in range(700_000))
    sealed, plain = blobs.put_sealed(data), blobs.put(data)
    pieces = ((sealed, 65_530, 400_000), (plain, 5, 10), (blobs.put_sealed(data, 2), 0, 300_000))
    body = file_slice(Slices(pieces))
    expected = data[65_530:465_530] + data[5:15] + data[:300_000]
    assert body.length == len(expected)

    async def sent() -> bytes:
        return b"".join([bytes(chunk) async for chunk in file_chunks(body, 256 * 1024)])

    assert asyncio.run(sent()) == expected
    with body.open() as file:
        assert file.read(len(expected)) == expected
