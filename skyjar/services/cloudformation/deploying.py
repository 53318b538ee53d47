"""What creating and updating a stack share, directly or by a change set."""

from __future__ import annotations

import re
from typing import Any

import orjson

from skyjar.kernel import credentials, principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied, NotImplementedHere
from skyjar.kernel.outside import Failed

from . import limits, state
from .errors import ValidationError
from .sources import Prepared
from .state import Current, Stack

_NAME = re.compile(r"^[a-zA-Z][-a-zA-Z0-9]{0,127}$")
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED")


def check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )


def check_updatable(stack: Stack) -> None:
    if stack.status not in _UPDATABLE and not (stack.status == "CREATE_FAILED" and stack.disables_rollback):
        raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def check_types(stack: Stack, template: dict[str, Any]) -> None:
    """A logical id keeps its resource type."""
    before = orjson.loads(stack.template or "{}").get("Resources", {})
    changed = sorted(
        name for name, new in template["Resources"].items() if name in before and before[name]["Type"] != new["Type"]
    )
    if changed:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(changed)}]"
        )


def refuse_notifications(arns: list[str] | None) -> None:
    if arns:
        raise NotImplementedHere("Skyjar does not implement the parameter NotificationARNs of cloudformation.")


def check_config(config: dict[str, Any] | None) -> bool:
    """Whether a DeploymentConfig disables rollback. Its mode must be STANDARD."""
    given = config or {}
    if given.get("Mode", "STANDARD") != "STANDARD":
        raise NotImplementedHere(
            f"Skyjar does not implement the DeploymentConfig Mode {given['Mode']} of cloudformation."
        )
    return bool(given.get("DisableRollback", False))


def new_stack(call: Call, name: str, status: str) -> Stack:
    identity = f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/{call.new_id()}"
    stack = Stack(id=identity, name=name, status=status, created_s=call.now)
    state.stacks.add(call, stack)
    state.current.put(call, Current(name=name, id=identity))
    return stack


def described(stack: Stack, prepared: Prepared, *, body: str, tags: dict[str, str], **others: Any) -> Stack:
    """The stack as it will be when what is prepared is deployed."""
    if len(tags) > limits.TAGS:
        raise ValidationError(f"Tags cannot be more than {limits.TAGS}.")
    new: Stack = state.replace(
        stack,
        template=orjson.dumps(prepared.template).decode(),
        body=body,
        parameters=prepared.texts,
        values=orjson.dumps(prepared.values).decode(),
        hidden=prepared.hidden,
        tags=tags,
        description=str(prepared.template.get("Description", "")),
        **others,
    )
    return new


def actor(call: Call, role_arn: str) -> Call:
    """The call as whoever does the work: the stack's service role, or the caller."""
    if not role_arn:
        return call
    service = principals.service("cloudformation.amazonaws.com", call.account)
    try:
        answer = call.ask("sts", service).assume_role(
            role_arn=role_arn, role_session_name="AWSCloudFormation", duration_seconds=3600
        )
    except AccessDenied:
        raise ValidationError(f"Role {role_arn} is invalid or cannot be assumed") from None
    issued = credentials.find(call.tx, answer["Credentials"]["AccessKeyId"])
    assert issued is not None
    return call.acting(issued.principal)


def expanded(answer: Any) -> dict[str, Any]:
    """The template that the SAM transform made. Raises ValidationError with its sentence."""
    if isinstance(answer, Failed):
        raise ValidationError(f"Transform AWS::Serverless-2016-10-31 failed with: {answer}")
    if "error" in answer:
        raise ValidationError(f"Transform AWS::Serverless-2016-10-31 failed with: {answer['error']}")
    template: dict[str, Any] = answer["template"]
    return template


def show_parameters(texts: dict[str, str], hidden: tuple[str, ...], values: str, template: str) -> list[dict[str, str]]:
    """`values` and `template` as JSON: what a parameter resolved to is shown when it is kept in Systems Manager."""
    resolved = orjson.loads(values)
    declared = orjson.loads(template or "{}").get("Parameters") or {}
    found = []
    for key, text in texts.items():
        shown = {"ParameterKey": key, "ParameterValue": "****" if key in hidden else text}
        if str(declared.get(key, {}).get("Type", "")).startswith("AWS::SSM::Parameter::Value<"):
            value = resolved.get(key, "")
            shown["ResolvedValue"] = ",".join(value) if isinstance(value, list) else str(value)
        found.append(shown)
    return found
