"""Reads through a cluster. What may be a little old comes from the caches; strongly consistent reads pass by them, and leave nothing
there."""

from __future__ import annotations

from typing import Any

from skyjar.planes.dax import answers, attributes, cbor
from skyjar.planes.dax.cbor import Malformed, bound
from skyjar.planes.dax.expressions import Path

from . import caches, limits
from .asking import Asking, Item
from .options import Options, counted, table_name, text
from .options import projection as paths_of
from .shown import capacity_of, projected

FREE = 0.0  # a hit uses no capacity of the table


def get_item(asking: Asking, arguments: list[Any]) -> bytes:
    table, data, options = table_name(arguments[0]), arguments[1], Options("get_item", arguments[2])
    key = asking.decoded(table, data)
    data = asking.encoded(table, key)
    call, cluster = asking.call, asking.cluster
    is_consistent = options.parameters.get("consistent_read", False)
    found = None if is_consistent else caches.item(call, cluster, table, data)
    used: Any = {"TableName": table, "CapacityUnits": FREE}
    if found is not None:
        item = found.item
    else:
        answer = asking.db.get_item(table_name=table, key=key, **options.parameters)
        item, used = answer.get("Item"), answer.get("ConsumedCapacity")
        if not is_consistent:
            caches.keep_item(call, cluster, table, data, item)
    members = capacity_of(options, used)
    if item is not None:
        members[answers.ITEM] = _shown(asking, table, item, options.paths)
    return answers.members(members)


def _shown(asking: Asking, table: str, item: Item, paths: list[Path] | None) -> Any:
    return asking.packed(table, item) if paths is None else projected(item, paths)


def batch_get_item(asking: Asking, arguments: list[Any]) -> bytes:
    options = Options("batch_get_item", arguments[1])
    wanted: dict[str, tuple[list[Path] | None, list[bytes]]] = {}
    found: dict[tuple[str, bytes], Item | None] = {}
    missing: dict[str, dict[str, Any]] = {}
    for name, request in bound(arguments[0], dict, "a batch").items():
        table, (is_consistent, projection, keys) = table_name(name), _three(request)
        paths = None if projection is None else paths_of(projection)
        wanted[table] = (paths, [asking.same(table, key) for key in keys])
        for data in wanted[table][1]:
            cached = None if is_consistent else caches.item(asking.call, asking.cluster, table, data)
            if cached is not None:
                found[table, data] = cached.item
                continue
            asked = missing.setdefault(table, {"Keys": [], **({"ConsistentRead": True} if is_consistent else {})})
            asked["Keys"].append(asking.decoded(table, data))
    counted(sum(len(keys) for _, keys in wanted.values()), limits.BATCH_READS)
    used, left = _fetch(asking, missing, found, options)
    shown: dict[str, Any] = {}
    for table, (paths, keys) in wanted.items():
        there = [(data, found.get((table, data))) for data in keys]
        if paths is None:
            pairs = [(data, asking.packed(table, item)) for data, item in there if item is not None]
            shown[table] = [part for pair in pairs for part in pair]
        else:
            shown[table] = [projected(item, paths) for _, item in there if item is not None]
    return answers.one([shown, left]) + cbor.encode([answers.capacity(each) for each in used])


def _three(request: Any) -> list[Any]:
    if not isinstance(request, list) or len(request) != 3 or not isinstance(request[2], list):
        raise Malformed("no request of a batch")
    return request


def _fetch(
    asking: Asking, missing: dict[str, dict[str, Any]], found: dict[tuple[str, bytes], Item | None], options: Options
) -> tuple[list[Any], dict[str, list[bytes]]]:
    """What was not cached: put into `found` and the cache; the capacity that it took, and keys that were not read."""
    if not missing:
        return [], {}
    answer = asking.db.batch_get_item(request_items=missing, **options.parameters)
    left = {
        table: [asking.encoded(table, key) for key in request["Keys"]]
        for table, request in answer.get("UnprocessedKeys", {}).items()
    }
    for table, request in missing.items():
        read = {asking.encoded(table, item): item for item in answer["Responses"].get(table, ())}
        for key in request["Keys"]:
            data = asking.encoded(table, key)
            if data in left.get(table, ()):
                continue
            found[table, data] = read.get(data)
            if not request.get("ConsistentRead"):
                caches.keep_item(asking.call, asking.cluster, table, data, read.get(data))
    return answer.get("ConsumedCapacity", []), left


def query(asking: Asking, arguments: list[Any]) -> bytes:
    options = Options("query", arguments[2])
    condition = arguments[1]
    if condition is not None:
        options.parameters["key_condition_expression"] = options.binder.condition(condition)
    return _many(asking, "query", table_name(arguments[0]), options)


def scan(asking: Asking, arguments: list[Any]) -> bytes:
    return _many(asking, "scan", table_name(arguments[0]), Options("scan", arguments[1]))


def _many(asking: Asking, operation: str, table: str, options: Options) -> bytes:
    has_index = "index_name" in options.parameters
    if options.start is not None:
        start = _compound(options.start) if has_index else asking.decoded(table, options.start)
        options.parameters["exclusive_start_key"] = start
    if options.paths is not None:
        names = dict.fromkeys((path[0],) for path in options.paths)
        options.parameters["projection_expression"] = options.binder.projection([*names])
    parameters = options.bound()
    answer = _answer(asking, operation, {"table_name": table, **parameters}, options)
    members = capacity_of(options, answer.get("ConsumedCapacity"))
    members |= {answers.COUNT: answer["Count"], answers.SCANNED: answer["ScannedCount"]}
    if "Items" in answer:
        members[answers.ITEMS] = [
            projected(item, options.paths)
            if options.paths is not None
            else [asking.encoded(table, item), asking.packed(table, item)]
            for item in answer["Items"]
        ]
    last = answer.get("LastEvaluatedKey")
    if last:
        members[answers.LAST_KEY] = (
            cbor.encode({name: attributes.plain(each) for name, each in last.items()})
            if has_index
            else asking.encoded(table, last)
        )
    return answers.members(members)


def _answer(asking: Asking, operation: str, parameters: dict[str, Any], options: Options) -> dict[str, Any]:
    """The cached answer to the same question, or DynamoDB's."""
    call, cluster = asking.call, asking.cluster
    ask = getattr(asking.db, operation)
    if parameters.get("consistent_read"):
        consistent: dict[str, Any] = ask(**parameters)
        return consistent
    asked = {name: value for name, value in parameters.items() if name != "return_consumed_capacity"}
    digest = caches.digest_of([operation, asked])
    found = caches.answer(call, cluster, digest)
    if found is not None:
        return {**found, "ConsumedCapacity": {"TableName": parameters["table_name"], "CapacityUnits": FREE}}
    answer: dict[str, Any] = ask(**parameters)
    kept = {name: value for name, value in answer.items() if name != "ConsumedCapacity"}
    caches.keep_answer(call, cluster, digest, kept)
    return answer


def _compound(data: bytes) -> Item:
    """The start of a page of an index: all of its key, by name."""
    found, _ = cbor.item(data)
    return {text(name): attributes.value(each) for name, each in bound(found, dict, "a key").items()}
