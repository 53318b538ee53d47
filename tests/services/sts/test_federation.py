"""Strangers with a token: who its provider is, what it is worth, and what the trust policy makes of it."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from skyjar.kernel import credentials
from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Failed, Fetched, Outside
from skyjar.kernel.principals import Principal
from skyjar.planes.json_web_tokens import new_key, public_key

ACCOUNT = "111122223333"
ISSUER = "https://idp.example.com/realm"
NAME = "idp.example.com/realm"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{NAME}"
KEY = new_key("RS256")
CURVE = new_key("ES384")
KEYS = {"keys": [public_key(KEY, "RS256", "one"), {"kty": "oct", "kid": "odd", "k": "AA"}]}
SITE = {
    f"{ISSUER}/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"},
    f"{ISSUER}/keys": KEYS,
}


def carried_out(desk: Any, answer: Any, site: dict[str, Any]) -> Any:
    """Do what the answer asks of the outside, of a web that consists of these pages."""
    while isinstance(answer, Outside):
        page = site.get(answer.request.url, Failed("no such host"))
        result = page if isinstance(page, Failed | Fetched) else Fetched(200, json.dumps(page).encode())
        then = answer.then
        answer = desk.store.transact(lambda tx: then(desk.call(tx), result))  # noqa: B023
    return answer


@pytest.fixture
def role(desk: Any) -> Callable[..., str]:
    desk.ask("iam").create_open_id_connect_provider(url=ISSUER, client_id_list=["app", "other"])

    def make(conditions: dict[str, Any] | None = None, actions: Any = "sts:AssumeRoleWithWebIdentity") -> str:
        statement = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": actions}
        trust = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": conditions or {}}]}
        made = desk.ask("iam").create_role(role_name="r", assume_role_policy_document=json.dumps(trust))
        arn: str = made["Role"]["Arn"]
        return arn

    return make


def token(desk: Any, key: Any = KEY, algorithm: str = "RS256", kid: str | None = "one", **more: Any) -> str:
    now = int(desk.clock.now())
    claims = {"iss": ISSUER, "sub": "user-7", "aud": "app", "iat": now, "exp": now + 600, **more}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else {})


def with_public_key_as_secret(given: str) -> str:
    """The same token, as if the provider's public key were a secret shared with it."""
    pem = jwt.PyJWK(KEYS["keys"][0]).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = urlsafe_b64encode(b'{"alg":"HS256","kid":"one","typ":"JWT"}').rstrip(b"=").decode()
    text = f"{header}.{given.split('.')[1]}"
    digest = hmac.digest(pem, text.encode(), hashlib.sha256)
    return f"{text}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def assume(desk: Any, arn: str, given: str, site: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    answer = desk.ask("sts").assume_role_with_web_identity(
        role_arn=arn, role_session_name="web", web_identity_token=given, **more
    )
    found: dict[str, Any] = carried_out(desk, answer, site or SITE)
    return found


def refused(desk: Any, *arguments: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(AWSError) as caught:
        assume(desk, *arguments, **parameters)
    return caught.value.code, caught.value.message


def principal(desk: Any, answer: dict[str, Any]) -> Principal:
    key = answer["Credentials"]["AccessKeyId"]
    found: Principal = desk.store.transact(lambda tx: credentials.find(tx, key)).principal
    return found


def test_a_token_is_worth_a_session(desk: Any, role: Callable[..., str]) -> None:
    arn = role({"StringEquals": {f"{NAME}:aud": "app", f"{NAME}:sub": "user-7"}})
    answer = assume(desk, arn, token(desk))
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/web"
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("user-7", "app")
    assert answer["Provider"] == PROVIDER
    assert answer["Credentials"]["Expiration"] == desk.clock.now() + 3600
    held = dict(principal(desk, answer).session_context)
    assert held == {"aws:FederatedProvider": PROVIDER, f"{NAME}:aud": "app", f"{NAME}:sub": "user-7"}
    assert assume(desk, arn, token(desk))["Credentials"]["AccessKeyId"] != answer["Credentials"]["AccessKeyId"]


def test_the_session_is_allowed_by_what_the_token_said(desk: Any, role: Callable[..., str]) -> None:
    arn = role()
    allowed = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [{**allowed, "Condition": {"StringEquals": {f"{NAME}:sub": "user-7"}}}],
    }
    desk.ask("iam").put_role_policy(role_name="r", policy_name="p", policy_document=json.dumps(policy))
    desk.ask("sqs", principal(desk, assume(desk, arn, token(desk)))).list_queues()
    other = principal(desk, assume(desk, arn, token(desk, sub="user-8")))
    with pytest.raises(AWSError, match="not authorized to perform: sqs:ListQueues"):
        desk.ask("sqs", other).list_queues()


