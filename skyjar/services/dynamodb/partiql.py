"""The grammar of PartiQL statements: text -> a `Statement`, whose conditions and operands are the nodes of `grammar.py`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from .errors import ValidationException
from .grammar import Node, Path
from .partiql_conditions import Conditions
from .partiql_tokens import END, QUOTED

KIND = ""
_RETURNING = {"ALL": "ALL", "MODIFIED": "UPDATED"}


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is Select, Insert, Update or Delete, or Exists for a check in a transaction. `paths` None selects all."""

    kind: str
    table: str
    index: str = ""
    paths: tuple[Path, ...] | None = None
    where: Node | None = None
    order: tuple[tuple[str, bool], ...] = ()
    item: str = ""
    sections: dict[str, list[Node]] = {}
    returning: str = "NONE"
    templates: dict[str, Any] = {}
    named: tuple[Path, ...] = ()
    parameters: int = 0

    @property
    def is_read(self) -> bool:
        return self.kind == "Select"


@lru_cache(1024)
def parse(text: str) -> Statement:
    return _Parser(text).statement()


class _Parser(Conditions):
    def statement(self) -> Statement:
        if self.accept_word("EXISTS"):
            self.expect("(")
            self.expect_word("SELECT")
            found = {**self._select(), "kind": "Exists"}
            self.expect(")")
        elif self.accept_word("SELECT"):
            found = self._select()
        elif self.accept_word("INSERT"):
            found = self._insert()
        elif self.accept_word("UPDATE"):
            found = self._update()
        elif self.accept_word("DELETE"):
            self.expect_word("FROM")
            found = {"kind": "Delete", **self._table(), **self._where(), **self._returning()}
        else:
            raise self.error("Expected data manipulation")
        if self.tokens[self.at].kind != END:
            raise self.unexpected()
        return Statement(templates=self.templates, named=tuple(self.named), parameters=self.parameters, **found)

    def _select(self) -> dict[str, Any]:
        paths: tuple[Path, ...] | None = None
        if not self.accept("*"):
            found = [self.path()]
            while self.accept(","):
                found.append(self.path())
            paths = tuple(found)
        self.expect_word("FROM")
        found_in = self._table(has_index=True)
        return {"kind": "Select", "paths": paths, **found_in, **self._where(), "order": self._order()}

    def _order(self) -> tuple[tuple[str, bool], ...]:
        """The attributes that are ordered by, and whether downwards."""
        if not self.accept_word("ORDER"):
            return ()
        self.expect_word("BY")
        found = []
        while True:
            name = self.name()
            is_down = self.accept_word("DESC")
            if not is_down:
                self.accept_word("ASC")
            found.append((name, is_down))
            if not self.accept(","):
                return tuple(found)

    def _insert(self) -> dict[str, Any]:
        self.expect_word("INTO")
        found = {"kind": "Insert", **self._table()}
        self.expect_word("VALUE")
        return {**found, "item": self.keep(self.literal())}

    def _update(self) -> dict[str, Any]:
        found = {"kind": "Update", **self._table()}
        sections: dict[str, list[Node]] = {}
        while self.is_word("SET", "REMOVE"):
            if self.next().text.upper() == "REMOVE":
                sections.setdefault("REMOVE", []).append((self.path(),))
                continue
            while True:
                section, action = self._assignment()
                sections.setdefault(section, []).append(action)
                if not self.accept(","):
                    break
        if not sections:
            raise self.unexpected()
        self._check_apart([action[0] for actions in sections.values() for action in actions])
        return {**found, "sections": sections, **self._where(), **self._returning()}

    def _assignment(self) -> tuple[str, Node]:
        path = self.path()
        self.expect("=")
        if self.is_word("SET_ADD", "SET_DELETE") and self.tokens[self.at + 1].text == "(":
            section = "ADD" if self.next().text.upper() == "SET_ADD" else "DELETE"
            self.expect("(")
            if self.path() != path:
                raise self.error("A set function must be given the attribute that is set")
            self.expect(",")
            name = self.keep(self.literal())
            self.expect(")")
            return section, (path, name)
        return "SET", (path, self._sum())

    def _sum(self) -> Node:
        left = self.operand(is_update=True)
        for sign in "+-":
            if self.accept(sign):
                self.operator()
                return sign, left, self.operand(is_update=True)
        return left

    def _check_apart(self, paths: list[Path]) -> None:
        seen: set[Path] = set()
        for path in sorted(paths, key=len):
            if any(path[:length] in seen for length in range(1, len(path) + 1)):
                raise ValidationException(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths"
                )
            seen.add(path)

    def _table(self, *, has_index: bool = False) -> dict[str, str]:
        found = {"table": self._component()}
        if has_index and self.accept("."):
            found["index"] = self._component()
            if self.accept("."):
                raise ValidationException("A path may contain at most 2 components in the FROM clause")
        return found

    def _component(self) -> str:
        if self.tokens[self.at] == (QUOTED, '""'):
            raise ValidationException("Path component cannot be an empty string")
        return self.name()

    def _where(self) -> dict[str, Node]:
        return {"where": self.condition()} if self.accept_word("WHERE") else {}

    def _returning(self) -> dict[str, str]:
        if not self.accept_word("RETURNING"):
            return {}
        token = self.next().text.upper()
        which = self.next().text.upper()
        if token not in _RETURNING or which not in ("OLD", "NEW"):
            self.at -= 1
            raise self.unexpected()
        self.expect("*")
        return {"returning": f"{_RETURNING[token]}_{which}"}
