"""Projections: the part of an item that some paths name. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .grammar import Path
from .values import Item, Value

Projection = Callable[[Item], Item]
Tree = dict[Any, Any]  # part of a path -> the tree below it, None where the path ends


def compile_paths(paths: list[Path]) -> Projection:
    if all(len(path) == 1 for path in paths):
        names = [path[0] for path in paths]
        return lambda item: {name: item[name] for name in names if name in item}
    tree: Tree = {}
    for path in paths:
        level = tree
        for part in path[:-1]:
            level = level.setdefault(part, {})
        level[path[-1]] = None
    return lambda item: _below({"M": item}, tree, "M")


def _below(value: Value, tree: Tree, kind: str) -> Any:
    content = value[kind]
    if kind == "M":
        found = {name: _pick(content.get(name), below) for name, below in tree.items()}
        return {name: each for name, each in found.items() if each is not None}
    listed = [_pick(content[at] if at < len(content) else None, tree[at]) for at in sorted(tree)]
    return [each for each in listed if each is not None]


def _pick(value: Value | None, tree: Tree | None) -> Value | None:
    """What is left of a value; None where none of the paths leads to anything."""
    if value is None or tree is None:
        return value
    kind = "L" if isinstance(next(iter(tree)), int) else "M"
    if kind not in value:
        return None
    kept = _below(value, tree, kind)
    return {kind: kept} if kept else None
