"""What in a policy that works is too much or spare. Pure. Codes and sentences as in `structure.py`."""

from __future__ import annotations

from collections.abc import Iterator

from skyjar.policy import authorization
from skyjar.policy.conditions import Condition
from skyjar.policy.documents import Document, canonical
from skyjar.policy.statements import Statement

from .locations import Path
from .patterns import is_within
from .structure import SECURITY, SUGGESTION, WARNING, Problem, Type

_IDENTITY_CHARS = 10_240
_CAREFUL = (
    (
        "iam:passrole",
        SECURITY,
        "PASS_ROLE",
        "can be overly permissive because it allows iam:PassRole permissions on",
        "We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.",
    ),
    (
        "iam:createservicelinkedrole",
        WARNING,
        "CREATE_SLR",
        "can allow creation of unintended service-linked roles on",
        "We recommend that you specify resource ARNs instead.",
    ),
)


def problems(document: Document, paths: list[Path], of: Type) -> Iterator[Problem]:
    """`paths` leads to each statement."""
    yield from _size(document, of)
    for statement, path in zip(document.statements, paths, strict=True):
        if statement.is_allow:
            yield from _broad(statement, path)
        yield from _spare(statement, path)
    yield from _repeated(document, paths)


def _size(document: Document, of: Type) -> Iterator[Problem]:
    size = len("".join(document.text.split()))
    if of.policy == "IDENTITY_POLICY" and size > _IDENTITY_CHARS:
        sentence = (
            f"The {size} characters in the identity policy, excluding whitespace, exceed the {_IDENTITY_CHARS} character "
            "maximum for inline and managed policies. We recommend that you use multiple granular policies."
        )
        yield Problem("ERROR", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", sentence, ())


def _broad(statement: Statement, path: Path) -> Iterator[Problem]:
    if statement.principal is not None and statement.principal.is_not:
        sentence = (
            "Using Allow with NotPrincipal can be overly permissive. We recommend that you use Principal instead."
        )
        yield Problem(SECURITY, "ALLOW_WITH_NOT_PRINCIPAL", sentence, (*path, "NotPrincipal"))
    for action, kind, code, effect, advice in _CAREFUL:
        yield from _wild(statement, path, action, (kind, code, effect, advice))
    for condition in statement.conditions:
        if condition.quantifier == "ForAllValues" and not _has_several(condition, statement):
            sentence = (
                f"Using ForAllValues qualifier with the single-valued condition key {condition.name} can be overly "
                "permissive. We recommend that you remove ForAllValues:."
            )
            where = (*path, "Condition", condition.operator, condition.name)
            yield Problem(SECURITY, "FOR_ALL_VALUES_WITH_SINGLE_VALUED_KEY", sentence, where)


def _wild(statement: Statement, path: Path, action: str, said: tuple[str, str, str, str]) -> Iterator[Problem]:
    kind, code, effect, advice = said
    is_wild = not statement.not_resource and any(each == "*" or each.endswith("/*") for each in statement.resources)
    narrowed = any(condition.key in ("iam:passedtoservice", "iam:awsservicename") for condition in statement.conditions)
    if statement.not_action or not is_wild or narrowed or not statement.does_action(action):
        return
    name = authorization.action(action)
    spelled = name.name if name is not None else action
    if any(each.lower() == action for each in statement.actions):
        sentence = (
            f"Using the {spelled} action with wildcards (*) in the resource {effect} multiple resources. {advice}"
        )
        yield Problem(kind, f"{code}_WITH_STAR_IN_RESOURCE", sentence, (*path, "Resource"))
    else:
        sentence = f"Using wildcards (*) in the action and the resource {effect} all resources. {advice}"
        yield Problem(kind, f"{code}_WITH_STAR_IN_ACTION_AND_RESOURCE", sentence, (*path, "Action"))


def _has_several(condition: Condition, statement: Statement) -> bool:
    """Whether a request has a list under this key. What is not known is not blamed."""
    services = tuple({action.partition(":")[0].lower() for action in statement.actions})
    kind = authorization.key_type(condition.name, services)
    return kind is None or kind.startswith("ArrayOf")


def _spare(statement: Statement, path: Path) -> Iterator[Problem]:
    actions = _covered([each.lower() for each in statement.actions])
    if actions:
        name = statement.actions[actions[0]]
        sentence = (
            f"The {len(actions)} action(s) are redundant because they provide similar permissions. Update the policy to "
            f"remove the redundant action such as: {name}."
        )
        element = "NotAction" if statement.not_action else "Action"
        yield Problem(SUGGESTION, "REDUNDANT_ACTION", sentence, (*path, element, actions[0]))
    resources = _covered(list(statement.resources))
    if resources:
        sentence = (
            f"The {len(resources)} resource ARN(s) are redundant because they reference the same resource. Review the use "
            "of wildcards (*)."
        )
        element = "NotResource" if statement.not_resource else "Resource"
        yield Problem(SUGGESTION, "REDUNDANT_RESOURCE", sentence, (*path, element, resources[0]))


def _covered(patterns: list[str]) -> list[int]:
    """Which of them another covers; of equal ones, all but the first."""
    return [
        at
        for at, each in enumerate(patterns)
        if any(
            is_within(each, other) and (each != other or before < at)
            for before, other in enumerate(patterns)
            if before != at
        )
    ]


def _repeated(document: Document, paths: list[Path]) -> Iterator[Problem]:
    """Statements that say the same but for their Sid."""
    seen: list[object] = []
    for statement, path in zip(canonical(document)["Statement"], paths, strict=True):
        plain = {name: value for name, value in statement.items() if name != "Sid"}
        if plain in seen:
            sentence = (
                "The statements are redundant because they provide identical permissions. Update the policy to remove "
                "the redundant statement."
            )
            yield Problem(SUGGESTION, "REDUNDANT_STATEMENT", sentence, path)
        seen.append(plain)
