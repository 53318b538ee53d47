"""What SNS's operations need. Topics are judged by their own policy too; AWS's default one speaks of services that state
for whom they act (`aws:SourceOwner`), so it is looked at only then."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state, topic_attributes
from .state import Topic

_STATES_OWNER = ("aws:SourceOwner", "AWS:SourceOwner")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "publish_batch":
        return ["sns:Publish"]
    if operation == "create_topic" and parameters.get("tags"):
        return ["sns:CreateTopic", "sns:TagResource"]
    return None


def _arn(operation: str, parameters: dict[str, Any]) -> str:
    arn: str = parameters.get("topic_arn") or parameters.get("resource_arn") or ""
    if not arn and operation == "publish":
        arn = parameters.get("target_arn") or ""
    return arn


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "create_topic":
        return [state.topic_arn(call, parameters["name"])]
    return [_arn(operation, parameters) or "*"]


def _topic(call: Call, operation: str, parameters: dict[str, Any]) -> Topic | None:
    arn = _arn(operation, parameters)
    if not arn or "/" in arn:
        return None
    return state.find(call, arn)[2]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    topic = _topic(call, operation, parameters)
    if topic is None:
        return None
    if topic.policy:
        return topic.policy
    if call.context and any(name in call.context for name in _STATES_OWNER):
        return topic_attributes.default_policy(_arn(operation, parameters))
    return None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation == "subscribe":
        found = {"sns:Protocol": parameters["protocol"], "sns:Endpoint": parameters.get("endpoint", "")}
    if operation == "create_topic":
        topic = state.topics.get(call, parameters["name"])
    else:
        topic = _topic(call, operation, parameters)
    if topic is not None:
        found |= {f"aws:ResourceTag/{key}": value for key, value in topic.tags.items()}
    tags = parameters.get("tags")
    if tags:
        found["aws:TagKeys"] = [tag["Key"] for tag in tags]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    elif parameters.get("tag_keys"):
        found["aws:TagKeys"] = list(parameters["tag_keys"])
    return found
