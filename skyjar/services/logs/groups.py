"""Log groups: creating, describing, deleting, how long they keep their events."""

from __future__ import annotations

import fnmatch
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import encryption, jobs, limits, paging, state
from .errors import InvalidParameterException, ResourceAlreadyExistsException, TooManyTagsException
from .state import Group


@operation
def create_log_group(
    call: Call,
    *,
    log_group_name: str,
    kms_key_id: str = "",
    tags: dict[str, str] | None = None,
    log_group_class: str = "STANDARD",
) -> None:
    if log_group_name.startswith("aws/"):
        raise InvalidParameterException("Log groups starting with AWS/ are reserved for AWS.")
    if state.groups.get(call, log_group_name) is not None:
        raise ResourceAlreadyExistsException("The specified log group already exists")
    check_tags(tags or {})
    group = Group(
        name=log_group_name,
        space=call.chance.hex(16),
        created_ms=call.now_ms,
        kind=log_group_class,
        tags=tags or {},
        kms_key=kms_key_id,
        data_key=encryption.data_key(call, log_group_name, kms_key_id) if kms_key_id else b"",
    )
    state.groups.add(call, group)


def check_tags(tags: dict[str, str]) -> None:
    if len(tags) > limits.TAGS:
        raise TooManyTagsException(f"The number of tags exceeds the limit of {limits.TAGS}.")
    if any(key.startswith("aws:") for key in tags):
        raise InvalidParameterException("Tag keys starting with aws: are reserved for AWS.")


@operation
def delete_log_group(call: Call, *, log_group_name: str) -> None:
    group = state.find_group(call, log_group_name)
    state.groups.remove(call, group)
    for each in state.metric_filters.range(call, group.space):
        state.metric_filters.remove(call, each)
    call.later(jobs.clear, key=group.space, space=group.space)


@operation
def describe_log_groups(
    call: Call,
    *,
    log_group_name_prefix: str | None = None,
    log_group_name_pattern: str | None = None,
    next_token: str | None = None,
    limit: int = limits.DESCRIBED,
    log_group_class: str | None = None,
) -> dict[str, Any]:
    if log_group_name_prefix is not None and log_group_name_pattern is not None:
        raise InvalidParameterException(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    wanted = [
        group
        for group in state.groups.range(call)
        if group.name.startswith(log_group_name_prefix or "")
        and (log_group_name_pattern is None or _contains(group.name, log_group_name_pattern))
        and log_group_class in (None, group.kind)
    ]
    page, token = paging.page(wanted, lambda group: group.name, next_token, limit)
    return {"logGroups": [_show(call, group) for group in page]} | ({"nextToken": token} if token else {})


def _contains(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.lower(), f"*{pattern.lower()}*")


def _show(call: Call, group: Group) -> dict[str, Any]:
    arn = state.arn_of(call, group.name)
    shown: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created_ms,
        "metricFilterCount": group.filters,
        "arn": f"{arn}:*",
        "storedBytes": sum(stream.stored_bytes for stream in state.streams.range(call, group.space)),
        "logGroupClass": group.kind,
        "logGroupArn": arn,
    }
    if group.kms_key:
        shown["kmsKeyId"] = group.kms_key
    if group.retention_days:
        shown["retentionInDays"] = group.retention_days
    return shown


@operation
def put_retention_policy(call: Call, *, log_group_name: str, retention_in_days: int) -> None:
    if retention_in_days not in limits.RETENTION_DAYS:
        valid = ", ".join(map(str, sorted(limits.RETENTION_DAYS)))
        raise InvalidParameterException(
            f"1 validation error detected: Value '{retention_in_days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{valid}]"
        )
    group = state.find_group(call, log_group_name)
    state.groups.replace(call, group, state.replace(group, retention_days=retention_in_days))
    call.later(jobs.expire, key=group.name, name=group.name)


@operation
def delete_retention_policy(call: Call, *, log_group_name: str) -> None:
    group = state.find_group(call, log_group_name)
    state.groups.replace(call, group, state.replace(group, retention_days=0))


@operation
def associate_kms_key(call: Call, *, log_group_name: str = "", kms_key_id: str) -> None:
    """For what comes from now on."""
    group = _named(call, log_group_name)
    data_key = encryption.data_key(call, group.name, kms_key_id)
    state.groups.replace(call, group, state.replace(group, kms_key=kms_key_id, data_key=data_key))


def _named(call: Call, name: str) -> Group:
    if not name:
        raise InvalidParameterException("You must specify either the resourceIdentifier parameter or the logGroupName.")
    return state.find_group(call, name)


@operation
def disassociate_kms_key(call: Call, *, log_group_name: str = "") -> None:
    """What came under the key stays under it."""
    group = _named(call, log_group_name)
    state.groups.replace(call, group, state.replace(group, kms_key="", data_key=b""))
