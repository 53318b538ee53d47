"""Secrets: made, shown, changed, listed, deleted and restored."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import ciphering, filters, jobs, limits, paging, replicas, state, values
from .errors import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
    ValidationException,
    is_replica,
)
from .state import Secret
from .tags import Tags, checked

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@operation
def create_secret(
    call: Call,
    *,
    name: str,
    client_request_token: str | None = None,
    description: str = "",
    kms_key_id: str = "",
    secret_binary: bytes | None = None,
    secret_string: str | None = None,
    tags: Tags | None = None,
    add_replica_regions: list[dict[str, str]] | None = None,
    force_overwrite_replica_secret: bool = False,
) -> dict[str, Any]:
    if not _NAME.fullmatch(name):
        raise ValidationException(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        )
    value = values.given(secret_string, secret_binary)
    token = values.check_token(client_request_token or call.new_id())
    again = _again(call, name, token, value)
    if again is not None:
        return again
    secret = Secret(
        name=name,
        suffix="".join([_LETTERS[call.chance.integer(len(_LETTERS))] for _ in range(6)]),
        created_at=call.now,
        changed_at=call.now,
        description=description,
        kms_key=kms_key_id,
        tags=checked({}, tags or []),
    )
    state.secrets.add(call, secret)
    usage.begin(call)
    answer: dict[str, Any] = {"ARN": state.arn_of(call, secret), "Name": name}
    if value is not None:
        secret, version = values.write(call, call, secret, token, value, None)
        answer["VersionId"] = version.id
    if add_replica_regions:
        secret = replicas.add(call, call, secret, add_replica_regions, force_overwrite_replica_secret)
        answer["ReplicationStatus"] = replicas.show(secret)
    return answer


def _again(call: Call, name: str, token: str, value: tuple[bytes, bool] | None) -> dict[str, Any] | None:
    """The answer to a request that was made before, by its token; None for a new secret."""
    present = state.secrets.get(call, name)
    if present is None:
        return None
    if present.deletes_at:
        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    version = state.versions.get(call, present.id, token)
    if version is None or not version.sealed or value is None or state.is_a_replica(call, present):
        raise ResourceExistsException(f"The operation failed because the secret {name} already exists.")
    values.write(call, call, present, token, value, None)
    return {"ARN": state.arn_of(call, present), "Name": name, "VersionId": token}


@operation
def update_secret(
    call: Call,
    *,
    secret_id: str,
    client_request_token: str | None = None,
    description: str | None = None,
    kms_key_id: str | None = None,
    secret_binary: bytes | None = None,
    secret_string: str | None = None,
) -> dict[str, Any]:
    at, secret = state.changeable(call, secret_id)
    value = values.given(secret_string, secret_binary)
    changed: Secret = state.replace(
        secret,
        description=secret.description if description is None else description,
        kms_key=secret.kms_key if kms_key_id is None else kms_key_id,
        changed_at=call.now,
    )
    state.secrets.replace(at, secret, changed)
    answer = {"ARN": state.arn_of(at, changed), "Name": changed.name}
    if changed.kms_key != secret.kms_key:
        _seal_again(call, at, secret, changed)
    if value is not None:
        token = values.check_token(client_request_token or call.new_id())
        changed, version = values.write(call, at, changed, token, value, None)
        answer["VersionId"] = version.id
    replicas.spread(call, at, changed)
    return answer


def _seal_again(call: Call, at: At, before: Secret, now: Secret) -> None:
    """Another key protects the versions that have a label from now on."""
    for version in state.versions.range(at, before.id):
        if version.sealed and version.stages:
            value = ciphering.unseal(call, at, before, version)
            state.versions.replace(at, version, ciphering.seal(call, at, now, version, value))


@operation
def describe_secret(call: Call, *, secret_id: str) -> dict[str, Any]:
    at, secret = state.find(call, secret_id)
    return {**_show(at, secret), "VersionIdsToStages": _stages(at, secret)} | (
        {"ReplicationStatus": replicas.show(secret)} if secret.replicas else {}
    )


def _stages(at: At, secret: Secret) -> dict[str, list[str]]:
    return {each.id: list(each.stages) for each in state.versions.range(at, secret.id) if each.stages}


def _show(at: At, secret: Secret) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ARN": state.arn_of(at, secret),
        "Name": secret.name,
        "LastChangedDate": secret.changed_at,
        "CreatedDate": secret.created_at,
        "Tags": [{"Key": key, "Value": value} for key, value in secret.tags.items()],
    }
    optional = {
        "Description": secret.description,
        "KmsKeyId": secret.kms_key,
        "LastAccessedDate": secret.accessed_at,
        "DeletedDate": secret.deletes_at,
        "LastRotatedDate": secret.rotated_at,
        "NextRotationDate": secret.next_rotation,
        "RotationLambdaARN": secret.function,
        "PrimaryRegion": secret.primary_region,
    }
    shown |= {name: value for name, value in optional.items() if value}
    if secret.function:
        shown["RotationEnabled"] = secret.rotates
    if secret.rules is not None:
        shown["RotationRules"] = show_rules(secret.rules)
    return shown


def show_rules(rules: state.Rules) -> dict[str, Any]:
    found = {
        "AutomaticallyAfterDays": rules.days,
        "ScheduleExpression": rules.expression,
        "Duration": rules.duration,
    }
    return {name: value for name, value in found.items() if value}


_ORDERS = {
    "created-date": lambda secret: secret.created_at,
    "last-accessed-date": lambda secret: secret.accessed_at,
    "last-changed-date": lambda secret: secret.changed_at,
    "name": lambda secret: secret.name,
}


@operation
def list_secrets(
    call: Call,
    *,
    include_planned_deletion: bool = False,
    max_results: int | None = None,
    next_token: str = "",
    filters: list[dict[str, Any]] | None = None,
    sort_order: str = "desc",
    sort_by: str = "created-date",
) -> dict[str, Any]:
    tests = _tests(filters)
    found = [
        secret
        for secret in state.secrets.each(call)
        if (include_planned_deletion or not secret.deletes_at) and all(test(secret) for test in tests)
    ]
    found.sort(key=_ORDERS[sort_by], reverse=sort_order == "desc")

    def show(secret: Secret) -> dict[str, Any]:
        return {**_show(call, secret), "SecretVersionsToStages": _stages(call, secret)}

    return paging.page("SecretList", found, next_token, max_results or limits.RESULTS, show)


def _tests(given: list[dict[str, Any]] | None) -> list[filters.Test]:
    return filters.tests(given or [])


@operation
def delete_secret(
    call: Call,
    *,
    secret_id: str,
    recovery_window_in_days: int | None = None,
    force_delete_without_recovery: bool = False,
) -> dict[str, Any]:
    if recovery_window_in_days is not None and force_delete_without_recovery:
        raise InvalidParameterException(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    least, most = limits.RECOVERY_DAYS
    days = limits.RECOVERY_DEFAULT_DAYS if recovery_window_in_days is None else recovery_window_in_days
    if not least <= days <= most:
        raise InvalidParameterException("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    at, secret = state.look_up(call, secret_id)
    if secret is None and force_delete_without_recovery:  # "it does not fail if the secret does not exist"
        return {"Name": secret_id, "ARN": _would_be(call, secret_id), "DeletionDate": call.now}
    at, secret = state.find(call, secret_id)
    if state.is_a_replica(at, secret):
        raise is_replica()
    if secret.replicas:
        regions = ", ".join(each.region for each in secret.replicas)
        raise InvalidParameterException(
            f"You can't delete secret {secret.name} that still has replica regions [{regions}]"
        )
    if secret.deletes_at and not force_delete_without_recovery:
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was already scheduled for deletion."
        )
    answer = {"ARN": state.arn_of(at, secret), "Name": secret.name}
    if force_delete_without_recovery:
        state.drop(at, secret)
        return {**answer, "DeletionDate": call.now}
    due = call.now + days * limits.DAY_S
    state.secrets.replace(at, secret, state.replace(secret, deletes_at=due))
    call.later(jobs.delete, key=secret.id, due=due, arn=answer["ARN"])
    return {**answer, "DeletionDate": due}


def _would_be(call: Call, reference: str) -> str:
    if reference.startswith("arn:"):
        return reference
    return f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{reference}"


@operation
def restore_secret(call: Call, *, secret_id: str) -> dict[str, Any]:
    at, secret = state.find(call, secret_id)
    if secret.deletes_at:
        state.secrets.replace(at, secret, state.replace(secret, deletes_at=0.0))
    return {"ARN": state.arn_of(at, secret), "Name": secret.name}
