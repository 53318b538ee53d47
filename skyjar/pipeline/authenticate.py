"""Who is calling. Keys that Skyjar issued are verified by signature, to the byte; keys it never issued act as the root
user of their account (a 12-digit key names it), unless `strict`. Their presigned URLs end, too."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from skyjar.kernel import credentials
from skyjar.kernel.clock import Clock
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root
from skyjar.services.sts.limits import SESSION_MARK
from skyjar.wire import sigv4

from .bodies import Coming
from .s3_addresses import MULTI_REGION

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
_REGION_IN_HOST = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com|localhost)")


class UnknownKey(AWSError):
    """An access key that nobody has (query and EC2 protocols; others are in `_UNKNOWN`)."""

    code = "InvalidClientTokenId"
    status = 403
    sentence = "The security token included in the request is invalid."


class UnknownKeyJson(UnknownKey):
    code = "UnrecognizedClientException"


class UnknownKeyS3(UnknownKey):
    code = "InvalidAccessKeyId"
    sentence = "The AWS Access Key Id you provided does not exist in our records."


class Expired(AWSError):
    code = "ExpiredToken"
    status = 403
    sentence = "The security token included in the request is expired"


class ExpiredJson(Expired):
    code = "ExpiredTokenException"


class ExpiredS3(Expired):
    status = 400
    sentence = "The provided token has expired."


class InvalidTokenS3(AWSError):
    code = "InvalidToken"
    sentence = "The provided token is malformed or otherwise invalid."


class UnsupportedAuthorization(AWSError):
    """S3's word on what is no signature: a password, say."""

    code = "InvalidArgument"
    sentence = "Unsupported Authorization Type"


class MissingToken(AWSError):
    code = "MissingAuthenticationToken"
    status = 403
    sentence = "Request is missing Authentication Token"


_QUERY = ("query", "ec2")


def authenticate_head(pipeline: Pipeline, x: Exchange) -> None:
    """Of a request whose body is to come. Where the head does not say the hash that it was signed with, this waits for the
    body."""
    request = x.request
    is_signed_with_body = x.credential is not None and x.credential.scheme in ("v4-header", "v4a-header")
    if is_signed_with_body and "x-amz-content-sha256" not in request.headers:
        return
    body, request.body = request.body, Coming(request.headers)
    try:
        authenticate(pipeline, x)
    finally:
        request.body = body


def authenticate(pipeline: Pipeline, x: Exchange) -> None:
    credential = x.credential
    if credential is None:
        x.account = x.account or DEFAULT_ACCOUNT
        x.region = x.region or DEFAULT_REGION
        _admit_anonymous(x)
        return
    if credential.region_set:
        x.region = x.region or _region_of_host(x)
    x.region = x.region or credential.region or DEFAULT_REGION
    key = credential.access_key
    issued = credentials.find(x.tx, key)
    if issued is None:
        if (credential.token or "").startswith(SESSION_MARK):
            raise _pick(x, Expired, ExpiredJson, ExpiredS3)  # a session of ours that is over and swept away
        if pipeline.is_strict:
            raise _pick(x, UnknownKey, UnknownKeyJson, UnknownKeyS3)
        if (
            credential.expires is not None
        ):  # by the cloud's clock or the machine's: who turned the one signs by the other
            sigv4.check_end(x.request, credential, min(x.clock_began, time.time()))
        account = key if len(key) == 12 and key.isascii() and key.isdigit() else DEFAULT_ACCOUNT
        x.principal = pipeline.root_of(account, key)
        x.account = account
        return
    now = x.clock_began
    token = credential.token
    if not issued.is_active or (token or "") != issued.token:
        raise _pick(x, UnknownKey, UnknownKeyJson, InvalidTokenS3 if issued.token else UnknownKeyS3)
    if issued.expires_at and now >= issued.expires_at:
        raise _pick(x, Expired, ExpiredJson, ExpiredS3)
    sigv4.verify(x.request, credential, issued.secret, _signing_time(pipeline.clock, credential, now))
    if credential.region_set and MULTI_REGION not in x.labels:
        sigv4.check_region(x.request, credential, x.region)
    x.principal = issued.principal
    x.account = issued.principal.account


def _region_of_host(x: Exchange) -> str:
    """What SigV4A does not say: the Region that is meant, if the host's name says it."""
    found = _REGION_IN_HOST.search(x.request.host)
    return found[1] if found is not None else ""


def _signing_time(clock: Clock, credential: sigv4.Credential, now: float) -> float:
    """When a signature is judged to be fresh. Clients sign by their own clock, which knows nothing of a cloud's clock that
    was frozen or turned: then the machine's time counts as well. A presigned URL ends by the cloud's clock alone."""
    is_turned = clock.is_frozen or clock.offset_s
    if not is_turned or not credential.scheme.endswith("-header") or abs(credential.timestamp - now) <= sigv4.SKEW_S:
        return now
    return time.time()


def _admit_anonymous(x: Exchange) -> None:
    """No signature: only operations whose model asks for none, data planes, and S3 (where policies decide) go on."""
    if x.name == "s3" and x.plane is None and x.request.headers.get("authorization"):
        given = x.request.headers["authorization"]
        raise UnsupportedAuthorization(ArgumentName="Authorization", ArgumentValue=given)
    if x.plane is not None or x.name == "s3" or (x.model is not None and x.model.auth == "none"):
        return
    raise MissingToken


def _pick(x: Exchange, query: type[AWSError], json: type[AWSError], s3: type[AWSError]) -> AWSError:
    if x.name in ("s3", "s3control"):
        return s3()
    protocol = x.codec.protocol if x.codec is not None else "json"
    return query() if protocol in _QUERY else json()


class Roots:
    """Root principals by account and key, made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Principal] = {}

    def of(self, account: str, key: str) -> Principal:
        found = self._made.get((account, key))
        if found is None:
            if len(self._made) > 4096:
                self._made.clear()
            found = self._made[account, key] = root(account, key)
        return found
