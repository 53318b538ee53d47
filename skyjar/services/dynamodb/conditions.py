"""Conditions and filters: nodes -> one closure `(item, values) -> bool`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import values as rules
from .errors import ValidationException
from .grammar import Node, Path, show_path
from .values import Item, Value

Values = dict[str, Value]
Operand = Callable[[Item, Values], "Value | None"]
Test = Callable[[Item, Values], bool]
Check = Callable[[Values], None]
_ORDERED = frozenset(("S", "N", "B"))


def follow(item: Item, path: Path) -> Value | None:
    """What stands at a path; None where nothing does."""
    value: Value | None = item.get(path[0])  # type: ignore[arg-type]
    for part in path[1:]:
        if value is None:
            return None
        if isinstance(part, int):
            found = value.get("L")
            value = found[part] if found is not None and part < len(found) else None
        else:
            inner = value.get("M")
            value = inner.get(part) if inner is not None else None
    return value


def getter(path: Path) -> Operand:
    if len(path) == 1:
        name = path[0]
        return lambda item, values: item.get(name)  # type: ignore[arg-type]
    return lambda item, values: follow(item, path)


def refusal(kind: str, sentence: str) -> ValidationException:
    """Of an expression; PartiQL's statements have no name."""
    return ValidationException(f"Invalid {kind}: {sentence}" if kind else sentence)


class Compiler:
    """Compiles the conditions of one expression; `checks` are what its values must meet, whatever the item."""

    def __init__(self, kind: str, *, compares_keys: bool = False) -> None:
        """`compares_keys`: what is compared is held against the types of keys later."""
        self.kind = kind
        self.checks: list[Check] = []
        self._ordered = frozenset(rules.TYPES) if compares_keys else _ORDERED

    def error(self, sentence: str) -> ValidationException:
        return refusal(self.kind, sentence)

    def demand(self, node: Node, allowed: frozenset[str], operator: str) -> None:
        """An operand whose type is known must have one of these types."""
        if node[0] not in ("value", "size"):
            return
        name = node[1] if node[0] == "value" else None

        def check(values: Values) -> None:
            kind = "N" if name is None else rules.type_of(values[name])
            if kind not in allowed:
                raise self.error(
                    "Incorrect operand type for operator or function; operator or function: "
                    f"{operator}, operand type: {kind}"
                )

        self.checks.append(check)

    def operand(self, node: Node) -> Operand:
        kind = node[0]
        if kind == "path":
            return getter(node[1])
        if kind == "value":
            name = node[1]
            return lambda item, values: values[name]
        inner = self.operand(node[1])
        self.demand(node[1], frozenset(rules.TYPES) - {"N", "BOOL", "NULL"}, "size")

        def size(item: Item, values: Values) -> Value | None:
            value = inner(item, values)
            if value is None:
                return None
            kind, content = next(iter(value.items()))
            return None if kind in ("N", "BOOL", "NULL") else {"N": str(len(content))}

        return size

    def test(self, node: Node) -> Test:
        kind = node[0]
        if kind in ("and", "or"):
            tests = [self.test(each) for each in node[1]]
            if kind == "and":
                return lambda item, values: all(test(item, values) for test in tests)
            return lambda item, values: any(test(item, values) for test in tests)
        if kind == "not":
            inner = self.test(node[1])
            return lambda item, values: not inner(item, values)
        if kind in _FUNCTIONS:
            return _FUNCTIONS[kind](self, node[1])
        if kind == "between":
            return self._between(node)
        if kind == "in":
            left, choices = self.operand(node[1]), [self.operand(each) for each in node[2]]

            def is_in(item: Item, values: Values) -> bool:
                value = left(item, values)
                return value is not None and any(choice(item, values) == value for choice in choices)

            return is_in
        return self._compare(kind, node[1], node[2])

    def _compare(self, operator: str, left_node: Node, right_node: Node) -> Test:
        left, right = self.operand(left_node), self.operand(right_node)
        if operator == "=":
            return lambda item, values: (a := left(item, values)) is not None and a == right(item, values)
        if operator == "<>":
            return lambda item, values: (a := left(item, values)) is None or a != right(item, values)
        self.demand(left_node, self._ordered, operator)
        self.demand(right_node, self._ordered, operator)
        compare = _COMPARE[operator]

        def test(item: Item, values: Values) -> bool:
            a, b = left(item, values), right(item, values)
            if a is None or b is None:
                return False
            first, second = rules.order(a), rules.order(b)
            if first is None or second is None or first[0] != second[0]:
                return False
            return compare(first[1], second[1])

        return test

    def _between(self, node: Node) -> Test:
        value, low, high = (self.operand(each) for each in node[1:])
        for each in node[1:]:
            self.demand(each, self._ordered, "BETWEEN")
        if node[2][0] == node[3][0] == "value":
            low_name, high_name = node[2][1], node[3][1]

            def check(values: Values) -> None:
                check_between(self.kind, values[low_name], values[high_name])

            self.checks.append(check)

        def test(item: Item, values: Values) -> bool:
            found = [value(item, values), low(item, values), high(item, values)]
            orders = [rules.order(each) if each is not None else None for each in found]
            a, b, c = orders
            if a is None or b is None or c is None or not a[0] == b[0] == c[0]:
                return False
            return bool(b[1] <= a[1] <= c[1])

        return test


