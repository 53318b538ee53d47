"""What the two ways into a role for strangers with a token have in common: the provider, the judgement, the session."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root

from . import limits, restrictions, roles
from .errors import AccessDenied, InvalidIdentityTokenException


class Federated(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a verified token speaks of. `context` are the condition keys that follow from it, `kept` those of them that
    its session keeps; `session_ends_at` is 0 where the token sets no end."""

    provider: str
    account: str
    subject: str
    context: dict[str, Any]
    kept: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    session_ends_at: float = 0.0


def refused(name: str) -> AccessDenied:
    """AWS's one sentence for a role that is not there and for one that does not trust."""
    return AccessDenied(f"Not authorized to perform sts:{name}")


def provider_of(call: Call, operation_name: str, account: str, **arn: str) -> dict[str, Any] | None:
    """What IAM says of an identity provider of the account; None when it has none by this ARN."""
    iam = call.ask("iam", root(account), account=account)
    try:
        found: dict[str, Any] = getattr(iam, operation_name)(**arn)
    except AWSError as error:
        if error.status == 404 or error.code == "InvalidInput":
            return None
        raise
    return found


def assume(
    call: Call,
    operation_name: str,
    who: Federated,
    role_arn: str,
    session_name: str,
    *,
    policies: tuple[str, ...],
    duration_s: int,
    least_bytes: int,
) -> dict[str, Any]:
    """Have the trust policy judge the stranger, and begin the session. The role is looked up again: since the token was
    looked at, another transaction has begun."""
    name = "".join("SAML" if part == "saml" else part.title() for part in operation_name.split("_"))
    found = roles.find(call, role_arn)
    if found is None:
        raise refused(name)
    account, role = found
    stranger = Principal(kind="federated", account=account, arn=who.provider, id=f"{who.provider}:{who.subject}")
    try:
        call.judge(
            "sts",
            operation_name,
            stranger,
            role_arn=role_arn,
            role_session_name=session_name,
            duration_seconds=duration_s,
            federated=who,
        )
    except AccessDenied as error:
        error.message = refused(name).message
        raise
    _check_tags(who)
    if who.session_ends_at:
        duration_s = min(duration_s, max(0, int(who.session_ends_at - call.now)))
    kept = {"aws:FederatedProvider": who.provider, **{key: str(who.context[key]) for key in who.kept}}
    principal = roles.session_of(
        account,
        role,
        session_name,
        session_policies=policies,
        session_tags=restrictions.session_tags([{"Key": k, "Value": v} for k, v in who.tags.items()], {}),
        source_identity=who.source_identity,
        session_context=tuple(kept.items()),
    )
    return roles.begin(call, principal, role, duration_s, who.transitive, least_bytes)


def _check_tags(who: Federated) -> None:
    """What the model checks of the tags in a request must hold for those in a token as well."""
    is_wrong = len(who.tags) > limits.TAGS or any(
        not 0 < len(key) <= limits.TAG_KEY_CHARS or len(value) > limits.TAG_VALUE_CHARS
        for key, value in who.tags.items()
    )
    if is_wrong or not set(who.transitive) <= set(who.tags):
        raise InvalidIdentityTokenException("The session tags in the token are not valid.")
