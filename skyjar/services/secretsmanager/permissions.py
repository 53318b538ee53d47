"""What Secrets Manager's operations need. A secret's policy is judged with the caller's own."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state
from .state import Secret

_NOWHERE = ("list_secrets", "get_random_password", "batch_get_secret_value")
_TEXTS = {
    "secret_id": "secretsmanager:SecretId",
    "name": "secretsmanager:Name",
    "description": "secretsmanager:Description",
    "kms_key_id": "secretsmanager:KmsKeyId",
    "version_id": "secretsmanager:VersionId",
    "version_stage": "secretsmanager:VersionStage",
    "recovery_window_in_days": "secretsmanager:RecoveryWindowInDays",
    "rotation_lambda_arn": "secretsmanager:RotationLambdaARN",
}
_FLAGS = {
    "block_public_policy": "secretsmanager:BlockPublicPolicy",
    "force_delete_without_recovery": "secretsmanager:ForceDeleteWithoutRecovery",
    "force_overwrite_replica_secret": "secretsmanager:ForceOverwriteReplicaSecret",
}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "batch_get_secret_value" and parameters.get("filters"):
        return ["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"]
    if operation == "create_secret":
        found = ["secretsmanager:CreateSecret"]
        if parameters.get("tags"):
            found.append("secretsmanager:TagResource")
        if parameters.get("add_replica_regions"):
            found.append("secretsmanager:ReplicateSecretToRegions")
        return found
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    reference = parameters.get("name") if operation == "create_secret" else parameters.get("secret_id")
    if operation in _NOWHERE or not reference:
        return ["*"]
    at, secret = state.look_up(call, reference)
    if secret is not None:
        return [state.arn_of(at, secret)]
    if reference.startswith("arn:"):
        return [reference]
    return [f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{reference}-??????"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Whoever has a secret rotated hands it to a function that they may invoke."""
    function = _function(call, operation, parameters)
    return [("lambda:InvokeFunction", function, {})] if function else []


def _function(call: Call, operation: str, parameters: dict[str, Any]) -> str:
    if operation != "rotate_secret":
        return ""
    secret = _held(call, parameters)
    found: str = parameters.get("rotation_lambda_arn") or (secret.function if secret is not None else "")
    return found if found.startswith("arn:") else ""


def _held(call: Call, parameters: dict[str, Any]) -> Secret | None:
    reference = parameters.get("secret_id")
    return state.look_up(call, reference)[1] if reference else None


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    secret = _held(call, parameters)
    return secret.policy or None if secret is not None else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, key in _TEXTS.items():
        if parameters.get(name) is not None:
            found[key] = str(parameters[name])
    for name, key in _FLAGS.items():
        if name in parameters:
            found[key] = "true" if parameters[name] else "false"
    if operation == "rotate_secret":
        found["secretsmanager:ModifyRotationRules"] = "true" if parameters.get("rotation_rules") else "false"
    if parameters.get("add_replica_regions"):
        found["secretsmanager:AddReplicaRegions"] = [
            each.get("Region", "") for each in parameters["add_replica_regions"]
        ]
    if operation == "get_secret_value" and not parameters.get("version_id"):
        found.setdefault("secretsmanager:VersionStage", state.CURRENT)
    if parameters.get("tags"):
        pairs = [(tag.get("Key", ""), tag.get("Value", "")) for tag in parameters["tags"]]
        found["aws:TagKeys"] = [key for key, _ in pairs]
        found |= {f"aws:RequestTag/{key}": value for key, value in pairs}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    return found | _of_secret(call, parameters)


def _of_secret(call: Call, parameters: dict[str, Any]) -> dict[str, Any]:
    secret = _held(call, parameters)
    if secret is None:
        return {}
    found: dict[str, Any] = {}
    for key, value in secret.tags.items():
        found[f"aws:ResourceTag/{key}"] = found[f"secretsmanager:ResourceTag/{key}"] = value
    if secret.function:
        found["secretsmanager:resource/AllowRotationLambdaArn"] = secret.function
    if secret.primary_region:
        found["secretsmanager:SecretPrimaryRegion"] = secret.primary_region
    return found
