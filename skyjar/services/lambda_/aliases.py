"""Aliases: names of their own that point to versions."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import names, paging, provisioned, state
from .errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .names import LATEST
from .state import Alias, Function

Weights = tuple[tuple[str, float], ...]


@operation
def create_alias(
    call: Call,
    *,
    function_name: str,
    name: str,
    function_version: str,
    description: str = "",
    routing_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    if state.aliases.get(at, function.name, name) is not None:
        raise ResourceConflictException(f"Alias already exists: {_arn(at, function.name, name)}")
    _check_version(at, function, function_version)
    alias = Alias(
        function=function.name,
        name=name,
        version=function_version,
        revision=call.new_id(),
        description=description,
        weights=_weights(at, function, function_version, routing_config),
    )
    state.aliases.add(at, alias)
    return _show(at, alias)


def _check_version(at: At, function: Function, version: str) -> None:
    number = state.number_of(version)
    if number is None or state.versions.get(at, function.name, number) is None:
        raise ResourceNotFoundException(
            f"Function not found: {names.arn_of(at.account, at.region, function.name, version)}"
        )


def _weights(at: At, function: Function, version: str, routing: dict[str, Any] | None) -> Weights:
    given: dict[str, float] = (routing or {}).get("AdditionalVersionWeights") or {}
    if not given:
        return ()
    if LATEST in given or version == LATEST:
        raise InvalidParameterValueException("$LATEST is not supported for an alias pointing to more than 1 version")
    if len(given) > 1:
        raise InvalidParameterValueException("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version in given:
        raise InvalidParameterValueException(
            f"Invalid function version {version}. Function version {version} is already included in routing configuration."
        )
    for other, weight in given.items():
        _check_version(at, function, other)
        if not 0.0 <= weight <= 1.0:
            raise InvalidParameterValueException(f"Invalid weight {weight}. Weights must be between 0.0 and 1.0.")
    return tuple(given.items())


@operation
def get_alias(call: Call, *, function_name: str, name: str) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    return _show(at, _find(at, function, name))


@operation
def update_alias(
    call: Call,
    *,
    function_name: str,
    name: str,
    function_version: str | None = None,
    description: str | None = None,
    routing_config: dict[str, Any] | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    old = _find(at, function, name)
    if revision_id and revision_id != old.revision:
        raise PreconditionFailedException
    version = function_version or old.version
    _check_version(at, function, version)
    weights = old.weights if routing_config is None else _weights(at, function, version, routing_config)
    new = state.replace(
        old,
        version=version,
        description=old.description if description is None else description,
        weights=weights,
        revision=call.new_id(),
    )
    state.aliases.replace(at, old, new)
    provisioned.moved(call, at, old, new)
    return _show(at, new)


@operation
def delete_alias(call: Call, *, function_name: str, name: str) -> None:
    at, function = state.head(call, function_name)
    provisioned.dropped(call, at, function.name, name)
    state.aliases.delete(at, function.name, name)
    state.policies.delete(at, function.name, name)
    state.event_configs.delete(at, function.name, name)


@operation
def list_aliases(
    call: Call,
    *,
    function_name: str,
    function_version: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    found = [
        alias
        for alias in state.aliases.range(at, function.name)
        if function_version in (None, alias.version, *(version for version, _ in alias.weights))
    ]
    page, after = paging.page(found, lambda alias: alias.name, marker, max_items)
    return {"Aliases": [_show(at, alias) for alias in page]} | ({"NextMarker": after} if after else {})


def _find(at: At, function: Function, name: str) -> Alias:
    found = state.aliases.get(at, function.name, name)
    if found is None:
        raise ResourceNotFoundException(f"Cannot find alias arn: {_arn(at, function.name, name)}")
    return found


def _arn(at: At, function: str, name: str) -> str:
    return names.arn_of(at.account, at.region, function, name)


def _show(at: At, alias: Alias) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AliasArn": _arn(at, alias.function, alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return shown
