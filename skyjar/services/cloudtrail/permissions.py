"""What CloudTrail's operations need. A role for CloudWatch Logs is handed over."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import access, state

_NOWHERE = ("lookup_events", "describe_trails", "list_trails", "list_public_keys")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "create_trail" and parameters.get("tags_list"):
        return ["cloudtrail:CreateTrail", "cloudtrail:AddTags"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    references = parameters.get("resource_id_list") or [
        parameters.get("name") or parameters.get("trail_name") or parameters.get("resource_id") or ""
    ]
    if operation in _NOWHERE or not all(references):
        return ["*"]
    return [_arn(call, reference) for reference in references]


def _arn(call: Call, reference: str) -> str:
    return reference if reference.startswith("arn:") else state.arn_of(call, reference)


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    role = parameters.get("cloud_watch_logs_role_arn")
    return [("iam:PassRole", role, {"iam:PassedToService": access.PRINCIPAL})] if role else []


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    tags = parameters.get("tags_list")
    if not tags:
        return {}
    found: dict[str, Any] = {"aws:TagKeys": [tag["Key"] for tag in tags]}
    return found | {f"aws:RequestTag/{tag['Key']}": tag.get("Value", "") for tag in tags}
