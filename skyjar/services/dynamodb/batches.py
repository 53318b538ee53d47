"""BatchGetItem and BatchWriteItem: each item by itself, no conditions, all in one transaction."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import (
    capacity,
    definitions,
    item_rows,
    items,
    keys,
    limits,
    projections,
    schemas,
    staleness,
    throttle,
    values,
    writes,
)
from .capacity import Usage
from .errors import Throttled, TransactionConflictException, ValidationException

_DUPLICATES = "Provided list of item keys contains duplicates"


@operation
def batch_get_item(
    call: Call, *, request_items: dict[str, dict[str, Any]], return_consumed_capacity: str = "NONE"
) -> dict[str, Any]:
    shown = _shown(request_items)
    responses: dict[str, list[Any]] = {}
    unprocessed: dict[str, dict[str, Any]] = {}
    consumed = []
    total = 0
    refused: Throttled | None = None
    for name, asked in request_items.items():
        schema = schemas.schema_of(call, name)
        found_keys = [keys.of_request(schema, key) for key in asked["Keys"]]
        places = [each.bytes for each in found_keys]
        project, deep = shown[name]
        if deep:
            keys.check_deep(schema, deep)
        usage = Usage(schema)
        is_stale = call.behaviour.stale_reads_s and not asked.get("ConsistentRead")
        held = staleness.View(call) if is_stale else call.tx
        found = responses[name] = []
        for key, place, stored in zip(asked["Keys"], found_keys, held.get_many(places), strict=True):
            size = item_rows.stored_size(stored) if stored is not None else 0
            units = capacity.read_units(size, asked.get("ConsistentRead", False))
            is_full = total + size > limits.BATCH_GET_BYTES
            throttled = None if is_full else throttle.against_read(call, schema, place.code, key, units)
            if is_full or throttled is not None:
                refused = throttled or refused
                rest = unprocessed.setdefault(name, {**asked, "Keys": []})
                rest["Keys"].append(key)
                continue
            total += size
            usage.add(units, {})
            if stored is not None:
                item = item_rows.load(stored)
                found.append(item if project is None else project(item))
        if return_consumed_capacity != "NONE":
            consumed.append(usage.show(return_consumed_capacity))
    left = sum(len(each["Keys"]) for each in unprocessed.values())
    if refused is not None and left == sum(len(each["Keys"]) for each in request_items.values()):
        raise refused
    answer: dict[str, Any] = {"Responses": responses, "UnprocessedKeys": unprocessed}
    if return_consumed_capacity != "NONE":
        answer["ConsumedCapacity"] = consumed
    return answer


def _shown(request_items: dict[str, dict[str, Any]]) -> dict[str, tuple[projections.Projection | None, frozenset[str]]]:
    """What is shown of the items of each table; refused where something is wrong whatever the tables are."""
    if not all(name[:4] == "arn:" or definitions.is_table_name(name) for name in request_items):
        raise _misnamed(request_items)
    shown: dict[str, tuple[projections.Projection | None, frozenset[str]]] = {}
    first: dict[str, Any] = {}
    for asked in request_items.values():
        first = {**asked, **first}
    writes.refuse_mixture(
        {"AttributesToGet": first.get("AttributesToGet")}, {"ProjectionExpression": first.get("ProjectionExpression")}
    )
    count = 0
    for name, asked in request_items.items():
        attributes, text = asked.get("AttributesToGet"), asked.get("ProjectionExpression")
        expressions = items.asked(attributes, text, asked.get("ExpressionAttributeNames"))
        shown[name] = items.projection(expressions, attributes, text)
        seen: set[str] = set()
        for key in asked["Keys"]:
            values.admit(key)
            frozen = repr(sorted(key.items()))
            if frozen in seen:
                raise ValidationException(_DUPLICATES)
            seen.add(frozen)
        count += len(seen)
        if count > limits.BATCH_GET_KEYS:
            raise ValidationException("Too many items requested for the BatchGetItem call")
    return shown


def _misnamed(request_items: dict[str, Any]) -> ValidationException:
    given = orjson.dumps(request_items, default=lambda blob: b64encode(blob).decode()).decode()
    least, most = limits.NAME_LENGTH
    return ValidationException(
        f"1 validation error detected: Value '{given}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy "
        f"constraint: [Member must have length less than or equal to {most}, Member must have length greater than or equal to "
        f"{least}, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    )


@operation
def batch_write_item(
    call: Call,
    *,
    request_items: dict[str, list[dict[str, Any]]],
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
) -> dict[str, Any]:
    if sum(map(len, request_items.values())) > limits.BATCH_WRITES:
        raise ValidationException("Too many items requested for the BatchWriteItem call")
    sizes = [_admit(request) for requests in request_items.values() for request in _each_alone(requests)]
    sizes.reverse()
    planned: list[tuple[str, dict[str, Any], writes.Write]] = []
    for name, requests in request_items.items():
        schema = schemas.schema_of(call, name)
        planned += [(name, request, _write(schema, request, sizes.pop())) for request in requests]
    places = [write.key.bytes for _, _, write in planned]
    if len(set(places)) != len(places):
        raise ValidationException(_DUPLICATES)
    usages = {name: Usage(schemas.schema_of(call, name)) for name in request_items}
    unprocessed: dict[str, list[dict[str, Any]]] = {}
    refused: Throttled | None = None
    metrics: dict[str, list[dict[str, Any]]] = {}
    for name, request, write in planned:
        throttled = throttle.against_write(call, write.schema, write.key, write.named, write.size)
        if throttled is not None:
            refused = throttled
            unprocessed.setdefault(name, []).append(request)
            continue
        try:
            done = writes.perform(call, write, needs_old=return_item_collection_metrics == "SIZE", is_let_in=True)
        except TransactionConflictException:
            unprocessed.setdefault(name, []).append(request)
            continue
        if return_consumed_capacity != "NONE":
            took = done.usage()
            usages[name].add(took.table, took.indexes)
        found = writes.collection_metrics(call, done, return_item_collection_metrics)
        if found is not None:
            metrics.setdefault(name, []).append(found)
    if refused is not None and sum(map(len, unprocessed.values())) == len(planned):
        raise refused
    answer: dict[str, Any] = {"UnprocessedItems": unprocessed}
    if return_consumed_capacity != "NONE":
        answer["ConsumedCapacity"] = [usage.show(return_consumed_capacity) for usage in usages.values()]
    if metrics:
        answer["ItemCollectionMetrics"] = metrics
    return answer


def _each_alone(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each puts or deletes, and not both."""
    if any(len(request) != 1 for request in requests):
        raise ValidationException(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        )
    return requests


def _admit(request: dict[str, Any]) -> int:
    """The size of what is put, or of the key of what is deleted; refused whatever the table is."""
    put = request.get("PutRequest")
    size = values.admit(put["Item"] if put is not None else request["DeleteRequest"]["Key"])
    writes.check_size(size)
    return size


def _write(schema: schemas.Schema, request: dict[str, Any], size: int) -> writes.Write:
    put = request.get("PutRequest")
    if put is None:
        return writes.delete(schema, request["DeleteRequest"]["Key"])
    keys.check_in_batch(schema, put["Item"])
    return writes.put(schema, put["Item"], size)
