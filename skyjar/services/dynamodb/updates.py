"""Updates: the actions of an UpdateExpression (or AttributeUpdates) as a function from an item to the changed item. Pure.

Every operand sees the item as it was; then all actions are applied, to a copy.
"""

from __future__ import annotations

from typing import Any

from . import numbers
from . import values as rules
from .conditions import Check, Operand, Values, follow, getter, refusal
from .errors import ValidationException
from .grammar import Node, Path
from .values import Item, Value

_MISSING = "The provided expression refers to an attribute that does not exist in the item"
_WRONG = "An operand in the update expression has an incorrect data type"
_NOWHERE = "The document path provided in the update expression is invalid for update"
_SHOWN = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "M": "MAP",
    "L": "LIST",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}
_SETS = ("SS", "NS", "BS")


class Update:
    """`paths` are all that it changes; `checks` what its values must meet, whatever the item. `creates`: whether it makes
    an item where there is none. `is_legacy`: of AttributeUpdates."""

    __slots__ = ("adds", "checks", "creates", "deletes", "is_legacy", "paths", "removes", "sets")

    def __init__(self) -> None:
        self.sets: list[tuple[Path, Operand]] = []
        self.removes: list[Path] = []
        self.adds: list[tuple[Path, str]] = []
        self.deletes: list[tuple[Path, str]] = []
        self.checks: list[Check] = []
        self.paths: list[Path] = []
        self.creates = True
        self.is_legacy = False

    @property
    def wrong(self) -> str:
        """Of an attribute that has another type than what is added to it, or taken from it."""
        return "Type mismatch for attribute to update" if self.is_legacy else _WRONG

    def apply(self, item: Item, values: Values) -> Item:
        """The changed item; the given one is left as it is."""
        found = [(path, operand(item, values)) for path, operand in self.sets]
        changed = dict(item)
        for name in {path[0] for path in self.paths if len(path) > 1}:
            if name in changed:
                changed[name] = rules.copy(changed[name])
        for path, value in sorted(found, key=_order) if len(found) > 1 else found:
            if value is None:
                raise ValidationException(_MISSING)
            _put(changed, path, rules.copy(value))
        for path, name in self.adds:
            _put(changed, path, _added(follow(item, path), values[name], self.wrong))
        for path, name in self.deletes:
            before = follow(item, path)
            if before is None:
                _parent(changed, path)
                continue
            after = _without(before, values[name], self.wrong)
            if after is None:
                _drop(changed, path)
            else:
                _put(changed, path, after)
        for path in sorted(self.removes, key=_parts, reverse=True):
            _drop(changed, path)
        return changed


def _parts(path: Path) -> list[tuple[int, Any]]:
    return [(0, part) if isinstance(part, int) else (1, part) for part in path]


def _order(pair: tuple[Path, Any]) -> list[tuple[int, Any]]:
    return _parts(pair[0])


def _parent(item: Item, path: Path) -> Any:
    """The map or list that holds the last part of a path."""
    holder = follow(item, path[:-1]) if len(path) > 1 else {"M": item}
    kind = "L" if isinstance(path[-1], int) else "M"
    if holder is None or kind not in holder:
        raise ValidationException(_NOWHERE)
    return holder[kind]


def _put(item: Item, path: Path, value: Value) -> None:
    holder, last = _parent(item, path), path[-1]
    if isinstance(last, int) and last >= len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _drop(item: Item, path: Path) -> None:
    holder, last = _parent(item, path), path[-1]
    if not isinstance(last, int):
        holder.pop(last, None)
    elif last < len(holder):
        del holder[last]


def _added(before: Value | None, value: Value, wrong: str) -> Value:
    """ADD: a number to a number, the members of a set to a set of the same type; of AttributeUpdates also a list to a list."""
    if before is None:
        return value
    kind = rules.type_of(value)
    if kind not in before:
        raise ValidationException(wrong)
    if kind == "N":
        return {"N": numbers.add(before["N"], value["N"])}
    if kind == "L":
        return {"L": [*before["L"], *value["L"]]}
    united = {kind: list(dict.fromkeys([*before[kind], *value[kind]]))}
    rules.admit_value(united)
    return united


