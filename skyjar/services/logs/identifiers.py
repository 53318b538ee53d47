"""A log group by its name or by its identifier, which is its name or its ARN."""

from __future__ import annotations

from skyjar.kernel.call import Call

from . import state
from .errors import InvalidParameterException
from .state import Group


def group_of(call: Call, name: str | None, identifier: str | None) -> Group:
    return state.find_group(call, name_of(call, name, identifier))


def name_of(call: Call, name: str | None, identifier: str | None) -> str:
    if (name is None) == (identifier is None):
        raise InvalidParameterException(
            "LogGroup name and LogGroup ARN are mutually exclusive parameters."
            if name is not None
            else "Either LogGroup name or LogGroup ARN must be specified."
        )
    given = name or identifier or ""
    return of_arn(call, given) if given.startswith("arn:") else given


def of_arn(call: Call, arn: str) -> str:
    """The name of a group of this account and region."""
    parts = arn.split(":", 6)
    if (
        len(parts) != 7
        or parts[2] != "logs"
        or parts[5] != "log-group"
        or (parts[3], parts[4]) != (call.region, call.account)
    ):
        raise InvalidParameterException(f"Invalid ARN: {arn}")
    return parts[6].removesuffix(":*")
