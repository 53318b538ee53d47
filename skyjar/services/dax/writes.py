"""Writes through a cluster: DynamoDB has them first, then the item cache. The query cache is left as it is."""

from __future__ import annotations

from typing import Any

from skyjar.planes.dax import answers, cbor
from skyjar.planes.dax.cbor import Malformed, bound

from . import caches, limits
from .asking import Asking, Item
from .options import Options, counted, table_name
from .shown import capacity_of

_OF_PARTS = ("UPDATED_OLD", "UPDATED_NEW")


def put_item(asking: Asking, arguments: list[Any]) -> bytes:
    table, options = table_name(arguments[0]), Options("put_item", arguments[3])
    data = asking.same(table, arguments[1])
    item = asking.unpacked(table, data, arguments[2])
    answer = asking.db.put_item(table_name=table, item=item, **options.bound())
    caches.keep_item(asking.call, asking.cluster, table, data, item)
    return _written(asking, table, options, answer)


def delete_item(asking: Asking, arguments: list[Any]) -> bytes:
    table, options = table_name(arguments[0]), Options("delete_item", arguments[2])
    data = asking.same(table, arguments[1])
    answer = asking.db.delete_item(table_name=table, key=asking.decoded(table, data), **options.bound())
    caches.keep_item(asking.call, asking.cluster, table, data, None)
    return _written(asking, table, options, answer)


def update_item(asking: Asking, arguments: list[Any]) -> bytes:
    """The item as it is now is cached; where the client wants something else returned it is not known, and is forgotten."""
    table, options = table_name(arguments[0]), Options("update_item", arguments[2])
    data = asking.same(table, arguments[1])
    wanted = options.parameters.get("return_values", "NONE")
    if wanted == "NONE":
        options.parameters["return_values"] = "ALL_NEW"
    answer = asking.db.update_item(table_name=table, key=asking.decoded(table, data), **options.bound())
    if wanted in ("NONE", "ALL_NEW"):
        caches.keep_item(asking.call, asking.cluster, table, data, answer["Attributes"])
    else:
        caches.drop_item(asking.call, asking.cluster, table, data)
    if wanted == "NONE":
        del answer["Attributes"]
    return _written(asking, table, options, answer)


def _written(asking: Asking, table: str, options: Options, answer: dict[str, Any] | None) -> bytes:
    answer = answer or {}
    members = capacity_of(options, answer.get("ConsumedCapacity"))
    changed: Item | None = answer.get("Attributes")
    if changed:
        if options.parameters.get("return_values") in _OF_PARTS:
            names = tuple(sorted(changed))
            members[answers.ATTRIBUTES] = answers.changed(asking.list_number(names), names, changed)
        else:
            members[answers.ATTRIBUTES] = asking.packed(table, changed)
    if answer.get("ItemCollectionMetrics"):
        members[answers.METRICS] = answers.metrics(answer["ItemCollectionMetrics"])
    return answers.members(members)


def batch_write_item(asking: Asking, arguments: list[Any]) -> bytes:
    options = Options("batch_write_item", arguments[1])
    written: dict[str, dict[bytes, Item | None]] = {}
    for name, flat in bound(arguments[0], dict, "a batch").items():
        table = table_name(name)
        if not isinstance(flat, list) or len(flat) % 2:
            raise Malformed("no writes of a batch")
        pairs = zip(flat[::2], flat[1::2], strict=True)
        written[table] = {
            asking.same(table, key): None if item is None else asking.unpacked(table, key, item) for key, item in pairs
        }
    counted(sum(map(len, written.values())), limits.BATCH_WRITES)
    requests = {
        table: [
            {"PutRequest": {"Item": item}}
            if item is not None
            else {"DeleteRequest": {"Key": asking.decoded(table, data)}}
            for data, item in items.items()
        ]
        for table, items in written.items()
    }
    answer = asking.db.batch_write_item(request_items=requests, **options.parameters)
    left = _left(asking, answer.get("UnprocessedItems", {}))
    for table, items in written.items():
        for data, item in items.items():
            if data not in left.get(table, {}):
                caches.keep_item(asking.call, asking.cluster, table, data, item)
    shown = {
        table: [part for data, item in items.items() for part in (data, item and asking.packed(table, item))]
        for table, items in left.items()
    }
    used = [answers.capacity(each) for each in answer.get("ConsumedCapacity", ())]
    return answers.one(shown) + cbor.encode(used) + cbor.encode(metrics_of(answer))


def _left(asking: Asking, unprocessed: dict[str, Any]) -> dict[str, dict[bytes, Item | None]]:
    found: dict[str, dict[bytes, Item | None]] = {}
    for table, requests in unprocessed.items():
        for request in requests:
            item = request.get("PutRequest", {}).get("Item")
            key = item if item is not None else request["DeleteRequest"]["Key"]
            found.setdefault(table, {})[asking.encoded(table, key)] = item
    return found


def metrics_of(answer: dict[str, Any]) -> dict[str, list[bytes]]:
    found = answer.get("ItemCollectionMetrics", {})
    return {table: [answers.metrics(each) for each in several] for table, several in found.items()}
