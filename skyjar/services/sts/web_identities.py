"""AssumeRoleWithWebIdentity: a role for whoever shows a token of an OpenID Connect provider that the account knows.

The call is not signed. The token is: by a key that the provider publishes, which is fetched from outside, in two steps
(its configuration, its keys). Who may is the role's trust policy's to say, of what the token says.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Failed, Fetch, Fetched, Outside
from skyjar.kernel.service import operation
from skyjar.planes import json_web_tokens as tokens

from . import federation, limits, restrictions, roles
from .errors import (
    ExpiredTokenException,
    IDPCommunicationErrorException,
    InvalidIdentityTokenException,
)
from .federation import Federated
from .restrictions import Arns

_NOT_A_TOKEN = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"  # noqa: S105
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)
_STRANGER = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
_OPERATION = "assume_role_with_web_identity"
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


class Provider(msgspec.Struct, frozen=True):
    """`url` is what a token must name as its issuer, `name` the same without the scheme. `clients` None: any, which
    the trust policy then tells apart."""

    arn: str
    url: str
    clients: tuple[str, ...] | None
    thumbprints: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.url.partition("://")[2]


@operation
def assume_role_with_web_identity(
    call: Call,
    *,
    role_arn: str,
    role_session_name: str,
    web_identity_token: str,
    policy_arns: Arns | None = None,
    policy: str = "",
    duration_seconds: int = limits.ROLE_DEFAULT_S,
    minimum_session_token_size: int = 0,
) -> Outside:
    claims = _claims(web_identity_token)
    found = roles.find(call, role_arn)
    if found is None:
        raise federation.refused("AssumeRoleWithWebIdentity")
    account, role = found
    roles.check_most(role, duration_seconds)
    provider = _provider(call, account, str(claims["iss"]))
    _check_times(call.now, claims)
    _check_audience(provider, claims)

    def then(call: Call, keys: bytes) -> dict[str, Any]:
        who = _federated(provider, account, _verified(web_identity_token, keys))
        policies = restrictions.session_policies(call, account, policy, policy_arns)
        answer = federation.assume(
            call,
            _OPERATION,
            who,
            role_arn,
            role_session_name,
            policies=policies,
            duration_s=duration_seconds,
            least_bytes=minimum_session_token_size,
        )
        return {
            **answer,
            "SubjectFromWebIdentityToken": who.subject,
            "Provider": provider.arn,
            "Audience": who.context[f"{provider.name}:aud"],
        }

    return _with_keys(provider, then)


def _claims(token: str) -> dict[str, Any]:
    try:
        claims = tokens.claims_of(token)
    except tokens.Malformed:
        raise InvalidIdentityTokenException(_NOT_A_TOKEN) from None
    for name in ("iss", "sub"):
        if not isinstance(claims.get(name), str) or not 0 < len(claims[name]) <= limits.CLAIM_CHARS:
            raise InvalidIdentityTokenException(f"Missing a required claim: {name}")
    for name in ("exp", "iat"):
        if not _is_time(claims.get(name)):
            raise InvalidIdentityTokenException(f"Missing a required claim: {name}")
    return claims


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < limits.LATEST_TIME


def _provider(call: Call, account: str, issuer: str) -> Provider:
    """The provider of the role's account whose address the token names, to the letter; or one that AWS has built in,
    whom trust policies name without an ARN."""
    name = issuer.partition("://")[2]
    arn = f"arn:aws:iam::{account}:oidc-provider/{name}"
    missing = InvalidIdentityTokenException(f"No OpenIDConnect provider found in your account for {issuer}")
    if not name:
        raise missing
    found = federation.provider_of(call, "get_open_id_connect_provider", account, open_id_connect_provider_arn=arn)
    if found is None:
        if issuer in limits.BUILT_IN_ISSUERS:
            return Provider(name, issuer, None, ())
        raise missing
    url = found["Url"] if "://" in found["Url"] else f"https://{found['Url']}"
    if url != issuer:
        raise missing
    return Provider(arn, url, tuple(found["ClientIDList"]), tuple(found["ThumbprintList"]))


def _check_times(now: float, claims: dict[str, Any]) -> None:
    if now >= claims["exp"]:
        raise ExpiredTokenException(
            f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(claims['exp'])}"
        )
    starts = max(claims["iat"], claims["nbf"] if _is_time(claims.get("nbf")) else 0)
    if starts > now + limits.SKEW_S:
        raise InvalidIdentityTokenException(
            f"Token is not valid yet: current date/time {int(now)} must be after {int(starts)}"
        )


def _audiences(claims: dict[str, Any]) -> list[str]:
    given = claims.get("aud")
    several = given if isinstance(given, list) else [given]
    return [each for each in several if isinstance(each, str)]


def _audience(claims: dict[str, Any]) -> str:
    """`azp` stands for the audience where there is one (IAM User Guide, OIDC federation keys)."""
    authorised = claims.get("azp")
    return authorised if isinstance(authorised, str) and authorised else (_audiences(claims) or [""])[0]


def _check_audience(provider: Provider, claims: dict[str, Any]) -> None:
    shown = [_audience(claims)] if claims.get("azp") else _audiences(claims)
    if not shown or (provider.clients is not None and not set(shown) & set(provider.clients)):
        raise InvalidIdentityTokenException("Incorrect token audience")


def _with_keys(provider: Provider, then: Any) -> Outside:
    """Fetch the provider's configuration, then its keys, then go on with them."""

    def fetch_keys(call: Call, result: Fetched | Failed) -> Outside:
        return Outside(Fetch(_keys_address(provider, _document(result)), provider.thumbprints), go_on)

    def go_on(call: Call, result: Fetched | Failed) -> dict[str, Any]:
        answer: dict[str, Any] = then(call, _document(result))
        return answer

    address = provider.url.rstrip("/") + "/.well-known/openid-configuration"
    return Outside(Fetch(address, provider.thumbprints), fetch_keys)