@pytest.mark.parametrize(
    ("claims", "conditions"),
    [
        ({"sub": "user-8"}, {"StringEquals": {f"{NAME}:sub": "user-7"}}),
        ({"aud": ["other"]}, {"StringEquals": {f"{NAME}:aud": "app"}}),
        ({"amr": ["pwd"]}, {"ForAnyValue:StringEquals": {f"{NAME}:amr": "mfa"}}),
        ({"https://aws.amazon.com/tags": {"principal_tags": {"team": ["red"]}}}, {}),
        ({"https://aws.amazon.com/source_identity": "ann"}, {}),
    ],
)
def test_the_trust_policy_judges_what_the_token_says(
    desk: Any, role: Callable[..., str], claims: dict[str, Any], conditions: dict[str, Any]
) -> None:
    answer = refused(desk, role(conditions), token(desk, **claims))
    assert answer == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def test_a_denial_has_its_reasons(desk: Any, role: Callable[..., str]) -> None:
    arn = role({"StringEquals": {f"{NAME}:sub": "user-7"}})
    with pytest.raises(AWSError) as caught:
        assume(desk, arn, token(desk, sub="user-8"))
    judgement: Any = caught.value.judgement  # type: ignore[attr-defined]
    assert judgement.context[f"{NAME}:sub"] == "user-8"
    assert "does not apply, Condition" in judgement.trace[0]


def test_tags_and_source_identity_of_the_token_are_the_sessions(desk: Any, role: Callable[..., str]) -> None:
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
    arn = role({"StringEquals": {"aws:RequestTag/team": "red"}}, actions)
    tags = {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]}
    more = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "ann"}
    answer = assume(desk, arn, token(desk, **more))
    assert answer["SourceIdentity"] == "ann"
    assert dict(principal(desk, answer).session_tags) == {"team": "red"}
    flat = {"https://aws.amazon.com/tags/principal_tags/team": "red"}
    assert dict(principal(desk, assume(desk, arn, token(desk, **flat))).session_tags) == {"team": "red"}


