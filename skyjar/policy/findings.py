"""What in a policy names nothing that AWS has: services, actions, condition keys, resources.

Codes and sentences are those of IAM Access Analyzer ("Access Analyzer policy check reference"). A policy with such findings is
accepted, and what names nothing matches nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from . import authorization
from .documents import Document
from .globs import always, matcher, tokens_of
from .statements import Statement


class Finding(NamedTuple):
    """`path` leads to what is wrong: a statement's index, an element and what is written in it."""

    code: str
    sentence: str
    path: tuple[int | str, ...]


def findings(document: Document) -> list[Finding]:
    return [finding for statement in document.statements for finding in _of(statement)]


def _of(statement: Statement) -> Iterator[Finding]:
    element = "NotAction" if statement.not_action else "Action"
    for pattern in statement.actions:
        if said := _wrong_action(pattern):
            yield Finding(*said, (statement.index, element, pattern))
    services = {pattern.partition(":")[0].lower() for pattern in statement.actions}
    for condition in statement.conditions:
        if said := _wrong_key(condition.name, tuple(services)):
            yield Finding(*said, (statement.index, "Condition", condition.operator, condition.name))
    if not statement.not_action and not statement.not_resource:
        yield from _wrong_resources(statement)


def _wrong_action(pattern: str) -> tuple[str, str] | None:
    prefix, colon, verb = pattern.partition(":")
    if not colon or "*" in prefix or "?" in prefix:
        return None
    known = authorization.service(prefix)
    if known is None:
        meant = _alike(prefix.lower(), authorization.prefixes())
        return "INVALID_SERVICE_IN_ACTION", f"The service {prefix} specified in the action does not exist.{meant}"
    if not any(map(matcher(tokens_of(verb.lower())), known.actions)):
        meant = _alike(verb, [action.name.partition(":")[2] for action in known.actions.values()])
        return "INVALID_ACTION", f"The action {pattern} does not exist.{meant}"
    return None


def _alike(wrong: str, known: list[str]) -> str:
    found = difflib.get_close_matches(wrong, known, 1)
    return f" Did you mean {found[0]}?" if found else ""


def _wrong_key(key: str, services: tuple[str, ...]) -> tuple[str, str] | None:
    prefix = key.partition(":")[0].lower()
    if "." in prefix or authorization.key_type(key, services) is not None:
        return None  # what begins with an identity provider's host name is a claim of its tokens
    if prefix == "aws":
        return "INVALID_GLOBAL_CONDITION_KEY", f"The condition key {key} does not exist. Use a valid condition key."
    if authorization.service(prefix) is None:
        return "INVALID_SERVICE_CONDITION_KEY", f"The service {prefix} of the condition key {key} does not exist."
    return (
        "INVALID_SERVICE_CONDITION_KEY",
        f"The condition key {key} does not exist in the service {prefix}. Use a valid condition key.",
    )


def _wrong_resources(statement: Statement) -> Iterator[Finding]:
    """A statement none of whose actions is judged on the resource: it has no effect there."""
    actions = [each for pattern in statement.actions for each in matching(pattern)]
    if not actions or len(actions) > 400:
        return
    for resource in statement.resources:
        is_exact = resource.startswith("arn:") and not any(mark in resource for mark in ("*", "?", "${"))
        if is_exact and not any(authorization.fits(action, resource) for action in actions):
            yield Finding(
                "INVALID_ARN_RESOURCE",
                "Resource ARN does not match the expected ARN format. Update the resource portion of the ARN.",
                (statement.index, "Resource", resource),
            )


def matching(pattern: str) -> list[authorization.Action]:
    """The actions that a pattern with a plain service prefix covers."""
    prefix, _, verb = pattern.partition(":")
    known = authorization.service(prefix)
    if known is None:
        return []
    matches = matcher(tokens_of(verb.lower()))
    return [action for name, action in known.actions.items() if matches is always or matches(name)]
