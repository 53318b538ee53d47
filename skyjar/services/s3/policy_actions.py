"""Whether the actions of a bucket policy's statement are S3's, and each of them can be done to some resource of it.

Source: AWS's service authorization reference, by which `policy/` knows what each action is done to.
"""

from __future__ import annotations

from functools import lru_cache

from skyjar.policy import authorization, globs
from skyjar.policy.statements import Statement

from .errors import MalformedPolicy

_BUCKET, _OBJECT = "bucket", "object"


def check(statement: Statement) -> None:
    for action in statement.actions:
        kinds = _kinds(action.lower())
        if kinds is None:
            raise MalformedPolicy("Policy has invalid action")
        if not statement.not_action and not statement.not_resource and not kinds & _among(statement.resources):
            raise MalformedPolicy("Action does not apply to any resource(s) in statement")


@lru_cache(1024)
def _kinds(pattern: str) -> frozenset[str] | None:
    """What the actions that a pattern (in lower case) means are done to; None when it means none."""
    known = authorization.service("s3")
    assert known is not None
    matches = globs.matcher(globs.tokens_of(pattern))
    meant = [each for name, each in known.actions.items() if matches(f"s3:{name}")]
    if not meant:
        return None
    return frozenset(kind for each in meant for kind in each.resources if kind in (_BUCKET, _OBJECT))


def _among(resources: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for resource in resources:
        _, slash, _ = resource.split(":", 5)[-1].partition("/")
        found |= {_OBJECT} if slash else {_BUCKET, _OBJECT} if "*" in resource else {_BUCKET}
    return found
