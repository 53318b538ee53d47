"""Expressions of a request: its names and values, bound to what its expressions compile to.

Compiled forms are remembered by kind, text and names; they hold no values, so that a repeated request costs a look-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from . import conditions, limits, projections, updates, values
from .errors import NestingException, RewordedException, ValidationException
from .grammar import Node, Parser, undefined
from .values import Item, Value

Names = dict[str, str]
Values = dict[str, Value]
_NAME = re.compile(r"#[A-Za-z0-9_]+", re.ASCII)
_VALUE = re.compile(r":[A-Za-z0-9_]+", re.ASCII)
_TOO_LONG = "The expression attribute map contains a key that is too long;"
REMEMBERED = 4096


class Step(NamedTuple):
    """What an expression is refused for, in order: the names and values that must be there, a fault, what values must meet."""

    uses: tuple[str, ...]
    fault: str | None
    checks: list[conditions.Check]


class Compiled:
    """`result` is what the kind compiles to: a test, an update, a projection, or nodes; `paths` all that it names, `deep` the
    attributes that it looks into. `checks` are those of all its steps; `is_wrong`: it is refused whatever the values are."""

    __slots__ = ("checks", "deep", "is_wrong", "paths", "result", "steps", "used_names", "used_values")

    def __init__(self, parser: Parser, result: Any, steps: list[Step]) -> None:
        self.result = result
        self.steps = steps
        self.checks = [check for step in steps for check in step.checks]
        self.is_wrong = any(step.fault is not None or any(use[0] == "#" for use in step.uses) for step in steps)
        self.paths = parser.paths
        self.deep = frozenset(str(path[0]) for path in parser.paths if len(path) > 1)
        self.used_names = tuple(parser.used_names)
        self.used_values = tuple(parser.used_values)


_compiled: dict[tuple[Any, ...], Compiled] = {}


def _compile(kind: str, text: str, names: Names) -> Compiled:
    parser = Parser(kind, text, names)
    if kind == "ProjectionExpression":
        return Compiled(parser, projections.compile_paths(parser.projection()), [])
    if kind == "UpdateExpression":
        return _compile_update(parser)
    node: Node = parser.condition()
    parser.refuse()
    steps: list[Step] = []
    for leaf in parser.leaves:
        is_wrong = leaf.fault is not None or any(use[0] == "#" for use in leaf.uses)
        steps.append(Step(leaf.uses, leaf.fault, [] if is_wrong else _checks(kind, leaf.node)))
        if is_wrong:
            return Compiled(parser, None, steps)
    return Compiled(parser, node if kind == "KeyConditionExpression" else conditions.Compiler(kind).test(node), steps)


def _checks(kind: str, node: Node) -> list[conditions.Check]:
    compiler = conditions.Compiler(kind, compares_keys=kind == "KeyConditionExpression")
    compiler.test(node)
    return compiler.checks


def _compile_update(parser: Parser) -> Compiled:
    sections = parser.update()
    steps = [Step(tuple(parser.used_values), parser.overlap, [])]
    fault = next((call for call in parser.calls if isinstance(call, str)), None)
    if fault is None:
        update = updates.compile_update(parser.kind, sections)
        steps.append(Step((), None, update.checks))
        return Compiled(parser, update, steps)
    before = [call for call in parser.calls[: parser.calls.index(fault)] if not isinstance(call, str)]
    steps += [Step((), None, updates.checks_of(parser.kind, sections, before)), Step((), fault, [])]
    return Compiled(parser, None, steps)


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
    """The names and values of one request. `admit` them, bind every expression, then `close`."""

    __slots__ = ("_given", "_is_admitted", "_key", "_names", "_used", "values")

    def __init__(self, names: Names | None, given: Values | None, **texts: str | None) -> None:
        """`texts` are the request's expressions by parameter name, for the errors; None for those not given."""
        self.values: Values = given or {}
        self._given = given
        self._is_admitted = names is None and given is None
        self._names = names
        self._used: set[str] = set()
        self._key = tuple(sorted(names.items())) if names else ()
        if names is not None or given is not None:
            _check_given(names, given, texts)

    def admit(self, depth: int = 1) -> None:
        """Check the names, and check and normalise the values, from that level on, if that is not done."""
        if not self._is_admitted:
            self._is_admitted = True
            _admit(self._names, self._given, depth)

    def bind(self, kind: str, text: str) -> Compiled:
        compiled = compiled_of(kind, text, self._names or {}, self._key)
        if compiled.used_names:
            self._used.update(compiled.used_names)
        given = self.values
        for name in compiled.used_values:
            if name not in given:
                self._refuse(kind, compiled)
            self._used.add(name)
        if compiled.is_wrong:
            self._refuse(kind, compiled)
        for check in compiled.checks:
            check(given)
        return compiled

    def _refuse(self, kind: str, compiled: Compiled) -> None:
        """For what comes first of all that is wrong with an expression."""
        for uses, fault, checks in compiled.steps:
            for name in uses:
                if name not in self.values:
                    raise ValidationException(f"Invalid {kind}: {undefined(name)}")
            if fault is not None:
                raise ValidationException(f"Invalid {kind}: {fault}")
            for check in checks:
                check(self.values)

    def test(self, kind: str, text: str | None) -> Callable[[Item], bool] | None:
        if text is None:
            return None
        result, given = self.bind(kind, text).result, self.values
        return lambda item: result(item, given)

    def close(self) -> None:
        """Refuse names and values that no expression used."""
        for label, given in (("Names", self._names), ("Values", self._given)):
            if given and not self._used.issuperset(given):
                raise ValidationException(
                    f"Value provided in ExpressionAttribute{label} unused in expressions: keys: "
                    f"{{{', '.join(sorted(given.keys() - self._used))}}}"
                )


