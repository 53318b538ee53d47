"""What Access Analyzer's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state

_OTHER_ACTIONS = {
    "list_findings_v2": "access-analyzer:ListFindings",
    "get_finding_v2": "access-analyzer:GetFinding",
}
_RULES = ("create_archive_rule", "get_archive_rule", "update_archive_rule", "delete_archive_rule")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    return [_OTHER_ACTIONS[operation]] if operation in _OTHER_ACTIONS else None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    for name in ("analyzer_arn", "resource_arn"):
        if parameters.get(name):
            return [parameters[name]]
    if not parameters.get("analyzer_name"):
        return ["*"]
    arn = state.arn_of(call, parameters["analyzer_name"])
    return [f"{arn}/archive-rule/{parameters.get('rule_name', '*')}"] if operation in _RULES else [arn]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Whoever has a policy generated hands over the role that reads the trail."""
    details = parameters.get("cloud_trail_details") or {}
    role = details.get("accessRole", "")
    if operation != "start_policy_generation" or not role.startswith("arn:"):
        return []
    return [("iam:PassRole", role, {"iam:PassedToService": "access-analyzer.amazonaws.com"})]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tags = parameters.get("tags")
    if tags:
        found["aws:TagKeys"] = list(tags)
        found |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    analyzer = state.analyzers.get(call, _name(parameters))
    if analyzer is not None and operation != "create_analyzer":
        found |= {f"aws:ResourceTag/{key}": value for key, value in analyzer.tags.items()}
    return found


def _name(parameters: dict[str, Any]) -> str:
    arn: str = parameters.get("analyzer_arn") or parameters.get("resource_arn") or ""
    name: str = parameters.get("analyzer_name") or arn.rpartition("analyzer/")[2]
    return name
