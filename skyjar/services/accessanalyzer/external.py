"""What a resource's policy grants to somebody outside of the zone of trust. Pure.

One finding for each principal and set of conditions, with the actions that are granted. A Deny takes away what it covers:
its own principals when it has no condition, everybody outside when its condition spares the zone alone. A Deny that
cannot be told to cover something takes nothing away. Services of AWS are no outsiders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from skyjar.policy import authorization, publicity
from skyjar.policy.documents import Document
from skyjar.policy.findings import matching
from skyjar.policy.principals import PrincipalElement
from skyjar.policy.statements import Statement
from skyjar.policy.texts import parse

from .patterns import is_within
from .zones import Zone


class Access(msgspec.Struct, frozen=True, array_like=True):
    """`principal` as (kind, name); `condition` as pairs of key and value; `statement` is where it is granted first."""

    principal: tuple[str, str]
    condition: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    is_public: bool
    statement: int


def accesses(document: Document, zone: Zone, arn: str) -> list[Access]:
    """`arn` is the resource that the document is attached to; it stands in where the document names none."""
    found: dict[Any, Access] = {}
    denials = [each for each in document.statements if not each.is_allow]
    source = _elements(document)
    for statement in document.statements:
        if not statement.is_allow or any(zone.keeps_in(condition) for condition in statement.conditions):
            continue
        is_open = publicity.opens(source[statement.index])
        for principal in _outsiders(statement, source[statement.index], zone):
            actions = _left(statement, principal, denials, zone, arn)
            if not actions:
                continue
            condition = tuple(_shown(statement))
            before = found.get((principal, condition))
            together = tuple(sorted({*actions, *(before.actions if before is not None else ())}))
            is_public = is_open and principal == ("AWS", "*")
            index = before.statement if before is not None else statement.index
            found[principal, condition] = Access(principal, condition, together, is_public, index)
    return list(found.values())


def _elements(document: Document) -> list[dict[str, Any]]:
    found = parse(document.text)["Statement"]
    return found if isinstance(found, list) else [found]


def _outsiders(statement: Statement, source: dict[str, Any], zone: Zone) -> Iterator[tuple[str, str]]:
    if "NotPrincipal" in source:
        yield "AWS", "*"
        return
    element = source.get("Principal", {})
    by_kind = {"AWS": "*"} if element == "*" else element
    for kind, names in by_kind.items():
        for name in names if isinstance(names, list) else [names]:
            if kind != "Service" and (kind != "AWS" or not zone.has_principal(name)):
                yield kind, _short(name)


def _short(name: str) -> str:
    """An account's root user is shown as the account."""
    return name.split(":")[4] if name.startswith("arn:") and name.endswith(":root") else name


def _shown(statement: Statement) -> Iterator[tuple[str, str]]:
    for condition in statement.conditions:
        values = condition.values
        yield condition.name, values[0] if len(values) == 1 else f"[{','.join(values)}]"


def _left(
    statement: Statement, principal: tuple[str, str], denials: list[Statement], zone: Zone, arn: str
) -> list[str]:
    covering = [each for each in denials if _denies(each, statement, principal, zone)]
    return [name for name in granted(statement, arn) if not any(each.does_action(name.lower()) for each in covering)]


def _denies(denial: Statement, statement: Statement, principal: tuple[str, str], zone: Zone) -> bool:
    """Whether all that the statement grants the principal on its resources is denied, as far as the actions are."""
    if denial.not_resource or not _covers(denial.resources, statement):
        return False
    element = denial.principal
    if element is None or element.is_not:
        return False
    if len(denial.conditions) == 1 and element.everyone:
        return zone.keeps_out(denial.conditions[0])
    return not denial.conditions and (element.everyone or _names(element, principal))


def _names(element: PrincipalElement, principal: tuple[str, str]) -> bool:
    kind, name = principal
    if kind == "AWS":
        return name in element.named or name in element.accounts or name in element.ids
    return name in (element.federated if kind == "Federated" else element.canonical)


def _covers(patterns: tuple[str, ...], statement: Statement) -> bool:
    if not patterns or "*" in patterns:
        return True
    if statement.not_resource or not statement.resources:
        return False
    return all(any(is_within(each, pattern) for pattern in patterns) for each in statement.resources)


def granted(statement: Statement, arn: str) -> Iterable[str]:
    """The actions that AWS has and the statement means, of the service whose resource it is."""
    prefix = "sts" if arn.startswith("arn:aws:iam:") else arn.split(":")[2]
    known = authorization.service(prefix)
    if known is None:
        return []
    if statement.not_action:
        names = [each.name for key, each in known.actions.items() if statement.does_action(f"{prefix}:{key}")]
    else:
        wanted = [f"{prefix}:{each[2:]}" if each.startswith("*:") else each for each in statement.actions]
        wanted = [f"{prefix}:*" if each == "*" else each for each in wanted]
        names = [each.name for pattern in wanted for each in matching(pattern) if each.service == prefix]
    if prefix == "sts":
        return [name for name in names if name.startswith(("sts:AssumeRole", "sts:TagSession", "sts:SetSource"))]
    return [name for name in names if (found := authorization.action(name)) is not None and found.resources]
