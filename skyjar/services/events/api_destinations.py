"""API destinations: HTTP endpoints as targets."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import calling, connection_state, connections, limits, paging
from .connection_state import Destination
from .errors import LimitExceededException, ResourceAlreadyExistsException, ResourceNotFoundException


def arn_of(call: Call, found: Destination) -> str:
    return f"arn:aws:events:{call.region}:{call.account}:api-destination/{found.name}/{found.id}"


def existing(call: Call, name: str) -> Destination:
    found = connection_state.destinations.get(call, name)
    if found is None:
        raise ResourceNotFoundException(
            f"Failed to describe the api-destination(s). An api-destination '{name}' does not exist."
        )
    return found


def _status(call: Call, found: Destination) -> str:
    connection = connection_state.connections.get(call, found.connection)
    return "ACTIVE" if connection is not None and connection.status == "AUTHORIZED" else "INACTIVE"


def _answer(call: Call, found: Destination) -> dict[str, Any]:
    return {
        "ApiDestinationArn": arn_of(call, found),
        "ApiDestinationState": _status(call, found),
        "CreationTime": found.created_at,
        "LastModifiedTime": found.changed_at,
    }


@operation
def create_api_destination(
    call: Call,
    *,
    name: str,
    connection_arn: str,
    invocation_endpoint: str,
    http_method: str,
    description: str = "",
    invocation_rate_limit_per_second: int = limits.API_RATE_PER_S,
) -> dict[str, Any]:
    if connection_state.destinations.get(call, name) is not None:
        raise ResourceAlreadyExistsException(f"An api-destination '{name}' already exists.")
    if connection_state.destinations.count(call, limit=limits.API_DESTINATIONS) >= limits.API_DESTINATIONS:
        raise LimitExceededException
    calling.check_endpoint(invocation_endpoint, "InvocationEndpoint")
    found = Destination(
        name=name,
        id=call.new_id(),
        connection=connections.by_arn(call, connection_arn).name,
        endpoint=invocation_endpoint,
        method=http_method,
        created_at=call.now,
        changed_at=call.now,
        description=description,
        rate_per_s=invocation_rate_limit_per_second,
    )
    connection_state.destinations.add(call, found)
    return _answer(call, found)


@operation
def update_api_destination(
    call: Call,
    *,
    name: str,
    connection_arn: str | None = None,
    invocation_endpoint: str | None = None,
    http_method: str | None = None,
    description: str | None = None,
    invocation_rate_limit_per_second: int | None = None,
) -> dict[str, Any]:
    found = existing(call, name)
    fields = {each: getattr(found, each) for each in Destination.__struct_fields__}
    if connection_arn is not None:
        fields["connection"] = connections.by_arn(call, connection_arn).name
    if invocation_endpoint is not None:
        calling.check_endpoint(invocation_endpoint, "InvocationEndpoint")
    given = {
        "endpoint": invocation_endpoint,
        "method": http_method,
        "description": description,
        "rate_per_s": invocation_rate_limit_per_second,
    }
    fields |= {key: value for key, value in given.items() if value is not None}
    new = Destination(**{**fields, "changed_at": call.now})
    connection_state.destinations.replace(call, found, new)
    return _answer(call, new)


@operation
def delete_api_destination(call: Call, *, name: str) -> dict[str, Any]:
    connection_state.destinations.remove(call, existing(call, name))
    return {}


def _shown(call: Call, found: Destination) -> dict[str, Any]:
    connection = connection_state.connections.get(call, found.connection)
    return {
        **_answer(call, found),
        "Name": found.name,
        "ConnectionArn": connections.arn_of(call, connection) if connection is not None else "",
        "InvocationEndpoint": found.endpoint,
        "HttpMethod": found.method,
        "InvocationRateLimitPerSecond": found.rate_per_s,
    }


@operation
def describe_api_destination(call: Call, *, name: str) -> dict[str, Any]:
    found = existing(call, name)
    return _shown(call, found) | ({"Description": found.description} if found.description else {})


@operation
def list_api_destinations(
    call: Call,
    *,
    name_prefix: str | None = None,
    connection_arn: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    shown = [_shown(call, each) for each in connection_state.destinations.range(call)]
    wanted = [each for each in shown if connection_arn in (None, each["ConnectionArn"])]
    found, token = paging.page(wanted, lambda each: str(each["Name"]), name_prefix, next_token, limit)
    return {"ApiDestinations": found, **token}
