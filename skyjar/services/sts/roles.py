"""AssumeRole, and what the other ways into a role have in common with it."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal
from skyjar.kernel.service import operation
from skyjar.kernel.tables import Place

from . import limits, mfa, restrictions, sessions, state
from .errors import AccessDenied, InvalidParameterValue, ValidationError
from .restrictions import Arns, Tags
from .state import AssumableRole


@operation
def assume_role(
    call: Call,
    *,
    role_arn: str,
    role_session_name: str,
    policy_arns: Arns | None = None,
    policy: str = "",
    duration_seconds: int = limits.ROLE_DEFAULT_S,
    external_id: str = "",
    serial_number: str = "",
    token_code: str = "",
    source_identity: str = "",
    tags: Tags | None = None,
    transitive_tag_keys: list[str] | None = None,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    """Who may is judged before, by the role's trust policy and the caller's own; see `permissions.py`."""
    mfa_at = mfa.used(call, serial_number, token_code)
    _refuse_root(call)
    account, role = _role(call, role_arn)
    _check_duration(call.caller, role, duration_seconds)
    if source_identity and call.caller.source_identity not in ("", source_identity):
        raise AccessDenied("The source identity of a session cannot be changed by role chaining.")
    inherited = _inherited(call)
    session_tags = restrictions.session_tags(tags, inherited)
    transitive = tuple(transitive_tag_keys or ())
    for key in transitive:
        if key not in {tag["Key"] for tag in tags or []}:
            raise InvalidParameterValue("The specified transitive tag key must be included in the requested tags.")
    principal = session_of(
        account,
        role,
        role_session_name,
        session_policies=restrictions.session_policies(call, account, policy, policy_arns),
        session_tags=session_tags,
        source_identity=source_identity or call.caller.source_identity,
        mfa_at=mfa_at or call.caller.mfa_at,
    )
    return begin(call, principal, role, duration_seconds, (*inherited, *transitive), minimum_session_token_size)


def session_of(account: str, role: AssumableRole, name: str, **more: Any) -> Principal:
    return Principal(
        kind="role",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}",
        id=f"{role.id}:{name}",
        name=role.name,
        path=role.path,
        session=name,
        **more,
    )


def begin(
    call: Call,
    principal: Principal,
    role: AssumableRole,
    duration_s: int,
    transitive: tuple[str, ...],
    least_bytes: int,
) -> dict[str, Any]:
    """Issue the session's credentials. Returns what the answers of all ways into a role have in common."""
    return {
        **sessions.issue(call, principal, duration_s, issuer=role.id, transitive=transitive, least_bytes=least_bytes),
        "AssumedRoleUser": {"AssumedRoleId": principal.id, "Arn": principal.arn},
        **restrictions.packed_size(principal.session_policies, principal.session_tags),
        **({"SourceIdentity": principal.source_identity} if principal.source_identity else {}),
    }


def _refuse_root(call: Call) -> None:
    """AWS's rule, for root users with credentials of ours. Those of keys that we never issued stand for whoever uses
    them, and deployment tools assume roles with them: there the trust policy alone decides."""
    caller = call.caller
    if caller.kind == "root" and caller.access_key and credentials.find(call.tx, caller.access_key) is not None:
        raise AccessDenied("Roles may not be assumed by root accounts.")


def _role(call: Call, role_arn: str) -> tuple[str, AssumableRole]:
    found = find(call, role_arn)
    if found is None:
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        )
    return found


def find(call: Call, role_arn: str) -> tuple[str, AssumableRole] | None:
    """The account and the role of an ARN, or None; an ARN that is none raises ValidationError."""
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise ValidationError(f"{role_arn} is invalid")
    path, _, name = parts[5].removeprefix("role").rpartition("/")
    role = state.roles.get(Place(call.tx, parts[4], call.region), name)
    return (parts[4], role) if role is not None and role.path == path + "/" else None


def _check_duration(caller: Principal, role: AssumableRole, duration_s: int) -> None:
    if caller.kind == "role" and duration_s > limits.CHAINED_S:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    check_most(role, duration_s)


def check_most(role: AssumableRole, duration_s: int) -> None:
    if duration_s > role.max_session_s:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _inherited(call: Call) -> dict[str, str]:
    """The transitive tags of the calling session."""
    if call.caller.kind != "role" or not call.caller.session_tags:
        return {}
    session = state.sessions.get(call, call.caller.access_key)
    kept = session.transitive if session is not None else ()
    return {key: value for key, value in call.caller.session_tags if key in kept}
