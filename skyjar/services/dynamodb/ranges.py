"""Key conditions: which range of an ordered table or index a Query reads. Pure."""

from __future__ import annotations

from typing import Any

from . import legacy, state, values
from .conditions import Values
from .errors import ValidationException
from .expressions import Expressions
from .grammar import COMPARATORS, Node, Path
from .schemas import KEY_ENCODERS, Keyed
from .values import Item, Value

_KIND = "KeyConditionExpression"
_SORT = frozenset(("=", "<", "<=", ">", ">=", "between", "begins_with"))
_LEGACY = {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "between", "BEGINS_WITH": "begins_with"}
_LEGACY_NAMES = {sign: name for name, sign in _LEGACY.items()}
_EQUAL = ("S", "N", "B", "SS", "NS", "BS")
_SWAPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

Conditions = dict[str, tuple[str, list[Value]]]  # attribute -> operator, operands


def of_expression(expressions: Expressions, text: str) -> Conditions:
    """The conditions of a KeyConditionExpression, one for each attribute."""
    return of_node(expressions.bind(_KIND, text).result, expressions.values)


def of_node(node: Node, given: Values) -> Conditions:
    """The conditions of a KeyConditionExpression that has this node."""
    found: Conditions = {}
    for each in _flat(node):
        name, operator, operands = _condition(each, given)
        if name in found:
            raise ValidationException("KeyConditionExpressions must only contain one condition per key")
        found[name] = (operator, operands)
    for operator, operands in found.values():
        for operand in operands:
            if "S" not in operand and "N" not in operand:
                _check_kinds(_LEGACY_NAMES[operator], operands)
    return found


def _flat(node: Node) -> list[Node]:
    if node[0] != "and":
        return [node]
    return [leaf for each in node[1] for leaf in _flat(each)]


def _condition(node: Node, given: Values) -> tuple[str, str, list[Value]]:
    operator = node[0]
    operands: list[Node] = list(node[1]) if operator == "begins_with" else list(node[1:])
    if operator == "<>" or (operator not in COMPARATORS and operator not in _SORT):
        shown = operator.upper() if operator in ("or", "not", "in") else operator
        raise ValidationException(f"Invalid operator used in {_KIND}: {shown}")
    if operator in ("between", "begins_with") and operands[0][0] != "path":
        shown = "BETWEEN" if operator == "between" else operator
        raise ValidationException(
            f"Invalid condition in {_KIND}: {shown} operator must have the key attribute as its first operand"
        )
    path = _key_path(operands)
    if operands[0][0] == "value":
        operator, operands = _SWAPPED[operator], [operands[1], operands[0]]
    return str(path[0]), operator, [given[each[1]] for each in operands[1:]]


def _key_path(operands: list[Node]) -> Path:
    """The one path among the operands, which names an attribute."""
    found: Path | None = None
    for each in operands:
        if each[0] == "size":
            raise ValidationException("KeyConditionExpressions cannot contain nested operations")
        if each[0] == "value":
            continue
        if found is not None:
            raise ValidationException(f"Invalid condition in {_KIND}: Multiple attribute names used in one condition")
        found = each[1]
        if len(each[1]) > 1:
            raise ValidationException("KeyConditionExpressions cannot have conditions on nested attributes")
    if found is None:
        raise ValidationException(f"Invalid condition in {_KIND}: No key attribute specified")
    return found


def of_legacy(given: dict[str, Any]) -> Conditions:
    """The conditions of KeyConditions; an operator that no key can be asked for stays as it is."""
    found: Conditions = {}
    for name, condition in given.items():
        operator, operands = condition["ComparisonOperator"], condition.get("AttributeValueList", [])
        legacy.check_arguments(operator, operands)
        _check_kinds(operator, operands)
        found[name] = (_LEGACY.get(operator, operator), operands)
    if not 1 <= len(found) <= 2:
        raise ValidationException("Conditions can be of length 1 or 2 only")
    return found


class Range:
    """`start` to before `end`."""

    __slots__ = ("end", "start")

    def __init__(self, keyed: Keyed, conditions: Conditions) -> None:
        if not keyed.ranges and len(keyed.hashes) == 1 < len(conditions):
            raise ValidationException("Query key condition not supported")
        base = keyed.partition(_partition(keyed, conditions))
        assert base is not None
        self.start, self.end = base, state.after(base)
        left = conditions.keys() - {name for name, _ in keyed.hashes}
        missing = ""
        for name, kind in keyed.ranges:  # from left to right: none is left out, and the last may be a range
            found = conditions.get(name)
            if found is None:
                missing = name
                break
            left.discard(name)
            self._narrow(self.start, name, kind, *found)
            if found[0] != "=":
                break
        if left:
            if missing and (len(left) == 1 or len(keyed.ranges) > 1):
                raise ValidationException(f"Query condition missed key schema element: {missing}")
            raise ValidationException("Query key condition not supported")

    def _narrow(self, base: bytes, name: str, kind: str, operator: str, operands: list[Value]) -> None:
        _check(operator, operands, kind)
        for operand in operands:
            _check_empty(operand, name)
        sort = KEY_ENCODERS[kind]
        low = base + sort(operands[0][kind])
        if operator == "=":
            self.start, self.end = low, state.after(low)
        elif operator == "<":
            self.end = low
        elif operator == "<=":
            self.end = state.after(low)
        elif operator == ">":
            self.start = state.after(low)
        elif operator == ">=":
            self.start = low
        elif operator == "between":
            self.start, self.end = low, state.after(base + sort(operands[1][kind]))
        else:
            if kind == "N":
                raise ValidationException(
                    f"Invalid {_KIND}: Incorrect operand type for operator or function; operator or function: "
                    "begins_with, operand type: N"
                )
            prefix = low[:-2]  # without the end of a string
            self.start, self.end = prefix, state.after(prefix)


def _check_kinds(operator: str, operands: list[Value]) -> None:
    """What no key can be compared with, in the words of KeyConditions."""
    legacy.check_kinds(operator, [values.type_of(each) for each in operands], _EQUAL)


def _partition(keyed: Keyed, conditions: Conditions) -> Item:
    """The values of the partition key's attributes, each of which must be given."""
    values: Item = {}
    for name, kind in keyed.hashes:
        found = conditions.get(name)
        if found is None:
            raise ValidationException(f"Query condition missed key schema element: {name}")
        operator, operands = found
        _check(operator, operands, kind)
        if operator != "=":
            raise ValidationException("Query key condition not supported")
        _check_empty(operands[0], name)
        values[name] = operands[0]
    return values


def _check(operator: str, operands: list[Value], kind: str) -> None:
    if operator not in _SORT:
        raise ValidationException("Attempted conditional constraint is not an indexable operation")
    for operand in operands:
        if kind not in operand:
            raise ValidationException(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            )


def _check_empty(value: Value, name: str) -> None:
    kind, content = next(iter(value.items()))
    if kind != "N" and not content:
        shown = "string" if kind == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
            f"{shown} value. Key: {name}"
        )


_PLAIN = ("contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude")


def check_start(item: Item) -> None:
    """The values of an ExclusiveStartKey; AWS puts its words before some sentences, and not before others."""
    try:
        values.admit(item)
    except ValidationException as error:
        if any(part in error.message for part in _PLAIN):
            raise
        raise ValidationException(f"The provided starting key is invalid: {error.message}") from None
