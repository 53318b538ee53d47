"""Who takes more than a table gives is throttled, and told why (ThrottlingReasons).

- Provisioned throughput: units come in by the second, and up to 300 seconds of unused ones are kept. A new table begins with a
  full reserve. A write that needs more than is left is refused; what is read is known only afterwards, so a read is let in while any
  unit is left, and may take more. So may a write of a batch, whose other writes are made already.
- The maximum that an on-demand table or index was given (OnDemandThroughput): by the second, with no reserve.
- What on-demand tables and single partition keys can do: `paces.py`.

What fails its condition has taken what it would have taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skyjar.kernel.call import Call

from . import capacity, contributors, limits, metrics, paces, schemas, state
from .errors import (
    IndexThroughputExceeded,
    ProvisionedThroughputExceededException,
    RequestLimitExceeded,
    Throttled,
    ThrottlingException,
)
from .item_rows import IndexChange
from .paces import NO_KEY
from .schemas import IndexSchema, Key, Schema
from .state import Bucket
from .values import Item

FREE = 10**12  # units per second of what has no limit
TOO_FAST = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so "
    "please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
INDEX_TOO_FAST = (
    "Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB is automatically scaling your "
    "index so please try again shortly."
)
OVER_QUOTA = (
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at "
    "https://aws.amazon.com/support request a limit increase"
)
OVER_MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"


class Rates(msgspec.Struct, frozen=True):
    """Units per second, and how many seconds of them may be saved."""

    read: int
    write: int
    burst_s: int


def take(
    call: Call,
    schema: Schema,
    *,
    read: float = 0.0,
    write: float = 0.0,
    indexes: dict[str, float] | None = None,
    code: int = NO_KEY,
    changes: Sequence[IndexChange] = (),
    factor: int = 1,
    items: tuple[Item, ...] = (),
    images: tuple[Item, ...] = (),
    is_let_in: bool = False,
) -> None:
    """Count what a request takes of the table, and of its indexes by name; local ones use the table's own. `code` is that of
    the one partition key that it is about, `changes` what a write did to indexes, each unit of which counts `factor` times;
    `items` those read or written, with their key attributes at least, `images` a written one as it is and as it was.
    What `is_let_in` already is counted, and not refused."""
    try:
        _take_of_indexes(call, schema, indexes, code, changes, factor, is_let_in)
        local = sum(indexes.get(each.name, 0.0) for each in schema.indexes if not each.is_global) if indexes else 0.0
        if write:
            _take_all(call, schema, None, 0.0, write + local, code, is_let_in)
        elif read or local:
            _take_all(call, schema, None, read + local, 0.0, code, is_let_in)
    except Throttled as error:
        if schema.insights is not None:
            contributors.throttled(call, schema, error.index, images or items)
        raise
    metrics.consumed(call, schema, read, write, indexes)
    if schema.insights is not None:
        contributors.accessed(call, schema, write or read, indexes, items, images)


def _take_of_indexes(
    call: Call,
    schema: Schema,
    indexes: dict[str, float] | None,
    code: int,
    changes: Sequence[IndexChange],
    factor: int,
    is_let_in: bool,
) -> None:
    for change in changes:
        if change.index.is_global:
            for row, size in zip(change.rows, change.sizes, strict=True):
                units = factor * capacity.write_units(size)
                _take_all(call, schema, change.index, 0.0, units, change.index.code(row), is_let_in)
    if changes or not indexes:
        return
    for index in schema.indexes:
        if index.is_global and index.name in indexes:
            _take_all(call, schema, index, indexes[index.name], 0.0, code, is_let_in)


def _take_all(
    call: Call, schema: Schema, index: IndexSchema | None, read: float, write: float, code: int, is_let_in: bool
) -> None:
    is_write = bool(write)
    if schema.is_metered:
        space = index.space if index is not None else schema.space
        owed = paces.owed(call, schema) if index is None and is_write else 0.0
        if not _take(call, space, _rates(schema, index), read, write + owed, owed, is_let_in):
            raise refusal(call, schema, index, is_write=is_write)
    if is_let_in:
        paces.count(call, schema, index, code, write or read, is_write=is_write)
        return
    why = paces.take(call, schema, index, code, write or read, is_write=is_write)
    if why:
        raise refusal(call, schema, index, why, is_write=is_write)


def take_read(call: Call, schema: Schema, code: int, item: Item, units: float) -> None:
    """What a transaction, or one of a batch, reads of one item."""
    take(call, schema, read=units, code=code, items=(item,))


def against_read(call: Call, schema: Schema, code: int, item: Item, units: float) -> Throttled | None:
    """Count what one of a batch reads; or why it is not let in."""
    try:
        take_read(call, schema, code, item, units)
    except Throttled as error:
        return error
    return None


def fail(call: Call, schema: Schema, code: int, units: float, item: Item) -> None:
    """Count what a write took that comes to nothing, whose transaction is not to be; or refuse it for that."""
    why = paces.take(call, schema, None, code, units, is_write=True)
    if why:
        raise refusal(call, schema, None, why, is_write=True)
    if schema.is_metered:
        paces.owe(call, schema, units)
    metrics.failed(call, schema, units)


def against_write(call: Call, schema: Schema, key: Key, item: Item, size: int) -> Throttled | None:
    """Why one write of a batch, of an item of that size, is not let in."""
    try:
        _check_write(call, schema, key, item, capacity.write_units(size))
    except Throttled as error:
        if schema.insights is not None:
            contributors.throttled(call, schema, error.index, (item,))
        return error
    return None


def _check_write(call: Call, schema: Schema, key: Key, item: Item, units: float) -> None:
    if schema.is_metered:
        for bought in (None, *(index for index in schema.indexes if index.is_global)):
            space = schema.space if bought is None else bought.space
            if _left(call, space, _rates(schema, bought).write) <= 0:
                raise refusal(call, schema, bought, is_write=True)
    why = paces.why_not(call, schema, None, key.code, units, is_write=True)
    if why:
        raise refusal(call, schema, None, why, is_write=True)
    for index in schema.indexes:
        row = index.row(item, key.primary) if index.is_global else None
        if row is not None:
            why = paces.why_not(call, schema, index, index.code(row), 1.0, is_write=True)
            if why:
                raise refusal(call, schema, index, why, is_write=True)


def _rates(schema: Schema, index: IndexSchema | None) -> Rates:
    bought = index.definition if index is not None else schema.definition
    if schema.is_provisioned:
        return Rates(bought.read_units, bought.write_units, limits.BURST_S)
    return Rates(bought.max_reads or FREE, bought.max_writes or FREE, 1)


def refusal(call: Call, schema: Schema, index: IndexSchema | None, why: str = "", *, is_write: bool) -> Throttled:
    """`why`: the limit of `paces.py` that is reached; none of them where it is what was bought, or the maximum."""
    error: Throttled
    bought = "ProvisionedThroughputExceeded" if schema.is_provisioned else "MaxOnDemandThroughputExceeded"
    name = index.name if index is not None and index.is_global else ""
    metrics.throttled(call, schema, name, why or bought, is_write=is_write)
    if schema.is_provisioned:
        kind = IndexThroughputExceeded if index is not None and is_write else ProvisionedThroughputExceededException
        error = kind(ThrottlingReasons=_reasons(call, schema, index, is_write, why or bought))
    elif why == "AccountLimitExceeded":
        error = RequestLimitExceeded(OVER_QUOTA, ThrottlingReasons=_reasons(call, schema, index, is_write, why))
    else:
        reasons = _reasons(call, schema, index, is_write, why or bought)
        sentence = (TOO_FAST if index is None else INDEX_TOO_FAST) if why else OVER_MAXIMUM
        error = ThrottlingException(sentence, throttlingReasons=reasons)
    error.index = name
    return error


def _reasons(call: Call, schema: Schema, index: IndexSchema | None, is_write: bool, limit: str) -> list[dict[str, str]]:
    """A list of the one ThrottlingReason: what was throttled, doing what, by which limit."""
    arn = schemas.arn_of(call, schema.name)
    if index is not None:
        arn = f"{arn}/index/{index.name}"
    what = "Table" if index is None else "Index"
    return [{"reason": f"{what}{'Write' if is_write else 'Read'}{limit}", "resource": arn}]


def _moment(call: Call) -> float:
    return call.now + call.standing_s


def _present(call: Call, space: str) -> Bucket | None:
    """What is left; everything, once the clock was turned back."""
    bucket = state.buckets.get(call, space)
    return bucket if bucket is None or bucket.at_s <= _moment(call) else None


def _take(call: Call, space: str, rates: Rates, read: float, write: float, owed: float, is_let_in: bool) -> bool:
    """`owed` is the part of `write` that was used before, which nothing can refuse."""
    moment = _moment(call)
    bucket = _present(call, space)
    reads_left = writes_left = float("inf")
    passed = 0.0
    if bucket is not None:
        passed = moment - bucket.at_s
        reads_left, writes_left = bucket.read_units, bucket.write_units
    reads_left = min(reads_left + passed * rates.read, rates.read * rates.burst_s)
    writes_left = min(writes_left + passed * rates.write, rates.write * rates.burst_s)
    reads_left = FREE if rates.read == FREE else reads_left  # whatever was taken while there was a limit
    writes_left = FREE if rates.write == FREE else writes_left
    if not is_let_in and (
        (read and reads_left <= 0) or _is_over(write - owed, writes_left - owed, rates.write * rates.burst_s)
    ):
        return False
    left = Bucket(space=space, read_units=reads_left - read, write_units=writes_left - write, at_s=moment)
    state.buckets.add(call, left)
    return True


def _is_over(units: float, left: float, most: float) -> bool:
    """Whether that is more than is left; a request of more than there can ever be is let in when there is all of that."""
    return bool(units) and left < min(units, most)


def _left(call: Call, space: str, rate: int) -> float:
    """The write units that are left."""
    bucket = _present(call, space)
    if bucket is None or rate == FREE:
        return 1.0
    return bucket.write_units + (_moment(call) - bucket.at_s) * rate
