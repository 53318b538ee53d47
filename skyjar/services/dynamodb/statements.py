"""PartiQL statements with their parameters: which item they are about, and what they do. Pure, but for the table looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from skyjar.kernel.call import Call

from . import partiql, partiql_conditions, projections, schemas, updates, values, writes
from .conditions import Compiler, follow
from .errors import DuplicateItemException, ValidationException
from .grammar import Node, Path
from .partiql import Statement
from .schemas import Keyed, Schema
from .values import Item, Value

Conditions = dict[str, list[tuple[str, list[Value]]]]  # attribute -> operator and operands of each condition


class Bound:
    """A statement, its table, and the values of its literals and parameters."""

    __slots__ = ("schema", "statement", "values")

    def __init__(self, call: Call, text: str, parameters: list[Value] | None) -> None:
        self.statement = statement = partiql.parse(text)
        given = parameters or []
        if len(given) != statement.parameters:
            raise ValidationException("Number of parameters in request and statement don't match.")
        self.values = {name: partiql_conditions.bound(each, given) for name, each in statement.templates.items()}
        for value in self.values.values():
            values.admit_value(value)
        self.schema: Schema = schemas.schema_of(call, statement.table)

    def test(self, node: Node | None) -> Callable[[Item], bool] | None:
        if node is None:
            return None
        compiler = Compiler(partiql.KIND)
        test = compiler.test(node)
        for check in compiler.checks:
            check(self.values)
        given = self.values
        return lambda item: test(item, given)

    def conditions(self) -> Conditions:
        """What every item must meet by the WHERE clause, of single attributes compared with values."""
        found: Conditions = {}
        for node in _flat(self.statement.where):
            each = self._of_attribute(node)
            if each is not None:
                found.setdefault(each[0], []).append(each[1:])
        return found

    def _of_attribute(self, node: Node) -> tuple[str, str, list[Value]] | None:
        operator = node[0]
        if operator == "begins_with":
            left, operands = node[1][0], [node[1][1]]
        elif operator == "in":
            left, operands = node[1], list(node[2])
        elif operator in ("=", "<", "<=", ">", ">=", "between"):
            left, operands = node[1], list(node[2:])
        else:
            return None
        if left[0] != "path" or len(left[1]) > 1 or any(each[0] != "value" for each in operands):
            return None
        return str(left[1][0]), operator, [self.values[each[1]] for each in operands]

    def key(self, keyed: Keyed | None = None) -> Item | None:
        """The primary key, where the WHERE clause says all of it."""
        conditions = self.conditions()
        key: Item = {}
        for name in self.schema.key_names:
            equal = [operands[0] for operator, operands in conditions.get(name, ()) if operator == "="]
            if not equal:
                return None
            key[name] = equal[0]
        return key


def _flat(node: Node | None) -> list[Node]:
    if node is None:
        return []
    if node[0] != "and":
        return [node]
    return [leaf for each in node[1] for leaf in _flat(each)]


def paths_of(node: Any) -> Iterator[Path]:
    """All paths of a condition."""
    if isinstance(node, tuple) and node[0] == "path":
        yield node[1]
    elif isinstance(node, tuple | list):
        for each in node:
            yield from paths_of(each)


def key_of(bound: Bound) -> Item:
    key = bound.key()
    if key is None:
        raise ValidationException("Where clause does not contain a mandatory equality on all key attributes")
    return key


def write_of(bound: Bound, *, shows_failure: bool = False, is_transacted: bool = False) -> writes.Write:
    """What a statement writes, or checks."""
    statement, schema = bound.statement, bound.schema
    if statement.kind == "Insert":
        return _insert(bound)
    key = key_of(bound)
    test = bound.test(statement.where)
    assert test is not None
    if statement.kind == "Exists":
        return writes.check(schema, key, test, shows_failure=shows_failure)
    if statement.kind == "Delete":
        if statement.returning not in ("NONE", "ALL_OLD"):
            clause = statement.returning.replace("UPDATED", "MODIFIED").replace("_", " ")
            raise ValidationException(
                f"Invalid returning clause: RETURNING {clause} *. Only RETURNING ALL OLD * is allowed in DELETE statements."
            )

        def meets(item: Item) -> bool:
            return not item or test(item)  # what is not there may be deleted

        return writes.delete(schema, key, meets, shows_failure=shows_failure)
    update = updates.compile_update(partiql.KIND, statement.sections)
    for check in update.checks:
        check(bound.values)
    return writes.update(
        schema, key, update, bound.values, test, shows_failure=shows_failure, is_transacted=is_transacted
    )


def _insert(bound: Bound) -> writes.Write:
    value = bound.values[bound.statement.item]
    if "M" not in value:
        raise ValidationException("Unsupported operation: Inserting a value that is not a tuple")
    item: Item = value["M"]
    size = values.admit(item)
    writes.check_size(size)
    return writes.put(bound.schema, item, size, _absent)


def _absent(item: Item) -> bool:
    if item:
        raise DuplicateItemException
    return True


def shown(done: writes.Done, returning: str) -> list[Item]:
    """What RETURNING shows."""
    if returning == "NONE":
        return []
    item = done.old if returning.endswith("_OLD") else done.new
    if item is None:
        return []
    update = done.write.update
    if returning.startswith("UPDATED_") and update is not None:
        item = projections.compile_paths(list(update.paths))(item)
    return [item] if item else []


def last_names(statement: Statement) -> Callable[[Item], Item] | None:
    """What a SELECT shows of an item: each path under its last name; None for the whole of it."""
    if statement.paths is None:
        return None
    paths = [(next(str(part) for part in reversed(path) if isinstance(part, str)), path) for path in statement.paths]

    def show(item: Item) -> Item:
        found = {name: follow(item, path) for name, path in paths}
        return {name: value for name, value in found.items() if value is not None}

    return show
