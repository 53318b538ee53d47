"""Connections and API destinations: made, shown without their secrets, changed, listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.outside import Sent

from .conftest import Events, refused

BASIC = {"BasicAuthParameters": {"Username": "u", "Password": "hidden"}}


def made(bridge: Events, name: str = "c", kind: str = "BASIC", parameters: dict[str, Any] | None = None) -> str:
    arn: str = bridge.events.create_connection(name=name, authorization_type=kind, auth_parameters=parameters or BASIC)[
        "ConnectionArn"
    ]
    return arn


def test_secrets_lie_in_secrets_manager(bridge: Events) -> None:
    made(bridge)
    shown = bridge.events.describe_connection(name="c")
    assert shown["AuthParameters"] == {"BasicAuthParameters": {"Username": "u"}}
    secrets = bridge.desk.ask("secretsmanager")
    assert json.loads(secrets.get_secret_value(secret_id=shown["SecretArn"])["SecretString"]) == BASIC
    bridge.events.update_connection(name="c", auth_parameters={"BasicAuthParameters": {"Password": "new"}})
    value = json.loads(secrets.get_secret_value(secret_id=shown["SecretArn"])["SecretString"])
    assert value == {"BasicAuthParameters": {"Username": "u", "Password": "new"}}
    bridge.events.delete_connection(name="c")
    assert secrets.list_secrets()["SecretList"] == []
    assert refused(bridge.events.describe_connection, name="c").startswith("ResourceNotFoundException")


def test_what_a_connection_needs(bridge: Events) -> None:
    assert "must have ApiKeyAuthParameters" in refused(
        bridge.events.create_connection, name="c", authorization_type="API_KEY", auth_parameters=BASIC
    )
    made(bridge)
    assert refused(
        bridge.events.create_connection, name="c", authorization_type="BASIC", auth_parameters=BASIC
    ).startswith("ResourceAlreadyExistsException")


def test_destinations(bridge: Events) -> None:
    events, connection = bridge.events, made(bridge)
    given = {"connection_arn": connection, "invocation_endpoint": "https://example.test/", "http_method": "POST"}
    arn = events.create_api_destination(name="d", description="x", **given)["ApiDestinationArn"]
    assert arn.split(":api-destination/")[1].startswith("d/")
    shown = events.describe_api_destination(name="d")
    assert (shown["ConnectionArn"], shown["InvocationRateLimitPerSecond"], shown["Description"]) == (
        connection,
        300,
        "x",
    )
    events.update_api_destination(name="d", http_method="PUT", invocation_rate_limit_per_second=5)
    assert events.list_api_destinations(connection_arn=connection)["ApiDestinations"][0]["HttpMethod"] == "PUT"
    assert events.list_api_destinations(connection_arn=f"{connection}x")["ApiDestinations"] == []
    assert "is used by" in refused(events.delete_connection, name="c")
    for url in ("https://[bad", "ftp://x/", "http://example.test/", "x"):
        assert "Must be an HTTPS endpoint" in refused(events.update_api_destination, name="d", invocation_endpoint=url)
    events.deauthorize_connection(name="c")
    assert events.describe_api_destination(name="d")["ApiDestinationState"] == "INACTIVE"
    assert [each["Name"] for each in events.list_connections(connection_state="DEAUTHORIZED")["Connections"]] == ["c"]
    assert events.list_connections(connection_state="AUTHORIZED")["Connections"] == []
    events.delete_api_destination(name="d")
    gone = {**given, "connection_arn": f"{connection}x"}
    assert refused(events.create_api_destination, name="d", **gone).startswith("ResourceNotFoundException")


@pytest.mark.parametrize("answer", [Sent(400, {}, b""), Sent(200, {}, b"no"), Sent(200, {}, b'{"access_token": ""}')])
def test_a_token_that_cannot_be_had_leaves_a_connection_deauthorized(bridge: Events, answer: Sent) -> None:
    bridge.listen()
    bridge.answers = [answer]
    oauth = {
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "i", "ClientSecret": "s"},
            "AuthorizationEndpoint": "https://auth.test/token",
            "HttpMethod": "GET",
        }
    }
    made(bridge, kind="OAUTH_CLIENT_CREDENTIALS", parameters=oauth)
    bridge.desk.settle()
    shown = bridge.events.describe_connection(name="c")
    assert (shown["ConnectionState"], "without a token" in shown["StateReason"]) == ("DEAUTHORIZED", True)
    assert "client_secret=s" in bridge.posts[0].url
    assert shown["AuthParameters"]["OAuthParameters"]["ClientParameters"] == {"ClientID": "i"}
