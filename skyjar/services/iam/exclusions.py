"""Policies that a simulation leaves out: PolicyExclusionList of SimulatePrincipalPolicy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import InvalidInputException

Excluded = Callable[[str], bool]
_MANAGED = re.compile(r"arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy/\S+")
_AWS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/.+")
_INLINE = ", inline policy "


def excluded_by(identifiers: list[dict[str, Any]] | None) -> tuple[Excluded, bool]:
    """Whether a source (see `identities.sources`) is left out, and whether the permissions boundary is, wherever it
    comes from. What no policy here answers to is ignored, as AWS does."""
    tests = [_test(each) for each in identifiers or []]
    has_boundary = any(each.get("PolicyType") == "permission-boundary" for each in identifiers or [])
    return (lambda source: any(test(source) for test in tests)), has_boundary


def _test(identifier: dict[str, Any]) -> Excluded:
    if len(identifier) != 1:
        raise InvalidInputException("Exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier must be given.")
    if "PolicyType" in identifier:
        return _of_type(identifier["PolicyType"])
    if "PolicyArn" in identifier:
        arn: str = identifier["PolicyArn"]
        if _MANAGED.fullmatch(arn) is None or set("*?") & set(arn.rpartition("/")[0]):
            raise InvalidInputException(f"Invalid policy ARN: {arn}")
        matches = _glob(arn)
        return lambda source: matches(source.partition(", ")[2])
    inline = identifier["InlinePolicyIdentifier"]
    matches = _glob(f"{inline['AttachmentType'].lower()} {inline['AttachmentName']}")
    return lambda source: source.partition(_INLINE)[2] == inline["PolicyName"] and matches(source.partition(_INLINE)[0])


def _of_type(kind: str) -> Excluded:
    if kind == "inline":
        return lambda source: _INLINE in source
    if kind == "aws-managed":
        return lambda source: _AWS.fullmatch(source.partition(", ")[2]) is not None
    if kind == "user-managed":
        return lambda source: _INLINE not in source and _AWS.fullmatch(source.partition(", ")[2]) is None
    return lambda source: False


def _glob(pattern: str) -> Excluded:
    """`?` is any character, and at most one `*` any number of them."""
    if pattern.count("*") > 1:
        raise InvalidInputException(f"At most one * is allowed: {pattern}")
    compiled = re.compile("".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern), re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None
