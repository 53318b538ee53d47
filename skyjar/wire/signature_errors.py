"""What a request is told whose signature does not say enough, is too old, or is not right: AWS's sentences."""

from __future__ import annotations

import hashlib

from skyjar.wire import index, sigv2, timestamps
from skyjar.wire.canonical import S3_NAMES
from skyjar.wire.credentials import Credential
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

SKEW_S = 300
SKEW_S3_S = 900


def incomplete(headers: dict[str, str], message: str) -> WireError:
    if "x-amz-content-sha256" in headers and "x-amz-target" not in headers:
        return WireError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}")
    return WireError(named("IncompleteSignature", headers), message)


def named(code: str, headers: dict[str, str]) -> str:
    """A code as the protocol at hand spells it: with `Exception` for JSON services."""
    kind = headers.get("content-type", "")
    return f"{code}Exception" if "json" in kind or "cbor" in kind or "x-amz-target" in headers else code


def bad_date(date: str) -> str:
    return f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"


def shown(authorization: str) -> str:
    """How AWS shows an Authorization header without repeating it: its hash."""
    return hashlib.sha256(authorization.encode("latin-1", "replace")).hexdigest()


def code_of(request: Request, credential: Credential) -> str:
    """How a service outside S3 calls a wrong signature."""
    if named("x", request.headers) != "x":
        return "InvalidSignatureException"
    services = index.by_signing_name().get(credential.service, ())
    protocols = {index.entries()[name]["protocol"] for name in services[:1]}
    return "InvalidSignatureException" if "rest-json" in protocols else "SignatureDoesNotMatch"


def skewed(request: Request, credential: Credential, now: float, s3: bool) -> WireError:
    if s3:
        return sigv2.too_skewed(credential.stamp, now)
    stamp, at = credential.stamp, timestamps.basic(now)
    if credential.timestamp < now:
        limit = timestamps.basic(now - SKEW_S)
        text = f"Signature expired: {stamp} is now earlier than {limit} ({at} - {SKEW_S // 60} min.)"
    else:
        limit = timestamps.basic(now + SKEW_S)
        text = f"Signature not yet current: {stamp} is still later than {limit} ({at} + {SKEW_S // 60} min.)"
    return WireError(code_of(request, credential), text, 403)


def check_presigned_time(request: Request, credential: Credential, now: float, s3: bool) -> None:
    if s3 and credential.timestamp > now + SKEW_S3_S:
        raise WireError("AccessDenied", "Request is not valid yet", 403, {"ServerTime": timestamps.iso8601(int(now))})
    if not s3 and credential.timestamp > now + SKEW_S:
        raise skewed(request, credential, now, s3)
    check_presigned_end(request, credential, now, s3)


def check_presigned_end(request: Request, credential: Credential, now: float, s3: bool) -> None:
    expires = credential.timestamp + (credential.expires or 0)
    if now <= expires:
        return
    if s3:
        fields = {
            "X-Amz-Expires": str(credential.expires),
            "Expires": timestamps.iso8601(expires),
            "ServerTime": timestamps.iso8601(int(now)),
        }
        raise WireError("AccessDenied", "Request has expired", 403, fields)
    text = f"Signature expired: {credential.stamp} is now earlier than {timestamps.basic(now)}"
    raise WireError(code_of(request, credential), text, 403)


def wrong_date(request: Request, credential: Credential) -> WireError:
    text = (
        f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{credential.date}' != '{credential.stamp[:8]}', from '{credential.stamp}'."
    )
    if credential.service in S3_NAMES:
        return WireError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {text}")
    return WireError(code_of(request, credential), text, 403)


def wrong_region(request: Request, credential: Credential, region: str) -> WireError:
    """Signed for other Regions than the one that would answer: with S3 as it says it of a presigned URL, and of a header."""
    given = credential.region_set or credential.region
    if credential.service not in S3_NAMES:
        return WireError(code_of(request, credential), "Credential should be scoped to a valid region. ", 403)
    text = f"the region '{given}' is wrong; expecting '{region}'"
    if credential.expires is not None:
        where = "X-Amz-Region-Set" if credential.region_set else "X-Amz-Credential"
        text = f"Error parsing the {where} parameter; {text}"
        return WireError("AuthorizationQueryParametersError", text, fields={"Region": region})
    return WireError(
        "AuthorizationHeaderMalformed", f"The authorization header is malformed; {text}", fields={"Region": region}
    )


def mismatch(request: Request, credential: Credential, canonical: str, to_sign: str, s3: bool) -> WireError:
    unsigned = [name for name in ("host",) if name not in credential.signed_headers.split(";")]
    if s3:
        return WireError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            403,
            {
                "AWSAccessKeyId": credential.access_key,
                "StringToSign": to_sign,
                "SignatureProvided": credential.signature,
                "StringToSignBytes": to_sign.encode().hex(" "),
                "CanonicalRequest": canonical,
                "CanonicalRequestBytes": canonical.encode("latin-1", "replace").hex(" "),
            },
        )
    if unsigned:
        text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        return WireError(code_of(request, credential), text, 403)
    text = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
        f"\n\nThe Canonical String for this request should have been\n'{canonical}'"
        f"\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
    )
    return WireError(code_of(request, credential), text, 403)
