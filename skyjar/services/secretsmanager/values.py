"""The values of secrets: written as versions, and read."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import ciphering, filters, limits, paging, replicas, stages, state
from .errors import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from .state import CURRENT, Secret, Version


def given(secret_string: str | None, secret_binary: bytes | None) -> tuple[bytes, bool] | None:
    """(value, is it binary), or None where none was given."""
    if secret_string is not None and secret_binary is not None:
        raise InvalidParameterException(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
    value = secret_binary if secret_binary is not None else None if secret_string is None else secret_string.encode()
    if value is None:
        return None
    if len(value) > limits.VALUE_BYTES:
        raise ValidationException(
            f"1 validation error detected: Value at '{'secretString' if secret_binary is None else 'secretBinary'}' "
            "failed to satisfy constraint: Member must have length less than or equal to 65536"
        )
    return value, secret_binary is not None


def check_token(token: str) -> str:
    if not 32 <= len(token) <= 64:
        raise InvalidParameterException("ClientRequestToken must be 32-64 characters long.")
    return token


def token_taken(at: At, secret: Secret, token: str) -> ResourceExistsException:
    return ResourceExistsException(
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
        f"{state.arn_of(at, secret)}."
    )


def write(
    call: Call, at: At, secret: Secret, token: str, value: tuple[bytes, bool], labels: list[str] | None
) -> tuple[Secret, Version]:
    """Add a version. The same value under a token that was used already changes nothing."""
    present = state.versions.get(at, secret.id, token)
    if present is not None and present.sealed:
        if ciphering.unseal(call, at, secret, present) != value[0] or present.is_binary != value[1]:
            raise token_taken(at, secret, token)
        return secret, present
    is_first = state.versions.first(at, secret.id) is None or state.staged(at, secret, CURRENT) is None
    wanted = list(labels or [CURRENT])
    if is_first and CURRENT not in wanted:
        wanted.append(CURRENT)
    new = present or Version(secret=secret.id, id=token, created_at=call.now)
    new = ciphering.seal(call, at, secret, state.replace(new, is_binary=value[1]), value[0])
    new = stages.move(at, secret, new, wanted)
    stages.drop_outdated(at, secret, call.now)
    changed: Secret = state.replace(secret, changed_at=call.now)
    state.secrets.put(at, changed)
    replicas.spread(call, at, changed, new, value[0])
    return changed, new


@operation
def put_secret_value(
    call: Call,
    *,
    secret_id: str,
    client_request_token: str | None = None,
    secret_binary: bytes | None = None,
    secret_string: str | None = None,
    version_stages: list[str] | None = None,
) -> dict[str, Any]:
    at, secret = state.changeable(call, secret_id)
    value = given(secret_string, secret_binary)
    if value is None:
        raise InvalidRequestException("You must provide either SecretString or SecretBinary.")
    token = check_token(client_request_token or call.new_id())
    secret, version = write(call, at, secret, token, value, version_stages)
    return {
        "ARN": state.arn_of(at, secret),
        "Name": secret.name,
        "VersionId": version.id,
        "VersionStages": list(version.stages),
    }


@operation
def get_secret_value(
    call: Call, *, secret_id: str, version_id: str | None = None, version_stage: str | None = None
) -> dict[str, Any]:
    at, secret = state.living(call, secret_id)
    version = _chosen(at, secret, version_id, version_stage)
    if at.account != call.account and not secret.kms_key:
        raise InvalidRequestException(
            "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS "
            "service key."
        )
    value = ciphering.unseal(call, at, secret, version)
    _note_access(call, at, secret, version)
    shown: dict[str, Any] = {
        "ARN": state.arn_of(at, secret),
        "Name": secret.name,
        "VersionId": version.id,
        "VersionStages": list(version.stages),
        "CreatedDate": version.created_at,
    }
    if version.is_binary:
        return {**shown, "SecretBinary": value}
    return {**shown, "SecretString": value.decode()}


def _chosen(at: At, secret: Secret, version_id: str | None, version_stage: str | None) -> Version:
    if version_id:
        found = state.versions.get(at, secret.id, version_id)
        if found is None or not found.sealed:
            raise ResourceNotFoundException(
                f"Secrets Manager can't find the specified secret value for VersionId: {version_id}"
            )
        if version_stage and version_stage not in found.stages:
            raise InvalidRequestException(
                "You provided a VersionStage that is not associated to the provided VersionId."
            )
        return found
    stage = version_stage or CURRENT
    found = state.staged(at, secret, stage)
    if found is None or not found.sealed:
        raise ResourceNotFoundException(
            f"Secrets Manager can't find the specified secret value for staging label: {stage}"
        )
    return found


def _note_access(call: Call, at: At, secret: Secret, version: Version) -> None:
    """AWS keeps the day only."""
    day = call.now // limits.DAY_S * limits.DAY_S
    if secret.accessed_at != day:
        state.secrets.replace(at, secret, state.replace(secret, accessed_at=day))
    if version.accessed_at != day:
        state.versions.replace(at, version, state.replace(version, accessed_at=day))


@operation
def batch_get_secret_value(
    call: Call,
    *,
    secret_id_list: list[str] | None = None,
    filters: list[dict[str, Any]] | None = None,
    max_results: int | None = None,
    next_token: str = "",
) -> dict[str, Any]:
    """Each secret is judged for itself; what cannot be read is told beside what can."""
    if bool(secret_id_list) == bool(filters):
        raise InvalidRequestException("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if secret_id_list and max_results is not None:
        raise InvalidParameterException(
            "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
        )
    names = secret_id_list or _filtered(call, filters or [])
    page = paging.page("names", names, next_token, max_results or limits.BATCH_RESULTS)
    values, errors = [], []
    for name in page.pop("names"):
        try:
            values.append(call.ask("secretsmanager", account=call.account).get_secret_value(secret_id=name))
        except AWSError as error:
            errors.append({"SecretId": name, "ErrorCode": error.code, "Message": error.message})
    return {**page, "SecretValues": values, "Errors": errors}


def _filtered(call: Call, wanted: list[dict[str, Any]]) -> list[str]:
    tests = filters.tests(wanted)
    living = (secret for secret in state.secrets.each(call) if not secret.deletes_at)
    return [secret.name for secret in living if all(test(secret) for test in tests)]


@operation
def list_secret_version_ids(
    call: Call,
    *,
    secret_id: str,
    max_results: int | None = None,
    next_token: str = "",
    include_deprecated: bool = False,
) -> dict[str, Any]:
    at, secret = state.find(call, secret_id)
    found = [each for each in state.versions.range(at, secret.id) if each.stages or include_deprecated]
    page = paging.page("Versions", found, next_token, max_results or limits.RESULTS, _show_version)
    return {**page, "ARN": state.arn_of(at, secret), "Name": secret.name}


def _show_version(version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "VersionId": version.id,
        "CreatedDate": version.created_at,
        "KmsKeyIds": [version.kms_key or "DefaultEncryptionKey"],
    }
    if version.stages:
        shown["VersionStages"] = list(version.stages)
    if version.accessed_at:
        shown["LastAccessedDate"] = version.accessed_at
    return shown


@operation
def update_secret_version_stage(
    call: Call,
    *,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str | None = None,
    move_to_version_id: str | None = None,
) -> dict[str, Any]:
    at, secret = state.changeable(call, secret_id)
    _check_holder(at, secret, version_stage, remove_from_version_id, move_to_version_id)
    if move_to_version_id:
        target = state.versions.get(at, secret.id, move_to_version_id)
        if target is None:
            raise ResourceNotFoundException(
                f"Secrets Manager can't find the specified secret value for VersionId: {move_to_version_id}"
            )
        stages.move(at, secret, target, [version_stage])
    elif remove_from_version_id:
        holder = state.versions.get(at, secret.id, remove_from_version_id)
        assert holder is not None
        left = tuple(stage for stage in holder.stages if stage != version_stage)
        state.versions.replace(at, holder, state.replace(holder, stages=left))
    changed = state.replace(secret, changed_at=call.now)
    state.secrets.replace(at, secret, changed)
    replicas.spread(call, at, changed)
    return {"ARN": state.arn_of(at, secret), "Name": secret.name}


def _check_holder(at: At, secret: Secret, stage: str, source: str | None, target: str | None) -> None:
    holder = state.staged(at, secret, stage)
    if source and (holder is None or holder.id != source):
        raise InvalidParameterException(
            f"Staging label {stage} is not attached to version {source} of the secret, so it can't be removed from it."
        )
    if stage == CURRENT and not target:
        raise InvalidParameterException(
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
        )
    if holder is not None and target and holder.id != target and not source:
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version "
            f"{holder.id}, so you must explicitly reference that version in RemoveFromVersionId."
        )