def check_between(kind: str, low: Value, high: Value) -> None:
    """The bounds of a BETWEEN that are both given as values."""
    shown = f"lower bound operand: AttributeValue: {rules.show(low)}, upper bound operand: AttributeValue: {rules.show(high)}"
    if rules.type_of(low) != rules.type_of(high):
        raise refusal(kind, f"The BETWEEN operator requires same data type for lower and upper bounds; {shown}")
    first, second = rules.order(low), rules.order(high)
    if first is not None and second is not None and first[1] > second[1]:
        raise refusal(
            kind, f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {shown}"
        )


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _exists(compiler: Compiler, arguments: list[Node]) -> Test:
    value = compiler.operand(arguments[0])
    return lambda item, values: value(item, values) is not None


def _not_exists(compiler: Compiler, arguments: list[Node]) -> Test:
    value = compiler.operand(arguments[0])
    return lambda item, values: value(item, values) is None


def _type(compiler: Compiler, arguments: list[Node]) -> Test:
    value, wanted = compiler.operand(arguments[0]), compiler.operand(arguments[1])
    compiler.demand(arguments[1], frozenset(("S",)), "attribute_type")
    kind, name = arguments[1]

    def check(values: Values) -> None:
        if kind != "value":  # what a path leads to may be anything
            raise compiler.error(
                "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: "
                "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
            )
        if values[name]["S"] not in rules.TYPES:
            raise compiler.error(
                f"Invalid attribute type name found; type: {values[name]['S']}, valid types: "
                "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            )

    compiler.checks.append(check)

    def test(item: Item, values: Values) -> bool:
        found, kind = value(item, values), wanted(item, values)
        return found is not None and kind is not None and kind.get("S") in found

    return test


def _begins(compiler: Compiler, arguments: list[Node]) -> Test:
    value, start = compiler.operand(arguments[0]), compiler.operand(arguments[1])
    for each in arguments:
        compiler.demand(each, frozenset(("S", "B")), "begins_with")

    def test(item: Item, values: Values) -> bool:
        found, wanted = value(item, values), start(item, values)
        if found is None or wanted is None:
            return False
        for kind in ("S", "B"):
            if kind in found and kind in wanted:
                return bool(found[kind].startswith(wanted[kind]))
        return False

    return test


def _contains(compiler: Compiler, arguments: list[Node]) -> Test:
    value, part = compiler.operand(arguments[0]), compiler.operand(arguments[1])

    def test(item: Item, values: Values) -> bool:
        found, wanted = value(item, values), part(item, values)
        if found is None or wanted is None:
            return False
        kind, content = next(iter(found.items()))
        if kind == "L":
            return wanted in content
        type_, sought = next(iter(wanted.items()))
        if kind in ("S", "B"):
            return type_ == kind and sought in content
        return kind == type_ + "S" and sought in content

    return test


_FUNCTIONS: dict[str, Callable[[Compiler, list[Node]], Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _type,
    "begins_with": _begins,
    "contains": _contains,
}

__all__ = ["Check", "Compiler", "Test", "Values", "check_between", "follow", "show_path"]
