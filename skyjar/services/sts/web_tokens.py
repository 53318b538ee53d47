"""GetWebIdentityToken: a signed token that says to others who the caller is.

Each account that has enabled it in `iam` is an issuer with two keys, one of each algorithm, made when it is enabled.
"""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Outside
from skyjar.kernel.principals import Principal, root
from skyjar.kernel.service import operation
from skyjar.planes import json_web_tokens as tokens

from . import limits, restrictions, state
from .errors import (
    OutboundWebIdentityFederationDisabledException,
    SessionDurationEscalationException,
    ValidationError,
)
from .restrictions import Tags
from .state import Signer


@operation
def get_web_identity_token(
    call: Call,
    *,
    audience: list[str],
    signing_algorithm: str,
    duration_seconds: int = limits.WEB_TOKEN_DEFAULT_S,
    tags: Tags | None = None,
) -> dict[str, Any] | Outside:
    issuer = state.outbound.get(call, "")
    if issuer is None or not issuer.is_enabled:
        raise OutboundWebIdentityFederationDisabledException(
            "Outbound web identity federation is not enabled for this account."
        )
    if signing_algorithm not in limits.WEB_TOKEN_ALGORITHMS:
        raise ValidationError(f"Invalid SigningAlgorithm: {signing_algorithm}. Valid values are RS256 and ES384.")
    if call.caller.expires_at and call.now + duration_seconds > call.caller.expires_at:
        raise SessionDurationEscalationException(
            "The requested token duration extends beyond the expiration time of the calling session."
        )
    given = restrictions.session_tags(tags, {})

    def sign(call: Call, signer: Signer) -> dict[str, Any]:
        claims = _claims(call, issuer.address, audience, duration_seconds, dict(given))
        token = tokens.signed(claims, signer.private, signer.algorithm, signer.name)
        return {"WebIdentityToken": token, "Expiration": float(claims["exp"])}

    answer: dict[str, Any] | Outside = with_signer(call, issuer.address, signing_algorithm, sign)
    return answer


def with_signer(call: Call, issuer: str, algorithm: str, then: Any) -> Any:
    """Go on with the issuer's key of this algorithm; it takes a while to make where there is none yet."""
    signer = state.signers.get(call, key_of(issuer), algorithm)
    if signer is not None:
        return then(call, signer)

    def keep(call: Call, private: str) -> Any:
        signer = state.signers.get(call, key_of(issuer), algorithm)
        if signer is None:
            signer = Signer(issuer=key_of(issuer), algorithm=algorithm, name=call.chance.hex(32), private=private)
            state.signers.add(call, signer)
        return then(call, signer)

    return Outside(Compute(tokens.new_key, algorithm), keep)


def key_of(issuer: str) -> str:
    """The issuer's id: the last part of its address."""
    return issuer.rpartition("/")[2]


def _claims(call: Call, issuer: str, audience: list[str], duration_s: int, tags: dict[str, str]) -> dict[str, Any]:
    now = int(call.now)
    subject = _subject(call.caller)
    principal_tags = _principal_tags(call)
    own: dict[str, Any] = {
        "aws_account": call.caller.account,
        "source_region": call.region,
        "principal_id": subject,
        **({"principal_tags": principal_tags} if principal_tags else {}),
        **({"request_tags": tags} if tags else {}),
    }
    return {
        "iss": issuer,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else audience,
        "iat": now,
        "exp": now + duration_s,
        "jti": call.new_id(),
        "https://sts.amazonaws.com/": own,
    }


def _principal_tags(call: Call) -> dict[str, str]:
    """The user's or role's own tags, and those of the session in their place."""
    caller = call.caller
    own: list[dict[str, str]] = []
    if caller.kind in ("user", "role"):
        iam = call.ask("iam", root(caller.account))
        tags = iam.list_user_tags if caller.kind == "user" else iam.list_role_tags
        own = tags(**{f"{caller.kind}_name": caller.name})["Tags"]
    return {tag["Key"]: tag["Value"] for tag in own} | dict(caller.session_tags)


def _subject(caller: Principal) -> str:
    """The user or role itself, not its session."""
    if caller.kind == "role":
        return f"arn:aws:iam::{caller.account}:role{caller.path}{caller.name}"
    return re.sub(r":federated-user/.*", ":root", caller.arn) if caller.kind == "federated-user" else caller.arn
