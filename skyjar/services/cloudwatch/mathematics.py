"""Calculating an expression of metric math. Pure but for what its place brings."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from skyjar.kernel.errors import NotImplementedHere

from . import functions, grammar
from .functions import Place
from .grammar import Apply, Array, BadExpression, Name, Node, Number, Text
from .lines import OPERATORS, Line, Value, operate


def calculate(tree: Node, place: Place, known: Mapping[str, Value]) -> Value:
    """`known` are the results of the queries that it refers to, by id."""
    if isinstance(tree, Number | Text):
        return tree.value
    if isinstance(tree, Name):
        return _named(tree.value, known)
    if isinstance(tree, Array):
        return _array([calculate(part, place, known) for part in tree.parts])
    parts = [calculate(part, place, known) for part in tree.parts]
    if tree.function in OPERATORS:
        return operate(tree.function, parts[0], parts[1])
    if tree.function == "negate":
        return operate("*", -1.0, parts[0])
    return _call(tree, place, parts)


def _named(name: str, known: Mapping[str, Value]) -> Value:
    if name in known:
        return known[name]
    if name.upper() in functions.WORDS:
        return {"TRUE": 1.0, "FALSE": 0.0}.get(name.upper(), name.upper())
    raise BadExpression(f"Unrecognized variable '{name}'")


def _array(parts: list[Value]) -> list[Line]:
    found: list[Line] = []
    for part in parts:
        if isinstance(part, Line):
            found.append(part)
        elif isinstance(part, list):
            found += part
        else:
            raise BadExpression("An array holds time series only")
    return found


def _call(tree: Apply, place: Place, parts: list[Value]) -> Value:
    check_function(tree.function)
    found = functions.FUNCTIONS[tree.function](place, parts)
    if isinstance(found, float) and isnan(found):
        return Line({}, place.period_s)  # of a series without points
    return found


def check_function(name: str) -> None:
    if name in functions.ABSENT:
        raise NotImplementedHere(f"Skyjar does not implement the function {name} of metric math in cloudwatch.")
    if name not in functions.FUNCTIONS and name not in OPERATORS and name != "negate":
        raise BadExpression(f"Unrecognized function '{name}'")


def checked(text: str) -> Node:
    """The expression's tree, of functions that are there."""
    if text.lstrip().upper().startswith("SELECT "):
        raise NotImplementedHere("Skyjar does not implement Metrics Insights queries (SELECT …) in cloudwatch.")
    tree = grammar.parse(text)
    for name in grammar.functions_in(tree):
        check_function(name)
    return tree
