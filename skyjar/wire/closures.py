"""Compiling shapes into closures: each shape once per codec, recursive shapes through a forward reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.wire.errors import INVALID
from skyjar.wire.models import Shape
from skyjar.wire.shapes import Check, compile_check
from skyjar.wire.validation import Rules

Closure = Callable[..., Any]


class Compiler:
    """Builds one closure for each shape, by the method named after its type."""

    def __init__(self) -> None:
        self._memo: dict[tuple[Any, ...], Closure | None] = {}

    def key(self, shape: Shape) -> tuple[Any, ...]:
        """What a closure depends on besides the shape itself: the traits a reference can override."""
        return (
            shape.name,
            shape.trait("timestamp_format"),
            shape.trait("flattened"),
            shape.trait("jsonvalue"),
            shape.wire_name if shape.type in ("list", "map", "structure") else None,
            shape.trait("enum") is not None and tuple(shape.enum),
        )

    def of(self, shape: Shape) -> Any:
        key = self.key(shape)
        if key in self._memo:
            return self._memo[key]
        cell: list[Closure | None] = []

        def forward(*values: Any) -> Any:
            closure = cell[0]
            return closure(*values) if closure is not None else values[-1]

        self._memo[key] = forward
        built = self.build(shape)
        cell.append(built)
        self._memo[key] = built
        return built

    def build(self, shape: Shape) -> Closure | None:
        built: Closure | None = getattr(self, shape.type)(shape)
        return built


class Readers(Compiler):
    """Compiles wire values into parameters. With `rules` the closures raise INVALID for a broken constraint."""

    def __init__(self, rules: Rules | None) -> None:
        super().__init__()
        self.rules = rules

    def check(self, shape: Shape) -> Check | None:
        return compile_check(shape, self.rules)

    def required(self, shape: Shape) -> frozenset[str]:
        """The members whose absence breaks the model, in a checking compiler."""
        return frozenset(shape.required) if self.rules is not None else frozenset()

    def member(self, shape: Shape, name: str, member: Shape) -> Any:
        """The closure of a member; unchecked where the service's rules skip it."""
        if self.rules is not None and f"{shape.name}.{name}" in self.rules.skip:
            return type(self)(self.rules._replace(checks=frozenset())).of(member)
        return self.of(member)


def checked(read: Closure, check: Check | None) -> Closure:
    """`read`, then `check` what it made."""
    if check is None:
        return read

    def reading(value: Any) -> Any:
        found = read(value)
        check(found)
        return found

    return reading


def require(read: Closure, required: frozenset[str]) -> Closure:
    """`read`, then refuse what lacks a required member."""
    if not required:
        return read

    def reading(value: Any) -> Any:
        found = read(value)
        if not found.keys() >= required:
            raise INVALID
        return found

    return reading
