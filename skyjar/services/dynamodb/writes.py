"""One write of one item: checked, its condition judged, and done. What single writes, batches and transactions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call

from . import (
    capacity,
    collections,
    conflicts,
    item_rows,
    keys,
    legacy,
    limits,
    metrics,
    paces,
    throttle,
    updates,
    values,
)
from .capacity import Usage
from .errors import ConditionalCheckFailedException, ValidationException, WrongRequestException
from .expressions import Expressions, Names, Values
from .item_rows import IndexChange
from .schemas import Key, Schema
from .values import Item

Test = Callable[[Item], bool]


class Write:
    """`change` makes the new item (None for none) and its size of the old one; None only checks the condition. `named` has
    the key attributes; `size` is that of the new item where it is known before, else 0."""

    __slots__ = ("change", "key", "named", "needs_old", "schema", "shows_failure", "size", "test", "update", "values")

    def __init__(
        self, schema: Schema, key: Key, named: Item, test: Test | None, *, shows_failure: bool = False
    ) -> None:
        self.schema = schema
        self.key = key
        self.named = named
        self.test = test
        self.shows_failure = shows_failure
        self.size = 0
        self.needs_old = test is not None or schema.reads_old
        self.change: Callable[[Item | None], tuple[Item | None, int]] | None = None
        self.update: updates.Update | None = None


class Done:
    """What a write did."""

    __slots__ = ("changes", "new", "old", "old_size", "size", "write")

    def __init__(
        self, write: Write, old: Item | None, new: Item | None, old_size: int, size: int, changes: list[IndexChange]
    ) -> None:
        self.write = write
        self.old = old
        self.new = new
        self.old_size = old_size
        self.size = size
        self.changes = changes

    def usage(self, factor: int = 1) -> Usage:
        units = factor * capacity.write_units(max(self.old_size, self.size))
        return Usage(self.write.schema, units, capacity.index_units(self.changes, factor))


def check_size(size: int) -> None:
    """Of an item to be put."""
    if size > limits.ITEM_BYTES:
        raise WrongRequestException("Item size has exceeded the maximum allowed size")


def put(
    schema: Schema, item: Item, size: int, test: Test | None = None, *, shows_failure: bool = False
) -> Write:  # fmt: skip
    """`item` was admitted, and has that size, which was checked."""
    write = Write(schema, keys.of_item(schema, item), item, test, shows_failure=shows_failure)
    write.size = size
    write.change = lambda old: (item, size)
    return write


def delete(schema: Schema, key: Item, test: Test | None = None, *, shows_failure: bool = False) -> Write:
    write = Write(schema, keys.of_request(schema, key), key, test, shows_failure=shows_failure)
    write.change = lambda old: (None, 0)
    return write


def check(schema: Schema, key: Item, test: Test, *, shows_failure: bool = False) -> Write:
    return Write(schema, keys.of_request(schema, key), key, test, shows_failure=shows_failure)


def update(
    schema: Schema,
    key: Item,
    change: updates.Update | None,
    given: Values,
    test: Test | None = None,
    *,
    shows_failure: bool = False,
    is_transacted: bool = False,
    deep: frozenset[str] = frozenset(),
) -> Write:
    """`deep`: the attributes that the expression looks into. `change` None creates the item with its key alone, where there is none."""
    write = Write(schema, keys.of_request(schema, key), key, test, shows_failure=shows_failure)
    write.needs_old = True
    write.update = change
    if change is None:
        write.change = lambda old: (old or key, values.size_of(old or key))
        return write
    for path in change.paths:
        if path[0] in schema.key_names:
            raise ValidationException(
                f"One or more parameter values were invalid: Cannot update attribute {path[0]}. This attribute is part "
                "of the key"
            )
    if deep:
        keys.check_deep(schema, deep)
    is_deep = any(len(path) > 1 for path in change.paths)

    def apply(old: Item | None) -> tuple[Item | None, int]:
        if old is None and not change.creates:
            return None, 0
        new = change.apply(old if old is not None else key, given)
        size = values.admit(new) if is_deep or is_transacted else values.size_of(new)
        if size > limits.ITEM_BYTES:
            raise ValidationException("Item size to update has exceeded the maximum allowed size")
        for index in schema.by_name:
            keys.check_index(index, new, is_expression=not change.is_legacy, is_transacted=is_transacted)
        return new, size

    write.change = apply
    return write


def perform(
    call: Call, write: Write, *, needs_old: bool = False, factor: int = 1, is_let_in: bool = False
) -> Done:  # fmt: skip
    """Judge the condition and do it."""
    schema, key = write.schema, write.key
    conflicts.check(call, schema, key)
    stored = call.tx.get(key.bytes)
    old = item_rows.load(stored) if stored is not None and (needs_old or write.needs_old) else None
    if write.test is not None and not write.test(old or {}):
        found = item_rows.stored_size(stored) if stored is not None else 0
        units = capacity.write_units(max(found, _attempted(write, old)))
        throttle.fail(call, schema, key.code, factor * units, write.named)
        if write.shows_failure and old is not None:
            raise ConditionalCheckFailedException(Item=old)
        raise ConditionalCheckFailedException
    old_size = item_rows.stored_size(stored) if stored is not None else 0
    if write.change is None:
        done = Done(write, old, old, old_size, old_size, [])
    else:
        new, size = write.change(old)
        done = Done(write, old, new, old_size, size, item_rows.save(call, schema, key, stored, old, new, size))
    size = done.size if done.size > old_size else old_size
    units = factor * (1.0 if size <= limits.WRITE_UNIT_BYTES else capacity.write_units(size))
    if done.changes or schema.is_watched or is_let_in:
        indexes = capacity.index_units(done.changes, factor)
        images = tuple(each for each in (done.new, done.old) if each is not None) or (write.named,)
        throttle.take(
            call, schema, write=units, indexes=indexes, code=key.code, changes=done.changes, factor=factor,
            items=images[:1], images=images, is_let_in=is_let_in,
        )  # fmt: skip
    else:
        why = paces.take(call, schema, None, key.code, units, is_write=True)
        if why:
            raise throttle.refusal(call, schema, None, why, is_write=True)
        metrics.written(call, schema, units)
    return done


def _attempted(write: Write, old: Item | None) -> int:
    """The size of what a write would have made, had its condition held: it takes that, or what is there if that is larger
    (Developer Guide, "DynamoDB read and write operations")."""
    if write.size or write.change is None:
        return write.size
    try:
        return write.change(old)[1]
    except ValidationException:
        return 0


def condition(
    expressions: Expressions, text: str | None, expected: dict[str, Any] | None, operator: str | None
) -> Test | None:
    """The condition of a write, in either form."""
    if expected is not None:
        return legacy.expected(expected, operator)
    expressions.admit()
    return expressions.test("ConditionExpression", text)


def refuse_mixture(legacy_given: dict[str, Any], expressions_given: dict[str, Any]) -> None:
    """A request speaks in expressions or in legacy parameters."""
    old = [name for name, value in legacy_given.items() if value is not None]
    if not old:
        return
    new = [name for name, value in expressions_given.items() if value is not None]
    if new:
        raise ValidationException(
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
            f"{{{', '.join(old)}}} Expression parameters: {{{', '.join(new)}}}"
        )


def collection_metrics(call: Call, done: Done, mode: str) -> dict[str, Any] | None:
    return collections.metrics(call, done.write.schema, done.new or done.old, mode)


__all__ = [
    "Done",
    "Names",
    "Write",
    "check",
    "check_size",
    "condition",
    "delete",
    "perform",
    "put",
    "refuse_mixture",
    "update",
]
