"""Expressions of a request: its names and values, bound to what its expressions compile to.

Compiled forms are remembered by kind, text and names; they hold no values, so that a repeated request costs a look-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import conditions, projections, updates, values
from .errors import ValidationException
from .grammar import Node, Parser
from .values import Item, Value

Names = dict[str, str]
Values = dict[str, Value]
_NAME = re.compile(r"#[A-Za-z0-9_]+", re.ASCII)
_VALUE = re.compile(r":[A-Za-z0-9_]+", re.ASCII)
REMEMBERED = 4096


class Compiled:
    """`result` is what the kind compiles to: a test, an update, a projection, or nodes; `paths` all that it names."""

    __slots__ = ("checks", "paths", "result", "used_names", "used_values")

    def __init__(self, parser: Parser, result: Any, checks: list[conditions.Check]) -> None:
        self.result = result
        self.checks = checks
        self.paths = parser.paths
        self.used_names = tuple(parser.used_names)
        self.used_values = tuple(parser.used_values)


_compiled: dict[tuple[Any, ...], Compiled] = {}


def _compile(kind: str, text: str, names: Names) -> Compiled:
    parser = Parser(kind, text, names)
    if kind == "ProjectionExpression":
        return Compiled(parser, projections.compile_paths(parser.projection()), [])
    if kind == "UpdateExpression":
        update = updates.compile_update(kind, parser.update())
        return Compiled(parser, update, update.checks)
    node: Node = parser.condition()
    parser.end()
    if kind == "KeyConditionExpression":
        return Compiled(parser, node, [])
    compiler = conditions.Compiler(kind)
    test = compiler.test(node)
    return Compiled(parser, test, compiler.checks)


def compiled_of(kind: str, text: str, names: Names, key: tuple[Any, ...]) -> Compiled:
    """What an expression compiles to; `key` are the names in order."""
    compiled = _compiled.get((kind, text, key))
    if compiled is None:
        compiled = _compile(kind, text, names)
        if len(_compiled) >= REMEMBERED:
            _compiled.clear()
        _compiled[kind, text, key] = compiled
    return compiled


def attributes_of(kind: str, text: str, names: Names | None) -> set[str]:
    """The top-level attributes that an expression names; none for one that is not valid."""
    try:
        compiled = compiled_of(kind, text, names or {}, tuple(sorted((names or {}).items())))
    except ValidationException:
        return set()
    return {str(path[0]) for path in compiled.paths}


class Expressions:
    """The names and values of one request. Bind every expression, then `close`."""

    __slots__ = ("_has_text", "_key", "_kinds", "_names", "_used", "values")

    def __init__(self, names: Names | None, given: Values | None, **texts: str | None) -> None:
        """`texts` are the request's expressions by parameter name, for the errors; None for those not given."""
        self._has_text = any(text is not None for text in texts.values())
        self.values: Values = given or {}
        self._names = names or {}
        self._used: set[str] = set()
        self._key = tuple(sorted(names.items())) if names else ()
        if names is not None or given is not None:
            _check_given(names, given, texts, self._has_text)

    def bind(self, kind: str, text: str) -> Compiled:
        compiled = compiled_of(kind, text, self._names, self._key)
        if compiled.used_names:
            self._used.update(compiled.used_names)
        if compiled.used_values:
            for name in compiled.used_values:
                if name not in self.values:
                    raise ValidationException(
                        f"Invalid {kind}: An expression attribute value used in expression is not defined; "
                        f"attribute value: {name}"
                    )
            self._used.update(compiled.used_values)
            for check in compiled.checks:
                check(self.values)
        return compiled

    def test(self, kind: str, text: str | None) -> Callable[[Item], bool] | None:
        if text is None:
            return None
        result, given = self.bind(kind, text).result, self.values
        return lambda item: result(item, given)

    def close(self) -> None:
        """Refuse names and values that no expression used."""
        if not self._names and not self.values:
            return
        for label, given in (("Names", self._names), ("Values", self.values)):
            unused = [name for name in given if name not in self._used]
            if unused:
                raise ValidationException(
                    f"Value provided in ExpressionAttribute{label} unused in expressions: keys: "
                    f"{{{', '.join(sorted(unused))}}}"
                )


def _check_given(names: Names | None, given: Values | None, texts: dict[str, str | None], has_text: bool) -> None:
    if not has_text:
        if names is not None:
            raise ValidationException("ExpressionAttributeNames can only be specified when using expressions")
        nothing = " and ".join(name for name in texts if name != "ProjectionExpression")
        verb = "are" if " and " in nothing else "is"
        raise ValidationException(
            f"ExpressionAttributeValues can only be specified when using expressions: {nothing} {verb} null"
        )
    if names is not None:
        if not names:
            raise ValidationException("ExpressionAttributeNames must not be empty")
        for name, attribute in names.items():
            if not _NAME.fullmatch(name):
                raise ValidationException(f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{name}"')
            if not attribute:
                raise ValidationException(
                    f"ExpressionAttributeNames contains invalid value: Attribute name can not be empty for key {name}"
                )
    if given is not None:
        if not given:
            raise ValidationException("ExpressionAttributeValues must not be empty")
        for name, value in given.items():
            if not _VALUE.fullmatch(name):
                raise ValidationException(
                    f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{name}"'
                )
            try:
                values.admit_value(value)
            except ValidationException as error:
                raise ValidationException(
                    f"ExpressionAttributeValues contains invalid value: {error.message} for key {name}"
                ) from None
