"""Transactions through a cluster: reads pass by the caches; what was written is read once more to be cached."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.errors import AWSError
from skyjar.planes.dax import answers
from skyjar.planes.dax.cbor import Malformed, bound
from skyjar.planes.dax.expressions import Binder

from . import caches, limits
from .asking import Asking
from .options import Options, counted, table_name
from .options import projection as paths_of
from .shown import projected
from .writes import metrics_of

KINDS = {2: "Put", 7: "Delete", 9: "Update", 12: "ConditionCheck"}
_ACTIONS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}

_NEEDED = {"Update": "UpdateExpression", "ConditionCheck": "ConditionExpression"}


def _columns(arguments: list[Any], count: int) -> list[list[Any]]:
    """A row for each item of the transaction; a column that is null is one of nulls."""
    length = len(bound(arguments[0], list, "a transaction"))
    counted(length, limits.TRANSACTION)
    columns = [[None] * length if each is None else bound(each, list, "a column") for each in arguments[:count]]
    if any(len(each) != length for each in columns):
        raise Malformed("a transaction whose parts are not of one length")
    return [list(row) for row in zip(*columns, strict=True)]


def actions_of(arguments: list[Any]) -> list[str]:
    """The actions that a TransactWriteItems needs, each once."""
    kinds = arguments[0] if isinstance(arguments[0], list) else []
    return sorted({_ACTIONS[KINDS[kind]] for kind in kinds if type(kind) is int and kind in KINDS})


def transact_get_items(asking: Asking, arguments: list[Any]) -> bytes:
    options = Options("transact_get_items", arguments[3])
    tables: list[str] = []
    wanted: list[Any] = []
    gets: list[dict[str, Any]] = []
    for name, data, projection in _columns(arguments, 3):
        tables.append(table_name(name))
        wanted.append(None if projection is None else paths_of(projection))
        gets.append({"Get": {"TableName": tables[-1], "Key": asking.decoded(tables[-1], data)}})
    answer = asking.db.transact_get_items(transact_items=gets, **options.parameters)
    shown: list[Any] = []
    for table, paths, each in zip(tables, wanted, answer["Responses"], strict=True):
        item = each.get("Item")
        if item is None:
            shown.append(None)
        else:
            shown.append(asking.packed(table, item) if paths is None else projected(item, paths))
    return answers.one([shown, _used(answer)])


def _used(answer: dict[str, Any]) -> list[Any]:
    return [answers.numbered_capacity(each) for each in answer.get("ConsumedCapacity", ())]


def transact_write_items(asking: Asking, arguments: list[Any]) -> bytes:
    options = Options("transact_write_items", arguments[8])
    actions: list[dict[str, Any]] = []
    touched: list[tuple[str, bytes]] = []
    for kind, name, data, item, _, on_failure, condition, update in _columns(arguments, 8):
        if type(kind) is not int or kind not in KINDS:
            raise Malformed("no such write of a transaction")
        table, binder = table_name(name), Binder()
        made: dict[str, Any] = {"TableName": table}
        if KINDS[kind] == "Put":
            made["Item"] = asking.unpacked(table, data, item)
        else:
            made["Key"] = asking.decoded(table, data)
        if condition is not None:
            made["ConditionExpression"] = binder.condition(condition)
        if update is not None:
            made["UpdateExpression"] = binder.update(update)
        wanted = _NEEDED.get(KINDS[kind])
        if wanted is not None and wanted not in made:
            raise Malformed(f"no {wanted} in a transaction's {KINDS[kind]}")
        if binder.names:
            made["ExpressionAttributeNames"] = binder.names
        if binder.values:
            made["ExpressionAttributeValues"] = binder.values
        if on_failure == 2:
            made["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        actions.append({KINDS[kind]: made})
        if KINDS[kind] != "ConditionCheck":
            touched.append((table, asking.same(table, data)))
    try:
        answer = asking.db.transact_write_items(transact_items=actions, **options.parameters) or {}
    except AWSError as error:
        for action, reason in zip(actions, error.fields.get("CancellationReasons", ()), strict=False):
            if "Item" in reason:
                table = next(iter(action.values()))["TableName"]
                reason["Packed"] = asking.packed_if_known(table, reason["Item"])
        raise
    _read_again(asking, touched)
    return answers.one([None, _used(answer), metrics_of(answer)])


def _read_again(asking: Asking, touched: list[tuple[str, bytes]]) -> None:
    """As DAX does behind a TransactWriteItems; what it may not read is forgotten."""
    call, cluster = asking.call, asking.cluster
    if not touched:
        return
    gets = [{"Get": {"TableName": table, "Key": asking.decoded(table, data)}} for table, data in touched]
    try:
        read = asking.db.transact_get_items(transact_items=gets)["Responses"]
    except AWSError:
        for table, data in touched:
            caches.drop_item(call, cluster, table, data)
        return
    for (table, data), each in zip(touched, read, strict=True):
        caches.keep_item(call, cluster, table, data, each.get("Item"))
