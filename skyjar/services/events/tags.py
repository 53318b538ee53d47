"""Tags of rules and buses."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Place

from . import limits, state
from .errors import LimitExceededException, ResourceNotFoundException, ValidationException
from .state import Bus, Rule


def checked(before: dict[str, str], given: list[dict[str, str]] | None) -> dict[str, str]:
    """The tags with those given added."""
    tags = given or []
    if len({tag["Key"] for tag in tags}) != len(tags):
        raise ValidationException("Duplicated keys are not allowed.")
    if any(tag["Key"].lower().startswith("aws:") for tag in tags):
        raise ValidationException("aws: prefixed tag key names are not allowed for external use.")
    found = {**before, **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(found) > limits.TAGS:
        raise LimitExceededException
    return found


def find(call: Call, arn: str) -> tuple[At, Rule | Bus] | None:
    """The rule or bus of an ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "events":
        return None
    at = Place(call.tx, parts[4], parts[3])
    kind, _, name = parts[5].partition("/")
    found: Rule | Bus | None = None
    if kind == "rule":
        bus, _, rule = name.rpartition("/")
        found = state.rules.get(at, bus or state.DEFAULT, rule)
    elif kind == "event-bus":
        found = state.find_bus(at, name)
    return (at, found) if found is not None else None


def _existing(call: Call, arn: str) -> tuple[At, Rule | Bus]:
    found = find(call, arn)
    if found is None:
        kind = "Rule" if ":rule/" in arn else "Event bus"
        raise ResourceNotFoundException(f"{kind} {arn.rpartition('/')[2]} does not exist.")
    return found


def _keep(at: At, found: Rule | Bus, tags: dict[str, str]) -> None:
    new = state.replace(found, tags=tags)
    if isinstance(found, Rule):
        state.rules.put(at, new)
    else:
        state.buses.put(at, new)


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    at, found = _existing(call, resource_arn)
    _keep(at, found, checked(found.tags, tags))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    at, found = _existing(call, resource_arn)
    _keep(at, found, {key: value for key, value in found.tags.items() if key not in tag_keys})
    return {}


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    _, found = _existing(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}
