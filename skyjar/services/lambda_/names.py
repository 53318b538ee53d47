"""How functions are named: a name, a partial ARN or an ARN, with or without a qualifier. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from .errors import InvalidParameterValueException, ResourceNotFoundException

LATEST = "$LATEST"
_REFERENCE = re.compile(
    r"^(?:(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?function:"
    r"|(?P<account2>\d{12}):(?:function:)?)?(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?$"
)


class Reference(msgspec.Struct, frozen=True):
    """`qualifier` is empty where none was given."""

    account: str
    region: str
    name: str
    qualifier: str

    @property
    def arn(self) -> str:
        """As it was asked for: with the qualifier where one was given."""
        return arn_of(self.account, self.region, self.name, self.qualifier)


@lru_cache(4096)
def read(account: str, region: str, given: str, qualifier: str | None = None) -> Reference:
    """The function that a caller in this account and region means."""
    match = _REFERENCE.match(given)
    if match is None:
        raise InvalidParameterValueException(f"Invalid function name: {given}")
    own, named = match["qualifier"] or "", qualifier or ""
    if own and named and own != named:
        raise InvalidParameterValueException(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    where = match["region"] or region
    if where != region:
        raise ResourceNotFoundException(
            f"Functions from '{where}' are not reachable in this region ('{region}')",
        )
    return Reference(match["account"] or match["account2"] or account, where, match["name"], own or named)


def arn_of(account: str, region: str, name: str, qualifier: str = "") -> str:
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn
