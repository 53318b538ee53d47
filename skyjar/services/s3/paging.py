"""Which part of a listing is asked for. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from . import limits
from .errors import InvalidArgument

_MOST = 2_147_483_647


def check(wanted: int, name: str, argument: str = "") -> int:
    """The size of a page; `name` is what AWS's sentence calls it, `argument` what the request does, if that is something else."""
    if not 0 <= wanted <= _MOST:
        raise InvalidArgument(
            f"Argument {name} must be an integer between 0 and {_MOST}",
            ArgumentName=argument or name,
            ArgumentValue=wanted,
        )
    return min(wanted, limits.LIST_KEYS)


def check_encoding(encoding: str) -> None:
    if encoding not in ("", "url"):
        raise InvalidArgument(
            "Invalid Encoding Method specified in Request", ArgumentName="encoding-type", ArgumentValue=encoding
        )


def token(last: str) -> str:
    """Where a listing goes on: behind `last`."""
    return "1" + urlsafe_b64encode(last.encode("utf-8", "surrogatepass")).decode()


def behind(token: str) -> str:
    """What a token was made of."""
    try:
        if token[:1] == "1" and len(token) > 1:
            return urlsafe_b64decode(token[1:]).decode("utf-8", "surrogatepass")
    except ValueError:
        pass
    raise InvalidArgument("The continuation token provided is incorrect", ArgumentName="continuation-token")
