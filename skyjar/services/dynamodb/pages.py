"""A page of Query or Scan: an ordered range of a table or an index, then its filter, then what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.store import Transaction

from . import capacity, item_rows, items, keys, legacy, limits, paces, schemas, staleness, throttle
from .capacity import Usage
from .errors import ValidationException
from .expressions import Expressions
from .grammar import Path
from .schemas import IndexSchema, Key, Keyed, Schema
from .values import Item

CHUNK = 128
START = "The provided starting key is invalid"
_PARAMETERS = "One or more parameter values were invalid: "


def check_projected(index: IndexSchema, filtered: list[Any]) -> None:
    missing = dict.fromkeys(name for name in filtered if index.kept is not None and name not in index.kept)
    if missing:
        raise ValidationException(
            f"{_PARAMETERS}Secondary index {index.name} does not project one or more filter attributes: "
            f"[{', '.join(missing)}]"
        )


class Page:
    """One request's page, put together from its parameters in the order in which DynamoDB checks them."""

    keyed: Keyed
    schema: Schema
    _held: Transaction | staleness.View

    def __init__(self, call: Call, return_capacity: str) -> None:
        self._call = call
        self._return_capacity = return_capacity
        self._test: Callable[[Item], bool] | None = None
        self._filtered: list[Path] = []
        self._filter_names: dict[str, Any] = {}
        self._show: Callable[[Item], Item] | None = None
        self._wanted: list[Path] | None = None
        self._deep: frozenset[str] = frozenset()
        self._deep_filter: frozenset[str] = frozenset()
        self._index: IndexSchema | None = None
        self._fetches = False
        self._is_count = False
        self._is_consistent = False
        self._first = self._last = b""
        self.usage: Usage | None = None

    def restrict(self, test: Callable[[Item], bool] | None, wanted: list[Path] | None) -> None:
        """What a PartiQL statement selects; it shows the items itself."""
        self._test, self._wanted = test, wanted

    def filter(self, kind: str, given: dict[str, Any] | None, operator: str | None) -> None:
        """QueryFilter or ScanFilter."""
        legacy.check_operator(operator, given)
        if given is not None:
            self._test = legacy.filter_test(kind, given, operator)

    def project(self, attributes: list[str] | None) -> None:
        """AttributesToGet."""
        if attributes is not None:
            self._show = items.of_attributes(attributes)
            self._wanted = [(name,) for name in attributes]

    def bind(self, expressions: Expressions, filter_text: str | None, projection_text: str | None) -> None:
        """The filter and the projection, which are the last of a request's expressions."""
        if filter_text is not None:
            compiled = expressions.bind("FilterExpression", filter_text)
            result, bound = compiled.result, expressions.values
            self._test = lambda item: result(item, bound)
            self._filtered, self._deep_filter = compiled.paths, compiled.deep
        if projection_text is not None:
            compiled = expressions.bind("ProjectionExpression", projection_text)
            self._show, self._wanted, self._deep = compiled.result, compiled.paths, compiled.deep
        expressions.close()

    def find(self, table_name: str, index_name: str | None, is_consistent: bool) -> None:
        """The table or index that is read."""
        self._call = schemas.owned(self._call, table_name)
        self.schema = self.keyed = schema = schemas.schema_of(self._call, table_name)
        self._is_consistent = is_consistent
        is_stale = self._call.behaviour.stale_reads_s and not is_consistent
        self._held = staleness.View(self._call) if is_stale else self._call.tx
        if index_name is None:
            return
        index = schema.index(index_name)
        if index is None:
            raise ValidationException(f"The table does not have the specified index: {index_name}")
        if index.is_global and is_consistent:
            raise ValidationException("Consistent reads are not supported on global secondary indexes")
        if index.definition.status == "CREATING":
            raise ValidationException(f"Cannot read from backfilling global secondary index: {index_name}")
        self.keyed = self._index = index

    def check_deep(self) -> None:
        """No expression leads into a key."""
        for deep in (self._deep, self._deep_filter):
            if deep:
                keys.check_deep(self.schema, deep)

    def check_filter(self, given: dict[str, Any] | None) -> None:
        """A Query filters by attributes that are there, and are no keys."""
        if self._deep:
            keys.check_deep(self.schema, self._deep)
        names = self.keyed.keyed_names
        if self._index is not None:
            check_projected(self._index, [*(path[0] for path in self._filtered), *(given or ())])
        for path in self._filtered:
            if path[0] in names:
                raise ValidationException(
                    f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {path[0]}"
                )
        for name in given or ():
            if name in names:
                raise ValidationException(
                    f"QueryFilter can only contain non-primary key attributes: Primary key attribute: {name}"
                )
        if self._deep_filter:
            keys.check_deep(self.schema, self._deep_filter)

    def choose(self, select: str | None) -> None:
        """Select, together with the projection and what the index has."""
        self._is_count = select == "COUNT"
        if select == "ALL_PROJECTED_ATTRIBUTES" and self._index is None:
            raise ValidationException(
                f"{_PARAMETERS}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
            )
        index = self._index
        if index is None or index.kept is None:
            return
        if select == "ALL_ATTRIBUTES":
            if index.is_global:
                raise ValidationException(
                    f"{_PARAMETERS}Select type ALL_ATTRIBUTES is not supported for global secondary index "
                    f"{index.name} because its projection type is not ALL"
                )
            self._fetches = True
        missing = [path[0] for path in self._wanted or () if path[0] not in index.kept]
        if missing and index.is_global:
            raise ValidationException(
                f"{_PARAMETERS}Global secondary index {index.name} does not project [{', '.join(map(str, missing))}]"
            )
        self._fetches = self._fetches or bool(missing)

    def check_start(self, given: Item, *, is_scan: bool = False) -> None:
        """ExclusiveStartKey has the attributes of the keys, and they have the types of what is read."""
        schema, index = self.schema, self._index
        if len(given) != len({*schema.key_names, *(index.keyed_names if index is not None else ())}):
            raise ValidationException(f"{START}: {keys.MISMATCH}" if is_scan and index is None else START)
        if is_scan and index is None:
            return
        for name, kind in (*self.keyed.hashes, *self.keyed.ranges):
            if name not in given:
                raise ValidationException(START)
            if kind not in given[name]:
                raise ValidationException(keys.MISMATCH)

    def starting(self, given: Item) -> bytes:
        """The row that ExclusiveStartKey names, whether or not it is still there."""
        schema = self.schema
        try:
            key: Key = keys.of_request(schema, {name: given[name] for name in schema.key_names if name in given})
        except ValidationException as error:
            raise ValidationException(f"{START}: {error.message}") from None
        if self._index is None:
            return key.bytes
        row = self._index.row(given, key.primary)
        assert row is not None, "its attributes were checked"
        return row

    def read(self, start: bytes, end: bytes, limit: int | None, *, is_reverse: bool = False) -> dict[str, Any]:
        """The page that begins at one end of a range."""
        rows, is_cut, size = self._rows(start, end, limit, is_reverse)
        load, test, show = item_rows.load, self._test, self._show
        answer: dict[str, Any] = {}
        fetched = 0.0
        if self._is_count and test is None:
            count = len(rows)
        else:
            found = [load(stored) for stored in rows]
            if self._fetches:
                found, fetched = self._fetch(found)
            if test is not None:
                found = [item for item in found if test(item)]
            count = len(found)
            if not self._is_count:
                answer["Items"] = found if show is None else [show(item) for item in found]
        answer["Count"] = count
        answer["ScannedCount"] = len(rows)
        if is_cut and rows:
            answer["LastEvaluatedKey"] = self._key_of(load(rows[-1]))
        self._consume(answer, size, fetched, rows)
        return answer

    def _spanned(self, first: bytes, last: bytes) -> int:
        """The code of the one partition key of all rows between two, if it is one."""
        code = self.keyed.code(first)
        return code if code == self.keyed.code(last) else paces.NO_KEY

    def _rows(self, start: bytes, end: bytes, limit: int | None, is_reverse: bool) -> tuple[list[bytes], bool, int]:
        """The stored values of a page, whether it was cut short, and their size."""
        rows: list[bytes] = []
        size = 0
        while True:
            most = CHUNK if limit is None else min(limit - len(rows), 8 * CHUNK)
            pairs = self._held.scan(start, end, most, is_reverse)
            if pairs:
                self._first = self._first or pairs[0][0]
                self._last = pairs[-1][0]
            for _, stored in pairs:
                size += int.from_bytes(stored[:4], "big")
                rows.append(stored)
                if size >= limits.PAGE_BYTES:
                    return rows, True, size
            if len(rows) == limit:
                return rows, True, size
            if len(pairs) < most:
                return rows, False, size
            if is_reverse:
                end = pairs[-1][0]
            else:
                start = pairs[-1][0] + b"\0"

    def _fetch(self, found: list[Item]) -> tuple[list[Item], float]:
        """The whole items of a local index's rows, and what reading them costs."""
        stored = self._held.get_many([self.schema.key(item).bytes for item in found])
        whole = [each for each in stored if each is not None]
        units = sum(capacity.read_units(item_rows.stored_size(each), self._is_consistent) for each in whole)
        return [item_rows.load(each) for each in whole], units

    def _key_of(self, item: Item) -> Item:
        names = [*self.schema.key_names]
        if self._index is not None:
            names += [name for name in self._index.keyed_names if name not in names]
        return {name: item[name] for name in names}

    def _consume(self, answer: dict[str, Any], size: int, fetched: float, rows: list[bytes]) -> None:
        schema = self.schema
        units = capacity.read_units(size, self._is_consistent)
        if self._index is None:
            usage = Usage(schema, units)
        else:
            usage = Usage(schema, fetched, {self._index.name: units})
        self.usage = usage
        read = () if schema.insights is None else tuple(map(item_rows.load, rows))
        code = self._spanned(self._first, self._last) if self._first else paces.NO_KEY
        throttle.take(self._call, schema, read=usage.table, indexes=usage.indexes, code=code, items=read)
        if self._return_capacity != "NONE":
            answer["ConsumedCapacity"] = usage.show(self._return_capacity)
