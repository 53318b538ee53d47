"""Which events a trail wants. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.history import Seen
from skyjar.kernel.tables import Place

from . import contents
from .state import Trail

DEFAULT: dict[str, Any] = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}
_FIELDS: dict[str, Callable[[Seen], str]] = {
    "eventCategory": lambda seen: "Data" if seen.is_data else "Management",
    "readOnly": lambda seen: "true" if contents.is_read(seen) else "false",
    "eventSource": contents.source,
    "eventName": contents.name,
    "resources.type": lambda seen: contents.DATA_TYPES.get(seen.service, ""),
    "resources.ARN": lambda seen: next((arn for _, arn in contents.resources(seen)), ""),
    "userIdentity.arn": lambda seen: seen.principal.arn,
}
FIELDS = tuple(_FIELDS)
_OPERATORS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "Equals": (str.__eq__, True),
    "StartsWith": (str.startswith, True),
    "EndsWith": (str.endswith, True),
    "NotEquals": (str.__eq__, False),
    "NotStartsWith": (str.startswith, False),
    "NotEndsWith": (str.endswith, False),
}


def is_within(home: Place, trail: Trail, seen: Seen, accounts: set[str]) -> bool:
    """Whether the trail looks where this happened. `accounts` are those that it covers."""
    if seen.account not in accounts:
        return False
    if trail.is_everywhere:
        return trail.has_global or seen.service not in contents.GLOBAL
    if seen.service in contents.GLOBAL:
        return trail.has_global
    return seen.region == home.region


def wants(trail: Trail, seen: Seen) -> bool:
    if trail.advanced:
        return any(_meets(selector["FieldSelectors"], seen) for selector in trail.advanced)
    return any(_selects(selector, seen) for selector in trail.selectors or (DEFAULT,))


def _selects(selector: dict[str, Any], seen: Seen) -> bool:
    kind = selector.get("ReadWriteType", "All")
    if kind != "All" and (kind == "ReadOnly") != contents.is_read(seen):
        return False
    if not seen.is_data:
        excluded = selector.get("ExcludeManagementEventSources", [])
        return bool(selector.get("IncludeManagementEvents", True)) and contents.source(seen) not in excluded
    return any(_covers(each["Type"], each.get("Values", []), seen) for each in selector.get("DataResources", []))


def _covers(kind: str, values: list[str], seen: Seen) -> bool:
    """A value is the beginning of an ARN: `arn:aws:s3` or `arn:aws:s3:::` is all of S3, `arn:aws:lambda` all functions."""
    if contents.DATA_TYPES.get(seen.service) != kind:
        return False
    arns = [arn for _, arn in contents.resources(seen)]
    return any(arn.startswith(value) for arn in arns for value in values)


def _meets(fields: list[dict[str, Any]], seen: Seen) -> bool:
    return all(_passes(field, _FIELDS[field["Field"]](seen)) for field in fields)


def _passes(field: dict[str, Any], value: str) -> bool:
    for name, (test, is_wanted) in _OPERATORS.items():
        given = field.get(name)
        if given and any(test(value, each) for each in given) != is_wanted:
            return False
    return True


def services(trail: Trail) -> set[str]:
    """The services whose data events the trail may want."""
    types = {each["Type"] for selector in trail.selectors for each in selector.get("DataResources", [])}
    for selector in trail.advanced:
        for field in selector["FieldSelectors"]:
            if field["Field"] == "resources.type":
                types.update(field.get("Equals", []))
    return {contents.DATA_SERVICES[kind] for kind in types & contents.DATA_SERVICES.keys()}
