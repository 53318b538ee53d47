"""What CloudFormation's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    name = parameters.get("stack_name")
    if not name and parameters.get("change_set_name", "").startswith("arn:"):
        change_set = state.change_sets.first(call, parameters["change_set_name"], via="id")
        name = change_set.stack_id if change_set is not None else ""
    if not name:
        return ["*"]
    if name.startswith("arn:"):
        return [name]
    stack = state.find(call, name)
    return [stack.id if stack is not None else f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/*"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The service role handed over."""
    role = parameters.get("role_arn")
    return [("iam:PassRole", role, {"iam:PassedToService": "cloudformation.amazonaws.com"})] if role else []


_KEYS = {
    "change_set_name": "cloudformation:ChangeSetName",
    "role_arn": "cloudformation:RoleArn",
    "template_url": "cloudformation:TemplateUrl",
}


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: parameters[name] for name, key in _KEYS.items() if parameters.get(name)}
    tags = parameters.get("tags")
    if tags:
        found["aws:TagKeys"] = [tag["Key"] for tag in tags]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    stack = state.find(call, parameters["stack_name"]) if parameters.get("stack_name") else None
    return found | ({f"aws:ResourceTag/{key}": value for key, value in stack.tags.items()} if stack is not None else {})
