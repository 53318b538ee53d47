"""Sealed frames: any part is read alone, and nothing is moved, cut or changed."""

import pytest

from skyjar.kernel import frames
from skyjar.kernel.frames import FRAME_BYTES, TAG_BYTES, Damaged, Frames, Memory

KEY = bytes(range(32))
SIZES = (0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 3 * FRAME_BYTES + 7)


def content(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_is_opened(size: int) -> None:
    data = content(size)
    sealed = frames.seal(KEY, data)
    assert len(sealed) == frames.sealed_size(size)
    assert frames.opened((KEY,), sealed, size) == data
    assert data == b"" or data[:64] not in sealed or size < 4


@pytest.mark.parametrize("size", SIZES)
def test_any_part_is_read_alone(size: int) -> None:
    data = content(size)
    reader = Frames(Memory(frames.seal(KEY, data)), KEY, size)
    for offset in (0, 1, FRAME_BYTES - 1, FRAME_BYTES, 2 * FRAME_BYTES + 3, size):
        for length in (0, 1, 5, FRAME_BYTES, size):
            assert reader.read_at(offset, length) == data[offset : offset + length], (offset, length)


@pytest.mark.parametrize("chunk", [1, 1000, FRAME_BYTES, 200_000])
def test_it_does_not_matter_how_it_comes(chunk: int) -> None:
    data = content(2 * FRAME_BYTES + 5)
    parts: list[bytes] = []
    sealer = frames.Sealer(KEY, parts.append)
    for at in range(0, len(data), chunk):
        sealer.write(data[at : at + chunk])
    sealer.close()
    assert b"".join(parts) == frames.seal(KEY, data)


def test_what_was_changed_moved_or_cut_is_not_opened() -> None:
    size = 3 * FRAME_BYTES
    sealed = frames.seal(KEY, content(size))
    one = FRAME_BYTES + TAG_BYTES
    changed = bytes([sealed[0] ^ 1]) + sealed[1:]
    moved = sealed[one : 2 * one] + sealed[:one] + sealed[2 * one :]
    for wrong in (changed, moved):
        with pytest.raises(Damaged):
            frames.opened((KEY,), wrong, size)
    with pytest.raises(Damaged):
        frames.opened((KEY,), sealed[: 2 * one], 2 * FRAME_BYTES)  # whole frames, but not the last one
    with pytest.raises(Damaged):
        frames.opened((KEY,), sealed[:-1], size)
    with pytest.raises(Damaged):
        frames.opened((bytes(32),), sealed, size)


def test_a_second_layer_is_read_through() -> None:
    data, other = content(2 * FRAME_BYTES + 9), bytes(reversed(KEY))
    twice = frames.seal(other, frames.seal(KEY, data))
    reader = frames.layered(Memory(twice), (KEY, other), len(data))
    assert reader.read_at(FRAME_BYTES - 2, 10) == data[FRAME_BYTES - 2 : FRAME_BYTES + 8]
    assert reader.read_at(0, len(data)) == data
    short = frames.seal(other, frames.seal(KEY, b"short"))
    assert frames.opened((KEY, other), short, 5) == b"short"
    with pytest.raises(Damaged):
        frames.opened((other, KEY), short, 5)
