"""Positions in a shard, as numbers and as AWS writes them. Pure.

A record's *ordinal* is at least the milliseconds of its arrival times 10^6: it grows within its shard, and tells what is trimmed and
where a time is. Its *sequence number* is the ordinal between the stream's time of creation and its shard's number, so that it is
unique in the stream; all have 56 digits, as AWS's have.
"""

from __future__ import annotations

from hashlib import md5

from . import limits

SCALE = 10**6
DIGITS = 56
MOST = 2**62  # of ordinals and shard numbers: what a key can hold, and any time to come


def ordinal_at(at_ms: int) -> int:
    """The first ordinal that a record of that time can have."""
    return max(at_ms, 0) * SCALE


def sequence(created_ms: int, shard: int, ordinal: int) -> str:
    return f"49{created_ms:013}{ordinal:019}{shard:022}"


def ordinal_of(created_ms: int, shard: int, sequence: str) -> int | None:
    """None for a number that is none of this shard's."""
    if shard_of(created_ms, sequence) != shard:
        return None
    found = int(sequence[15:34])
    return found if found < MOST else None


def shard_of(created_ms: int, sequence: str) -> int | None:
    """The number of the shard that a sequence number is of; None for one that is of another stream."""
    is_one = len(sequence) == DIGITS and sequence.isascii() and sequence.isdigit()
    if not is_one or sequence[:15] != f"49{created_ms:013}":
        return None
    found = int(sequence[34:])
    return found if found < MOST else None


def shard_id(number: int) -> str:
    return f"shardId-{number:012}"


def shard_number(text: str) -> int | None:
    digits = text.removeprefix("shardId-")
    if digits == text or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    return int(digits)


def digest(partition_key: str) -> bytes:
    """The hash key of a partition key: the MD5 of its UTF-8, as a number of 128 bits."""
    return md5(partition_key.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()


def as_bytes(hash_key: int) -> bytes:
    return hash_key.to_bytes(16, "big")


def as_text(hash_key: bytes) -> str:
    return str(int.from_bytes(hash_key, "big"))


def even_ends(count: int) -> list[int]:
    """The last hash keys of so many shards of one size."""
    return [limits.HASHES * (n + 1) // count - 1 for n in range(count)]
