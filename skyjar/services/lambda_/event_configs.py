"""How asynchronous invocation treats failures: tries, age, destinations."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import configuration, names, paging, state
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .names import LATEST, Reference
from .state import EventConfig


@operation
def put_function_event_invoke_config(
    call: Call,
    *,
    function_name: str,
    qualifier: str | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_event_age_in_seconds: int | None = None,
    destination_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    if maximum_retry_attempts is None and maximum_event_age_in_seconds is None and destination_config is None:
        raise InvalidParameterValueException("You must specify at least one of error handling or destination setting.")
    at, reference = _place(call, function_name, qualifier)
    new = EventConfig(
        function=reference.name,
        qualifier=reference.qualifier or LATEST,
        modified=call.now,
        retries=maximum_retry_attempts,
        age_s=maximum_event_age_in_seconds,
        **_destinations(destination_config or {}),
    )
    state.event_configs.put(at, new)
    return _show(at, new)


@operation
def update_function_event_invoke_config(
    call: Call,
    *,
    function_name: str,
    qualifier: str | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_event_age_in_seconds: int | None = None,
    destination_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    at, old = _find(call, function_name, qualifier)
    changes: dict[str, Any] = {"modified": call.now}
    if maximum_retry_attempts is not None:
        changes["retries"] = maximum_retry_attempts
    if maximum_event_age_in_seconds is not None:
        changes["age_s"] = maximum_event_age_in_seconds
    if destination_config is not None:
        changes |= _destinations(destination_config)
    new = state.replace(old, **changes)
    state.event_configs.put(at, new)
    return _show(at, new)


@operation
def get_function_event_invoke_config(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    return _show(*_find(call, function_name, qualifier))


@operation
def delete_function_event_invoke_config(call: Call, *, function_name: str, qualifier: str | None = None) -> None:
    at, found = _find(call, function_name, qualifier)
    state.event_configs.remove(at, found)


@operation
def list_function_event_invoke_configs(
    call: Call, *, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    found = state.event_configs.range(at, function.name)
    page, after = paging.page(found, lambda config: config.qualifier, marker, max_items)
    shown = {"FunctionEventInvokeConfigs": [_show(at, config) for config in page]}
    return shown | ({"NextMarker": after} if after else {})


def _place(call: Call, name: str, qualifier: str | None) -> tuple[At, Reference]:
    at, reference = state.refer(call, name, qualifier)
    state.resolve(at, reference)
    return at, reference


def _find(call: Call, name: str, qualifier: str | None) -> tuple[At, EventConfig]:
    at, reference = _place(call, name, qualifier)
    wanted = reference.qualifier or LATEST
    found = state.event_configs.get(at, reference.name, wanted)
    if found is None:
        arn = names.arn_of(at.account, at.region, reference.name, wanted)
        raise ResourceNotFoundException(f"The function {arn} doesn't have an EventInvokeConfig")
    return at, found


def _destinations(given: dict[str, Any]) -> dict[str, str]:
    return {
        "on_success": _target(given.get("OnSuccess") or {}),
        "on_failure": _target(given.get("OnFailure") or {}),
    }


def _target(given: dict[str, Any]) -> str:
    arn: str = given.get("Destination", "")
    if not arn:
        return ""
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service == "s3":
        raise NotImplementedHere(f"Skyjar does not implement destinations of {service} for lambda.")
    if service not in ("sqs", "sns", "lambda", "events") or (service == "events" and ":event-bus/" not in arn):
        raise InvalidParameterValueException(f"The provided destination config DestinationConfig({arn}) is invalid.")
    configuration.check_target(arn)
    return arn


def _show(at: At, config: EventConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LastModified": config.modified,
        "FunctionArn": names.arn_of(at.account, at.region, config.function, config.qualifier),
        "DestinationConfig": {
            "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
            "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
        },
    }
    if config.retries is not None:
        shown["MaximumRetryAttempts"] = config.retries
    if config.age_s is not None:
        shown["MaximumEventAgeInSeconds"] = config.age_s
    return shown
