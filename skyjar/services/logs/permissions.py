"""What Logs' operations need. Groups are judged as `log-group:<name>:*`, streams as `log-group:<name>:log-stream:<name>`."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state

_OF_STREAMS = ("create_log_stream", "delete_log_stream", "put_log_events", "get_log_events")
_OF_TAGS = ("tag_resource", "untag_resource", "list_tags_for_resource")


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    root = f"arn:aws:logs:{call.region}:{call.account}:log-group:"
    given = parameters.get("resource_arn") or parameters.get("log_group_identifier") or parameters.get("log_group_name")
    if given is None:
        return [f"{root}{parameters.get('log_group_name_prefix') or ''}:*"]
    arn = given.removesuffix(":*") if given.startswith("arn:") else root + given
    if operation in _OF_TAGS:
        return [arn]
    if operation in _OF_STREAMS:
        return [f"{arn}:log-stream:{parameters['log_stream_name']}"]
    return [f"{arn}:*"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if operation == "create_log_group" and parameters.get("tags"):
        return [("logs:TagResource", resources(call, operation, parameters)[0], {})]
    return []


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tags = parameters.get("tags")
    if isinstance(tags, dict):
        found |= {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}
    elif removed := parameters.get("tag_keys") or tags:  # UntagLogGroup calls its keys tags
        found["aws:TagKeys"] = removed
    if operation == "create_log_group":
        return found
    name = resources(call, operation, parameters)[0].split(":", 6)[6].partition(":")[0]
    group = state.groups.get(call, name)
    return found | ({f"aws:ResourceTag/{key}": value for key, value in group.tags.items()} if group is not None else {})
