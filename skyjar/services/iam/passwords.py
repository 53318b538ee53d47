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
    """Raises PasswordPolicyViolation, with the first rule that is broken."""
    kinds = {
        "upper": any(each.isascii() and each.isupper() for each in password),
        "lower": any(each.isascii() and each.islower() for each in password),
        "numbers": any(each.isascii() and each.isdigit() for each in password),
        "symbols": any(each in SYMBOLS for each in password),
    }
    if policy is None:
        if password == user_name:
            raise PasswordPolicyViolationException("Password should not be identical to the user name")
        if len(password) < DEFAULT_LENGTH:
            raise PasswordPolicyViolationException(f"Password should have a minimum length of {DEFAULT_LENGTH}")
        if sum(kinds.values()) < DEFAULT_KINDS:
            raise PasswordPolicyViolationException(
                "Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols"
            )
        return
    if len(password) < policy.length:
        raise PasswordPolicyViolationException(f"Password should have a minimum length of {policy.length}")
    names = {
        "upper": "one uppercase letter",
        "lower": "one lowercase letter",
        "numbers": "one number",
        "symbols": "one symbol",
    }
    for kind, name in names.items():
        if getattr(policy, kind) and not kinds[kind]:
            raise PasswordPolicyViolationException(f"Password should have at least {name}")


def check_reuse(policy: PasswordPolicy | None, profile: LoginProfile, made: bytes) -> None:
    """The digests are all with the user's one salt, so one computation is enough for all of them."""
    remembered = policy.remembered if policy is not None else 0
    if made in (profile.digest, *profile.before)[:remembered]:
        raise PasswordPolicyViolationException("Password has been used before")
