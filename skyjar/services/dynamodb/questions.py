"""What a plain call is about, in a word: the short cut of judging it (`pipeline/authorise.py`)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import schemas

_SINGLE = frozenset(("get_item", "put_item", "update_item", "delete_item", "query", "scan"))
_BATCHES = frozenset(("batch_get_item", "batch_write_item"))


_TRANSACTIONS = frozenset(("transact_write_items", "transact_get_items"))


def question(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """The table's name, where all that is asked of is items of one table that is in use and has no policy; of a transaction that
    does the same to all of them, with that."""
    kind = ""
    if operation in _SINGLE:
        name = parameters["table_name"] if "index_name" not in parameters else None
    elif operation in _BATCHES:
        several = parameters["request_items"]
        name = next(iter(several)) if len(several) == 1 else None
    elif operation in _TRANSACTIONS:
        kind, name = _alike(parameters["transact_items"])
    else:
        return None
    if name is None or name[:4] == "arn:":
        return None
    schema = schemas.find(call, name)
    call.looked_up = (name, schema)
    return kind + name if schema is not None and schema.is_plain else None


def _alike(several: list[dict[str, Any]]) -> tuple[str, str | None]:
    """What a transaction does to all its items, and their table; None where they differ."""
    first: tuple[str, str | None] | None = None
    for each in several:
        if len(each) != 1:
            return "", None
        for kind, given in each.items():
            this = (kind, given.get("TableName"))
        if first is None:
            first = this
        elif this != first:
            return "", None
    return first or ("", None)
