"""Condition keys of KMS: of the request, of the key, of who asks. Source: KMS Developer Guide, "AWS KMS condition keys"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyjar.kernel.call import Call

from . import specs, state
from .state import Found

# Parameters that are condition keys by themselves.
_PARAMETERS = {
    "encryption_algorithm": "kms:EncryptionAlgorithm",
    "source_encryption_algorithm": "kms:EncryptionAlgorithm",
    "signing_algorithm": "kms:SigningAlgorithm",
    "mac_algorithm": "kms:MacAlgorithm",
    "message_type": "kms:MessageType",
    "key_agreement_algorithm": "kms:KeyAgreementAlgorithm",
    "key_pair_spec": "kms:DataKeyPairSpec",
    "grantee_principal": "kms:GranteePrincipal",
    "grantee_service_principal": "kms:GranteeServicePrincipal",
    "retiring_principal": "kms:RetiringPrincipal",
    "retiring_service_principal": "kms:RetiringServicePrincipal",
    "operations": "kms:GrantOperations",
    "expiration_model": "kms:ExpirationModel",
    "wrapping_algorithm": "kms:WrappingAlgorithm",
    "wrapping_key_spec": "kms:WrappingKeySpec",
    "replica_region": "kms:ReplicaRegion",
    "primary_region": "kms:PrimaryRegion",
}
_NUMBERS = {
    "pending_window_in_days": "kms:ScheduleKeyDeletionPendingWindowInDays",
    "rotation_period_in_days": "kms:RotationPeriodInDays",
}
_WITH_BYPASS = ("create_key", "put_key_policy", "replicate_key")
_ENCRYPTING = ("encrypt", "decrypt", "re_encrypt", "generate_data_key")
_SIGNING = ("sign", "verify")


def of_call(call: Call, operation: str, parameters: dict[str, Any], found: Found | None) -> dict[str, Any]:
    shown = _of_request(operation, parameters)
    shown |= of_key(call, found) if found is not None else _caller(call)
    if operation == "create_key":
        shown |= _of_new_key(parameters)
    if operation == "create_grant":
        shown |= _of_grant(call, parameters)
    if operation == "re_encrypt" and found is not None:
        shown["kms:ReEncryptOnSameKey"] = _truth(parameters.get("destination_key_id") in (found.arn, found.key.id))
    return shown


def _truth(value: Any) -> str:
    return "true" if value else "false"


def _of_request(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    shown = {key: parameters[name] for name, key in _PARAMETERS.items() if parameters.get(name)}
    shown |= {key: str(parameters[name]) for name, key in _NUMBERS.items() if parameters.get(name)}
    if operation.startswith(_ENCRYPTING):
        shown.setdefault("kms:EncryptionAlgorithm", specs.SYMMETRIC)
    if operation in _SIGNING:
        shown.setdefault("kms:MessageType", "RAW")
    if operation in _WITH_BYPASS:
        shown["kms:BypassPolicyLockoutSafetyCheck"] = _truth(parameters.get("bypass_policy_lockout_safety_check"))
    if parameters.get("valid_to"):
        shown["kms:ValidTo"] = datetime.fromtimestamp(parameters["valid_to"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown |= _context_keys(encryption_context(parameters, "kms:ReEncryptFrom"))
    reference = str(parameters.get("key_id") or "")
    alias = reference.rpartition(":")[2] if ":alias/" in reference else reference
    if alias.startswith("alias/"):
        shown["kms:RequestAlias"] = alias
    tags = parameters.get("tags") or []
    if tags:
        shown["aws:TagKeys"] = [tag["TagKey"] for tag in tags]
        shown |= {f"aws:RequestTag/{tag['TagKey']}": tag["TagValue"] for tag in tags}
    if parameters.get("tag_keys"):
        shown["aws:TagKeys"] = list(parameters["tag_keys"])
    return shown


def encryption_context(parameters: dict[str, Any], action: str) -> dict[str, str]:
    """Of the request; ReEncrypt has one for each of its two keys."""
    name = "destination_encryption_context" if action == "kms:ReEncryptTo" else "source_encryption_context"
    found: dict[str, str] = parameters.get("encryption_context") or parameters.get(name) or {}
    return found


def _context_keys(context: dict[str, str]) -> dict[str, Any]:
    if not context:
        return {}
    shown: dict[str, Any] = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return {**shown, "kms:EncryptionContextKeys": list(context)}


def _of_new_key(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "kms:KeySpec": parameters.get("key_spec") or parameters.get("customer_master_key_spec") or specs.SYMMETRIC,
        "kms:KeyUsage": parameters.get("key_usage") or specs.ENCRYPT,
        "kms:KeyOrigin": parameters.get("origin") or "AWS_KMS",
        "kms:MultiRegion": _truth(parameters.get("multi_region")),
        **({"kms:MultiRegionKeyType": "PRIMARY"} if parameters.get("multi_region") else {}),
    }


def _of_grant(call: Call, parameters: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"kms:GrantIsForAWSResource": _truth(call.context.get("kms:ViaService"))}
    kinds = [name for name, value in (parameters.get("constraints") or {}).items() if value]
    return {**shown, "kms:GrantConstraintType": kinds} if kinds else shown


def _caller(call: Call) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if call.caller.kind not in ("service", "anonymous"):
        shown["kms:CallerAccount"] = call.caller.account
    if call.context.get("kms:ViaService"):
        shown["aws:ViaAWSService"] = "true"
    return shown


def of_key(call: Call, found: Found) -> dict[str, Any]:
    at, key, _ = found
    shown = _caller(call)
    shown |= {
        "kms:KeySpec": key.spec,
        "kms:KeyUsage": key.usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": _truth(key.is_multi_region),
        "kms:ResourceAliases": lambda: [alias.name for alias in state.aliases.range(at, key.id, via="target")],
        **{f"aws:ResourceTag/{name}": value for name, value in key.tags.items()},
    }
    if key.is_multi_region:
        shown["kms:MultiRegionKeyType"] = "PRIMARY" if state.is_primary(at, key) else "REPLICA"
    return shown


def of_target(call: Call, found: Found, parameters: dict[str, Any]) -> dict[str, Any]:
    """Of the key to which ReEncrypt goes."""
    context = _context_keys(encryption_context(parameters, "kms:ReEncryptTo"))
    algorithm = parameters.get("destination_encryption_algorithm") or specs.SYMMETRIC
    return {**of_key(call, found), **context, "kms:EncryptionAlgorithm": algorithm}
