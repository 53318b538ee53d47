"""Change sets: what a template would change, and doing it."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from skyjar.formation.changes import Change, plan
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere, Wait
from skyjar.kernel.outside import Compute, Outside
from skyjar.kernel.service import operation
from skyjar.runtime.transforms import expand_sam

from . import deploying, engine, jobs, limits, sources, state
from .errors import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    InvalidChangeSetStatusException,
    ValidationError,
)
from .state import ChangeSet, Stack

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@operation
def create_change_set(
    call: Call,
    *,
    stack_name: str,
    change_set_name: str,
    template_body: str = "",
    template_url: str = "",
    use_previous_template: bool = False,
    parameters: list[dict[str, Any]] | None = None,
    capabilities: list[str] | None = None,
    role_arn: str = "",
    tags: list[dict[str, str]] | None = None,
    description: str = "",
    change_set_type: str = "UPDATE",
    on_stack_failure: str = "",
    client_token: str = "",
    notification_arns: list[str] | None = None,
    deployment_config: dict[str, Any] | None = None,
    include_nested_stacks: bool = False,
    import_existing_resources: bool = False,
) -> dict[str, Any]:
    deploying.refuse_notifications(notification_arns)
    without_rollback = deploying.check_config(deployment_config)
    stack = state.find(call, stack_name)
    if change_set_type == "CREATE":
        stack = _reviewed(call, stack, stack_name, tags)
    elif change_set_type != "UPDATE":
        raise NotImplementedHere("Skyjar does not implement change sets of type IMPORT.")
    elif stack is None or stack.status == "REVIEW_IN_PROGRESS":
        raise ValidationError(f"Stack [{stack_name}] does not exist")
    else:
        deploying.check_updatable(stack)
    known = state.change_sets.get(call, stack.id, change_set_name)
    if known is not None and client_token and known.client_token == client_token:
        return {"Id": known.id, "StackId": stack.id}  # the same request, sent again
    if known is not None and known.status != "FAILED" and known.execution != "EXECUTE_COMPLETE":
        raise AlreadyExistsException(f"ChangeSet {change_set_name} already exists")
    text = sources.text_of(call, template_body, template_url, stack, use_previous_template)
    template = sources.load(text)
    sources.needs_sam(template)  # refuses other macros; a reviewed change set needs no CAPABILITY_AUTO_EXPAND
    sources.check_capabilities(template, capabilities or [], has_macro=False)
    given = sources.given_parameters(parameters or [], stack)
    made = ChangeSet(
        stack_id=stack.id,
        name=change_set_name,
        id=f"arn:aws:cloudformation:{call.region}:{call.account}:changeSet/{change_set_name}/{call.new_id()}",
        stack_name=stack.name,
        kind=change_set_type,
        status="CREATE_PENDING",
        execution="UNAVAILABLE",
        created_s=call.now,
        description=description,
        body=text,
        parameters=given,
        tags={tag["Key"]: tag["Value"] for tag in tags} if tags is not None else stack.tags,
        capabilities=tuple(capabilities or ()),
        role_arn=role_arn or stack.role_arn,
        on_failure=on_stack_failure,
        disables_rollback=without_rollback,
        includes_nested=include_nested_stacks,
        imports_existing=import_existing_resources,
        client_token=client_token,
    )
    state.change_sets.put(call, made)
    call.later(jobs.make_change_set, stack_id=stack.id, name=change_set_name)
    return {"Id": made.id, "StackId": stack.id}


def _reviewed(call: Call, stack: Stack | None, name: str, tags: list[dict[str, str]] | None) -> Stack:
    if stack is not None:
        if stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{name}] already exists and cannot be created again with the changeSet [CREATE]."
            )
        return stack
    deploying.check_name(name)
    stack = deploying.new_stack(call, name, "REVIEW_IN_PROGRESS")
    state.tell(call, stack, reason="User Initiated")
    return stack


def make(call: Call, stack_id: str, name: str) -> Outside | None:
    """The job behind CreateChangeSet: expand, resolve, compare."""
    change_set = state.change_sets.get(call, stack_id, name)
    if change_set is None:
        return None
    template = sources.load(change_set.body)
    if not sources.needs_sam(template):
        _compare(call, stack_id, name, template)
        return None

    def expanded(call: Call, answer: dict[str, Any]) -> None:
        _compare(call, stack_id, name, deploying.expanded(answer))

    return Outside(Compute(expand_sam, template, change_set.parameters, call.region), expanded)


def _compare(call: Call, stack_id: str, name: str, template: dict[str, Any]) -> None:
    change_set = state.change_sets.get(call, stack_id, name)
    stack = state.stacks.get(call, stack_id)
    if change_set is None or stack is None:
        return
    deploying.check_types(stack, template)
    prepared = sources.prepare(call, stack, template, change_set.parameters)
    template = prepared.template
    sources.check_capabilities(template, list(change_set.capabilities), has_macro=False)
    old = orjson.loads(stack.template) if stack.template else None
    before = {row.logical_id for row in state.resources.range(call, stack_id)}
    touched = {key for key, value in prepared.texts.items() if stack.parameters.get(key) != value}
    changes = plan(old, template, before, set(prepared.included), touched, call.resource_types())
    is_same = old == template and not touched and change_set.tags == stack.tags
    if change_set.kind == "UPDATE" and not changes and is_same:
        raise ValidationError(NO_CHANGES)
    state.change_sets.put(
        call,
        state.replace(
            change_set,
            status="CREATE_COMPLETE",
            execution="AVAILABLE",
            template=orjson.dumps(template).decode(),
            parameters=prepared.texts,
            values=orjson.dumps(prepared.values).decode(),
            hidden=prepared.hidden,
            changes=msgspec.json.encode([msgspec.structs.asdict(change) for change in changes]).decode(),
        ),
    )


def fail(call: Call, stack_id: str, name: str, error: Exception) -> None:
    change_set = state.change_sets.get(call, stack_id, name)
    if change_set is not None:
        reason = error.message if isinstance(error, AWSError) else f"Internal failure: {error}"
        state.change_sets.put(call, state.replace(change_set, status="FAILED", reason=reason))


def find(call: Call, change_set_name: str, stack_name: str) -> ChangeSet:
    if change_set_name.startswith("arn:"):
        found = state.change_sets.first(call, change_set_name, via="id")
    else:
        stack = state.find(call, stack_name) if stack_name else None
        if stack is None:
            if stack_name:
                raise ValidationError(f"Stack [{stack_name}] does not exist")
            raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
        found = state.change_sets.get(call, stack.id, change_set_name)
    if found is None:
        raise ChangeSetNotFoundException(f"ChangeSet [{change_set_name}] does not exist")
    return found


@operation
def describe_change_set(
    call: Call,
    *,
    change_set_name: str,
    stack_name: str = "",
    next_token: str = "",
    include_property_values: bool = False,
) -> dict[str, Any]:
    change_set = find(call, change_set_name, stack_name)
    if change_set.status == "CREATE_PENDING" and call.elapsed_s < limits.HELD_S:
        prefix = state.change_sets.watched(call, change_set.stack_id, change_set.name)
        raise Wait(on=prefix, until=call.now - call.elapsed_s + limits.HELD_S)
    shown = _summary(change_set) | {
        "Parameters": deploying.show_parameters(
            change_set.parameters, change_set.hidden, change_set.values, change_set.template
        ),
        "Tags": [{"Key": key, "Value": value} for key, value in change_set.tags.items()],
        "NotificationARNs": [],
        "Capabilities": list(change_set.capabilities),
        "RollbackConfiguration": {},
        "Changes": [_show(Change(**change)) for change in orjson.loads(change_set.changes)],
    }
    if change_set.on_failure:
        shown["OnStackFailure"] = change_set.on_failure
    return shown


def _summary(change_set: ChangeSet) -> dict[str, Any]:
    shown = {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": change_set.stack_id,
        "StackName": change_set.stack_name,
        "CreationTime": change_set.created_s,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "IncludeNestedStacks": change_set.includes_nested,
        "ImportExistingResources": change_set.imports_existing,
    }
    if change_set.reason:
        shown["StatusReason"] = change_set.reason
    if change_set.description:
        shown["Description"] = change_set.description
    return shown


def _show(change: Change) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "ResourceType": change.type,
        "Scope": list(change.scope),
        "Details": [
            {
                "Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"},
                "Evaluation": "Static",
                "ChangeSource": "DirectModification",
            }
            for name in change.properties
        ],
    }
    if change.replacement:
        shown["Replacement"] = change.replacement
    return {"Type": "Resource", "ResourceChange": shown}


@operation
def execute_change_set(
    call: Call,
    *,
    change_set_name: str,
    stack_name: str = "",
    client_request_token: str = "",
    disable_rollback: bool = False,
) -> dict[str, Any]:
    change_set = find(call, change_set_name, stack_name)
    if change_set.status != "CREATE_COMPLETE" or change_set.execution != "AVAILABLE":
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]"
        )
    stack = state.stacks.get(call, change_set.stack_id)
    assert stack is not None
    actor = deploying.actor(call, change_set.role_arn)
    template = orjson.loads(change_set.template)
    prepared = sources.prepare(call, stack, template, change_set.parameters)
    state.change_sets.put(call, state.replace(change_set, execution="EXECUTE_COMPLETE"))
    for other in state.change_sets.range(call, stack.id):
        if other.name != change_set.name:
            state.change_sets.remove(call, other)
    new = deploying.described(
        stack,
        prepared,
        body=change_set.body,
        tags=change_set.tags,
        capabilities=change_set.capabilities,
        role_arn=change_set.role_arn,
        change_set_id=change_set.id,
        disables_rollback=disable_rollback or change_set.disables_rollback,
        on_failure=change_set.on_failure or "ROLLBACK",
    )
    state.save(call, stack, new)
    kind = change_set.kind
    new = state.set_status(call, new, f"{kind}_IN_PROGRESS", "User Initiated")
    engine.begin(actor, stack, new, prepared, kind, client_request_token)
    return {}


@operation
def delete_change_set(call: Call, *, change_set_name: str, stack_name: str = "") -> dict[str, Any]:
    try:
        change_set = find(call, change_set_name, stack_name)
    except ChangeSetNotFoundException:
        return {}
    state.change_sets.remove(call, change_set)
    return {}


@operation
def list_change_sets(call: Call, *, stack_name: str, next_token: str = "") -> dict[str, Any]:
    stack = state.existing(call, stack_name)
    return {"Summaries": [_summary(change_set) for change_set in state.change_sets.range(call, stack.id)]}
