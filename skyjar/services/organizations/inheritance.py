"""How management policies add up on the way from the root to an account. Pure.

Source: Organizations User Guide, "Understanding management policy inheritance": `@@assign` sets a value, `@@append` adds to
a list, `@@remove` takes out of it, and `@@operators_allowed_for_child_policies` says which of them those below may use
(`@@none`: none, `@@all`: all three), for the place where it stands and everything in it, until stated anew.
"""

from __future__ import annotations

from typing import Any

OPERATORS = ("@@assign", "@@append", "@@remove")
ALLOWED = "@@operators_allowed_for_child_policies"
_CHOICES = (*OPERATORS, "@@all", "@@none")


class Node:
    """A place in the merged document: a value (`value`), or further places (`inner`). `allowed` holds for those below."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self.value: Any = None
        self.inner: dict[str, Node] = {}
        self.allowed = allowed

    def plain(self) -> Any:
        """As an effective policy shows it: operators are gone."""
        if self.value is not None:
            return self.value
        return {name: node.plain() for name, node in self.inner.items() if node.value is not None or node.inner}


def is_well_formed(document: Any, depth: int = 0) -> bool:
    if not isinstance(document, dict) or depth > 20:
        return False
    for name, value in document.items():
        if name == ALLOWED:
            if not isinstance(value, list) or any(choice not in _CHOICES for choice in value):
                return False
        elif name in OPERATORS:
            if not _is_value(value) or (set(document) & {"@@assign"} and set(document) & {"@@append", "@@remove"}):
                return False
        elif name.startswith("@@") or not is_well_formed(value, depth + 1):
            return False
    return True


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str | int | bool) for each in value)
    return isinstance(value, str | int | bool)


def merge(levels: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """The effective policy of documents by level, the root's first. What a level may not do is left out. Policies of one
    level do not restrict each other; of two that assign, the later one counts."""
    root = Node(frozenset(OPERATORS))
    for documents in levels:
        for document in documents:
            _apply(root, document)
        for document in documents:
            _restrict(root, document)
    found = root.plain()
    return found if isinstance(found, dict) else {}


def _apply(node: Node, document: dict[str, Any]) -> None:
    for name, value in document.items():
        if name in OPERATORS:
            if name in node.allowed:
                node.value = _changed(node.value, name, value)
        elif name != ALLOWED:
            if name not in node.inner:
                node.inner[name] = Node(node.allowed)
            _apply(node.inner[name], value)


def _changed(present: Any, operator: str, value: Any) -> Any:
    if operator == "@@assign":
        return value
    given = value if isinstance(value, list) else [value]
    before = present if isinstance(present, list) else [] if present is None else [present]
    if operator == "@@append":
        return [*before, *(each for each in given if each not in before)]
    return [each for each in before if each not in given]


def _restrict(node: Node, document: dict[str, Any]) -> None:
    if ALLOWED in document:
        choices = document[ALLOWED]
        wanted = frozenset(OPERATORS) if "@@all" in choices else frozenset(choices) & frozenset(OPERATORS)
        _limit(node, wanted)
    for name, value in document.items():
        if name not in OPERATORS and name != ALLOWED and name in node.inner:
            _restrict(node.inner[name], value)


def _limit(node: Node, wanted: frozenset[str]) -> None:
    node.allowed &= wanted
    for inner in node.inner.values():
        _limit(inner, wanted)