def _document(result: Fetched | Failed) -> bytes:
    if isinstance(result, Failed):
        if result.is_stranger:
            raise InvalidIdentityTokenException(_STRANGER)
        raise IDPCommunicationErrorException(f"The identity provider could not be reached: {result}")
    if result.status != 200:
        raise InvalidIdentityTokenException(_NO_KEY)
    return result.body


def _keys_address(provider: Provider, document: bytes) -> str:
    """Where the keys are: by the same scheme at least, and of the issuer that was asked."""
    try:
        found = tokens.read_object(document)
    except tokens.Malformed:
        raise InvalidIdentityTokenException(_NO_KEY) from None
    address = found.get("jwks_uri")
    if found.get("issuer") != provider.url or not isinstance(address, str):
        raise InvalidIdentityTokenException(_NO_KEY)
    if urlsplit(provider.url).scheme == "https" and urlsplit(address).scheme != "https":
        raise InvalidIdentityTokenException(_NO_KEY)
    return address


def _verified(token: str, keys: bytes) -> dict[str, Any]:
    try:
        return tokens.verified(token, keys)
    except (tokens.NoKey, tokens.Malformed):
        raise InvalidIdentityTokenException(_NO_KEY) from None
    except tokens.BadSignature:
        raise InvalidIdentityTokenException("The ID Token's signature is invalid") from None


def _federated(provider: Provider, account: str, claims: dict[str, Any]) -> Federated:
    name = provider.name
    context: dict[str, Any] = {f"{name}:aud": _audience(claims), f"{name}:sub": claims["sub"]}
    if claims.get("azp"):
        context[f"{name}:oaud"] = _audiences(claims)
    if isinstance(claims.get("amr"), list):
        context[f"{name}:amr"] = [each for each in claims["amr"] if isinstance(each, str)]
    for claim in limits.CLAIMS_OF.get(name, ()):
        if isinstance(claims.get(claim), str | int):
            value = claims[claim]
            context[f"{name}:{claim}"] = str(value).lower() if isinstance(value, bool) else str(value)
    tags, transitive = _tags(claims)
    identity = claims.get(_SOURCE_IDENTITY, "")
    if identity and (not isinstance(identity, str) or _NAME.fullmatch(identity) is None):
        raise InvalidIdentityTokenException(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        )
    return Federated(
        provider=provider.arn,
        account=account,
        subject=claims["sub"],
        context=context,
        kept=(f"{name}:aud", f"{name}:sub"),
        tags=tags,
        transitive=transitive,
        source_identity=identity,
    )


def _tags(claims: dict[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Session tags: nested under one claim, or each in a claim of its own ("Passing session tags", IAM User Guide)."""
    nested = claims.get(_TAGS)
    given = nested.get("principal_tags") if isinstance(nested, dict) else None
    given = given if isinstance(given, dict) else {}
    keys = nested.get("transitive_tag_keys", []) if isinstance(nested, dict) else []
    prefix = f"{_TAGS}/principal_tags/"
    given = {**given, **{name.removeprefix(prefix): each for name, each in claims.items() if name.startswith(prefix)}}
    keys = claims.get(f"{_TAGS}/transitive_tag_keys", keys)
    tags = {key: str(value[0] if isinstance(value, list) and value else value) for key, value in given.items()}
    return tags, tuple(key for key in keys if isinstance(key, str)) if isinstance(keys, list) else ()
