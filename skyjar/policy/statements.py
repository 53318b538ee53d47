"""One statement, compiled: whom, what, on what, when. Each element is a test that does as little as its text allows."""

from collections.abc import Callable
from typing import Any

from . import variables
from .conditions import Condition, compile_conditions
from .errors import SYNTAX, MalformedPolicy
from .globs import Matcher, always, matcher, tokens_of
from .principals import PrincipalElement
from .requests import Request
from .texts import strings

ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}

Applies = Callable[[Request], bool]


class Statement:
    """`does_action` takes the action in lower case. `on_resource` and `applies` (resource and conditions) take a request."""

    __slots__ = (
        "actions",
        "applies",
        "conditions",
        "does_action",
        "effect",
        "index",
        "not_action",
        "not_resource",
        "on_resource",
        "principal",
        "resources",
        "sid",
        "variable_keys",
    )

    def __init__(self, index: int, element: Any, version: str) -> None:
        if not isinstance(element, dict) or not set(element) <= ELEMENTS:
            raise MalformedPolicy(SYNTAX)
        self.index = index
        self.sid = _sid(element)
        self.effect = _effect(element)
        self.not_action, actions = _one_of(element, "Action", "NotAction")
        if not actions:
            raise MalformedPolicy("Policy statement must contain actions.")
        self.actions = actions
        self.not_resource, self.resources = _one_of(element, "Resource", "NotResource")
        self.principal = _principal(element)
        self.conditions: tuple[Condition, ...] = compile_conditions(element.get("Condition", {}), version)
        self.does_action = _actions(actions, self.not_action)
        scanned = [variables.scan(text, version) for text in self.resources]
        self.variable_keys = {key for parts in scanned for key in variables.keys(parts)}
        self.on_resource = _resources([variables.bound_to_segments(parts) for parts in scanned], self.not_resource)
        self.applies = _all(self.on_resource, [condition.holds for condition in self.conditions])

    @property
    def is_allow(self) -> bool:
        return self.effect == "Allow"

    @property
    def label(self) -> str:
        return self.sid or f"#{self.index}"


def _sid(element: dict[str, Any]) -> str:
    sid = element.get("Sid", "")
    if type(sid) is not str:
        raise MalformedPolicy(SYNTAX)
    return sid


def _effect(element: dict[str, Any]) -> str:
    effect = element.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy(SYNTAX)
    return str(effect)


def _principal(element: dict[str, Any]) -> PrincipalElement | None:
    is_not = "NotPrincipal" in element
    if is_not and "Principal" in element:
        raise MalformedPolicy(SYNTAX)
    if not is_not and "Principal" not in element:
        return None
    return PrincipalElement(element["NotPrincipal" if is_not else "Principal"], is_not=is_not)


def _one_of(element: dict[str, Any], name: str, negation: str) -> tuple[bool, tuple[str, ...]]:
    if name in element and negation in element:
        raise MalformedPolicy(SYNTAX)
    return negation in element, strings(element.get(name, element.get(negation, [])))


def _actions(patterns: tuple[str, ...], negated: bool) -> Matcher:
    matchers = [matcher(tokens_of(pattern.lower())) for pattern in patterns]
    if negated:
        return lambda action: not any(matches(action) for matches in matchers)
    if len(matchers) == 1:
        return matchers[0]
    return lambda action: any(matches(action) for matches in matchers)


def _resources(patterns: list[tuple[variables.Part, ...]], negated: bool) -> Applies | None:
    """None when every resource matches. An unresolved variable matches nothing and spares nothing."""
    fixed = [matcher(variables.static(parts)) for parts in patterns if variables.is_static(parts)]
    open_ended = [parts for parts in patterns if not variables.is_static(parts)]
    if not negated and (not patterns or always in fixed):
        return None
    if open_ended:
        return _varying(fixed, open_ended, negated)
    if negated:
        return lambda request: not any(matches(request.resource) for matches in fixed)
    if len(fixed) == 1:
        only = fixed[0]
        return lambda request: only(request.resource)
    return lambda request: any(matches(request.resource) for matches in fixed)


def _varying(fixed: list[Matcher], open_ended: list[tuple[variables.Part, ...]], negated: bool) -> Applies:
    def test(request: Request) -> bool:
        resource = request.resource
        if any(matches(resource) for matches in fixed):
            return not negated
        unresolved = False
        for parts in open_ended:
            tokens = variables.resolve(parts, request)
            if tokens is None:
                unresolved = True
            elif matcher(tokens)(resource):
                return not negated
        return negated and not unresolved

    return test


def _all(on_resource: Applies | None, holds: list[Applies]) -> Applies | None:
    tests = ([on_resource] if on_resource else []) + holds
    if len(tests) < 2:
        return tests[0] if tests else None
    if len(tests) == 2:
        first, second = tests
        return lambda request: first(request) and second(request)
    return lambda request: all(test(request) for test in tests)
