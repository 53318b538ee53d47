"""Connections: how API destinations are authorised. Their credentials lie in Secrets Manager, as on AWS."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.kernel.service import operation

from . import calling, connection_state, limits, paging
from .connection_state import Connection
from .errors import (
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)

_MEMBERS = {
    "BASIC": "BasicAuthParameters",
    "API_KEY": "ApiKeyAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
_HIDDEN = ("Password", "ApiKeyValue", "ClientSecret")


def arn_of(call: Call, found: Connection) -> str:
    return f"arn:aws:events:{call.region}:{call.account}:connection/{found.name}/{found.id}"


def existing(call: Call, name: str) -> Connection:
    found = connection_state.connections.get(call, name)
    if found is None:
        raise ResourceNotFoundException(f"Failed to describe the connection(s). Connection '{name}' does not exist.")
    return found


def by_arn(call: Call, arn: str) -> Connection:
    parts = arn.split("/")
    found = connection_state.connections.get(call, parts[1]) if len(parts) == 3 else None
    if found is None or arn_of(call, found) != arn:
        raise ResourceNotFoundException(f"Connection {arn} does not exist.")
    return found


def parameters_of(call: Call, found: Connection) -> dict[str, Any]:
    """The authorization parameters with their secrets."""
    value = _secrets(call).get_secret_value(secret_id=found.secret)["SecretString"]
    answer: dict[str, Any] = orjson.loads(value)
    return answer


def _secrets(call: Call) -> Any:
    return call.ask("secretsmanager", root(call.account))


def _shown_parameters(given: dict[str, Any]) -> dict[str, Any]:
    """Without what is secret."""
    shown: dict[str, Any] = {}
    for name, value in given.items():
        if name in _HIDDEN:
            continue
        if isinstance(value, dict):
            shown[name] = _shown_parameters(value)
        elif isinstance(value, list):
            shown[name] = [
                {key: each[key] for key in each if key != "Value" or not each.get("IsValueSecret")} for each in value
            ]
        else:
            shown[name] = value
    return shown


def _check(kind: str, given: dict[str, Any]) -> None:
    member = _MEMBERS[kind]
    if not given.get(member):
        raise ValidationException(f"Authorization parameters of type {kind} must have {member}.")
    if given.get("ConnectivityParameters"):
        raise ValidationException("Private connections need Amazon VPC Lattice, which is not there.")
    if kind == "OAUTH_CLIENT_CREDENTIALS":
        calling.check_endpoint(given[member]["AuthorizationEndpoint"], "AuthorizationEndpoint")


@operation
def create_connection(
    call: Call,
    *,
    name: str,
    authorization_type: str,
    auth_parameters: dict[str, Any],
    description: str = "",
) -> dict[str, Any]:
    if connection_state.connections.get(call, name) is not None:
        raise ResourceAlreadyExistsException(f"Connection {name} already exists.")
    if connection_state.connections.count(call, limit=limits.CONNECTIONS) >= limits.CONNECTIONS:
        raise LimitExceededException
    _check(authorization_type, auth_parameters)
    identity = call.new_id()
    secret = _secrets(call).create_secret(
        name=f"events!connection/{name}/{call.new_id()}", secret_string=orjson.dumps(auth_parameters).decode()
    )["ARN"]
    found = Connection(
        name=name,
        id=identity,
        kind=authorization_type,
        secret=secret,
        shown=orjson.dumps(_shown_parameters(auth_parameters)),
        created_at=call.now,
        changed_at=call.now,
        description=description,
        authorized_at=call.now,
    )
    found = _authorised(call, found)
    connection_state.connections.add(call, found)
    return {key: value for key, value in _answer(call, found).items() if key != "LastAuthorizedTime"}


def _authorised(call: Call, found: Connection) -> Connection:
    """A password or a key is taken as it is; for OAuth a token is asked for, by a job."""
    if found.kind != "OAUTH_CLIENT_CREDENTIALS":
        return found
    call.later(calling.authorise, key=found.name, name=found.name)
    new: Connection = Connection(
        **{
            **{name: getattr(found, name) for name in Connection.__struct_fields__},
            "status": "AUTHORIZING",
            "token": "",
            "token_ends_at": 0.0,
        }
    )
    return new


def _answer(call: Call, found: Connection) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "ConnectionArn": arn_of(call, found),
        "ConnectionState": found.status,
        "CreationTime": found.created_at,
        "LastModifiedTime": found.changed_at,
    }
    if found.authorized_at and found.status != "AUTHORIZING":
        answer["LastAuthorizedTime"] = found.authorized_at
    return answer


@operation
def update_connection(
    call: Call,
    *,
    name: str,
    description: str | None = None,
    authorization_type: str | None = None,
    auth_parameters: dict[str, Any] | None = None,
) -> dict[str, Any]:
    found = existing(call, name)
    kind = authorization_type or found.kind
    fields = {each: getattr(found, each) for each in Connection.__struct_fields__}
    fields |= {"kind": kind, "changed_at": call.now}
    if description is not None:
        fields["description"] = description
    if auth_parameters is not None or kind != found.kind:
        whole = {} if kind != found.kind else parameters_of(call, found)
        for member, value in (auth_parameters or {}).items():
            before = whole.get(member)
            whole[member] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
        _check(kind, whole)
        _secrets(call).put_secret_value(secret_id=found.secret, secret_string=orjson.dumps(whole).decode())
        fields |= {"shown": orjson.dumps(_shown_parameters(whole)), "authorized_at": call.now, "status": "AUTHORIZED"}
    new = _authorised(call, Connection(**fields))
    connection_state.connections.replace(call, found, new)
    return _answer(call, new)


@operation
def deauthorize_connection(call: Call, *, name: str) -> dict[str, Any]:
    found = existing(call, name)
    fields = {each: getattr(found, each) for each in Connection.__struct_fields__}
    new = Connection(**{**fields, "status": "DEAUTHORIZED", "token": "", "changed_at": call.now})
    connection_state.connections.replace(call, found, new)
    return _answer(call, new)


@operation
def delete_connection(call: Call, *, name: str) -> dict[str, Any]:
    found = existing(call, name)
    if any(each.connection == name for each in connection_state.destinations.range(call)):
        raise ValidationException(f"Connection {name} is used by an API destination.")
    try:
        _secrets(call).delete_secret(secret_id=found.secret, force_delete_without_recovery=True)
    except AWSError as error:
        if error.code != "ResourceNotFoundException":
            raise
    connection_state.connections.remove(call, found)
    return {**_answer(call, found), "ConnectionState": "DELETING"}


@operation
def describe_connection(call: Call, *, name: str) -> dict[str, Any]:
    found = existing(call, name)
    shown: dict[str, Any] = {
        **_answer(call, found),
        "Name": name,
        "AuthorizationType": found.kind,
        "SecretArn": found.secret,
        "AuthParameters": orjson.loads(found.shown),
    }
    more = {"Description": found.description, "StateReason": found.reason}
    return shown | {key: value for key, value in more.items() if value}


@operation
def list_connections(
    call: Call,
    *,
    name_prefix: str | None = None,
    connection_state: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    held = [each for each in _all(call) if connection_state in (None, each.status)]
    found, token = paging.page(held, lambda each: each.name, name_prefix, next_token, limit)
    shown = [{**_answer(call, each), "Name": each.name, "AuthorizationType": each.kind} for each in found]
    return {"Connections": shown, **token}


def _all(call: Call) -> list[Connection]:
    return connection_state.connections.range(call)
