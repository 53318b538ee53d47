"""How much of a listing is asked for. Pure."""

from __future__ import annotations

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
