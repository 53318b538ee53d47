"""Who takes more than a table gives is throttled, and told why (ThrottlingReasons).

- Provisioned throughput: units come in by the second, and up to 300 seconds of unused ones are kept. A new table begins with a
  full reserve. A request is let in while any unit is left, and may take more than that (its size is known only afterwards).
- The maximum that an on-demand table or index was given (OnDemandThroughput): by the second, with no reserve.
- What on-demand tables and single partitions can do on AWS binds on-demand tables only where AWS's timing is asked for
  (`on_demand.py`): otherwise they are as fast as the machine.
"""

from __future__ import annotations

import msgspec

from skyjar.kernel.call import Call

from . import limits, metrics, on_demand, schemas, state
from .errors import IndexThroughputExceeded, ProvisionedThroughputExceededException, Throttled, ThrottlingException
from .schemas import IndexSchema, Key, Schema
from .state import Bucket

FREE = 10**12  # units per second of what has no limit


class Rates(msgspec.Struct, frozen=True):
    """Units per second, and how many seconds of them may be saved."""

    read: int
    write: int
    burst_s: int


def is_counted(call: Call, schema: Schema) -> bool:
    """Whether what a request takes matters."""
    return schema.is_metered or call.behaviour.has_aws_timing


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
    if is_counted(call, schema):
        _take_counted(call, schema, read, write, indexes, key)
    metrics.consumed(call, schema, read, write, indexes)


def _take_counted(
    call: Call, schema: Schema, read: float, write: float, indexes: dict[str, float] | None, key: Key | None
) -> None:
    is_strict = call.behaviour.has_aws_timing and not schema.is_provisioned
    if key is not None and (schema.partitions > 1 or is_strict):
        _take_of_partition(call, schema, key, read, write)
    for index in schema.indexes:
        units = indexes.get(index.name) if indexes else None
        if units is None:
            continue
        if index.is_global:
            reads, writes = (0.0, units) if write else (units, 0.0)
            _take_all(call, schema, index, reads, writes, is_strict)
        elif write:
            write += units
        else:
            read += units
    if read or write:
        _take_all(call, schema, None, read, write, is_strict)


def _take_all(
    call: Call, schema: Schema, index: IndexSchema | None, read: float, write: float, is_strict: bool
) -> None:
    space = index.space if index is not None else schema.space
    if is_strict and (error := on_demand.take(call, schema, index, read, write)) is not None:
        raise error
    if schema.is_metered and not _take(call, space, _rates(schema, index), read, write):
        raise _refusal(call, schema, index, is_write=bool(write))


def refused(call: Call, schema: Schema, *, is_write: bool) -> Throttled:
    """What a batch raises of which nothing was let in."""
    if schema.is_metered:
        return _refusal(call, schema, None, is_write=is_write)
    return on_demand.too_fast(on_demand.reason(call, schema, None, is_write, "KeyRangeThroughputExceeded"))


def _rates(schema: Schema, index: IndexSchema | None) -> Rates:
    bought = index.definition if index is not None else schema.definition
    if schema.is_provisioned:
        return Rates(bought.read_units, bought.write_units, limits.BURST_S)
    return Rates(bought.max_reads or FREE, bought.max_writes or FREE, 1)


def _refusal(call: Call, schema: Schema, index: IndexSchema | None, *, is_write: bool) -> Throttled:
    if not schema.is_provisioned:
        reason = on_demand.reason(call, schema, index, is_write, "MaxOnDemandThroughputExceeded")
        return ThrottlingException(
            "Throughput exceeds the maximum OnDemandThroughput configured on table or index", throttlingReasons=reason
        )
    reason = on_demand.reason(call, schema, index, is_write, "ProvisionedThroughputExceeded")
    kind = IndexThroughputExceeded if index is not None and is_write else ProvisionedThroughputExceededException
    return kind(ThrottlingReasons=reason)


def _take_of_partition(call: Call, schema: Schema, key: Key, read: float, write: float) -> None:
    """One partition gives 3,000 read and 1,000 write units in a second, and saves none, whatever its table has."""
    if _take(call, _partition(call, schema, key), _OF_PARTITION, read, write):
        return
    reason = on_demand.reason(call, schema, None, bool(write), "KeyRangeThroughputExceeded")
    if schema.is_provisioned:
        raise ProvisionedThroughputExceededException(ThrottlingReasons=reason)
    raise on_demand.too_fast(reason)


_OF_PARTITION = Rates(limits.PARTITION_READ_UNITS, limits.PARTITION_WRITE_UNITS, 1)


def _partition(call: Call, schema: Schema, key: Key) -> str:
    place = key.bytes[len(schema.root) : len(schema.root) + schemas.HASH_BYTES]
    count = schema.partitions or on_demand.partitions(call, schema)
    return f"{schema.space}/{int.from_bytes(place, 'big') % count}"


def _take(call: Call, space: str, rates: Rates, read: float, write: float) -> bool:
    bucket = state.buckets.get(call, space)
    reads_left = writes_left = float("inf")
    passed = 0.0
    if bucket is not None:
        passed = max(0.0, call.now - bucket.at_s)
        reads_left, writes_left = bucket.read_units, bucket.write_units
    reads_left = min(reads_left + passed * rates.read, rates.read * rates.burst_s)
    writes_left = min(writes_left + passed * rates.write, rates.write * rates.burst_s)
    reads_left = FREE if rates.read == FREE else reads_left  # whatever was taken while there was a limit
    writes_left = FREE if rates.write == FREE else writes_left
    if (read and reads_left <= 0) or (write and writes_left <= 0):
        return False
    left = Bucket(space=space, read_units=reads_left - read, write_units=writes_left - write, at_s=call.now)
    state.buckets.add(call, left)
    return True


def has_writes(call: Call, schema: Schema, key: Key) -> bool:
    """Whether any write unit is left, so that a write of that item would be let in."""
    rates = {schema.space: _rates(schema, None).write}
    rates.update({index.space: _rates(schema, index).write for index in schema.indexes if index.is_global})
    is_strict = call.behaviour.has_aws_timing and not schema.is_provisioned
    if schema.partitions > 1 or is_strict:
        rates[_partition(call, schema, key)] = limits.PARTITION_WRITE_UNITS
    if is_strict and not on_demand.has_writes(call, schema):
        return False
    return all(_left(call, space, rate) > 0 for space, rate in rates.items())


def _left(call: Call, space: str, rate: int) -> float:
    bucket = state.buckets.get(call, space)
    if bucket is None or rate == FREE:
        return 1.0
    return bucket.write_units + max(0.0, call.now - bucket.at_s) * rate
