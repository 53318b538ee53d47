"""Expressions as DAX's clients send them (arrays of a function's number and its arguments), and DynamoDB's text for them."""

from __future__ import annotations

from typing import Any

from cbor2 import CBORTag

from . import cbor
from .attributes import Value, value
from .cbor import ORDINAL, Malformed

FORMAT = 1
_COMPARES = {0: "=", 1: "<>", 2: "<", 3: ">=", 4: ">", 5: "<="}
_JOINS = {6: "AND", 7: "OR"}
_NOT, _BETWEEN, _IN, _VARIABLE, _PATH = 8, 9, 10, 17, 18
_FUNCTIONS = {
    11: ("attribute_exists", 1),
    12: ("attribute_not_exists", 1),
    13: ("attribute_type", 2),
    14: ("begins_with", 2),
    15: ("contains", 2),
    16: ("size", 1),
    23: ("if_not_exists", 2),
    24: ("list_append", 2),
}
_SUMS = {25: "+", 26: "-"}
_CLAUSES = {19: "SET", 20: "ADD", 21: "DELETE", 22: "REMOVE"}
Path = tuple[str | int, ...]


class Binder:
    """Writes the expressions of one request; `names` and `values` are its placeholders."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Value] = {}
        self._known: dict[str, str] = {}

    def condition(self, data: bytes) -> str:
        tree, variables = _opened(self, data)
        return self._text(tree, variables)

    def update(self, data: bytes) -> str:
        actions, variables = _opened(self, data)
        clauses: dict[str, list[str]] = {}
        for action in _array(actions):
            number, path, *operand = _array(action)
            written = [self._text(each, variables) for each in (path, *operand)]
            if number not in _CLAUSES or len(written) != (1 if number == 22 else 2):
                raise Malformed("no action of an update")
            clauses.setdefault(_CLAUSES[number], []).append((" = " if number == 19 else " ").join(written))
        return " ".join(f"{clause} {', '.join(each)}" for clause, each in clauses.items())

    def projection(self, paths: list[Path]) -> str:
        return ", ".join(self._path(path) for path in paths)

    def _name(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = f"#n{len(self.names)}"
            self.names[self._known[name]] = name
        return self._known[name]

    def _path(self, path: Path) -> str:
        written = ""
        for step in path:
            written += f"[{step}]" if isinstance(step, int) else f"{'.' if written else ''}{self._name(step)}"
        return written

    def _text(self, node: Any, variables: list[str]) -> str:
        number, *given = _array(node)
        if number == _PATH:
            return self._path(path_of(node))
        if number == _VARIABLE:
            if len(given) != 1 or type(given[0]) is not int or not 0 <= given[0] < len(variables):
                raise Malformed("a variable that was not sent")
            return variables[given[0]]
        if number == _IN and len(given) == 2:
            among = ", ".join(self._text(each, variables) for each in _array(given[1]))
            return f"{self._text(given[0], variables)} IN ({among})"
        written = [self._text(each, variables) for each in given]
        if number in _FUNCTIONS and len(written) == _FUNCTIONS[number][1]:
            return f"{_FUNCTIONS[number][0]}({', '.join(written)})"
        if number == _NOT and len(written) == 1:
            return f"NOT ({written[0]})"
        if number == _BETWEEN and len(written) == 3:
            return f"{written[0]} BETWEEN {written[1]} AND {written[2]}"
        if len(written) == 2:
            if number in _COMPARES:
                return f"{written[0]} {_COMPARES[number]} {written[1]}"
            if number in _JOINS:
                return f"({written[0]}) {_JOINS[number]} ({written[1]})"
            if number in _SUMS:
                return f"{written[0]} {_SUMS[number]} {written[1]}"
        raise Malformed(f"no function {number!r} of {len(given)} arguments")

    def bind(self, values: Any) -> list[str]:
        """Placeholders of an expression's variables, by their numbers."""
        made = []
        for each in values if isinstance(values, list | tuple) else _array(None):
            made.append(f":v{len(self.values)}")
            self.values[made[-1]] = value(each)
        return made


def _opened(binder: Binder, data: bytes) -> tuple[Any, list[str]]:
    tree, *values = _sent(data)
    return tree, binder.bind(values[0] if values else [])


def _sent(data: bytes) -> list[Any]:
    found, end = cbor.item(cbor.bound(data, bytes, "an expression"))
    if end != len(data) or not isinstance(found, list) or len(found) not in (2, 3) or found[0] != FORMAT:
        raise Malformed("no expression")
    return found[1:]


def _array(node: Any) -> list[Any]:
    if not isinstance(node, list | tuple) or not node:
        raise Malformed("no part of an expression")
    return list(node)


def paths_of(data: bytes) -> list[Path]:
    """Of a projection."""
    return [path_of(each) for each in _array(_sent(data)[0])]


def path_of(node: Any) -> Path:
    number, *steps = _array(node)
    if number != _PATH or not steps or not isinstance(steps[0], str):
        raise Malformed("no path")
    found: list[str | int] = []
    for step in steps:
        if isinstance(step, CBORTag) and step.tag == ORDINAL and type(step.value) is int and step.value >= 0:
            found.append(step.value)
        else:
            found.append(cbor.bound(step, str, "a step"))
    return tuple(found)


def at(item: dict[str, Value], path: Path) -> Value | None:
    """What an item has there."""
    found: Value | None = item.get(str(path[0]))
    for step in path[1:]:
        if found is None:
            return None
        if isinstance(step, int):
            members = found.get("L", ())
            found = members[step] if step < len(members) else None
        else:
            found = found.get("M", {}).get(step)
    return found
