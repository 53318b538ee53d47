"""Requests to API destinations: their parameters, their authorization, their pace.

Source: EventBridge User Guide, "API destinations", "Connections for HTTP endpoint targets". On AWS endpoints are `https`;
here `http` is let through to this machine itself, where it stands in for that.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside, Send, Sent

from . import connection_state, inputs, limits, senders
from .connection_state import Connection, Destination
from .errors import ResourceNotFoundException, ValidationException

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_AGAIN = (401, 407, 409, 429)
_TOKEN = re.compile(r"[\x21-\x7e]+")
Then = Callable[[Call, "AWSError | float | None"], Any]


class Unanswered(AWSError):
    """No answer, or one that is worth another try."""

    code = "SDK_CLIENT_ERROR"
    status = 503


class Refused(AWSError):
    code = "SDK_CLIENT_ERROR"


def check_endpoint(url: str, parameter: str) -> None:
    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    is_here = address.scheme == "http" and address.hostname in _LOOPBACK
    if not address.hostname or (address.scheme != "https" and not is_here):
        raise ValidationException(f"Parameter {parameter} is not valid. Reason: Must be an HTTPS endpoint.")


def request(call: Call, target: dict[str, Any], event: dict[str, Any], text: str, then: Then) -> Outside | None:
    """The request to a target's API destination; `then` is told what is wrong with the answer, or how long to wait before
    asking at all. Raises what stands against it beforehand."""
    arn = target["Arn"]
    who = senders.in_role(call, target["RoleArn"])
    call.judge("events", "invoke_api_destination", who, api_destination_arn=arn)
    destination = connection_state.destinations.get(call, arn.split("/")[1])
    connection = connection_state.connections.get(call, destination.connection) if destination is not None else None
    if destination is None or connection is None or arn.split("/")[2] != destination.id:
        raise ResourceNotFoundException(f"API destination {arn} does not exist.")
    if connection.status == "DEAUTHORIZED":
        raise Refused(f"The connection {connection.name} is deauthorized.")
    wait_s = _take_turn(call, destination)
    if wait_s:
        then(call, wait_s)
        return None

    def send(call: Call, token: str) -> Outside:
        made = _made(call, destination, connection, target, event, text, token)
        return Outside(made, lambda call, answer: then(call, _problem(call, connection, answer)))

    if connection.kind != "OAUTH_CLIENT_CREDENTIALS" or connection.token_ends_at > call.now:
        return send(call, connection.token)
    return Outside(
        _token_request(call, connection),
        lambda call, answer: _with_token(call, connection.name, answer, then, send),
    )


def _take_turn(call: Call, destination: Destination) -> float:
    """How long this request must wait; the pace is kept by the time of the next turn."""
    if destination.next_at > call.now:
        return destination.next_at - call.now
    fields = {each: getattr(destination, each) for each in Destination.__struct_fields__}
    later = Destination(**{**fields, "next_at": call.now + 1 / destination.rate_per_s})
    connection_state.destinations.replace(call, destination, later)
    return 0.0


def _with_token(call: Call, name: str, answer: Any, then: Then, send: Callable[[Call, str], Outside]) -> Any:
    token = _keep_token(call, name, answer)
    if not token:
        return then(call, Unanswered("The OAuth token could not be had."))
    return send(call, token)


def _keep_token(call: Call, name: str, answer: Any) -> str:
    """The token in an authorization endpoint's answer; empty when there is none."""
    connection = connection_state.connections.get(call, name)
    token, lasts_s = "", limits.TOKEN_S
    if isinstance(answer, Sent) and 200 <= answer.status < 300:
        try:
            found = orjson.loads(answer.body)
            token = str(found.get("access_token") or "")
            lasts_s = float(found.get("expires_in") or limits.TOKEN_S)
        except (orjson.JSONDecodeError, AttributeError, ValueError, TypeError):
            token = ""
    if connection is not None:
        is_good = bool(_TOKEN.fullmatch(token))
        fields = {each: getattr(connection, each) for each in Connection.__struct_fields__}
        reason = "" if is_good else _reason(answer)
        fields |= {"status": "AUTHORIZED" if is_good else "DEAUTHORIZED", "reason": reason}
        fields |= {"token": token if is_good else "", "token_ends_at": call.now + lasts_s if is_good else 0.0}
        if is_good:
            fields["authorized_at"] = call.now
        connection_state.connections.replace(call, connection, Connection(**fields))
    return token


def _reason(answer: Any) -> str:
    if isinstance(answer, Sent):
        return f"The authorization endpoint answered {answer.status} without a token."
    return f"The authorization endpoint could not be reached: {answer}"[:500]


