"""Sessions of users: GetSessionToken and GetFederationToken."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal
from skyjar.kernel.service import operation

from . import limits, mfa, restrictions, sessions
from .errors import AccessDenied
from .restrictions import Arns, Tags


def _check_caller(call: Call, operation_name: str) -> None:
    if call.caller.is_temporary or call.caller.kind not in ("user", "root"):
        raise AccessDenied(f"Cannot call {operation_name} with session credentials")


def _duration(call: Call, duration_s: int | None) -> int:
    """A root user's sessions last an hour at most, however long they were asked for."""
    if call.caller.kind == "root":
        return min(duration_s or limits.ROOT_S, limits.ROOT_S)
    return duration_s or limits.USER_DEFAULT_S


@operation
def get_session_token(
    call: Call,
    *,
    duration_seconds: int | None = None,
    serial_number: str = "",
    token_code: str = "",
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    _check_caller(call, "GetSessionToken")
    caller = msgspec.structs.replace(call.caller, mfa_at=mfa.used(call, serial_number, token_code))
    duration_s = _duration(call, duration_seconds)
    return sessions.issue(call, caller, duration_s, issuer=caller.id, least_bytes=minimum_session_token_size)


@operation
def get_federation_token(
    call: Call,
    *,
    name: str,
    policy: str = "",
    policy_arns: Arns | None = None,
    duration_seconds: int | None = None,
    tags: Tags | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """The session may do what both the user and the session's policies allow; without policies, nothing."""
    _check_caller(call, "GetFederationToken")
    caller = call.caller
    policies = restrictions.session_policies(call, call.account, policy, policy_arns)
    session_tags = restrictions.session_tags(tags, {})
    principal: Principal = msgspec.structs.replace(
        caller,
        kind="federated-user",
        arn=f"arn:aws:sts::{call.account}:federated-user/{name}",
        id=f"{call.account}:{name}",
        session=name,
        session_policies=policies,
        session_tags=session_tags,
    )
    duration_s = _duration(call, duration_seconds)
    return {
        **sessions.issue(call, principal, duration_s, issuer=caller.id, least_bytes=minimum_session_token_size),
        "FederatedUser": {"FederatedUserId": principal.id, "Arn": principal.arn},
        **restrictions.packed_size(policies, session_tags),
    }
