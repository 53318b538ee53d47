"""What is yet to follow from what was written: notifications to be sent, versions to be replicated; in order, by bucket."""

from __future__ import annotations

from skyjar.kernel.tables import At, Record, Table

from .state import Bucket


class Delivery(Record, frozen=True):
    """An event notification that is yet to be sent. `number` counts what happened in the bucket."""

    space: str
    number: int
    target: str
    body: bytes


class Copy(Record, frozen=True):
    """A version that is yet to be replicated, by which rule into which bucket: (bucket, rule id) each. `is_change`: it is
    there, and only what has changed of it follows. `at`: since when it waits, in epoch seconds."""

    space: str
    number: int
    key: str
    order: int
    rules: tuple[tuple[str, str], ...]
    is_change: bool = False
    at: float = 0.0


class Counter(Record, frozen=True):
    space: str
    number: int


deliveries = Table("s3.deliveries", Delivery, key=("space", "number", "target"))
copies = Table("s3.copies", Copy, key=("space", "number"))
counters = Table("s3.counters", Counter, key=("space",))


def next_number(at: At, bucket: Bucket) -> int:
    """Counts what is told of a bucket."""
    found = counters.get(at, bucket.space)
    number = found.number + 1 if found is not None else 1
    counters.put(at, Counter(space=bucket.space, number=number))
    return number


def forget(at: At, bucket: Bucket) -> None:
    """Of a deleted bucket. What waits is still sent by its jobs, or found to be of nothing."""
    counters.delete(at, bucket.space)
