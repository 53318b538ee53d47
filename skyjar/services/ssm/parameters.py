"""Putting, describing and deleting parameters."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import filters, limits, naming, secure, state
from .errors import (
    ParameterAlreadyExists,
    ParameterLimitExceeded,
    ParameterMaxVersionLimitExceeded,
    TooManyTagsError,
    ValidationException,
)
from .state import Parameter, Version

Tags = list[dict[str, str]]
_DESCRIBED_BY = ("Name", "Type", "KeyId", "Path", "Tier", "DataType", "tag:")


@operation
def put_parameter(
    call: Call,
    *,
    name: str,
    value: str,
    description: str | None = None,
    type: str = "",
    key_id: str = "",
    overwrite: bool = False,
    allowed_pattern: str | None = None,
    tags: Tags | None = None,
    tier: str = "",
    data_type: str = "",
) -> dict[str, Any]:
    old = _existing(call, name, overwrite)
    if data_type not in ("", "text"):
        raise NotImplementedHere(f"Skyjar does not implement the DataType {data_type} of ssm:PutParameter.")
    if old is None and not type:
        raise ValidationException("A parameter type is required when you create a parameter.")
    if overwrite and tags:
        raise ValidationException(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
            "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    new_type = type or (old.type if old is not None else "")
    pattern = allowed_pattern or ""
    naming.check_value(value, new_type, pattern)
    chosen = naming.tier_of(tier, old.tier if old is not None else "", value)
    if key_id and new_type != secure.SECURE:
        raise ValidationException("KeyId is valid only for parameters of type SecureString.")
    if new_type == secure.SECURE:
        key_id = key_id or secure.MANAGED
        value = secure.encrypted(call, old.name if old is not None else name, key_id, chosen, value)
    new = Parameter(
        name=old.name if old is not None else name,
        version=old.version + 1 if old is not None else 1,
        value=value,
        type=new_type,
        modified_at=call.now,
        modified_by=call.caller.arn,
        tier=chosen,
        key_id=key_id,
        description=description if description is not None else (old.description if old is not None else ""),
        allowed_pattern=pattern,
        tags=old.tags if old is not None else merged_tags({}, tags or []),
    )
    if old is None and state.count(call, 1) > limits.STANDARD_PARAMETERS:
        raise ParameterLimitExceeded
    state.parameters.put(call, new)
    state.versions.add(call, _version(new))
    _drop_oldest(call, new)
    return {"Version": new.version, "Tier": new.tier}


def _existing(call: Call, name: str, overwrite: bool) -> Parameter | None:
    naming.check_name(name, state.arn_of(call, name))
    old = state.parameters.get(call, name)
    if old is not None and not overwrite:
        raise ParameterAlreadyExists
    return old


def _version(parameter: Parameter) -> Version:
    fields = {field: getattr(parameter, field) for field in Version.__struct_fields__}
    return Version(**fields)


def _drop_oldest(call: Call, parameter: Parameter) -> None:
    if parameter.version <= limits.VERSIONS:
        return
    kept = state.versions.range(call, parameter.name, limit=limits.VERSIONS + 1)
    if len(kept) > limits.VERSIONS:
        if kept[0].labels:
            raise ParameterMaxVersionLimitExceeded(parameter.name, kept[0].version)
        state.versions.remove(call, kept[0])


def merged_tags(present: dict[str, str], given: Tags) -> dict[str, str]:
    tags = present | {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) > limits.TAGS:
        raise TooManyTagsError
    return tags


@operation
def describe_parameters(
    call: Call,
    *,
    parameter_filters: list[dict[str, Any]] | None = None,
    max_results: int | None = None,
    next_token: str = "",
) -> dict[str, Any]:
    tests = filters.tests(parameter_filters, _DESCRIBED_BY)
    found = (each for each in state.parameters.each(call) if all(test(each) for test in tests))
    limit = max_results or limits.RESULTS
    return naming.page("Parameters", found, next_token, limit, lambda each: each.name, lambda each: _show(call, each))


def _show(call: Call, parameter: Parameter) -> dict[str, Any]:
    return {**shown_details(parameter), "ARN": state.arn_of(call, parameter.name)}


def shown_details(version: Version) -> dict[str, Any]:
    shown = {
        "Name": version.name,
        "Type": version.type,
        "LastModifiedDate": version.modified_at,
        "LastModifiedUser": version.modified_by,
        "Version": version.version,
        "Tier": version.tier,
        "Policies": [],
        "DataType": version.data_type,
    }
    if version.description:
        shown["Description"] = version.description
    if version.key_id:
        shown["KeyId"] = version.key_id
    if version.allowed_pattern:
        shown["AllowedPattern"] = version.allowed_pattern
    return shown


@operation
def delete_parameter(call: Call, *, name: str) -> None:
    _delete(call, state.parameter_of(call, name))


def _delete(call: Call, parameter: Parameter) -> None:
    state.parameters.remove(call, parameter)
    for version in state.versions.range(call, parameter.name):
        state.versions.remove(call, version)
    state.count(call, -1)


@operation
def delete_parameters(call: Call, *, names: list[str]) -> dict[str, list[str]]:
    deleted, invalid = [], []
    for name in names:
        found = state.parameters.get(call, name)
        if found is None:
            invalid.append(name)
        else:
            _delete(call, found)
            deleted.append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": invalid}
