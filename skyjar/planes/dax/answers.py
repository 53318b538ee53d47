"""What a node answers."""

from __future__ import annotations

import ipaddress
from typing import Any

import msgspec

from . import cbor
from .attributes import Value, plain

SUCCESS = b"\x80"
ITEM, CAPACITY, ATTRIBUTES, METRICS, ITEMS, COUNT, LAST_KEY, SCANNED = 0, 1, 2, 3, 7, 8, 9, 10
LEADER, REPLICA = 1, 2
_OF_DYNAMODB = (4, 37, 38, 39)
_CODES: dict[str, tuple[int, ...]] = {
    "ProvisionedThroughputExceededException": (*_OF_DYNAMODB, 40),
    "ResourceNotFoundException": (*_OF_DYNAMODB, 41),
    "ConditionalCheckFailedException": (*_OF_DYNAMODB, 43),
    "ResourceInUseException": (*_OF_DYNAMODB, 45),
    "ValidationException": (*_OF_DYNAMODB, 46),
    "InternalServerError": (*_OF_DYNAMODB, 47),
    "ItemCollectionSizeLimitExceededException": (*_OF_DYNAMODB, 48),
    "LimitExceededException": (*_OF_DYNAMODB, 49),
    "ThrottlingException": (*_OF_DYNAMODB, 50),
    "TransactionCanceledException": (*_OF_DYNAMODB, 58),
    "RequestLimitExceeded": (*_OF_DYNAMODB, 61),
    "AccessDeniedException": (4, 37, 42),
    "NotImplementedException": (4, 37, 44),
    "UnrecognizedClientException": (4, 23, 31, 32),
    "MissingAuthenticationTokenException": (4, 23, 31, 33),
}
_UNKNOWN = (4, 37, 38, 39, 47)


class Node(msgspec.Struct, frozen=True):
    number: int
    address: str
    port: int
    role: int
    zone: str


def refusal(
    code: str, sentence: str, request_id: str, status: int, reasons: list[dict[str, Any]] | None = None
) -> bytes:
    """An error. `reasons` are those of a cancelled transaction: for each item its code, sentence
    and, as `Packed`, the item as it was."""
    details: list[Any] = [request_id, code, status]
    if reasons is not None:
        details.append(
            [part for each in reasons for part in (each.get("Code"), each.get("Message"), each.get("Packed"))]
        )
    return b"".join(map(cbor.encode, (list(_CODES.get(code, _UNKNOWN)), sentence, details)))


def endpoints(nodes: list[Node]) -> bytes:
    shown = [
        {0: each.number, 1: each.address, 2: ipaddress.ip_address(each.address).packed, 3: each.port, 4: each.role,
         5: each.zone, 6: 0}
        for each in nodes
    ]  # fmt: skip
    return SUCCESS + cbor.encode(shown)


def one(answer: Any) -> bytes:
    """A method whose answer is a plain item."""
    return SUCCESS + cbor.encode(answer)


def members(found: dict[int, Any]) -> bytes:
    return SUCCESS + cbor.encode(found)


def projected(values: list[tuple[int, Value]]) -> dict[int, Any]:
    """Values by the place of their path in the projection."""
    return {ordinal: plain(each) for ordinal, each in values}


def changed(number: int, names: tuple[str, ...], item: dict[str, Value]) -> bytes:
    """Attributes that an update touched: by their place in a list."""
    return cbor.encode(number) + cbor.encode({names.index(name): plain(each) for name, each in item.items()})


def capacity(used: dict[str, Any]) -> bytes:
    def indexes(name: str) -> Any:
        return {each: float(units["CapacityUnits"]) for each, units in used[name].items()} if name in used else None

    table = float(used["Table"]["CapacityUnits"]) if "Table" in used else None
    parts = (
        used["TableName"],
        float(used["CapacityUnits"]),
        table,
        indexes("GlobalSecondaryIndexes"),
        indexes("LocalSecondaryIndexes"),
    )
    return b"".join(map(cbor.encode, parts))


_CAPACITY_CODES = {"CapacityUnits": 1, "ReadCapacityUnits": 2, "WriteCapacityUnits": 3, "TableName": 4}
_NESTED_CODES = {"Table": 5, "GlobalSecondaryIndexes": 6, "LocalSecondaryIndexes": 7}


def numbered_capacity(used: dict[str, Any]) -> dict[int, Any]:
    """As transactions tell it."""
    found: dict[int, Any] = {code: used[name] for name, code in _CAPACITY_CODES.items() if name in used}
    if "Table" in used:
        found[5] = numbered_capacity(used["Table"])
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if name in used:
            found[_NESTED_CODES[name]] = {each: numbered_capacity(units) for each, units in used[name].items()}
    return found


def metrics(found: dict[str, Any]) -> bytes:
    key = next(iter(found["ItemCollectionKey"].values()))
    low, high = found["SizeEstimateRangeGB"]
    return b"".join(map(cbor.encode, (plain(key), float(low), float(high))))
