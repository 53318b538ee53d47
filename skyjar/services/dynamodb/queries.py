"""Query and Scan: their parameters, in the order in which DynamoDB checks them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import ranges, state, writes
from .errors import ValidationException
from .expressions import Expressions, Names, Values
from .pages import START, Page
from .schemas import KEY_ENCODERS, Keyed
from .values import Item


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
    legacy_conditions = key_conditions if key_condition_expression is not None else None
    writes.refuse_mixture(
        {"AttributesToGet": attributes_to_get, "QueryFilter": query_filter, "ConditionalOperator": conditional_operator,
         "KeyConditions": legacy_conditions},
        texts,
    )  # fmt: skip
    expressions = Expressions(expression_attribute_names, expression_attribute_values, **texts)
    wrong = _wrong_selection(select, projection_expression, attributes_to_get)
    if wrong:
        raise ValidationException(f"1 validation error detected: {wrong}")
    page = Page(call, return_consumed_capacity)
    page.filter("QueryFilter", query_filter, conditional_operator)
    page.project(attributes_to_get)
    if exclusive_start_key is not None:
        ranges.check_start(exclusive_start_key)
    if key_condition_expression is None and key_conditions is None:
        raise ValidationException(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    expressions.admit()
    if key_condition_expression is not None:
        node = expressions.bind("KeyConditionExpression", key_condition_expression).result
    page.bind(expressions, filter_expression, projection_expression)
    if key_condition_expression is not None:
        conditions = ranges.of_node(node, expressions.values)
    else:
        conditions = ranges.of_legacy(key_conditions or {})
    page.find(table_name, index_name, consistent_read)
    if exclusive_start_key is not None:
        page.check_start(exclusive_start_key)
    found = ranges.Range(page.keyed, conditions)
    start, end = found.start, found.end
    if exclusive_start_key is not None:
        row = page.starting(exclusive_start_key)
        if not start <= row < end:
            raise _outside(page.keyed, conditions, exclusive_start_key)
        start, end = (row + b"\0", end) if scan_index_forward else (start, row)
    page.check_filter(query_filter)
    page.choose(select)
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
    wrong = _wrong_selection(select, projection_expression, attributes_to_get)
    if wrong:
        raise ValidationException(wrong)
    page = Page(call, return_consumed_capacity)
    page.project(attributes_to_get)
    page.filter("ScanFilter", scan_filter, conditional_operator)
    if exclusive_start_key is not None:
        ranges.check_start(exclusive_start_key)
    low, high = _segment(segment, total_segments)
    expressions.admit()
    page.bind(expressions, filter_expression, projection_expression)
    page.find(table_name, index_name, consistent_read)
    if exclusive_start_key is not None:
        page.check_start(exclusive_start_key, is_scan=True)
    root = page.keyed.root
    start, end = root + low, root + high if high else state.after(root)
    if exclusive_start_key is not None:
        row = page.starting(exclusive_start_key)
        if not start <= row < end:
            raise ValidationException(
                f"{START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                f"TotalSegments: {total_segments} Segment: {segment}"
            )
        start = row + b"\0"
    page.check_deep()
    page.choose(select)
    return page.read(start, end, limit)


def _wrong_selection(select: str | None, text: str | None, attributes: list[str] | None) -> str:
    """What is wrong with Select and a projection, or the lack of one; empty for nothing."""
    given = "ProjectionExpression" if text is not None else "AttributesToGet" if attributes is not None else ""
    if select == "SPECIFIC_ATTRIBUTES":
        lacking = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        return "" if given else lacking
    if select is None or not given:
        return ""
    return f"Cannot specify the {given} when choosing to get {'only the Count' if select == 'COUNT' else select}"


def _outside(keyed: Keyed, conditions: ranges.Conditions, given: Item) -> ValidationException:
    """Of a Query whose starting key is not in its range."""
    hashes = {name: ("=", [given[name]]) for name, _ in keyed.hashes}
    left = {name: each for name, each in conditions.items() if name not in hashes}
    if not left:
        return ValidationException("The provided starting key is outside query boundaries based on provided conditions")
    here = ranges.Range(keyed, {**hashes, **left})
    row = keyed.partition(given) or b""
    for name, kind in keyed.ranges:
        row += KEY_ENCODERS[kind](given[name][kind])
    if not here.start <= row < here.end:
        return ValidationException("The provided starting key does not match the range key predicate")
    return ValidationException("The query can return at most one row and cannot be restarted")


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
