"""Operations on stacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.outside import Compute, Outside
from skyjar.kernel.service import operation
from skyjar.runtime.transforms import expand_sam

from . import deploying, engine, limits, outputs, sources, state
from .errors import AlreadyExistsException, ValidationError
from .state import Stack


@operation
def create_stack(
    call: Call,
    *,
    stack_name: str,
    template_body: str = "",
    template_url: str = "",
    parameters: list[dict[str, Any]] | None = None,
    disable_rollback: bool = False,
    capabilities: list[str] | None = None,
    role_arn: str = "",
    on_failure: str = "",
    tags: list[dict[str, str]] | None = None,
    client_request_token: str = "",
    enable_termination_protection: bool = False,
    notification_arns: list[str] | None = None,
    deployment_config: dict[str, Any] | None = None,
) -> Outside | dict[str, Any]:
    deploying.refuse_notifications(notification_arns)
    without_rollback = deploying.check_config(deployment_config)
    deploying.check_name(stack_name)
    if disable_rollback and on_failure:
        raise ValidationError("Specify only one of DisableRollback and OnFailure.")
    _check_new(call, stack_name)
    text = sources.text_of(call, template_body, template_url, None, False)
    template = sources.load(text)
    has_macro = sources.needs_sam(template)
    sources.check_capabilities(template, capabilities or [], sources.has_transform(template))
    given = sources.given_parameters(parameters or [], None)

    def create(call: Call, template: dict[str, Any]) -> dict[str, Any]:
        _check_new(call, stack_name)
        sources.check_capabilities(template, capabilities or [], has_macro=False)
        stack = deploying.new_stack(call, stack_name, "CREATE_IN_PROGRESS")
        prepared = sources.prepare(call, stack, template, given)
        new = deploying.described(
            stack,
            prepared,
            body=text,
            tags={tag["Key"]: tag["Value"] for tag in tags or ()},
            capabilities=tuple(capabilities or ()),
            role_arn=role_arn,
            disables_rollback=disable_rollback or without_rollback,
            on_failure=on_failure or "ROLLBACK",
            is_protected=enable_termination_protection,
        )
        state.save(call, stack, new)
        state.tell(call, new, reason="User Initiated", token=client_request_token)
        engine.begin(deploying.actor(call, role_arn), None, new, prepared, "CREATE", client_request_token)
        return {"StackId": new.id}

    return _expanded(call, template, given, has_macro, create)


def _check_new(call: Call, name: str) -> None:
    if state.find(call, name) is not None:
        raise AlreadyExistsException(f"Stack [{name}] already exists")


def _expanded(
    call: Call, template: dict[str, Any], given: dict[str, str], has_macro: bool, then: Callable[..., dict[str, Any]]
) -> Outside | dict[str, Any]:
    if not has_macro:
        return then(call, template)
    work = Compute(expand_sam, template, given, call.region)
    return Outside(work, lambda call, answer: then(call, deploying.expanded(answer)))


@operation
def update_stack(
    call: Call,
    *,
    stack_name: str,
    template_body: str = "",
    template_url: str = "",
    use_previous_template: bool = False,
    parameters: list[dict[str, Any]] | None = None,
    capabilities: list[str] | None = None,
    role_arn: str = "",
    tags: list[dict[str, str]] | None = None,
    disable_rollback: bool = False,
    client_request_token: str = "",
    notification_arns: list[str] | None = None,
    deployment_config: dict[str, Any] | None = None,
) -> Outside | dict[str, Any]:
    deploying.refuse_notifications(notification_arns)
    without_rollback = deploying.check_config(deployment_config)
    stack = state.find(call, stack_name)
    if stack is None:
        raise ValidationError(f"Stack [{stack_name}] does not exist")
    deploying.check_updatable(stack)
    text = sources.text_of(call, template_body, template_url, stack, use_previous_template)
    template = sources.load(text)
    has_macro = sources.needs_sam(template)
    sources.check_capabilities(template, capabilities or [], sources.has_transform(template))
    given = sources.given_parameters(parameters or [], stack)

    def update(call: Call, template: dict[str, Any]) -> dict[str, Any]:
        old = state.existing(call, stack_name)
        deploying.check_updatable(old)
        sources.check_capabilities(template, capabilities or [], has_macro=False)
        deploying.check_types(old, template)
        prepared = sources.prepare(call, old, template, given)
        new = deploying.described(
            old,
            prepared,
            body=text,
            tags={tag["Key"]: tag["Value"] for tag in tags} if tags is not None else old.tags,
            capabilities=tuple(capabilities or ()),
            role_arn=role_arn or old.role_arn,
            disables_rollback=disable_rollback or without_rollback,
        )
        if all(getattr(new, part) == getattr(old, part) for part in ("template", "parameters", "values", "tags")):
            raise ValidationError("No updates are to be performed.")
        state.save(call, old, new)
        new = state.set_status(call, new, "UPDATE_IN_PROGRESS", "User Initiated")
        actor = deploying.actor(call, new.role_arn)
        engine.begin(actor, old, new, prepared, "UPDATE", client_request_token)
        return {"StackId": new.id}

    return _expanded(call, template, given, has_macro, update)


@operation
def delete_stack(
    call: Call,
    *,
    stack_name: str,
    retain_resources: list[str] | None = None,
    role_arn: str = "",
    client_request_token: str = "",
    deployment_config: dict[str, Any] | None = None,
) -> None:
    deploying.check_config(deployment_config)
    stack = state.find(call, stack_name)
    if stack is None or stack.status == "DELETE_COMPLETE":
        return
    if stack.is_protected:
        raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if stack.status == "DELETE_IN_PROGRESS":
        return
    if stack.status.endswith("_IN_PROGRESS") and stack.status not in ("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS"):
        raise ValidationError(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
    if retain_resources and stack.status != "DELETE_FAILED":
        raise ValidationError(
            f"Invalid operation on stack [{stack.id}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state."
        )
    for _, _, _, export in stack.outputs:
        user = outputs.importer(call, export, stack.id) if export else ""
        if user:
            raise ValidationError(f"Export {export} cannot be deleted as it is in use by {user}")
    actor = deploying.actor(call, role_arn or stack.role_arn)
    stack = state.set_status(call, stack, "DELETE_IN_PROGRESS", "User Initiated")
    engine.begin_deletion(actor, stack, client_request_token, retain_resources or ())


@operation
def update_termination_protection(
    call: Call, *, stack_name: str, enable_termination_protection: bool
) -> dict[str, Any]:
    stack = state.existing(call, stack_name)
    state.save(call, stack, state.replace(stack, is_protected=enable_termination_protection))
    return {"StackId": stack.id}


@operation
def describe_stacks(call: Call, *, stack_name: str = "", next_token: str = "") -> dict[str, Any]:
    if stack_name:
        stack = state.existing(call, stack_name)
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            _hold(call, state.stacks.watched(call, stack.id))
        return {"Stacks": [_show(stack)]}
    living = [stack for stack in _newest(call) if stack.status != "DELETE_COMPLETE"]
    page, token = _page(living, next_token)
    return {"Stacks": [_show(stack) for stack in page], **token}


def _hold(call: Call, prefix: bytes) -> None:
    """Look again when the row changes, for a while (see limits.HELD_S)."""
    if call.elapsed_s < limits.HELD_S:
        raise Wait(on=prefix, until=call.now - call.elapsed_s + limits.HELD_S)


def _newest(call: Call) -> list[Stack]:
    return state.stacks.range(call, via="created", reverse=True)


def _page(items: list[Any], token: str, size: int = 100) -> tuple[list[Any], dict[str, str]]:
    if token and not (token.isascii() and token.isdigit()):
        raise ValidationError(f"Invalid NextToken: {token[:64]}")
    start = int(token or 0)
    more = {"NextToken": str(start + size)} if len(items) > start + size else {}
    return items[start : start + size], more


def _show(stack: Stack) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created_s,
        "StackStatus": stack.status,
        "DisableRollback": stack.disables_rollback,
        "NotificationARNs": [],
        "RollbackConfiguration": {"RollbackTriggers": []},
        "Capabilities": list(stack.capabilities),
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "EnableTerminationProtection": stack.is_protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    optional = {
        "ChangeSetId": stack.change_set_id,
        "Description": stack.description,
        "StackStatusReason": stack.reason,
        "LastUpdatedTime": stack.updated_s,
        "DeletionTime": stack.deleted_s,
        "RoleARN": stack.role_arn,
        "Parameters": deploying.show_parameters(stack.parameters, stack.hidden, stack.values, stack.template),
        "Outputs": [_output(*output) for output in stack.outputs],
    }
    return shown | {name: value for name, value in optional.items() if value}


def _output(key: str, value: str, description: str, export: str) -> dict[str, str]:
    shown = {"OutputKey": key, "OutputValue": value}
    if description:
        shown["Description"] = description
    if export:
        shown["ExportName"] = export
    return shown


@operation
def list_stacks(call: Call, *, next_token: str = "", stack_status_filter: list[str] | None = None) -> dict[str, Any]:
    wanted = set(stack_status_filter or ())
    found = [stack for stack in _newest(call) if not wanted or stack.status in wanted]
    page, token = _page(found, next_token)
    return {"StackSummaries": [_summary(stack) for stack in page], **token}


def _summary(stack: Stack) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created_s,
        "StackStatus": stack.status,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    optional = {
        "TemplateDescription": stack.description,
        "LastUpdatedTime": stack.updated_s,
        "DeletionTime": stack.deleted_s,
        "StackStatusReason": stack.reason,
    }
    return shown | {name: value for name, value in optional.items() if value}


@operation
def list_exports(call: Call, *, next_token: str = "") -> dict[str, Any]:
    page, token = _page(state.exports.range(call), next_token)
    return {
        "Exports": [{"ExportingStackId": e.stack_id, "Name": e.name, "Value": e.value} for e in page],
        **token,
    }


@operation
def list_imports(call: Call, *, export_name: str, next_token: str = "") -> dict[str, Any]:
    names = [
        stack.name
        for stack in state.stacks.each(call)
        if export_name in stack.imports and stack.status != "DELETE_COMPLETE"
    ]
    if not names:
        raise ValidationError(f"Export '{export_name}' is not imported by any stack.")
    page, token = _page(names, next_token)
    return {"Imports": page, **token}
