"""What CloudWatch's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state
from .transitions import ACTIONS

_PUTS = {"put_metric_alarm": False, "put_composite_alarm": True}
_MEMBERS = {
    "OKActions": "ok_actions",
    "AlarmActions": "alarm_actions",
    "InsufficientDataActions": "insufficient_data_actions",
}


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    root = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:"
    if "resource_arn" in parameters:
        return [parameters["resource_arn"]]
    if operation in ("describe_alarms", "describe_alarm_history"):
        names = parameters.get("alarm_names") or [parameters.get("alarm_name")]
        return [f"{root}{name or '*'}" for name in names]
    if operation in ("delete_alarms", "enable_alarm_actions", "disable_alarm_actions"):
        return [root + name for name in parameters["alarm_names"]] or ["*"]
    if operation in ("set_alarm_state", *_PUTS):
        return [root + parameters["alarm_name"]]
    if operation == "delete_dashboards":
        return [state.dashboard_arn(call, name) for name in parameters["dashboard_names"]] or ["*"]
    if operation in ("put_dashboard", "get_dashboard"):
        return [state.dashboard_arn(call, parameters["dashboard_name"])]
    return ["*"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if operation in _PUTS and parameters.get("tags"):
        return [("cloudwatch:TagResource", resources(call, operation, parameters)[0], {})]
    return []


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tags = parameters.get("tags")
    if tags and operation != "put_dashboard":
        found["aws:TagKeys"] = [tag["Key"] for tag in tags]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    elif parameters.get("tag_keys"):
        found["aws:TagKeys"] = list(parameters["tag_keys"])
    if operation == "put_metric_data":
        found["cloudwatch:namespace"] = parameters["namespace"]
    if operation in _PUTS:
        actions = [each for member in ACTIONS.values() for each in parameters.get(_MEMBERS[member]) or ()]
        if actions:
            found["cloudwatch:AlarmActions"] = actions
    alarm = _alarm(call, operation, parameters)
    if alarm is not None:
        found |= {f"aws:ResourceTag/{key}": value for key, value in alarm.tags.items()}
    return found


def _alarm(call: Call, operation: str, parameters: dict[str, Any]) -> state.Alarm | None:
    name = parameters.get("alarm_name")
    arn = parameters.get("resource_arn", "")
    if ":alarm:" in arn:
        name = arn.split(":alarm:", 1)[1]
    elif len(parameters.get("alarm_names") or ()) == 1:
        name = parameters["alarm_names"][0]
    return state.alarms.get(call, name) if name else None
