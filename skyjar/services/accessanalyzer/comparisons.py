"""Whether one policy allows what another does not, and whether a policy allows something at all. Pure.

Actions are compared one by one, over all that AWS publishes and all that the documents spell out; those that the same
statements cover are compared once. Resources are compared as patterns, conditions as lines: a condition that is narrower in
a way that cannot be told from its text counts as wider. So "no" is always true, and "yes" means that it may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from skyjar.policy import authorization
from skyjar.policy.conditions import Condition, split
from skyjar.policy.documents import Document
from skyjar.policy.statements import Statement

from .patterns import do_overlap, is_within

Named = tuple[str, str]
EVERYONE: Named = ("AWS", "*")


class Side(NamedTuple):
    """The statements of one document that cover an action."""

    allowing: tuple[Statement, ...]
    denying: tuple[Statement, ...]


@cache
def published() -> tuple[str, ...]:
    """Every action that AWS publishes, in lower case."""
    found: list[str] = []
    for prefix in authorization.prefixes():
        known = authorization.service(prefix)
        found += [f"{prefix}:{key}" for key in (known.actions if known is not None else ())]
    return tuple(found)


def _universe(documents: Sequence[Document]) -> list[str]:
    spelled = {
        action.lower() for document in documents for statement in document.statements for action in statement.actions
    }
    unknown = spelled - set(published())
    return [*published(), *(each for each in unknown if "*" not in each and "?" not in each)]


def _sides(documents: Sequence[Document], actions: Iterable[str]) -> Iterator[tuple[Side, ...]]:
    """For each set of actions that the same statements cover, what each document says of them."""
    statements = [(at, each) for at, document in enumerate(documents) for each in document.statements]
    covered = {tuple(each.does_action(action) for _, each in statements) for action in actions}
    for flags in covered:
        chosen = [pair for pair, is_covered in zip(statements, flags, strict=True) if is_covered]
        yield tuple(
            Side(
                tuple(each for of, each in chosen if of == at and each.is_allow),
                tuple(each for of, each in chosen if of == at and not each.is_allow),
            )
            for at in range(len(documents))
        )


def new_access(new: Document, existing: Document) -> list[Statement]:
    """The statements of the new policy that may allow what the existing one does not."""
    found: dict[int, Statement] = {}
    for now, before in _sides((new, existing), _universe((new, existing))):
        for statement in now.allowing:
            if statement.index not in found and not all(
                _is_old(part, now, before) for part in _parts(statement) if not _is_denied(part, now.denying)
            ):
                found[statement.index] = statement
    return [found[index] for index in sorted(found)]


class Part(NamedTuple):
    """What a statement says of one of its resources and one of its principals. `resource` None: all but those it names."""

    statement: Statement
    resource: str | None
    principal: Named | None


def _parts(statement: Statement) -> Iterator[Part]:
    resources: Sequence[str | None] = (None,) if statement.not_resource else statement.resources or ("*",)
    for resource in resources:
        for principal in named(statement):
            yield Part(statement, resource, principal)


def named(statement: Statement) -> Sequence[Named | None]:
    """Whom it names; None for all but those it names, and where principals have no place."""
    element = statement.principal
    if element is None or element.is_not:
        return (None,)
    if element.everyone:
        return (EVERYONE,)
    return [
        *(("AWS", each) for each in sorted(element.named | element.accounts | element.ids)),
        *(("Service", each) for each in sorted(element.services)),
        *(("Federated", each) for each in sorted(element.federated)),
        *(("CanonicalUser", each) for each in sorted(element.canonical)),
    ]


def _is_denied(part: Part, denying: Iterable[Statement]) -> bool:
    return any(not each.conditions and _has_resource(each, part) and _has_principal(each, part) for each in denying)


def _is_old(part: Part, now: Side, before: Side) -> bool:
    """Whether the existing policy allows all of it, and denies nothing of it that the new one lets through."""
    is_allowed = any(
        _has_resource(each, part)
        and _has_principal(each, part)
        and _implies(part.statement.conditions, each.conditions)
        for each in before.allowing
    )
    return is_allowed and all(
        _is_apart(each, part) or any(_denies_as_much(other, each) for other in now.denying) for each in before.denying
    )


def _has_resource(outer: Statement, part: Part) -> bool:
    """Whether the statement is about every resource of the part."""
    if not outer.resources or (not outer.not_resource and "*" in outer.resources):
        return True
    if part.resource is None:
        spared = part.statement.resources
        return outer.not_resource and all(any(is_within(each, one) for one in spared) for each in outer.resources)
    if outer.not_resource:
        return not any(do_overlap(part.resource, each) for each in outer.resources)
    return any(is_within(part.resource, each) for each in outer.resources)


def _has_principal(outer: Statement, part: Part) -> bool:
    """Whether the statement is about everybody whom the part is about."""
    element = outer.principal
    if element is None:
        return part.principal is None
    if element.is_not:
        other = part.statement.principal
        return part.principal is None and other is not None and _same_exceptions(outer, part.statement)
    if element.everyone:
        return True
    if part.principal is None:
        return False
    return part.principal in named(outer) or (
        part.principal[0] == "AWS" and _account(part.principal[1]) in element.accounts
    )


def _same_exceptions(one: Statement, other: Statement) -> bool:
    assert one.principal is not None
    assert other.principal is not None
    names = ("named", "accounts", "ids", "services", "federated", "canonical", "everyone", "is_not")
    return all(getattr(one.principal, name) == getattr(other.principal, name) for name in names)


def _account(name: str) -> str:
    return name.split(":")[4] if name.count(":") >= 5 else name


def _is_apart(denial: Statement, part: Part) -> bool:
    """Whether a Deny surely has nothing to do with the part."""
    if denial.not_resource:
        return part.resource is not None and any(is_within(part.resource, each) for each in denial.resources)
    if part.resource is None or not denial.resources:
        return False
    return not any(do_overlap(part.resource, each) for each in denial.resources)


def _denies_as_much(now: Statement, before: Statement) -> bool:
    return _implies(before.conditions, now.conditions) and all(
        _has_resource(now, part) and _has_principal(now, part) for part in _parts(before)
    )


def _implies(narrow: Sequence[Condition], wide: Sequence[Condition]) -> bool:
    """Whether every request that fulfils the first conditions fulfils the second."""
    return all(any(_is_narrower(one, other) for one in narrow) for other in wide)


def _is_narrower(one: Condition, other: Condition) -> bool:
    if (one.key, one.operator) != (other.key, other.operator):
        return False
    if set(one.values) == set(other.values):
        return True
    _, base, _ = split(one.operator)
    if not base.startswith(("String", "Arn")):
        return False
    inner, outer = (other, one) if "Not" in base else (one, other)
    is_pattern = base.endswith("Like") or base.startswith("Arn")
    test: Any = is_within if is_pattern else str.__eq__
    return all(any(test(value, wider) for wider in outer.values) for value in inner.values)


def granting(document: Document, actions: Sequence[str], resources: Sequence[str]) -> list[Statement]:
    """The statements that may allow any of the actions on any of the resources; none given means all there are."""
    wanted = [each.lower() for each in actions]
    begins = [(re.split(r"[*?]|\$\{", each)[0], each) for each in wanted]
    universe = [
        each
        for each in _universe([document])
        if not wanted or any(each.startswith(literal) and do_overlap(each, one) for literal, one in begins)
    ]
    universe += [each for each in wanted if "*" not in each and "?" not in each and each not in universe]
    found: dict[int, Statement] = {}
    for (side,) in _sides((document,), universe):
        for statement in side.allowing:
            if any(_grants(part, side, resources) for part in _parts(statement)):
                found[statement.index] = statement
    return [found[index] for index in sorted(found)]


def _grants(part: Part, side: Side, resources: Sequence[str]) -> bool:
    if not resources:
        return not _is_denied(part, side.denying)
    return any(
        _reaches(part, each) and not _is_denied(part._replace(resource=each), side.denying)
        for each in resources
        if not _is_denied(part, side.denying)
    )


def _reaches(part: Part, resource: str) -> bool:
    if part.resource is None:
        return not any(is_within(resource, each) for each in part.statement.resources)
    return do_overlap(part.resource, resource)