@job()
def authorise(call: Call, *, name: str) -> Outside | None:
    """Ask for a connection's first token."""
    connection = connection_state.connections.get(call, name)
    if connection is None or connection.status != "AUTHORIZING":
        return None

    def keep(call: Call, answer: Any) -> None:
        _keep_token(call, name, answer)

    return Outside(_token_request(call, connection), keep)


def _token_request(call: Call, connection: Connection) -> Send:
    from . import connections

    given = connections.parameters_of(call, connection)["OAuthParameters"]
    client = given["ClientParameters"]
    fields = {
        "grant_type": "client_credentials",
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    more = given.get("OAuthHttpParameters") or {}
    headers |= _pairs(more.get("HeaderParameters"))
    fields |= _pairs(more.get("BodyParameters"))
    url = _with_query(given["AuthorizationEndpoint"], _pairs(more.get("QueryStringParameters")))
    body = urlencode(fields).encode()
    if given["HttpMethod"] == "GET":
        return Send("GET", _with_query(url, fields), headers, b"", limits.HTTP_TIMEOUT_S)
    return Send(given["HttpMethod"], url, headers, body, limits.HTTP_TIMEOUT_S)


def _pairs(given: list[dict[str, Any]] | None) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in given or ()}


def _with_query(url: str, more: dict[str, str]) -> str:
    if not more:
        return url
    address = urlsplit(url)
    pairs = [*parse_qsl(address.query, keep_blank_values=True), *more.items()]
    return urlunsplit(address._replace(query=urlencode(pairs, quote_via=quote)))


def _made(
    call: Call,
    destination: Destination,
    connection: Connection,
    target: dict[str, Any],
    event: dict[str, Any],
    text: str,
    token: str,
) -> Send:
    from . import connections

    held = connections.parameters_of(call, connection)
    every = held.get("InvocationHttpParameters") or {}
    own = target.get("HttpParameters") or {}

    def filled(value: str) -> str:
        """A value that begins with `$.` is looked up in the event."""
        if not value.startswith("$."):
            return value
        found = inputs.at_path(event, value)
        return found if isinstance(found, str) else "" if found is inputs.NOWHERE else orjson.dumps(found).decode()

    url = destination.endpoint
    for value in own.get("PathParameterValues") or ():
        url = url.replace("*", quote(filled(value), safe=""), 1)
    query = {key: filled(value) for key, value in (own.get("QueryStringParameters") or {}).items()}
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Amazon/EventBridge/ApiDestinations"}
    headers |= {key: filled(value) for key, value in (own.get("HeaderParameters") or {}).items()}
    headers |= _pairs(every.get("HeaderParameters")) | _authorization(connection, held, token)
    url = _with_query(url, query | _pairs(every.get("QueryStringParameters")))
    body = _body(text, _pairs(every.get("BodyParameters"))) if destination.method not in ("GET", "HEAD") else b""
    return Send(destination.method, url, {k: _one_line(v) for k, v in headers.items()}, body, limits.HTTP_TIMEOUT_S)


def _one_line(value: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", value).encode("utf-8").decode("latin-1")


def _body(text: str, more: dict[str, str]) -> bytes:
    if not more:
        return text.encode()
    found = orjson.loads(text)
    return orjson.dumps({**found, **more} if isinstance(found, dict) else found)


def _authorization(connection: Connection, held: dict[str, Any], token: str) -> dict[str, str]:
    if connection.kind == "BASIC":
        basic = held["BasicAuthParameters"]
        words = f"{basic['Username']}:{basic['Password']}".encode()
        return {"Authorization": f"Basic {b64encode(words).decode()}"}
    if connection.kind == "API_KEY":
        key = held["ApiKeyAuthParameters"]
        return {key["ApiKeyName"]: key["ApiKeyValue"]}
    return {"Authorization": f"Bearer {token}"}


def _problem(call: Call, connection: Connection, answer: Any) -> AWSError | None:
    """401 and 407 make a new token be asked for; they, 409, 429 and 5xx are tried again."""
    if not isinstance(answer, Sent):
        return Unanswered(str(answer))
    if 200 <= answer.status < 300:
        return None
    if answer.status in (401, 407) and connection.token:
        now = connection_state.connections.get(call, connection.name)
        if now is not None:
            fields = {each: getattr(now, each) for each in Connection.__struct_fields__}
            connection_state.connections.replace(call, now, Connection(**{**fields, "token_ends_at": 0.0}))
    if answer.status in _AGAIN or answer.status >= 500:
        return Unanswered(f"The endpoint answered {answer.status}.")
    return Refused(f"The endpoint answered {answer.status}.")
