"""What STS's operations need.

AssumeRole is judged by the role's trust policy, which must allow, together with the caller's own policies where the
trust policy names only an account, or another account's principal. GetCallerIdentity and GetSessionToken need nothing.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.policy.evaluation import TRUST

from . import mfa, restrictions, roles
from .errors import AccessDenied
from .federation import Federated

_FREE = ("get_caller_identity", "get_session_token")
_FEDERATED = {
    "assume_role_with_web_identity": "sts:AssumeRoleWithWebIdentity",
    "assume_role_with_saml": "sts:AssumeRoleWithSAML",
}
_OF_ROLES = ("assume_role", *_FEDERATED)
_OF_SESSIONS = ("get_caller_identity", "assume_role", "decode_authorization_message", "get_web_identity_token")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    """GetCallerIdentity works even where a policy denies it (API reference)."""
    if operation in _FREE:
        return []
    if operation in _FEDERATED:
        return _federated_actions(operation, parameters.get("federated"))
    caller = call.caller
    if caller.kind == "federated-user" or (
        caller.kind == "user" and caller.is_temporary and operation not in _OF_SESSIONS
    ):
        name = "".join(part.title() for part in operation.split("_"))
        raise AccessDenied(f"Cannot call {name} with session credentials")
    further = []
    if parameters.get("tags"):
        further.append("sts:TagSession")
    if operation == "assume_role":
        mfa.checked(call, parameters.get("serial_number", ""), parameters.get("token_code", ""))
        if parameters.get("source_identity"):
            further.append("sts:SetSourceIdentity")
        return ["sts:AssumeRole", *further]
    if operation == "get_web_identity_token":
        return ["sts:GetWebIdentityToken", *(["sts:TagGetWebIdentityToken"] if further else [])]
    return ["sts:GetFederationToken", *further] if operation == "get_federation_token" else None


def _federated_actions(operation: str, who: Federated | None) -> list[str]:
    """Whoever shows a token is not known before it is verified; then the operation itself has the stranger judged."""
    if who is None:
        return []
    further = ["sts:TagSession"] if who.tags else []
    if who.source_identity:
        further.append("sts:SetSourceIdentity")
    return [_FEDERATED[operation], *further]


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation in _OF_ROLES:
        return [parameters["role_arn"]]
    if operation == "get_federation_token":
        return [f"arn:aws:sts::{call.account}:federated-user/{parameters['name']}"]
    return ["*"]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """The trust policy; of a role that does not exist there is none, and so nobody may assume it."""
    if operation not in _OF_ROLES or (operation in _FEDERATED and "federated" not in parameters):
        return None
    found = roles.find(call, parameters["role_arn"])
    return found[1].trust if found is not None else None


def policy_kind(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    return TRUST if operation in _OF_ROLES else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    who: Federated | None = parameters.get("federated")
    if who is not None:
        return _of_stranger(who, parameters)
    found = restrictions.shown_tags(parameters.get("tags"))
    keys = {"external_id": "sts:ExternalId", "role_session_name": "sts:RoleSessionName"}
    found |= {key: parameters[name] for name, key in keys.items() if parameters.get(name)}
    if parameters.get("source_identity"):
        found["sts:SourceIdentity"] = parameters["source_identity"]
    if parameters.get("transitive_tag_keys"):
        found["sts:TransitiveTagKeys"] = parameters["transitive_tag_keys"]
    if parameters.get("duration_seconds"):
        found["sts:DurationSeconds"] = str(parameters["duration_seconds"])
    if operation == "get_web_identity_token":
        found["sts:IdentityTokenAudience"] = parameters["audience"]
        found["sts:SigningAlgorithm"] = parameters["signing_algorithm"]
    if parameters.get("serial_number"):  # its code was found to be right before (`actions`)
        found["aws:MultiFactorAuthPresent"], found["aws:MultiFactorAuthAge"] = "true", "0"
    return found


def _of_stranger(who: Federated, parameters: dict[str, Any]) -> dict[str, Any]:
    found = {"aws:FederatedProvider": who.provider, "sts:RoleSessionName": parameters["role_session_name"]}
    found["sts:DurationSeconds"] = str(parameters["duration_seconds"])
    found |= restrictions.shown_tags([{"Key": key, "Value": value} for key, value in who.tags.items()])
    if who.transitive:
        found["sts:TransitiveTagKeys"] = list(who.transitive)
    if who.source_identity:
        found["sts:SourceIdentity"] = who.source_identity
    return found | who.context
