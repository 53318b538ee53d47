"""What EventBridge's operations need. Putting events on a bus is judged by the bus's policy too."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import connection_state, state
from .state import Bus

_OF_RULES = ("put_rule", "describe_rule", "delete_rule", "enable_rule", "disable_rule", "put_targets", "remove_targets",
             "list_targets_by_rule")  # fmt: skip
_OF_BUSES = ("create_event_bus", "delete_event_bus", "describe_event_bus", "update_event_bus")
_OF_ARCHIVES = ("create_archive", "update_archive", "delete_archive", "describe_archive")
_OF_REPLAYS = ("cancel_replay", "describe_replay")
_OF_CONNECTIONS = ("create_connection", "update_connection", "delete_connection", "describe_connection",
                   "deauthorize_connection")  # fmt: skip
_OF_DESTINATIONS = ("create_api_destination", "update_api_destination", "delete_api_destination",
                    "describe_api_destination")  # fmt: skip
Also = tuple[str, str, dict[str, Any]] | tuple[str, str, dict[str, Any], str, str]


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "invoke_api_destination":
        return ["events:InvokeApiDestination"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "put_events":
        return _bus_arns(call, parameters)[:1]
    if operation in _OF_RULES:
        at, bus = state.locate(call, parameters.get("event_bus_name"))
        return [state.rule_arn(at, bus, parameters.get("rule") or parameters.get("name") or "")]
    if operation in _OF_BUSES:
        at, bus = state.locate(call, parameters.get("name"))
        return [state.bus_arn(at, bus)]
    given = parameters.get("resource_arn") or parameters.get("api_destination_arn")
    if given:
        return [given]
    prefix = f"arn:aws:events:{call.region}:{call.account}:"
    if operation in _OF_ARCHIVES:
        return [f"{prefix}archive/{parameters['archive_name']}"]
    if operation == "start_replay":
        return [f"{prefix}replay/{parameters['replay_name']}"]
    if operation in _OF_REPLAYS:
        return [f"{prefix}replay/{parameters['replay_name']}"]
    if operation in _OF_CONNECTIONS:
        held = connection_state.connections.get(call, parameters["name"])
        return [f"{prefix}connection/{parameters['name']}" + (f"/{held.id}" if held is not None else "/*")]
    if operation in _OF_DESTINATIONS:
        found = connection_state.destinations.get(call, parameters["name"])
        return [f"{prefix}api-destination/{parameters['name']}" + (f"/{found.id}" if found is not None else "/*")]
    return ["*"]


def is_role(arn: str) -> bool:
    return arn.startswith("arn:aws:iam::") and ":role/" in arn


def _bus_arns(call: Call, parameters: dict[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    for entry in parameters["entries"]:
        at, bus = state.locate(call, entry.get("EventBusName"))
        found[state.bus_arn(at, bus)] = None
    return list(found)


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[Also]:
    if operation == "put_events":
        return [_bus_need(call, arn, parameters) for arn in _bus_arns(call, parameters)[1:]]
    needed: list[Also] = []
    roles = {target.get("RoleArn") for target in parameters.get("targets") or () if isinstance(target, dict)}
    if operation == "put_rule":
        roles = {parameters.get("role_arn")}
    passed = {"iam:PassedToService": "events.amazonaws.com"}
    needed += [("iam:PassRole", role, passed) for role in sorted(filter(None, roles)) if is_role(role)]
    tags = parameters.get("tags")
    if tags and operation in ("put_rule", "create_event_bus"):
        needed.append(("events:TagResource", resources(call, operation, parameters)[0], {}))
    return needed


def _bus_need(call: Call, arn: str, parameters: dict[str, Any]) -> Also:
    bus = _bus(call, arn)
    keys = conditions(call, "put_events", parameters)
    if bus is not None and bus.policy:
        return ("events:PutEvents", arn, keys, bus.policy, "resource-based policy")
    return ("events:PutEvents", arn, keys)


def _bus(call: Call, arn: str) -> Bus | None:
    at, name = state.locate(call, arn)
    return state.find_bus(at, name)


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    if operation == "put_events":
        bus = _bus(call, _bus_arns(call, parameters)[0]) if parameters["entries"] else None
        return bus.policy or None if bus is not None else None
    if operation in _OF_RULES or operation in _OF_BUSES:
        given = parameters.get("event_bus_name") if operation in _OF_RULES else parameters.get("name")
        at, name = state.locate(call, given)
        bus = state.find_bus(at, name)
        return bus.policy or None if bus is not None and at.account != call.account else None
    return None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation == "put_events":
        for key, member in (("events:source", "Source"), ("events:detail-type", "DetailType")):
            values = sorted({entry[member] for entry in parameters["entries"] if entry.get(member)})
            if values:
                found[key] = values[0] if len(values) == 1 else values
    if operation == "put_targets":
        found["events:TargetArn"] = [target.get("Arn", "") for target in parameters["targets"]]
    if operation in _OF_RULES:
        at, bus = state.locate(call, parameters.get("event_bus_name"))
        rule = state.rules.get(at, bus, parameters.get("rule") or parameters.get("name") or "")
        if rule is not None:
            found["events:creatorAccount"] = rule.created_by
            found |= {f"aws:ResourceTag/{key}": value for key, value in rule.tags.items()}
    tags = parameters.get("tags")
    if tags:
        found["aws:TagKeys"] = [tag["Key"] for tag in tags]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    elif parameters.get("tag_keys"):
        found["aws:TagKeys"] = list(parameters["tag_keys"])
    return found
