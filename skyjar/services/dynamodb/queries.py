"""Query and Scan: a page of an ordered range, then its filter, then what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.store import Transaction

from . import (
    capacity,
    item_rows,
    items,
    keys,
    legacy,
    limits,
    paces,
    ranges,
    schemas,
    staleness,
    state,
    throttle,
    writes,
)
from .capacity import Usage
from .errors import ValidationException
from .expressions import Expressions, Names, Values
from .grammar import Path
from .schemas import IndexSchema, Key, Keyed, Schema
from .values import Item

CHUNK = 128
_PARAMETERS = "One or more parameter values were invalid: "


@operation
def query(
    call: Call,
    *,
    table_name: str,
    index_name: str | None = None,
    select: str | None = None,
    attributes_to_get: list[str] | None = None,
    limit: int | None = None,
    consistent_read: bool = False,
    key_conditions: dict[str, Any] | None = None,
    query_filter: dict[str, Any] | None = None,
    conditional_operator: str | None = None,
    scan_index_forward: bool = True,
    exclusive_start_key: Item | None = None,
    return_consumed_capacity: str = "NONE",
    projection_expression: str | None = None,
    filter_expression: str | None = None,
    key_condition_expression: str | None = None,
    expression_attribute_names: Names | None = None,
    expression_attribute_values: Values | None = None,
) -> dict[str, Any]:
    texts = {
        "ProjectionExpression": projection_expression,
        "FilterExpression": filter_expression,
        "KeyConditionExpression": key_condition_expression,
    }
    writes.refuse_mixture(
        {"AttributesToGet": attributes_to_get, "QueryFilter": query_filter, "ConditionalOperator": conditional_operator,
         "KeyConditions": key_conditions},
        texts,
    )  # fmt: skip
    expressions = Expressions(expression_attribute_names, expression_attribute_values, **texts)
    if key_condition_expression is None and key_conditions is None:
        raise ValidationException(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    page = Page(call, return_consumed_capacity)
    page.filter(expressions, filter_expression, "QueryFilter", query_filter, conditional_operator)
    if key_condition_expression is not None:
        conditions = ranges.of_expression(expressions, key_condition_expression)
    else:
        conditions = ranges.of_legacy(key_conditions or {})
    page.project(expressions, projection_expression, attributes_to_get)
    expressions.close()
    page.find(table_name, index_name, consistent_read)
    found = ranges.Range(page.keyed, conditions)
    page.check_filter(query_filter)
    page.choose(select)
    start, end = found.start, found.end
    if exclusive_start_key is not None:
        row = page.starting(exclusive_start_key)
        if not start <= row < end:
            raise ValidationException(
                "The provided starting key is outside query boundaries based on provided conditions"
            )
        start, end = (row + b"\0", end) if scan_index_forward else (start, row)
    return page.read(start, end, limit, is_reverse=not scan_index_forward)


@operation
def scan(
    call: Call,
    *,
    table_name: str,
    index_name: str | None = None,
    attributes_to_get: list[str] | None = None,
    limit: int | None = None,
    select: str | None = None,
    scan_filter: dict[str, Any] | None = None,
    conditional_operator: str | None = None,
    exclusive_start_key: Item | None = None,
    return_consumed_capacity: str = "NONE",
    total_segments: int | None = None,
    segment: int | None = None,
    projection_expression: str | None = None,
    filter_expression: str | None = None,
    expression_attribute_names: Names | None = None,
    expression_attribute_values: Values | None = None,
    consistent_read: bool = False,
) -> dict[str, Any]:
    texts = {"ProjectionExpression": projection_expression, "FilterExpression": filter_expression}
    writes.refuse_mixture(
        {"AttributesToGet": attributes_to_get, "ScanFilter": scan_filter, "ConditionalOperator": conditional_operator},
        texts,
    )
    expressions = Expressions(expression_attribute_names, expression_attribute_values, **texts)
    page = Page(call, return_consumed_capacity)
    page.filter(expressions, filter_expression, "ScanFilter", scan_filter, conditional_operator)
    page.project(expressions, projection_expression, attributes_to_get)
    expressions.close()
    low, high = _segment(segment, total_segments)
    page.find(table_name, index_name, consistent_read)
    page.choose(select)
    root = page.keyed.root
    start, end = root + low, root + high if high else state.after(root)
    if exclusive_start_key is not None:
        row = page.starting(exclusive_start_key)
        if not start <= row < end:
            raise ValidationException("The provided starting key is invalid: Invalid ExclusiveStartKey for the segment")
        start = row + b"\0"
    return page.read(start, end, limit)


def _segment(segment: int | None, total: int | None) -> tuple[bytes, bytes]:
    """Where a segment begins and ends among the hashes of partition keys; empty bytes for the very ends."""
    if segment is None and total is None:
        return b"", b""
    if segment is None:
        raise ValidationException(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
        )
    if total is None:
        raise ValidationException(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
        )
    if segment >= total:
        raise ValidationException(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: "
            f"{segment} is not less than TotalSegments: {total}"
        )
    low, high = (segment << 32) // total, ((segment + 1) << 32) // total
    return low.to_bytes(4, "big"), b"" if segment + 1 == total else high.to_bytes(4, "big")


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
        self._named_by = "AttributesToGet"
        self._index: IndexSchema | None = None
        self._fetches = False
        self._is_count = False
        self._is_consistent = False
        self._first = self._last = b""
        self.usage: Usage | None = None

    def restrict(self, test: Callable[[Item], bool] | None, wanted: list[Path] | None) -> None:
        """What a PartiQL statement selects; it shows the items itself."""
        self._test, self._wanted = test, wanted

    def filter(
        self, expressions: Expressions, text: str | None, kind: str, given: dict[str, Any] | None, operator: str | None
    ) -> None:
        legacy.check_operator(operator, given)
        if text is not None:
            compiled = expressions.bind("FilterExpression", text)
            result, bound = compiled.result, expressions.values
            self._test = lambda item: result(item, bound)
            self._filtered = compiled.paths
        elif given is not None:
            self._test = legacy.filter_test(kind, given, operator)

    def project(self, expressions: Expressions, text: str | None, attributes: list[str] | None) -> None:
        if text is not None:
            compiled = expressions.bind("ProjectionExpression", text)
            self._show, self._wanted = compiled.result, compiled.paths
            self._named_by = "ProjectionExpression"
        elif attributes is not None:
            self._show = items.of_attributes(attributes)
            self._wanted = [(name,) for name in attributes]

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

    def check_filter(self, given: dict[str, Any] | None) -> None:
        """A Query filters by attributes that are there, and are no keys."""
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

    def choose(self, select: str | None) -> None:
        """Select, together with the projection and what the index has."""
        if select == "COUNT":
            if self._wanted is not None:
                raise ValidationException(f"Cannot specify the {self._named_by} when choosing to get only the Count")
            self._is_count = True
        elif select == "SPECIFIC_ATTRIBUTES":
            if self._wanted is None:
                raise ValidationException(
                    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
                )
        elif select is not None and self._wanted is not None:
            raise ValidationException(f"Cannot specify the {self._named_by} when choosing to get {select}")
        elif select == "ALL_PROJECTED_ATTRIBUTES" and self._index is None:
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

    def starting(self, given: Item) -> bytes:
        """The row that ExclusiveStartKey names, whether or not it is still there."""
        ranges.check_start(given)
        schema, index = self.schema, self._index
        names = {*schema.key_names, *(index.keyed_names if index is not None else ())}
        if len(given) != len(names):
            raise ValidationException("Exclusive Start Key must have same size as table's key schema")
        if given.keys() != names:
            raise ValidationException("The provided starting key is invalid")
        try:
            key: Key = keys.of_request(schema, {name: given[name] for name in schema.key_names})
        except ValidationException as error:
            raise ValidationException(f"The provided starting key is invalid: {error.message}") from None
        if index is None:
            return key.bytes
        row = index.row(given, key.primary)
        if row is None:
            raise ValidationException("The provided starting key is invalid")
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
