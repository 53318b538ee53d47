"""Rules: which events, or when, and whether they are on."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, paging, patterns, schedules, state, tags, ticking
from .errors import LimitExceededException, ManagedRuleException, ValidationException
from .state import Rule

_WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@operation
def put_rule(
    call: Call,
    *,
    name: str,
    schedule_expression: str | None = None,
    event_pattern: str | None = None,
    state: str = "ENABLED",
    description: str = "",
    role_arn: str = "",
    tags: list[dict[str, str]] | None = None,
    event_bus_name: str | None = None,
) -> dict[str, str]:
    return _put(call, event_bus_name, name, event_pattern or "", schedule_expression or "", tags, {
        "rule_state": state, "description": description, "role": role_arn,
    })  # fmt: skip


def _put(
    call: Call,
    bus_name: str | None,
    name: str,
    pattern: str,
    schedule: str,
    given_tags: list[dict[str, str]] | None,
    settings: dict[str, str],
) -> dict[str, str]:
    at, bus = state.existing_bus(call, bus_name)
    if not pattern and not schedule:
        raise ValidationException("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        patterns.checked(pattern)
    if schedule:
        if bus.name != state.DEFAULT:
            raise ValidationException("ScheduleExpression is supported only on the default event bus.")
        schedules.next_time(schedule, call.now)
    if settings["rule_state"] == _WITH_READS and bus.name != state.DEFAULT:
        raise ValidationException(f"{_WITH_READS} is supported only on the default event bus.")
    before = state.rules.get(at, bus.name, name)
    if before is None and state.rules.count(at, bus.name, limit=limits.RULES) >= limits.RULES:
        raise LimitExceededException
    _check_managed(call, before)
    rule = Rule(
        bus=bus.name,
        name=name,
        number=before.number if before is not None else state.next_number(at, f"rule {bus.name}"),
        pattern=pattern,
        schedule=schedule,
        managed_by=_service_of(call),
        created_by=before.created_by if before is not None else call.account,
        tags=before.tags if before is not None else tags.checked({}, given_tags),
        **settings,
    )
    if before is not None and before.schedule != schedule:
        rule = state.replace(rule, number=state.next_number(at, f"rule {bus.name}"))
    state.rules.put(at, rule)
    if schedule and rule.is_on and (before is None or before.schedule != schedule or not before.is_on):
        ticking.begin(call, at, rule)
    return {"RuleArn": state.rule_arn(at, bus.name, name)}


def _service_of(call: Call) -> str:
    """The service whose linked role makes this call; empty for everybody else."""
    parts = call.caller.path.split("/")
    return parts[2] if call.caller.kind == "role" and parts[1:2] == ["aws-service-role"] else ""


def _check_managed(call: Call, rule: Rule | None, *, is_forced: bool = False) -> None:
    """A rule that a service made is that service's."""
    if rule is None or not rule.managed_by or is_forced:
        return
    if _service_of(call) != rule.managed_by:
        raise ManagedRuleException(f"Rule {rule.name} is managed by {rule.managed_by}.")


def existing(call: Call, bus: str | None, name: str, *, is_forced: bool = False) -> tuple[At, Rule]:
    """A rule that may be changed."""
    at, rule = state.existing_rule(call, bus, name)
    _check_managed(call, rule, is_forced=is_forced)
    return at, rule


@operation
def describe_rule(call: Call, *, name: str, event_bus_name: str | None = None) -> dict[str, Any]:
    at, rule = state.existing_rule(call, event_bus_name, name)
    return {**_shown(at, rule), "CreatedBy": rule.created_by}


def _shown(at: At, rule: Rule) -> dict[str, Any]:
    found = {
        "Name": rule.name,
        "Arn": state.rule_arn(at, rule.bus, rule.name),
        "EventPattern": rule.pattern,
        "State": rule.rule_state,
        "Description": rule.description,
        "ScheduleExpression": rule.schedule,
        "RoleArn": rule.role,
        "ManagedBy": rule.managed_by,
        "EventBusName": rule.bus,
    }
    return {name: value for name, value in found.items() if value}


@operation
def list_rules(
    call: Call,
    *,
    name_prefix: str | None = None,
    event_bus_name: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    at, bus = state.existing_bus(call, event_bus_name)
    found, token = paging.page(state.rules.range(at, bus.name), lambda rule: rule.name, name_prefix, next_token, limit)
    return {"Rules": [_shown(at, rule) for rule in found], **token}


@operation
def delete_rule(call: Call, *, name: str, event_bus_name: str | None = None, force: bool = False) -> None:
    at, bus = state.existing_bus(call, event_bus_name)
    rule = state.rules.get(at, bus.name, name)
    if rule is None:
        return
    _check_managed(call, rule, is_forced=force)
    if state.targets.first(at, bus.name, name) is not None:
        raise ValidationException("Rule can't be deleted since it has targets.")
    state.rules.remove(at, rule)


@operation
def enable_rule(call: Call, *, name: str, event_bus_name: str | None = None) -> None:
    at, rule = existing(call, event_bus_name, name)
    if not rule.is_on:
        new: Rule = state.replace(rule, rule_state="ENABLED", number=state.next_number(at, f"rule {rule.bus}"))
        state.rules.replace(at, rule, new)
        if new.schedule:
            ticking.begin(call, at, new)


@operation
def disable_rule(call: Call, *, name: str, event_bus_name: str | None = None) -> None:
    at, rule = existing(call, event_bus_name, name)
    state.rules.replace(at, rule, state.replace(rule, rule_state="DISABLED"))
