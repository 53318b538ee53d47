"""Event buses and their policies."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.policy.documents import compile_document
from skyjar.policy.errors import MalformedPolicy

from . import archives, limits, paging, state, tags
from .errors import (
    LimitExceededException,
    PolicyLengthExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from .state import Bus


@operation
def create_event_bus(
    call: Call,
    *,
    name: str,
    description: str = "",
    dead_letter_config: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if state.find_bus(call, name) is not None:
        raise ResourceAlreadyExistsException(f"Event bus {name} already exists.")
    if "/" in name:
        raise ValidationException("Event bus name must not contain '/'.")
    if state.buses.count(call, limit=limits.BUSES) >= limits.BUSES:
        raise LimitExceededException
    bus = Bus(
        name=name,
        created_at=call.now,
        changed_at=call.now,
        description=description,
        dead_letter=_dead_letter(dead_letter_config),
        tags=_tags(tags),
    )
    state.buses.add(call, bus)
    return {"EventBusArn": state.bus_arn(call, name), **_settings(bus)}


def _tags(given: list[dict[str, str]] | None) -> dict[str, str]:
    return tags.checked({}, given)


def _dead_letter(given: dict[str, Any] | None) -> str:
    """The ARN of a queue, for events that a target cannot be given."""
    arn = str((given or {}).get("Arn") or "")
    if arn and (arn.count(":") != 5 or arn.split(":")[2] != "sqs"):
        raise ValidationException("DeadLetterConfig.Arn is not an ARN of an Amazon SQS queue.")
    return arn


def _settings(bus: Bus) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if bus.description:
        found["Description"] = bus.description
    if bus.dead_letter:
        found["DeadLetterConfig"] = {"Arn": bus.dead_letter}
    return found


@operation
def update_event_bus(
    call: Call,
    *,
    name: str = state.DEFAULT,
    description: str | None = None,
    dead_letter_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    _, bus = state.existing_bus(call, name)
    changes: dict[str, Any] = {"changed_at": call.now}
    if description is not None:
        changes["description"] = description
    if dead_letter_config is not None:
        changes["dead_letter"] = _dead_letter(dead_letter_config)
    new: Bus = state.replace(bus, **changes)
    state.buses.put(call, new)
    return {"Arn": state.bus_arn(call, name), "Name": name, **_settings(new)}


@operation
def delete_event_bus(call: Call, *, name: str) -> None:
    if name == state.DEFAULT:
        raise ValidationException("Cannot delete event bus default.")
    bus = state.buses.get(call, name)
    if bus is None:
        return
    if any(not rule.managed_by for rule in state.rules_of(call, name)):
        raise ValidationException("Event bus can't be deleted since it has rules.")
    archives.forget_bus(call, name)
    state.buses.remove(call, bus)


@operation
def describe_event_bus(call: Call, *, name: str | None = None) -> dict[str, Any]:
    at, bus = state.existing_bus(call, name)
    return _shown(at, bus) | _settings(bus)


def _shown(at: Any, bus: Bus) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": bus.name, "Arn": state.bus_arn(at, bus.name)}
    if bus.policy:
        found["Policy"] = bus.policy
    if bus.description:
        found["Description"] = bus.description
    if bus.created_at:
        found |= {"CreationTime": bus.created_at, "LastModifiedTime": bus.changed_at}
    return found


@operation
def list_event_buses(
    call: Call, *, name_prefix: str | None = None, next_token: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    made = {bus.name: bus for bus in state.buses.range(call)}
    made.setdefault(state.DEFAULT, Bus(name=state.DEFAULT))
    found, token = paging.page(
        [made[name] for name in sorted(made)], lambda bus: bus.name, name_prefix, next_token, limit
    )
    return {"EventBuses": [_shown(call, bus) for bus in found], **token}


@operation
def put_permission(
    call: Call,
    *,
    event_bus_name: str = state.DEFAULT,
    action: str | None = None,
    principal: str | None = None,
    statement_id: str | None = None,
    condition: dict[str, str] | None = None,
    policy: str | None = None,
) -> None:
    _, bus = state.existing_bus(call, event_bus_name)
    if policy is not None:
        if action or principal or statement_id or condition:
            raise ValidationException("Policy cannot be specified together with other parameters.")
        _keep_policy(call, bus, _checked(policy))
        return
    if not (action and principal and statement_id):
        raise ValidationException("Parameter Action, Principal and StatementId, or Policy, must be specified.")
    if action != "events:PutEvents":
        raise ValidationException("Provided value in parameter 'action' is not supported.")
    document = orjson.loads(bus.policy) if bus.policy else {"Version": "2012-10-17", "Statement": []}
    statement: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": action,
        "Resource": state.bus_arn(call, bus.name),
    }
    if condition is not None:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    others = [each for each in _statements(document) if each.get("Sid") != statement_id]
    _keep_policy(call, bus, _checked(orjson.dumps({**document, "Statement": [*others, statement]}).decode()))


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _checked(text: str) -> str:
    if len(text.encode()) > limits.POLICY_BYTES:
        raise PolicyLengthExceededException
    try:
        compile_document(text)
    except MalformedPolicy as error:
        raise ValidationException(f"Parameter Policy is not valid. Reason: {error}") from None
    return text


def _keep_policy(call: Call, bus: Bus, policy: str) -> None:
    state.buses.put(call, state.replace(bus, policy=policy, changed_at=call.now))


@operation
def remove_permission(
    call: Call,
    *,
    statement_id: str | None = None,
    remove_all_permissions: bool = False,
    event_bus_name: str = state.DEFAULT,
) -> None:
    _, bus = state.existing_bus(call, event_bus_name)
    if remove_all_permissions:
        _keep_policy(call, bus, "")
        return
    if not statement_id:
        raise ValidationException("Parameter StatementId or RemoveAllPermissions must be specified.")
    if not bus.policy:
        raise ResourceNotFoundException("EventBus does not have a policy.")
    document = orjson.loads(bus.policy)
    left = [each for each in _statements(document) if each.get("Sid") != statement_id]
    if len(left) == len(_statements(document)):
        raise ResourceNotFoundException("Statement with the provided id does not exist.")
    _keep_policy(call, bus, orjson.dumps({**document, "Statement": left}).decode() if left else "")
