"""Tokens of lists that are in the order of names: each says the last name that was shown. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from .errors import InvalidArgumentException

_MARK = "after "


def write(name: str) -> str:
    return urlsafe_b64encode(f"{_MARK}{name}".encode()).decode()


def read(token: str | None) -> str:
    """The name after which the page begins; empty without a token."""
    if token is None:
        return ""
    try:
        found = urlsafe_b64decode(token).decode()
    except ValueError:
        found = ""
    if not found.startswith(_MARK):
        raise InvalidArgumentException("Invalid NextToken.")
    return found[len(_MARK) :]
