"""Provisioned throughput: units come in by the second, and up to 300 seconds of unused ones are kept.

A request is let in while any unit is left, and may take more than that (its size is known only afterwards). A new
table begins with a full reserve.
"""

from __future__ import annotations

from skyjar.kernel.call import Call

from . import limits, metrics, state
from .errors import IndexThroughputExceeded, ProvisionedThroughputExceededException
from .state import Bucket, Key, Schema


def take(
    call: Call,
    schema: Schema,
    *,
    read: float = 0.0,
    write: float = 0.0,
    indexes: dict[str, float] | None = None,
    key: Key | None = None,
) -> None:
    """Count what a request takes of the table, and of its indexes by name; local ones use the table's own. `key` is the one
    item that it is about."""
    if schema.is_provisioned:
        _take_provisioned(call, schema, read, write, indexes, key)
    metrics.consumed(call, schema, read, write, indexes)


def _take_provisioned(
    call: Call, schema: Schema, read: float, write: float, indexes: dict[str, float] | None, key: Key | None
) -> None:
    if key is not None and schema.partitions > 1:
        _take_of_partition(call, schema, key, read, write)
    definition = schema.definition
    for index in schema.indexes:
        units = indexes.get(index.name) if indexes else None
        if units is None:
            continue
        if index.is_global:
            bought = index.definition
            taken = (0.0, units) if write else (units, 0.0)
            if not _take(call, index.space, bought.read_units, bought.write_units, *taken):
                raise IndexThroughputExceeded if write else ProvisionedThroughputExceededException
        elif write:
            write += units
        else:
            read += units
    if (read or write) and not _take(call, schema.space, definition.read_units, definition.write_units, read, write):
        raise ProvisionedThroughputExceededException


def _take_of_partition(call: Call, schema: Schema, key: Key, read: float, write: float) -> None:
    """One partition gives 3,000 read and 1,000 write units in a second, and saves none, whatever its table has."""
    space = _partition(schema, key)
    rates = limits.PARTITION_READ_UNITS, limits.PARTITION_WRITE_UNITS
    if not _take(call, space, *rates, read, write, burst_s=1):
        raise ProvisionedThroughputExceededException


def _partition(schema: Schema, key: Key) -> str:
    place = key.bytes[len(schema.root) : len(schema.root) + state.HASH_BYTES]
    return f"{schema.space}/{int.from_bytes(place, 'big') % schema.partitions}"


def _take(
    call: Call, space: str, read_rate: int, write_rate: int, read: float, write: float, *, burst_s: int = limits.BURST_S
) -> bool:
    bucket = state.buckets.get(call, space)
    reads_left = writes_left = float("inf")
    passed = 0.0
    if bucket is not None:
        passed = max(0.0, call.now - bucket.at_s)
        reads_left, writes_left = bucket.read_units, bucket.write_units
    reads_left = min(reads_left + passed * read_rate, read_rate * burst_s)
    writes_left = min(writes_left + passed * write_rate, write_rate * burst_s)
    if (read and reads_left <= 0) or (write and writes_left <= 0):
        return False
    left = Bucket(space=space, read_units=reads_left - read, write_units=writes_left - write, at_s=call.now)
    state.buckets.add(call, left)
    return True


def has_writes(call: Call, schema: Schema, key: Key) -> bool:
    """Whether any write unit is left, so that a write of that item would be let in."""
    definition = schema.definition
    rates = {schema.space: definition.write_units}
    rates.update({index.space: index.definition.write_units for index in schema.indexes if index.is_global})
    if schema.partitions > 1:
        rates[_partition(schema, key)] = limits.PARTITION_WRITE_UNITS
    return all(_left(call, space, rate) > 0 for space, rate in rates.items())


def _left(call: Call, space: str, rate: int) -> float:
    bucket = state.buckets.get(call, space)
    return 1.0 if bucket is None else bucket.write_units + max(0.0, call.now - bucket.at_s) * rate
