"""Targets of rules."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, paging, rules, state, target_forms
from .errors import LimitExceededException, ValidationException
from .state import Target


@operation
def put_targets(
    call: Call, *, rule: str, targets: list[dict[str, Any]], event_bus_name: str | None = None
) -> dict[str, Any]:
    at, found = rules.existing(call, event_bus_name, rule)
    ids = [target["Id"] for target in targets]
    if len(set(ids)) != len(ids):
        raise ValidationException("Duplicate target ids are not allowed.")
    held = {target.id for target in state.targets.range(at, found.bus, found.name)}
    if len(held | set(ids)) > limits.TARGETS:
        raise LimitExceededException
    for target in targets:
        target_forms.check(target, at.region)
    for target in targets:
        state.targets.put(
            at,
            Target(bus=found.bus, rule=found.name, id=target["Id"], arn=target["Arn"], document=orjson.dumps(target)),
        )
    return {"FailedEntryCount": 0, "FailedEntries": []}


@operation
def remove_targets(
    call: Call, *, rule: str, ids: list[str], event_bus_name: str | None = None, force: bool = False
) -> dict[str, Any]:
    at, found = rules.existing(call, event_bus_name, rule, is_forced=force)
    gone = [each for each in ids if state.targets.delete(at, found.bus, found.name, each) is None]
    failed = [
        {
            "TargetId": each,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Target {each} does not exist on rule {found.name}.",
        }
        for each in gone
    ]
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@operation
def list_targets_by_rule(
    call: Call,
    *,
    rule: str,
    event_bus_name: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    at, found = state.existing_rule(call, event_bus_name, rule)
    several, token = paging.page(
        state.targets.range(at, found.bus, found.name), lambda target: target.id, None, next_token, limit
    )
    return {"Targets": [orjson.loads(target.document) for target in several], **token}


@operation
def list_rule_names_by_target(
    call: Call,
    *,
    target_arn: str,
    event_bus_name: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    at, bus = state.existing_bus(call, event_bus_name)
    names = sorted({target.rule for target in state.targets.range(at, bus.name, target_arn, via="arn")})
    found, token = paging.page(names, lambda name: name, None, next_token, limit)
    return {"RuleNames": found, **token}
