"""S3's older signatures, as some clients and many stored URLs still use them."""

from __future__ import annotations

import hmac
from base64 import b64encode
from urllib.parse import unquote

from skyjar.wire import timestamps
from skyjar.wire.credentials import Credential
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

SKEW_S = 900

SUBRESOURCES = frozenset(
    {
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "inventory",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "select",
        "select-type",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "encryption",
        "intelligent-tiering",
        "legal-hold",
        "ownershipControls",
        "retention",
    }
)


def _pairs(query: str) -> list[tuple[str, str | None]]:
    rows = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value.replace("+", " ")) if equals else None) for name, equals, value in rows]


def header_credential(request: Request, authorization: str) -> Credential:
    """`AWS key:signature`."""
    key, colon, signature = authorization[4:].strip().rpartition(":")
    if not colon or not key:
        raise WireError("InvalidArgument", "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature")
    stamp = request.headers.get("x-amz-date") or request.headers.get("date") or ""
    try:
        time_s = timestamps.parse(stamp)
    except ValueError:
        text = "AWS authentication requires a valid Date or x-amz-date header"
        raise WireError("AccessDenied", text, 403) from None
    token = request.headers.get("x-amz-security-token")
    return Credential("v2-header", key, "", "us-east-1", "s3", "", signature, token, time_s, None, stamp)


def query_credential(request: Request) -> Credential:
    """`AWSAccessKeyId=…&Expires=…&Signature=…`."""
    given = dict(_pairs(request.query))
    expires = given.get("Expires") or ""
    if not (expires.isascii() and expires.isdigit()) or len(expires) > 12:
        raise WireError("AccessDenied", f"Invalid date (should be seconds since epoch): {expires}", 403)
    token = given.get("x-amz-security-token")
    return Credential(
        "v2-query",
        given.get("AWSAccessKeyId") or "",
        "",
        "us-east-1",
        "s3",
        "",
        given.get("Signature") or "",
        token,
        float(expires),
        int(expires),
        expires,
    )


def too_skewed(stamp: str, now: float) -> WireError:
    fields = {
        "RequestTime": stamp,
        "ServerTime": timestamps.iso8601(int(now)),
        "MaxAllowedSkewMilliseconds": str(SKEW_S * 1000),
    }
    text = "The difference between the request time and the current time is too large."
    return WireError("RequestTimeTooSkewed", text, 403, fields)


def check_end(expires: int, now: float) -> None:
    """Of a presigned URL."""
    if now > expires:
        fields = {"Expires": timestamps.iso8601(expires), "ServerTime": timestamps.iso8601(int(now))}
        raise WireError("AccessDenied", "Request has expired", 403, fields)


def verify(request: Request, credential: Credential, secret: str, now: float) -> None:
    if credential.expires is not None:
        check_end(credential.expires, now)
    elif abs(now - credential.timestamp) > SKEW_S:
        raise too_skewed(credential.stamp, now)
    texts = [string_to_sign(request, credential, resource) for resource in _resources(request)]
    for text in texts:
        expected = b64encode(hmac.digest(secret.encode(), text.encode("latin-1", "replace"), "sha1")).decode()
        if hmac.compare_digest(expected.encode(), credential.signature.encode("utf-8", "replace")):
            return
    raise WireError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        403,
        {
            "AWSAccessKeyId": credential.access_key,
            "StringToSign": texts[0],
            "SignatureProvided": credential.signature,
            "StringToSignBytes": texts[0].encode().hex(" "),
        },
    )


def string_to_sign(request: Request, credential: Credential, resource: str) -> str:
    headers = request.headers
    query = credential.scheme == "v2-query"
    date = str(credential.expires) if query else ("" if "x-amz-date" in headers else headers.get("date", ""))
    amz = dict(headers)
    if query:
        amz.update({name: value or "" for name, value in _pairs(request.query) if name.lower().startswith("x-amz-")})
    lines = [f"{name.lower()}:{amz[name].strip()}\n" for name in sorted(amz) if name.lower().startswith("x-amz-")]
    head = f"{request.method}\n{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n{date}\n"
    return head + "".join(lines) + resource


def _resources(request: Request) -> list[str]:
    """The resource as signed: the path as sent, or behind the bucket that the host names."""
    kept = sorted((name, value) for name, value in _pairs(request.query) if name in SUBRESOURCES)
    suffix = "&".join(name if value is None else f"{name}={value}" for name, value in kept)
    suffix = f"?{suffix}" if suffix else ""
    bucket = request.host.partition(":")[0]
    hosts = [f"/{bucket}"] if "." in bucket else []
    for mark in (".s3.", ".s3-"):
        if mark in bucket:
            hosts.insert(0, f"/{bucket[: bucket.index(mark)]}")
    return [prefix + request.path + suffix for prefix in ("", *hosts)]
