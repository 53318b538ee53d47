"""Tags of log groups, by ARN and by name."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import groups, identifiers, state


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: dict[str, str]) -> None:
    _tag(call, identifiers.of_arn(call, resource_arn), tags)


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    _untag(call, identifiers.of_arn(call, resource_arn), tag_keys)


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, dict[str, str]]:
    return {"tags": state.find_group(call, identifiers.of_arn(call, resource_arn)).tags}


@operation
def tag_log_group(call: Call, *, log_group_name: str, tags: dict[str, str]) -> None:
    _tag(call, log_group_name, tags)


@operation
def untag_log_group(call: Call, *, log_group_name: str, tags: list[str]) -> None:
    _untag(call, log_group_name, tags)


@operation
def list_tags_log_group(call: Call, *, log_group_name: str) -> dict[str, dict[str, str]]:
    return {"tags": state.find_group(call, log_group_name).tags}


def _tag(call: Call, name: str, tags: dict[str, str]) -> None:
    group = state.find_group(call, name)
    groups.check_tags(group.tags | tags)
    state.groups.replace(call, group, state.replace(group, tags=group.tags | tags))


def _untag(call: Call, name: str, keys: list[str]) -> None:
    group = state.find_group(call, name)
    left = {key: value for key, value in group.tags.items() if key not in keys}
    state.groups.replace(call, group, state.replace(group, tags=left))
