"""Event selectors: which events a trail wants."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.history import Selected, everywhere, selected
from skyjar.kernel.service import operation

from . import SelectionChanged, contents, limits, matching, state
from .errors import InvalidEventSelectorsException
from .state import Trail

_TYPES = ("AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table")  # of plain selectors


@operation
def put_event_selectors(
    call: Call,
    *,
    trail_name: str,
    event_selectors: list[dict[str, Any]] | None = None,
    advanced_event_selectors: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    at, trail = state.own(call, trail_name)
    if bool(event_selectors) == bool(advanced_event_selectors):
        raise InvalidEventSelectorsException("Specify either EventSelectors or AdvancedEventSelectors, and not none.")
    plain = [_checked(each) for each in event_selectors or []]
    resources = sum(len(resource["Values"]) for each in plain for resource in each["DataResources"])
    if len(plain) > limits.SELECTORS or resources > limits.DATA_RESOURCES:
        raise InvalidEventSelectorsException("The trail would have too many event selectors or data resources.")
    for selector in advanced_event_selectors or []:
        _check_advanced(selector)
    changed = state.replace(trail, selectors=tuple(plain), advanced=tuple(advanced_event_selectors or ()))
    state.trails.replace(at, trail, changed)
    select(call)
    return _show(state.arn_of(at, trail.name), changed)


def _checked(selector: dict[str, Any]) -> dict[str, Any]:
    """The selector with its defaults."""
    found = {**matching.DEFAULT, **selector}
    found["DataResources"] = [
        {"Type": each.get("Type"), "Values": each.get("Values", [])} for each in found["DataResources"]
    ]
    for each in found["DataResources"]:
        if each["Type"] not in _TYPES:
            raise InvalidEventSelectorsException(f"The data resource type {each['Type']} is not valid.")
        if not all(value.startswith("arn:") for value in each["Values"]):
            raise InvalidEventSelectorsException("The values of a data resource must be the beginnings of ARNs.")
    if not found["IncludeManagementEvents"] and not found["DataResources"]:
        raise InvalidEventSelectorsException("An event selector must select management events or data resources.")
    return found


def _check_advanced(selector: dict[str, Any]) -> None:
    fields = {each["Field"]: each for each in selector["FieldSelectors"]}
    category = fields.get("eventCategory", {}).get("Equals")
    if category not in (["Management"], ["Data"]):
        raise InvalidEventSelectorsException(
            "An advanced event selector must contain the field eventCategory, equal to Management or Data."
        )
    for name in fields:
        if name not in matching.FIELDS:
            raise NotImplementedHere(f"Skyjar does not implement the field {name} of an event selector of cloudtrail.")
    if category == ["Data"]:
        kind = fields.get("resources.type", {}).get("Equals")
        if not kind or len(kind) != 1:
            raise InvalidEventSelectorsException(
                "A selector of data events must contain resources.type, equal to one type."
            )
        if kind[0] not in contents.DATA_SERVICES:
            raise NotImplementedHere(f"Skyjar does not record data events of {kind[0]}.")


def select(call: Call) -> None:
    """Have the data events recorded that the logging trails of the cloud want, and no others."""
    wanted: set[str] = set()
    for _, _, trail in state.trails.anywhere(call.tx):
        if trail.is_logging:
            wanted |= matching.services(trail)
    place = everywhere(call.tx)
    before = selected.get(place, "")
    services = tuple(sorted(wanted))
    if services != (before.services if before is not None else ()):
        selected.put(place, Selected(id="", services=services))
        call.emit(SelectionChanged())


@operation
def get_event_selectors(call: Call, *, trail_name: str) -> dict[str, Any]:
    at, trail = state.visible(call, trail_name)
    return _show(state.arn_of(at, trail.name), trail)


def _show(arn: str, trail: Trail) -> dict[str, Any]:
    if trail.advanced:
        return {"TrailARN": arn, "AdvancedEventSelectors": list(trail.advanced)}
    return {"TrailARN": arn, "EventSelectors": list(trail.selectors or (matching.DEFAULT,))}
