"""The options of a request, by number, as DynamoDB's parameters."""

from __future__ import annotations

from typing import Any

from skyjar.planes.dax import expressions
from skyjar.planes.dax.cbor import Malformed, bound
from skyjar.planes.dax.expressions import Binder, Path

from . import limits
from .errors import ValidationException

CAPACITY = {0: "NONE", 1: "TOTAL", 2: "INDEXES"}
METRICS = {0: "NONE", 1: "SIZE"}
SELECT = {1: "ALL_ATTRIBUTES", 2: "ALL_PROJECTED_ATTRIBUTES", 3: "COUNT", 4: "SPECIFIC_ATTRIBUTES"}
RETURN_VALUES = {1: "NONE", 2: "ALL_OLD", 3: "UPDATED_OLD", 4: "ALL_NEW", 5: "UPDATED_NEW"}
_PROJECTION, _NAMES, _CONSISTENT, _CONDITION, _VALUES, _UPDATE, _START, _FILTER, _INDEX = 0, 1, 2, 4, 5, 8, 9, 10, 11
_LIMIT, _FORWARD, _SEGMENT, _SEGMENTS, _TOKEN = 13, 14, 16, 17, 19
_CHOICES: dict[int, tuple[str, dict[int, str]]] = {
    3: ("return_consumed_capacity", CAPACITY),
    6: ("return_item_collection_metrics", METRICS),
    7: ("return_values", RETURN_VALUES),
    15: ("select", SELECT),
}
_NUMBERS = {_LIMIT: "limit", _SEGMENT: "segment", _SEGMENTS: "total_segments"}
_RANGES = {_LIMIT: (1, 2**31 - 1), _SEGMENT: (0, limits.SEGMENTS - 1), _SEGMENTS: (1, limits.SEGMENTS)}
_FLAGS = {_CONSISTENT: "consistent_read", _FORWARD: "scan_index_forward"}
_CONDITIONS = {_CONDITION: "condition_expression", _FILTER: "filter_expression"}
_READ = {3, _CONSISTENT, _PROJECTION}
_WRITE = {3, 6, 7, _CONDITION}
_PAGE = {*_READ, _INDEX, _LIMIT, 15, _START, _FILTER}
_TAKES: dict[str, set[int]] = {
    "get_item": _READ,
    "put_item": _WRITE,
    "delete_item": _WRITE,
    "update_item": {*_WRITE, _UPDATE},
    "query": {*_PAGE, _FORWARD},
    "scan": {*_PAGE, _SEGMENT, _SEGMENTS},
    "batch_get_item": {3},
    "batch_write_item": {3, 6},
    "transact_get_items": {3},
    "transact_write_items": {3, 6, _TOKEN},
}


class Options:
    """`parameters` but for the start of a page, whose form depends on the rest (`start`); `paths` of a projection, which DAX does
    itself; `binder` has the placeholders of all expressions."""

    def __init__(self, method: str, given: Any) -> None:
        self.parameters: dict[str, Any] = {}
        self.paths: list[Path] | None = None
        self.start: bytes | None = None
        self.binder = Binder()
        if given is None:
            return
        for number, value in bound(given, dict, "options").items():
            if number in (_NAMES, _VALUES):
                continue  # the names and values are in the expressions already
            if number not in _TAKES[method]:
                raise Malformed(f"an option {number!r} of {method}")
            self._take(number, value)

    def _take(self, number: Any, value: Any) -> None:
        found = self.parameters
        if number == _PROJECTION:
            self.paths = projection(value)
        elif number in _CONDITIONS:
            found[_CONDITIONS[number]] = self.binder.condition(value)
        elif number == _UPDATE:
            found["update_expression"] = self.binder.update(value)
        elif number == _START:
            self.start = bound(value, bytes, "a start")
        elif number in _FLAGS:
            if value not in (0, 1):
                raise Malformed("a switch that is neither on nor off")
            found[_FLAGS[number]] = bool(value)
        elif number in _NUMBERS:
            low, high = _RANGES[number]
            if not low <= bound(value, int, "a number") <= high:
                raise ValidationException(f"{value} is not between {low} and {high}")
            found[_NUMBERS[number]] = value
        elif number == _INDEX:
            found["index_name"] = text(value)
        elif number == _TOKEN:
            found["client_request_token"] = text(value)
        elif number in _CHOICES and type(value) is int and value in _CHOICES[number][1]:
            found[_CHOICES[number][0]] = _CHOICES[number][1][value]
        else:
            raise Malformed(f"option {number!r}")

    @property
    def capacity(self) -> str:
        """What of the used capacity is to be told."""
        return str(self.parameters.get("return_consumed_capacity", "NONE"))

    def bound(self) -> dict[str, Any]:
        """The parameters with their placeholders."""
        names, values = self.binder.names, self.binder.values
        return {
            **self.parameters,
            **({"expression_attribute_names": names} if names else {}),
            **({"expression_attribute_values": values} if values else {}),
        }


def projection(value: Any) -> list[Path]:
    """The paths of a ProjectionExpression, of which none is another or a part of it, as DynamoDB has it."""
    paths = expressions.paths_of(value)
    for at, second in enumerate(paths):
        for first in paths[:at]:
            length = min(len(first), len(second))
            if first[:length] == second[:length]:
                raise ValidationException(
                    "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of "
                    f"these paths; path one: {_shown(first)}, path two: {_shown(second)}"
                )
    return paths


def _shown(path: Path) -> str:
    return "[" + ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path) + "]"


def text(value: Any) -> str:
    """Which clients write as text or as its bytes."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Malformed("no text") from None
    return str(bound(value, str, "a name"))


def table_name(value: Any) -> str:
    found = text(value)
    if not limits.TABLE_NAME.fullmatch(found):
        raise ValidationException(f"Invalid table name: {found[:255]}")
    return found


def counted(count: int, most: int) -> None:
    """Of the parts of a batch or a transaction."""
    if not 1 <= count <= most:
        raise ValidationException(f"A request has 1 to {most} items, not {count}")
