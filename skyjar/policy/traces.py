"""Why a decision came out as it did: one verdict per statement of every policy considered."""

from collections.abc import Sequence
from typing import NamedTuple

from .documents import Document
from .requests import Request
from .statements import Statement

Considered = tuple[
    str, Sequence[tuple[str, Document]], bool
]  # kind, named policies, whether their principals are heeded


class Verdict(NamedTuple):
    """`failed` is the element that did not match ("Action", "Condition", …), empty when all did; `why` is for people."""

    kind: str
    source: str
    statement: str  # the Sid, or #index
    effect: str
    matched: bool
    failed: str
    why: str

    def __str__(self) -> str:
        verdict = "applies" if self.matched else f"does not apply, {self.failed}"
        return f"{self.kind} ({self.source}), {self.effect} {self.statement}: {verdict}: {self.why}"


class Standing(NamedTuple):
    """What one policy says of the request: `denies`, `allows` or `says nothing`, and by which statements."""

    kind: str
    source: str
    says: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        by = f": {', '.join(self.statements)}" if self.statements else ""
        return f"{self.kind} ({self.source}) {self.says}{by}"


def standings(request: Request, considered: Sequence[Considered]) -> tuple[Standing, ...]:
    """Every policy considered, those that have nothing to say included."""
    return tuple(
        _standing(kind, source, trace(request, [(kind, [(source, document)], heeds_principal)]))
        for kind, group, heeds_principal in considered
        for source, document in group
    )


def _standing(kind: str, source: str, verdicts: Sequence[Verdict]) -> Standing:
    for effect, says in (("Deny", "denies"), ("Allow", "allows")):
        statements = tuple(each.statement for each in verdicts if each.matched and each.effect == effect)
        if statements:
            return Standing(kind, source, says, statements)
    return Standing(kind, source, "says nothing", ())


def trace(request: Request, considered: Sequence[Considered]) -> tuple[Verdict, ...]:
    return tuple(
        _verdict(request, kind, source, statement, heeds_principal)
        for kind, group, heeds_principal in considered
        for source, document in group
        for statement in document.statements
    )


def _verdict(request: Request, kind: str, source: str, statement: Statement, heeds_principal: bool) -> Verdict:
    failed, why = _failure(request, statement, heeds_principal)
    return Verdict(kind, source, statement.label, statement.effect, not failed, failed, why or "every element matches")


def _failure(request: Request, statement: Statement, heeds_principal: bool) -> tuple[str, str]:
    if not statement.does_action(request.action_key):
        name = "NotAction" if statement.not_action else "Action"
        return name, f"{request.action} is {_among(statement.not_action)} {_list(statement.actions)}"
    element = statement.principal
    if heeds_principal and element is None and statement.is_allow:
        return "Principal", "the statement names nobody"
    if heeds_principal and element is not None:
        principal = request.principal
        concerns = element.grant(principal) if statement.is_allow else element.denies(principal)
        if not concerns:
            name = "NotPrincipal" if element.is_not else "Principal"
            return name, f"{principal.arn or principal.kind} is {'spared' if element.is_not else 'not named'}"
    if statement.on_resource is not None and not statement.on_resource(request):
        name = "NotResource" if statement.not_resource else "Resource"
        return name, f"{request.resource} is {_among(statement.not_resource)} {_list(statement.resources)}"
    for condition in statement.conditions:
        if not condition.holds(request):
            have = request.lookup(condition.key)
            shown = "absent" if have is None else have if isinstance(have, str) else _list(have)
            return "Condition", f"{condition.operator} {condition.name}: {shown}, wanted {_list(condition.values)}"
    return "", ""


def _among(negated: bool) -> str:
    return "among" if negated else "not among"


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(values)