def _check_given(names: Names | None, given: Values | None, texts: dict[str, str | None]) -> None:
    """Names belong to expressions, values to expressions that may have values."""
    if names is not None and all(text is None for text in texts.values()):
        raise ValidationException("ExpressionAttributeNames can only be specified when using expressions")
    valued = [name for name in texts if name != "ProjectionExpression"]
    if given is not None and all(texts[name] is None for name in valued):
        said = "ExpressionAttributeValues can only be specified when using expressions"
        nothing = f"{' and '.join(valued)} {'are' if len(valued) > 1 else 'is'} null"
        raise RewordedException(f"{said}: {nothing}", said)


def _admit(names: Names | None, given: Values | None, depth: int) -> None:
    if names is not None:
        if not names:
            raise ValidationException("ExpressionAttributeNames must not be empty")
        for name, attribute in names.items():
            if len(name) > limits.PLACEHOLDER:
                raise ValidationException(
                    f"ExpressionAttributeNames contains invalid key: {_TOO_LONG} size of key: {values.text_size(name)}"
                )
            if not _NAME.fullmatch(name):
                raise ValidationException(f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{name}"')
            if not attribute:
                raise ValidationException(
                    f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {name}"
                )
    if given is None:
        return
    if not given:
        raise ValidationException("ExpressionAttributeValues must not be empty")
    for name in given:
        if len(name) > limits.PLACEHOLDER:
            raise ValidationException(f"ExpressionAttributeValues contains invalid key: {_TOO_LONG}")
        if not _VALUE.fullmatch(name):
            raise ValidationException(f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{name}"')
    for name, value in given.items():
        try:
            values.admit_value(value, depth)
        except ValidationException as error:
            raise _invalid(name, error) from None


def _invalid(name: str, error: ValidationException) -> ValidationException:
    def said(sentence: str) -> str:
        return f"ExpressionAttributeValues contains invalid value: {sentence} for key {name}"

    if isinstance(error, NestingException):
        return RewordedException(said(error.message), error.message)
    if isinstance(error, RewordedException):
        return RewordedException(said(error.message), said(error.anew))
    return ValidationException(said(error.message))
