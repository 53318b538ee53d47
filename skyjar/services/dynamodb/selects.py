"""SELECT: the ranges that its WHERE clause leads to, read page by page; without a partition key it is a scan."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import product
from typing import Any

import msgspec

from skyjar.kernel.call import Call

from . import item_rows, keys, ranges, staleness, state, statements, values
from .capacity import Usage
from .errors import ValidationException
from .pages import Page, check_projected
from .schemas import IndexSchema, Keyed
from .statements import Bound
from .values import Item, Value

_RANGES = frozenset(("=", "<", "<=", ">", ">=", "between", "begins_with"))


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a further page begins: after `key` in the range of this number; of that statement."""

    digest: bytes
    range: int
    key: Item | None


def digest_of(text: str, parameters: list[Value] | None) -> bytes:
    return hashlib.sha256(item_rows.encode([text, parameters or []])).digest()[:12]


def read_token(token: str | None, digest: bytes) -> Place:
    if token is None:
        return Place(digest, 0, None)
    try:
        place = msgspec.msgpack.decode(urlsafe_b64decode(token.encode("ascii")), type=Place)
    except (ValueError, msgspec.DecodeError):
        raise ValidationException("Invalid NextToken") from None
    if place.digest != digest:
        raise ValidationException("NextToken does not match request")
    return place


def _write_token(place: Place) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()


class Selection:
    """One SELECT; `run` reads a page of it."""

    def __init__(self, call: Call, bound: Bound, is_consistent: bool, return_capacity: str) -> None:
        self._call, self._bound = call, bound
        self._return_capacity = return_capacity
        self._is_consistent = is_consistent
        schema, index = bound.schema, bound.statement.index
        self._keyed: Keyed = schema
        if index:
            found = schema.index(index)
            if found is None:
                raise ValidationException("The table does not have the specified index")
            if found.is_global and is_consistent:
                raise ValidationException("Strongly consistent read is not supported on Global Secondary Indexes")
            self._keyed = found
        self._ranges = self._find_ranges()
        if isinstance(self._keyed, IndexSchema) and not self.is_scan:
            check_projected(self._keyed, [path[0] for path in statements.paths_of(bound.statement.where)])
        self._is_reverse = self._check_order()

    @property
    def is_scan(self) -> bool:
        return not self._ranges

    def _find_ranges(self) -> list[tuple[bytes, bytes]]:
        """One for each value of the partition key; none where any may be."""
        keyed, conditions = self._keyed, self._bound.conditions()
        several: list[list[Value]] = []
        for name, _ in keyed.hashes:
            equal = [operands for operator, operands in conditions.get(name, ()) if operator in ("=", "in")]
            if not equal:
                return []
            several.append([each for at, each in enumerate(equal[0]) if each not in equal[0][:at]])
        narrowing: ranges.Conditions = {}
        for name, _ in keyed.ranges:
            found_here = [each for each in conditions.get(name, ()) if each[0] in _RANGES]
            if not found_here:
                break
            narrowing[name] = found_here[0]
            if found_here[0][0] != "=":
                break
        found = []
        for values_of in product(*several):
            given: ranges.Conditions = {
                name: ("=", [value]) for (name, _), value in zip(keyed.hashes, values_of, strict=True)
            }
            span = ranges.Range(keyed, {**given, **narrowing})
            found.append((span.start, span.end))
        return found

    def _check_order(self) -> bool:
        order = self._bound.statement.order
        if order and self.is_scan:
            raise ValidationException(
                "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
            )
        keyed = self._keyed
        for name, _ in order:
            if name not in keyed.keyed_names:
                raise ValidationException(
                    f"Variable reference {name} in ORDER BY clause must be part of the primary key"
                )
        return any(is_down for name, is_down in order if any(name == each for each, _ in keyed.ranges))

    def run(self, limit: int | None, place: Place) -> dict[str, Any]:
        spans = self._ranges or [(self._keyed.root, state.after(self._keyed.root))]
        items: list[Item] = []
        usage = Usage(self._bound.schema)
        read = 0
        answer: dict[str, Any] = {}
        for at in range(place.range, len(spans)):
            page = self._page()
            start, end = spans[at]
            if place.key is not None and at == place.range:
                row = page.starting(place.key)
                if not start <= row < end:
                    raise ValidationException("Invalid NextToken")
                start, end = (start, row) if self._is_reverse else (row + b"\0", end)
            left = None if limit is None else limit - read
            found = page.read(start, end, left, is_reverse=self._is_reverse)
            read += found["ScannedCount"]
            items += found["Items"]
            if page.usage is not None:
                usage.add(page.usage.table, page.usage.indexes)
            if "LastEvaluatedKey" in found:
                answer["NextToken"] = _write_token(Place(place.digest, at, found["LastEvaluatedKey"]))
                answer["LastEvaluatedKey"] = found["LastEvaluatedKey"]
                break
        if self._return_capacity != "NONE":
            answer["ConsumedCapacity"] = usage.show(self._return_capacity)
        show = statements.last_names(self._bound.statement)
        return {"Items": items if show is None else [show(item) for item in items], **answer}

    def _page(self) -> Page:
        statement = self._bound.statement
        page = Page(self._call, self._return_capacity)
        page.find(statement.table, statement.index or None, self._is_consistent)
        page.restrict(self._bound.test(statement.where), list(statement.paths) if statement.paths is not None else None)
        page.choose(None)
        return page


def one(call: Call, bound: Bound, *, is_consistent: bool) -> tuple[Item | None, int]:
    """The item that a SELECT in a batch or transaction names, as it is shown, and its stored size."""
    if bound.statement.index:
        raise ValidationException(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
        )
    key = bound.key()
    if key is None:
        raise ValidationException(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
        )
    values.admit(key)
    held = staleness.View(call) if call.behaviour.stale_reads_s and not is_consistent else call.tx
    stored = held.get(keys.of_request(bound.schema, key).bytes)
    if stored is None:
        return None, 0
    item = item_rows.load(stored)
    test = bound.test(bound.statement.where)
    if test is not None and not test(item):
        return None, item_rows.stored_size(stored)
    show = statements.last_names(bound.statement)
    return (item if show is None else show(item)), item_rows.stored_size(stored)