@pytest.mark.parametrize(
    "tags",
    [
        {"principal_tags": "none"},
        {"principal_tags": {"k": ["v"]}, "transitive_tag_keys": ["other"]},
        {"principal_tags": {"k" * 129: ["v"]}},
        {"principal_tags": {str(n): ["v"] for n in range(51)}},
        {"principal_tags": {"k": [["deep"] * 200]}},
    ],
)
def test_tags_of_a_token_are_checked_as_those_of_a_request(
    desk: Any, role: Callable[..., str], tags: dict[str, Any]
) -> None:
    arn = role(None, ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
    given = token(desk, **{"https://aws.amazon.com/tags": tags})
    if tags == {"principal_tags": "none"}:
        assert not principal(desk, assume(desk, arn, given)).session_tags
    else:
        assert refused(desk, arn, given)[0] == "InvalidIdentityToken"


def test_azp_stands_for_the_audience(desk: Any, role: Callable[..., str]) -> None:
    arn = role({"StringEquals": {f"{NAME}:aud": "other", f"{NAME}:oaud": "app"}})
    assert assume(desk, arn, token(desk, azp="other"))["Audience"] == "other"
    assert refused(desk, arn, token(desk, azp="stranger"))[1] == "Incorrect token audience"


def test_tokens_that_are_not_of_the_provider(desk: Any, role: Callable[..., str]) -> None:
    arn = role()
    signature = "The ID Token's signature is invalid"
    missing = "Couldn't retrieve verification key from your identity provider"
    unsigned = jwt.encode(jwt.decode(token(desk), options={"verify_signature": False}), None, "none")  # type: ignore[arg-type]
    whole = token(desk).split(".")
    forged = ".".join([whole[0], token(desk, sub="admin").split(".")[1], whole[2]])
    for given, message in [
        (token(desk, new_key("RS256")), signature),
        (with_public_key_as_secret(token(desk)), signature),
        (unsigned, signature),
        (forged, signature),
        (token(desk, CURVE, "ES384"), missing),
        (token(desk, kid="two"), missing),
        ("not.a.token", "The ID Token provided is not a valid JWT."),
        (token(desk, aud="stranger"), "Incorrect token audience"),
        (token(desk, aud=None), "Incorrect token audience"),
        (token(desk, exp=None), "Missing a required claim: exp"),
        (token(desk, exp=-(10**400)), "Missing a required claim: exp"),
        (token(desk, sub="x" * 2049), "Missing a required claim: sub"),
        (token(desk, iss=":// \n"), "No OpenIDConnect provider found in your account"),
        (token(desk, iss="https://other.example.com"), "No OpenIDConnect provider found in your account for https://o"),
        (token(desk, iss="http://idp.example.com/realm"), "No OpenIDConnect provider found in your account for http:"),
        (token(desk, nbf=int(desk.clock.now()) + 900), "Token is not valid yet"),
    ]:
        code, found = refused(desk, arn, given)
        assert code == "InvalidIdentityToken"
        assert found.startswith(message), (found, message)


def test_google_is_built_in(desk: Any) -> None:
    url = "https://accounts.google.com"
    trust = {"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}}
    trust |= {"Action": "sts:AssumeRoleWithWebIdentity"}
    trust["Condition"] = {"StringEquals": {"accounts.google.com:aud": "app", "accounts.google.com:email": "a@b.c"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = desk.ask("iam").create_role(role_name="r", assume_role_policy_document=document)["Role"]["Arn"]
    site = {f"{url}/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/keys"}, f"{url}/keys": KEYS}
    answer = assume(desk, arn, token(desk, iss=url, email="a@b.c"), site)
    assert (answer["Provider"], answer["Audience"]) == ("accounts.google.com", "app")
    for change in ({"aud": "stranger", "email": "a@b.c"}, {"email": "x@b.c"}):
        assert refused(desk, arn, token(desk, iss=url, **change), site)[0] == "AccessDenied"


def test_an_expired_token_says_so_by_the_clouds_clock(desk: Any, role: Callable[..., str]) -> None:
    arn, given = role(), token(desk)
    assert assume(desk, arn, given)
    desk.advance(600)
    code, message = refused(desk, arn, given)
    assert code == "ExpiredTokenException"
    assert message.startswith("Token expired: current date/time 1800000600 must be before the expiration")


def test_providers_that_cannot_be_asked(desk: Any, role: Callable[..., str]) -> None:
    arn = role()
    configuration = f"{ISSUER}/.well-known/openid-configuration"
    stranger = Failed("certificate")
    stranger.is_stranger = True
    for page, code in [
        (Failed("timed out"), "IDPCommunicationError"),
        (stranger, "InvalidIdentityToken"),
        (Fetched(404, b""), "InvalidIdentityToken"),
        (Fetched(200, b"<html>"), "InvalidIdentityToken"),
        ({"issuer": "https://elsewhere.example.com", "jwks_uri": f"{ISSUER}/keys"}, "InvalidIdentityToken"),
        ({"issuer": ISSUER, "jwks_uri": "http://idp.example.com/keys"}, "InvalidIdentityToken"),
    ]:
        assert refused(desk, arn, token(desk), {**SITE, configuration: page})[0] == code
    assert refused(desk, arn, token(desk), {**SITE, f"{ISSUER}/keys": {"keys": "none"}})[0] == "InvalidIdentityToken"


def test_what_else_is_refused(desk: Any, role: Callable[..., str]) -> None:
    arn = role()
    unknown = arn.replace("role/r", "role/x")
    assert refused(desk, unknown, token(desk))[1] == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert refused(desk, arn, token(desk), duration_seconds=7200)[0] == "ValidationError"
