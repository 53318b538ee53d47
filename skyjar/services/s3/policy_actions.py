"""Whether the actions of a bucket policy's statement are S3's, each of them can be done to some resource of it, and its conditions can
be met.

Source: AWS's service authorization reference, by which `policy/` knows what each action is done to.
"""

from __future__ import annotations

from functools import lru_cache

from skyjar.policy import authorization, globs
from skyjar.policy.statements import Statement

from .errors import MalformedPolicy

_BUCKET, _OBJECT = "bucket", "object"


def check(statement: Statement) -> None:
    for condition in statement.conditions:
        if condition.key.startswith("s3:"):
            _check_condition(statement, condition.key)
    for action in statement.actions:
        kinds = _kinds(action.lower())
        if kinds is None:
            raise MalformedPolicy("Policy has invalid action")
        if not statement.not_action and not statement.not_resource and not kinds & _among(statement.resources):
            raise MalformedPolicy("Action does not apply to any resource(s) in statement")


def _check_condition(statement: Statement, key: str) -> None:
    """A key that none of the actions has can never be met."""
    if authorization.key_type(key) is None:
        raise MalformedPolicy("Policy has an invalid condition key")
    stem = key.partition("/")[0]
    if not statement.not_action and not any(stem in _keys(action.lower()) for action in statement.actions):
        raise MalformedPolicy("Conditions do not apply to combination of actions and resources in statement")


@lru_cache(1024)
def _keys(pattern: str) -> frozenset[str]:
    """The condition keys, up to what stands for a name, of the actions that a pattern means, and of what these are done to."""
    found: set[str] = set()
    for each in _meant(pattern):
        found.update(each.keys, *(kind.keys for kind in authorization.resource_types(each)))
    return frozenset(key.lower().partition("/")[0] for key in found)


@lru_cache(1024)
def _kinds(pattern: str) -> frozenset[str] | None:
    """What the actions that a pattern (in lower case) means are done to; None when it means none."""
    meant = _meant(pattern)
    if not meant:
        return None
    return frozenset(kind for each in meant for kind in each.resources if kind in (_BUCKET, _OBJECT))


def _meant(pattern: str) -> list[authorization.Action]:
    known = authorization.service("s3")
    assert known is not None
    matches = globs.matcher(globs.tokens_of(pattern))
    return [each for name, each in known.actions.items() if matches(f"s3:{name}")]


def _among(resources: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for resource in resources:
        _, slash, _ = resource.split(":", 5)[-1].partition("/")
        found |= {_OBJECT} if slash else {_BUCKET, _OBJECT} if "*" in resource else {_BUCKET}
    return found
