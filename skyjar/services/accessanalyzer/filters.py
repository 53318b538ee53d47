"""Which findings a filter means: of an archive rule, or of a list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ValidationException
from .state import Finding

Filter = Mapping[str, Mapping[str, Any]]
_KEYS = (
    "resource",
    "resourceType",
    "resourceOwnerAccount",
    "isPublic",
    "findingType",
    "status",
    "error",
    "id",
)
_OPEN = ("principal.", "condition.")


def check(wanted: Filter) -> None:
    for key, criterion in wanted.items():
        if key not in _KEYS and not key.startswith(_OPEN):
            raise ValidationException(f"The filter key {key} is not valid.")
        if not criterion:
            raise ValidationException(f"The criterion of {key} has no operator.")


def matches(wanted: Filter, found: Finding) -> bool:
    """All criteria must hold, and of each all its operators."""
    values = _values(found)
    return all(_holds(criterion, values.get(key)) for key, criterion in wanted.items())


def _values(found: Finding) -> dict[str, str]:
    values = {
        "resource": found.resource,
        "resourceType": found.resource_type,
        "resourceOwnerAccount": found.owner,
        "isPublic": "true" if found.is_public else "false",
        "findingType": found.kind,
        "status": found.status,
        "id": found.id,
    }
    if found.error:
        values["error"] = found.error
    values |= {f"principal.{kind}": name for kind, name in found.principal.items()}
    return values | {f"condition.{key}": value for key, value in found.condition.items()}


def _holds(criterion: Mapping[str, Any], value: str | None) -> bool:
    if "exists" in criterion and (value is not None) != criterion["exists"]:
        return False
    if "eq" in criterion and value not in criterion["eq"]:
        return False
    if "neq" in criterion and value in criterion["neq"]:
        return False
    return "contains" not in criterion or (value is not None and any(each in value for each in criterion["contains"]))
