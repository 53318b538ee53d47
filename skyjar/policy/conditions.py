"""One line of a Condition element: operator, key, values, compiled to one test of a request.

Values are joined by OR, lines by AND; a negated operator holds when none of its values matches. An absent key fails a
positive operator and satisfies a negated one, an IfExists and a ForAllValues; it always fails ForAnyValue. To these two an
empty string is no value ("Set operators for multivalued context keys").
"""

from collections.abc import Callable

from . import variables
from .errors import SYNTAX, MalformedPolicy
from .operators import OPERATORS, Test
from .requests import Request
from .texts import scalars

Holds = Callable[[Request], bool]


class Condition:
    __slots__ = ("holds", "key", "name", "operator", "quantifier", "values", "variable_keys")

    def __init__(self, operator: str, key: str, values: tuple[str, ...], version: str) -> None:
        self.operator = operator
        self.name = key
        self.key = key.lower()
        self.values = values
        self.quantifier, base, if_exists = split(operator)
        self.variable_keys: set[str] = set()
        if base == "Null":
            self.holds = _null(self.key, frozenset(value.lower() for value in values))
            return
        found = OPERATORS[base]
        if found.has_variables:
            self.variable_keys = {key for text in values for key in variables.keys(variables.scan(text, version))}
        test = found.compile(values, version)
        if self.quantifier == "ForAllValues":
            self.holds = _for_all(self.key, test, found.negated)
        elif self.quantifier == "ForAnyValue":
            self.holds = _for_any(self.key, test, found.negated, if_exists)
        else:
            self.holds = _plain(self.key, test, found.negated, if_exists)


def compile_conditions(element: object, version: str) -> tuple[Condition, ...]:
    if not isinstance(element, dict):
        raise MalformedPolicy(SYNTAX)
    conditions = []
    for operator, keys in element.items():
        if not isinstance(keys, dict):
            raise MalformedPolicy(SYNTAX)
        split(operator)
        conditions += [Condition(operator, key, scalars(wanted), version) for key, wanted in keys.items()]
    return tuple(conditions)


def split(operator: str) -> tuple[str, str, bool]:
    """("ForAllValues", "StringLike", True) of "ForAllValues:StringLikeIfExists"; raises MalformedPolicy."""
    quantifier, colon, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    known = base in OPERATORS or (base == "Null" and not if_exists and not colon)
    if not known or (colon and quantifier not in ("ForAllValues", "ForAnyValue")):
        raise MalformedPolicy(SYNTAX)
    return quantifier, base, if_exists


def _plain(key: str, test: Test, negated: bool, if_exists: bool) -> Holds:
    when_absent = negated or if_exists

    wanted = not negated
    every = all if negated else any

    def holds(request: Request) -> bool:
        have = request.lookup(key)
        if have is None:
            return when_absent
        if type(have) is str:
            return test(have, request) is wanted
        return every(test(value, request) is wanted for value in have)

    return holds


def _for_all(key: str, test: Test, negated: bool) -> Holds:
    wanted = not negated
    return lambda request: all(test(value, request) is wanted for value in _several(request, key))


def _for_any(key: str, test: Test, negated: bool, if_exists: bool) -> Holds:
    wanted = not negated

    def holds(request: Request) -> bool:
        have = _several(request, key)
        return any(test(value, request) is wanted for value in have) if have else if_exists

    return holds


def _several(request: Request, key: str) -> tuple[str, ...]:
    have = request.lookup(key)
    if have is None or have == "":
        return ()
    if isinstance(have, str):
        return (have,)
    return tuple(value for value in have if value) if "" in have else have


def _null(key: str, wanted: frozenset[str]) -> Holds:
    return lambda request: ("true" if request.lookup(key) is None else "false") in wanted
