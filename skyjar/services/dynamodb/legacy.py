"""The parameters that expressions replaced, translated to the same nodes and evaluated by the same closures. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import values
from .conditions import Compiler
from .errors import ValidationException
from .grammar import Node
from .updates import Update
from .values import Item, Value

Test = Callable[[Item], bool]
_PARAMETERS = "One or more parameter values were invalid: "
_SIGNS = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_COUNTS = {"BETWEEN": (2, 2), "IN": (1, 100), "NULL": (0, 0), "NOT_NULL": (0, 0)}
_SCALARS = ("S", "N", "B")
_TYPES: dict[str, tuple[str, ...]] = {
    "LT": _SCALARS,
    "LE": _SCALARS,
    "GT": _SCALARS,
    "GE": _SCALARS,
    "BETWEEN": _SCALARS,
    "IN": _SCALARS,
    "BEGINS_WITH": ("S", "B"),
    "CONTAINS": ("S", "N", "B", "BOOL", "NULL"),
    "NOT_CONTAINS": ("S", "N", "B", "BOOL", "NULL"),
}


class _Nodes:
    """Nodes over values of their own names."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}

    def value(self, value: Value) -> Node:
        name = f":{len(self.values)}"
        self.values[name] = value
        return "value", name

    def of(self, attribute: str, operator: str, arguments: list[Value]) -> Node:
        """The node of one condition on one attribute."""
        check_arguments(operator, arguments)
        path: Node = ("path", (attribute,))
        given = [self.value(each) for each in arguments]
        if operator in _SIGNS:
            return _SIGNS[operator], path, given[0]
        if operator == "BETWEEN":
            return "between", path, given[0], given[1]
        if operator == "IN":
            return "in", path, given
        if operator == "NULL":
            return "attribute_not_exists", [path]
        if operator == "NOT_NULL":
            return "attribute_exists", [path]
        if operator == "BEGINS_WITH":
            return "begins_with", [path, given[0]]
        node: Node = ("contains", [path, given[0]])
        return node if operator == "CONTAINS" else ("not", node)


def check_arguments(operator: str, arguments: list[Value]) -> None:
    for each in arguments:
        values.admit_value(each)
    check_count(operator, len(arguments))
    kinds = [values.type_of(each) for each in arguments]
    if any(kind != kinds[0] for kind in kinds):
        raise ValidationException(f"{_PARAMETERS}AttributeValues inside AttributeValueList must be of same type")
    check_kinds(operator, kinds)
    if operator == "BETWEEN":
        low, high = values.order(arguments[0]), values.order(arguments[1])
        if low is not None and high is not None and low > high:
            raise ValidationException(
                "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
            )


def check_kinds(operator: str, kinds: list[str], otherwise: tuple[str, ...] = values.TYPES) -> None:
    """`otherwise`: the types for operators that take any."""
    for kind in kinds:
        if kind not in _TYPES.get(operator, otherwise):
            raise ValidationException(
                f"{_PARAMETERS}ComparisonOperator {operator} is not valid for {kind} AttributeValue type"
            )


def check_count(operator: str, count: int) -> None:
    least, most = _COUNTS.get(operator, (1, 1))
    if not least <= count <= most:
        raise ValidationException(f"{_PARAMETERS}Invalid number of argument(s) for the {operator} ComparisonOperator")


def check_operator(operator: str | None, given: dict[str, Any] | None) -> None:
    """ConditionalOperator says how several conditions are joined."""
    if operator is None:
        return
    if not given:
        raise ValidationException("ConditionalOperator cannot be used without Filter or Expected")
    if len(given) < 2:
        raise ValidationException(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )


def filter_test(kind: str, given: dict[str, Any], operator: str | None) -> Test:
    """QueryFilter or ScanFilter."""
    nodes = _Nodes()
    tests = [
        nodes.of(name, condition["ComparisonOperator"], condition.get("AttributeValueList", []))
        for name, condition in given.items()
    ]
    return _test(kind, nodes, tests, operator)


def expected(given: dict[str, Any], operator: str | None) -> Test:
    nodes = _Nodes()
    return _test("Expected", nodes, [_expectation(nodes, name, each) for name, each in given.items()], operator)


def _expectation(nodes: _Nodes, name: str, given: dict[str, Any]) -> Node:
    value, exists, operator = given.get("Value"), given.get("Exists"), given.get("ComparisonOperator")
    arguments = given.get("AttributeValueList")
    if value is not None and arguments is not None:
        raise ValidationException(
            f"{_PARAMETERS}Value and AttributeValueList cannot be used together for Attribute: {name}"
        )
    if operator is not None:
        if exists is not None:
            raise ValidationException(
                f"{_PARAMETERS}Exists and ComparisonOperator cannot be used together for Attribute: {name}"
            )
        if value is None and arguments is None and operator not in ("NULL", "NOT_NULL"):
            raise ValidationException(
                f"{_PARAMETERS}Value or AttributeValueList must be used with ComparisonOperator: {operator} for "
                f"Attribute: {name}"
            )
        operands = arguments if arguments is not None else [value] if value is not None else []
        check_count(operator, len(operands))
        return nodes.of(name, operator, operands)
    if arguments is not None:
        raise ValidationException(
            f"{_PARAMETERS}AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
        )
    if exists is False:
        if value is not None:
            raise ValidationException(f"{_PARAMETERS}Value cannot be used when Exists is false for Attribute: {name}")
        return nodes.of(name, "NULL", [])
    if value is None:
        shown = "null" if exists is None else "true"
        raise ValidationException(f"{_PARAMETERS}Value must be provided when Exists is {shown} for Attribute: {name}")
    return nodes.of(name, "EQ", [value])


def _test(kind: str, nodes: _Nodes, tests: list[Node], operator: str | None) -> Test:
    if not tests:
        return lambda item: True
    compiler = Compiler(kind)
    test = compiler.test(("or" if operator == "OR" else "and", tests))
    for check in compiler.checks:
        check(nodes.values)
    return lambda item: test(item, nodes.values)


def attribute_updates(given: dict[str, Any]) -> tuple[Update, dict[str, Value]]:
    """The update that AttributeUpdates means, and its values."""
    nodes, update = _Nodes(), Update()
    update.is_legacy = True
    update.creates = not given
    for name, each in given.items():
        action, value = each.get("Action", "PUT"), each.get("Value")
        path = (name,)
        update.paths.append(path)
        if value is None:
            if action != "DELETE":
                raise ValidationException(
                    f"{_PARAMETERS}Only DELETE action is allowed when no attribute value is specified"
                )
            update.removes.append(path)
            continue
        values.admit_value(value)
        kind, node = values.type_of(value), nodes.value(value)
        if action == "PUT":
            update.sets.append((path, _constant(value)))
        elif action == "ADD":
            if kind not in ("N", "SS", "NS", "BS", "L"):
                raise ValidationException(f"{_PARAMETERS}ADD action is not supported for the type {kind}")
            update.adds.append((path, node[1]))
        else:
            if kind not in ("SS", "NS", "BS"):
                raise ValidationException(f"{_PARAMETERS}DELETE action with value is not supported for the type {kind}")
            update.deletes.append((path, node[1]))
        update.creates = update.creates or action != "DELETE"
    return update, nodes.values


def _constant(value: Value) -> Any:
    return lambda item, values: value
