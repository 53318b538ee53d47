"""A table to work on: `table()` makes one, `S`/`N` and plain Python values become attribute values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def av(value: Any) -> dict[str, Any]:
    """A plain value as an attribute value; sets become SS or NS."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, dict):
        return {"M": {name: av(each) for name, each in value.items()}}
    if isinstance(value, set):
        return {"SS": sorted(value)} if isinstance(next(iter(value)), str) else {"NS": [str(n) for n in sorted(value)]}
    return {"L": [av(each) for each in value]}


def item(**attributes: Any) -> dict[str, Any]:
    return {name: av(value) for name, value in attributes.items()}


def keys(hash_name: str = "pk", range_name: str = "") -> list[dict[str, str]]:
    found = [{"AttributeName": hash_name, "KeyType": "HASH"}]
    return [*found, {"AttributeName": range_name, "KeyType": "RANGE"}] if range_name else found


def types(**named: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in named.items()]


def index(name: str, hash_name: str, range_name: str = "", projection: str = "ALL", **more: Any) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": keys(hash_name, range_name),
        "Projection": {"ProjectionType": projection},
        **more,
    }


Make = Callable[..., Any]


@pytest.fixture
def table(desk: Any) -> Make:
    """`table(sk="N", g="S", global_secondary_indexes=[…])`: a table "tab" with the key `pk` (S) and, if given, `sk`."""

    def make(name: str = "tab", *, pk: str = "S", sk: str = "", **more: Any) -> Any:
        attributes = {"pk": pk, **({"sk": sk} if sk else {}), **more.pop("types", {})}
        given = {"billing_mode": "PAY_PER_REQUEST", **more}
        dynamodb = desk.ask("dynamodb")
        dynamodb.create_table(
            table_name=name,
            key_schema=keys("pk", "sk" if sk else ""),
            attribute_definitions=types(**attributes),
            **given,
        )
        return dynamodb

    return make