def _without(before: Value, value: Value, wrong: str) -> Value | None:
    kind = rules.type_of(value)
    if kind not in before:
        raise ValidationException(wrong)
    gone = set(value[kind])
    left = [each for each in before[kind] if each not in gone]
    return {kind: left} if left else None


class _Compiler:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.update = Update()

    def error(self, sentence: str) -> ValidationException:
        return refusal(self.kind, sentence)

    def operand(self, node: Node) -> Operand:
        kind = node[0]
        if kind == "path":
            return getter(node[1])
        if kind == "value":
            name = node[1]
            return lambda item, values: values[name]
        if kind == "if_not_exists":
            found, otherwise = self.operand(node[1]), self.operand(node[2])
            return lambda item, values: value if (value := found(item, values)) is not None else otherwise(item, values)
        wanted = "L" if kind == "list_append" else "N"
        left, right = self.operand(node[1]), self.operand(node[2])
        self.demand(node)

        def combine(item: Item, values: Values) -> Value:
            first, second = left(item, values), right(item, values)
            if first is None or second is None:
                raise ValidationException(_MISSING)
            if wanted not in first or wanted not in second:
                raise ValidationException(_WRONG)
            if wanted == "L":
                return {"L": [*first["L"], *second["L"]]}
            return {"N": numbers.add(first["N"], second["N"] if kind == "+" else numbers.negate(second["N"]))}

        return combine

    def demand(self, node: Node) -> None:
        """The operands of a function or a sum that are given as values must have its type."""
        if node[0] == "if_not_exists":
            return
        for each in node[1:]:
            if each[0] == "value":
                self._demand(node[0], each[1], "L" if node[0] == "list_append" else "N")

    def _demand(self, operator: str, name: str, wanted: str) -> None:

        def check(values: Values) -> None:
            kind = rules.type_of(values[name])
            if kind != wanted:
                raise self.error(
                    "Incorrect operand type for operator or function; operator or function: "
                    f"{operator}, operand type: {kind}"
                )

        self.update.checks.append(check)

    def demand_in(self, section: str, name: str, allowed: tuple[str, ...]) -> None:
        def check(values: Values) -> None:
            kind = rules.type_of(values[name])
            if kind not in allowed:
                raise self.error(
                    f"Incorrect operand type for operator or function; operator: {section}, operand type: "
                    f"{_SHOWN[kind]}, typeSet: ALLOWED_FOR_{section}_OPERAND"
                )

        self.update.checks.append(check)


def compile_update(kind: str, sections: dict[str, list[Node]]) -> Update:
    compiler = _Compiler(kind)
    update = compiler.update
    update.paths = [action[0] for actions in sections.values() for action in actions]
    update.removes = [path for (path,) in sections.get("REMOVE", ())]
    _demand_all(compiler, sections)
    update.adds, update.deletes = list(sections.get("ADD", ())), list(sections.get("DELETE", ()))
    update.sets = [(path, compiler.operand(node)) for path, node in sections.get("SET", ())]
    return update


def _demand_all(compiler: _Compiler, sections: dict[str, list[Node]]) -> None:
    for section, allowed in (("ADD", ("N", *_SETS)), ("DELETE", _SETS)):
        for _, name in sections.get(section, ()):
            compiler.demand_in(section, name, allowed)


def checks_of(kind: str, sections: dict[str, list[Node]], calls: list[Node]) -> list[Check]:
    """What the values of an update must meet which has these functions and sums (and another, that is wrong)."""
    compiler = _Compiler(kind)
    _demand_all(compiler, sections)
    for node in calls:
        compiler.demand(node)
    return compiler.update.checks
