"""Policy documents on their way in, and the quotas on their length."""

from __future__ import annotations

from skyjar.policy.documents import PolicyKind, validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits
from .errors import LimitExceededException, MalformedPolicyDocumentException, over_quota


def check(document: str, kind: PolicyKind, limit: int, quota: str) -> None:
    """Raises MalformedPolicyDocument, or LimitExceeded in terms of the quota."""
    try:
        validate(document, kind, size_limit=limit)
    except PolicyTooLarge as error:
        raise over_quota(quota, error.limit) from None
    except MalformedPolicy as error:
        raise MalformedPolicyDocumentException(error.message) from None


def check_managed(document: str) -> None:
    check(document, "managed", limits.MANAGED_POLICY_CHARS, "PolicySize")


def check_trust(document: str) -> None:
    check(document, "trust", limits.TRUST_POLICY_CHARS, "ACLSizePerRole")


def check_inline(kind: str, name: str, document: str, others: list[str]) -> None:
    """The quota is on all inline policies of a user, group or role together."""
    limit = limits.INLINE_CHARS[kind]
    try:
        validate(document, "identity", size_limit=limits.INLINE_CHARS["role"] * 2)
    except PolicyTooLarge:
        raise _too_long(kind, name, limit) from None
    except MalformedPolicy as error:
        raise MalformedPolicyDocumentException(error.message) from None
    if sum(map(size, [document, *others])) > limit:
        raise _too_long(kind, name, limit)


def size(document: str) -> int:
    """Characters, white space not counted."""
    return len(document) - sum(map(document.count, " \t\r\n"))


def _too_long(kind: str, name: str, limit: int) -> LimitExceededException:
    return LimitExceededException(f"Maximum policy size of {limit} bytes exceeded for {kind} {name}")
