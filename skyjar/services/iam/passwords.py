"""Passwords: the account's policy on them, and how they are kept. No password is stored."""

from __future__ import annotations

import hashlib
import hmac

from .credential_state import LoginProfile, PasswordPolicy
from .errors import PasswordPolicyViolationException

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
DEFAULT_LENGTH = 8
DEFAULT_KINDS = 3


def digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=4096, r=8, p=1)


def matches(profile: LoginProfile, password: str) -> bool:
    return hmac.compare_digest(digest(password, profile.salt), profile.digest)


def check(policy: PasswordPolicy | None, password: str, user_name: str) -> None:
    """By the account's policy or, without one, by AWS's default: eight characters of three kinds, and not the user's
    name. AWS does not say which rule is broken."""
    kinds = {
        "upper": any(each.isascii() and each.isupper() for each in password),
        "lower": any(each.isascii() and each.islower() for each in password),
        "numbers": any(each.isascii() and each.isdigit() for each in password),
        "symbols": any(each in SYMBOLS for each in password),
    }
    if policy is None:
        is_good = len(password) >= DEFAULT_LENGTH and sum(kinds.values()) >= DEFAULT_KINDS and password != user_name
    else:
        is_good = len(password) >= policy.length and all(kinds[each] for each in kinds if getattr(policy, each))
    if not is_good:
        raise PasswordPolicyViolationException


def check_reuse(policy: PasswordPolicy | None, profile: LoginProfile, made: bytes) -> None:
    """The digests are all with the user's one salt, so one computation is enough for all of them."""
    remembered = policy.remembered if policy is not None else 0
    if made in (profile.digest, *profile.before)[:remembered]:
        raise PasswordPolicyViolationException
