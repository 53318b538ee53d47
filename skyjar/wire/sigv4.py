"""Request signatures, checked: SigV4 in headers and query strings, and S3's SigV2.

`credential` reads what a request claims, without any secret; `verify` recomputes the signature. S3 signs the path as it is
sent and hashes the payload into a header; every other service normalises and encodes the path once more and hashes the body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from skyjar.wire import chunked, index, sigv2, timestamps
from skyjar.wire.credentials import Credential
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

__all__ = ["Credential", "credential", "decoder", "signing_key", "verify"]

SKEW_S = 300
SKEW_S3_S = 900
EXPIRES_MAX_S = 604_800
ALGORITHM = "AWS4-HMAC-SHA256"
_sha256 = hashlib.sha256
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

S3_NAMES = frozenset({"s3", "s3express", "s3-outposts", "s3-object-lambda"})
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = frozenset(
    {
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
)
LITERAL_HASHES = STREAMING | {UNSIGNED}

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^/,\s]+)/(\d{8})/([^/,\s]*)/([^/,\s]*)/aws4_request, *"
    r"SignedHeaders=([^,\s]+), *"
)
_HASH = re.compile(r"[0-9a-f]{64}")


def credential(request: Request) -> Credential | None:
    """What the request says it is signed with; None when it is anonymous. WireError when it says it badly."""
    headers = request.headers
    authorization = headers.get("authorization")
    if authorization is not None:
        head, _, signature = authorization.rpartition("Signature=")
        found = _header(head)
        if found is None:
            if authorization.startswith("AWS "):
                return sigv2.header_credential(request, authorization)
            return _loose_header(request, authorization)
        key, date, region, service, signed = found
        stamp, time_s = _header_time(headers, authorization)
        token = headers.get("x-amz-security-token")
        return Credential("v4-header", key, date, region, service, signed, signature, token, time_s, None, stamp)
    query = request.query
    if query:
        if "X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query or "X-Amz-Credential=" in query:
            return _presigned(request)
        if "AWSAccessKeyId=" in query and "Signature=" in query and "SignatureMethod=" not in query:
            return sigv2.query_credential(request)
    return None


@lru_cache(maxsize=4096)
def _header(head: str) -> tuple[str, str, str, str, str] | None:
    """The parts of a usual Authorization header before its signature, which are the same for a client all day."""
    found = _HEADER.fullmatch(head)
    if found is None:
        return None
    key, date, region, service, signed = found.groups()
    return key, date, region, service, signed


def _header_time(headers: dict[str, str], authorization: str) -> tuple[str, float]:
    stamp = headers.get("x-amz-date")
    if stamp is None:
        date = headers.get("date")
        if date is None:
            raise incomplete(
                headers,
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                f"(Hashed with SHA-256 and encoded with Base64) Authorization={_shown(authorization)}",
            )
        try:
            time_s = timestamps.parse(date) if "-" in date or "," in date else timestamps.parse_basic(date)
        except ValueError:
            raise incomplete(headers, _bad_date(date)) from None
        return timestamps.basic(time_s), time_s
    try:
        return stamp, timestamps.parse_basic(stamp)
    except ValueError:
        raise incomplete(headers, _bad_date(stamp)) from None


def _bad_date(date: str) -> str:
    return f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"


def _shown(authorization: str) -> str:
    """How AWS shows an Authorization header without repeating it: its hash."""
    return hashlib.sha256(authorization.encode("latin-1", "replace")).hexdigest()


def _parts(text: str) -> dict[str, str]:
    rows = (part.strip().partition("=") for part in re.split(r"[,\s]+", text) if part.strip())
    return {name: value for name, _, value in rows}


def _loose_header(request: Request, authorization: str) -> Credential | None:
    """An Authorization header that is not in the usual form: in another order, or wrong in a way AWS names."""
    scheme, _, rest = authorization.strip().partition(" ")
    headers = request.headers
    if scheme != ALGORITHM:
        if scheme.startswith("AWS4"):
            raise incomplete(headers, f"Unsupported AWS 'algorithm': '{scheme}'. ")
        return None
    parts = _parts(rest)
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        words = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise incomplete(
            headers, f"{words} (Hashed with SHA-256 and encoded with Base64) Authorization={_shown(authorization)}"
        )
    key, date, region, service = scope_of(parts["Credential"], headers)
    stamp, time_s = _header_time(headers, authorization)
    token = headers.get("x-amz-security-token")
    signed, signature = parts["SignedHeaders"], parts["Signature"]
    return Credential("v4-header", key, date, region, service, signed, signature, token, time_s, None, stamp)


def scope_of(text: str, headers: dict[str, str]) -> tuple[str, str, str, str]:
    parts = text.rsplit("/", 4)
    if len(parts) != 5:
        raise incomplete(
            headers,
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{text}'",
        )
    key, date, region, service, term = parts
    if term != "aws4_request":
        raise incomplete(headers, f"Credential should be scoped with a valid terminator: 'aws4_request', not '{term}'.")
    return key, date, region, service


def incomplete(headers: dict[str, str], message: str) -> WireError:
    if "x-amz-content-sha256" in headers and "x-amz-target" not in headers:
        return WireError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}")
    return WireError(named("IncompleteSignature", headers), message)


def named(code: str, headers: dict[str, str]) -> str:
    """A code as the protocol at hand spells it: with `Exception` for JSON services."""
    kind = headers.get("content-type", "")
    return f"{code}Exception" if "json" in kind or "cbor" in kind or "x-amz-target" in headers else code


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The parameters, decoded and encoded again as SigV4 wants them."""
    found = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((_encode(name), _encode(value)))
    return found


@lru_cache(maxsize=4096)
def _encode(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")


def _presigned(request: Request) -> Credential:
    given = dict(query_pairs(request.query))
    wanted = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders")
    if any(name not in given for name in wanted):
        raise WireError(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )
    plain = {name: unquote_to_bytes(value).decode("utf-8", "replace") for name, value in given.items()}
    if plain["X-Amz-Algorithm"] != ALGORITHM:
        raise WireError(
            "AuthorizationQueryParametersError",
            f'X-Amz-Algorithm only supports "{ALGORITHM}"',
        )
    key, date, region, service = scope_of(plain["X-Amz-Credential"], request.headers)
    stamp = plain["X-Amz-Date"]
    try:
        time_s = timestamps.parse_basic(stamp)
    except ValueError:
        raise WireError(
            "AuthorizationQueryParametersError",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ) from None
    return Credential(
        "v4-query",
        key,
        date,
        region,
        service,
        plain["X-Amz-SignedHeaders"],
        plain["X-Amz-Signature"],
        plain.get("X-Amz-Security-Token"),
        time_s,
        _expires(plain.get("X-Amz-Expires"), service),
        stamp,
    )


def _expires(text: str | None, service: str) -> int:
    if text is None:
        if service in S3_NAMES:
            raise WireError("AuthorizationQueryParametersError", "X-Amz-Expires must be given")
        return SKEW_S
    if not text.lstrip("-").isdigit() or len(text) > 12:
        raise WireError("AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
    found = int(text)
    if found < 0:
        raise WireError("AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative")
    if found > EXPIRES_MAX_S:
        raise WireError(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
            f"than {EXPIRES_MAX_S} seconds",
        )
    return found


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = hmac.digest(b"AWS4" + secret.encode(), date.encode(), "sha256")
    for part in (region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=4096)
def _pads(secret: str, date: str, region: str, service: str) -> tuple[Any, Any]:
    """HMAC's two hashes with the signing key already in them: copying these is thrice as fast as `hmac.digest`."""
    key = signing_key(secret, date, region, service).ljust(64, b"\0")
    return hashlib.sha256(bytes(x ^ 0x36 for x in key)), hashlib.sha256(bytes(x ^ 0x5C for x in key))


@lru_cache(maxsize=4096)
def _template(signed_headers: str) -> tuple[tuple[str, ...], str]:
    """The names of signed headers, and their block in the canonical request with a place for each value."""
    names = tuple(signed_headers.split(";"))
    safe = [name.replace("%", "%%") for name in names]
    return names, "".join([f"{name}:%s\n" for name in safe]) + "\n" + ";".join(safe) + "\n"


def verify(request: Request, credential: Credential, secret: str, now: float) -> None:
    """Returns when the signature is right and in time; raises AWS's error otherwise."""
    if credential.scheme[1] == "2":
        sigv2.verify(request, credential, secret, now)
        return
    s3 = credential.service in S3_NAMES
    if credential.expires is None:
        skew = SKEW_S3_S if s3 else SKEW_S
        if not now - skew <= credential.timestamp <= now + skew:
            raise _skewed(request, credential, now, s3)
    else:
        _check_presigned_time(request, credential, now, s3)
    if not credential.stamp.startswith(credential.date):
        raise _wrong_date(request, credential)
    canonical = canonical_request(request, credential, s3)
    to_sign = (
        f"AWS4-HMAC-SHA256\n{credential.stamp}\n{credential.date}/{credential.region}/{credential.service}"
        f"/aws4_request\n{_sha256(canonical).hexdigest()}"
    )
    pads = _pads(secret, credential.date, credential.region, credential.service)
    inner, outer = pads[0].copy(), pads[1].copy()
    inner.update(to_sign.encode("utf-8", "replace"))
    outer.update(inner.digest())
    if not hmac.compare_digest(outer.hexdigest().encode(), credential.signature.encode("utf-8", "replace")):
        raise _mismatch(request, credential, canonical.decode("latin-1"), to_sign, s3)
    if s3:
        _check_payload(request, credential)


def canonical_request(request: Request, credential: Credential, s3: bool) -> bytes:
    headers = request.headers
    path = request.path
    if path != "/":
        path = _s3_path(path) if s3 else _normal_path(path)
    query = request.query
    if query:
        query = _canonical_query(query)
    names, template = _template(credential.signed_headers)
    try:
        block = template % tuple([headers[name] for name in names])
    except KeyError:
        block = template % tuple([headers.get(name.lower(), "") for name in names])
    if "  " in block or " \n" in block or ": " in block:
        block = template % tuple([" ".join(headers.get(name.lower(), "").split()) for name in names])
    text = f"{request.method}\n{path}\n{query}\n{block}{_payload_hash(request, credential, s3)}"
    return text.encode("latin-1", "replace")


def _payload_hash(request: Request, credential: Credential, s3: bool) -> str:
    given = request.headers.get("x-amz-content-sha256")
    if s3:
        if given is not None:
            return given
        if credential.scheme == "v4-query":
            return UNSIGNED
    elif given in LITERAL_HASHES:
        return given
    return body_hash(request)


def body_hash(request: Request) -> str:
    """The body's SHA-256; a streamed body may carry it as `sha256`."""
    body: Any = request.body
    if body.__class__ is bytes:
        return _sha256(body).hexdigest() if body else EMPTY_HASH
    known = getattr(body, "sha256", None)
    if isinstance(known, str):
        return known
    digest = hashlib.sha256()
    for offset in range(0, body.size, 1 << 20):
        digest.update(body.read(offset, 1 << 20))
    return digest.hexdigest()


@lru_cache(maxsize=4096)
def _s3_path(path: str) -> str:
    return quote(unquote_to_bytes(path), safe="/-_.~")


@lru_cache(maxsize=4096)
def _normal_path(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part and part != ".":
            parts.append(part)
    slash = "/" if path.endswith("/") and parts else ""
    return quote(f"/{'/'.join(parts)}{slash}", safe="/-_.~")


def _canonical_query(query: str) -> str:
    kept = sorted(pair for pair in query_pairs(query) if pair[0] != "X-Amz-Signature")
    return "&".join([f"{name}={value}" for name, value in kept])


def _check_payload(request: Request, credential: Credential) -> None:
    """S3 signs the payload's hash as a header, so the payload itself is compared with that."""
    given = request.headers.get("x-amz-content-sha256")
    if given is None:
        if credential.scheme == "v4-header":
            raise WireError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        return
    if given in LITERAL_HASHES:
        return
    if _HASH.fullmatch(given) is None:
        raise WireError(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid "
            "sha256 value.",
            fields={"ArgumentName": "x-amz-content-sha256", "ArgumentValue": given},
        )
    actual = body_hash(request)
    if actual != given:
        raise WireError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            fields={"ClientComputedContentSHA256": given, "S3ComputedContentSHA256": actual},
        )


def _code(request: Request, credential: Credential) -> str:
    """How a service outside S3 calls a wrong signature."""
    if named("x", request.headers) != "x":
        return "InvalidSignatureException"
    services = index.by_signing_name().get(credential.service, ())
    protocols = {index.entries()[name]["protocol"] for name in services[:1]}
    return "InvalidSignatureException" if "rest-json" in protocols else "SignatureDoesNotMatch"


def _skewed(request: Request, credential: Credential, now: float, s3: bool) -> WireError:
    if s3:
        return sigv2.too_skewed(credential.stamp, now)
    stamp, at = credential.stamp, timestamps.basic(now)
    if credential.timestamp < now:
        limit = timestamps.basic(now - SKEW_S)
        text = f"Signature expired: {stamp} is now earlier than {limit} ({at} - {SKEW_S // 60} min.)"
    else:
        limit = timestamps.basic(now + SKEW_S)
        text = f"Signature not yet current: {stamp} is still later than {limit} ({at} + {SKEW_S // 60} min.)"
    return WireError(_code(request, credential), text, 403)


def _check_presigned_time(request: Request, credential: Credential, now: float, s3: bool) -> None:
    expires = credential.timestamp + (credential.expires or 0)
    if s3 and credential.timestamp > now + SKEW_S3_S:
        raise WireError("AccessDenied", "Request is not valid yet", 403, {"ServerTime": timestamps.iso8601(int(now))})
    if not s3 and credential.timestamp > now + SKEW_S:
        raise _skewed(request, credential, now, s3)
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
    raise WireError(_code(request, credential), text, 403)


def _wrong_date(request: Request, credential: Credential) -> WireError:
    text = (
        f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{credential.date}' != '{credential.stamp[:8]}', from '{credential.stamp}'."
    )
    if credential.service in S3_NAMES:
        return WireError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {text}")
    return WireError(_code(request, credential), text, 403)


def _mismatch(request: Request, credential: Credential, canonical: str, to_sign: str, s3: bool) -> WireError:
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
        return WireError(_code(request, credential), text, 403)
    text = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
        f"\n\nThe Canonical String for this request should have been\n'{canonical}'"
        f"\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
    )
    return WireError(_code(request, credential), text, 403)


def decoder(request: Request, credential: Credential | None, secret: str | None) -> chunked.Decoder | None:
    """The decoder for a body in aws-chunked encoding, checking its chunk signatures; None for any other body."""
    kind = request.headers.get("x-amz-content-sha256", "")
    if kind not in STREAMING and "aws-chunked" not in request.headers.get("content-encoding", ""):
        return None
    signer = None
    if kind.startswith("STREAMING-AWS4-HMAC") and credential is not None and secret is not None:
        key = signing_key(secret, credential.date, credential.region, credential.service)
        scope = f"{credential.date}/{credential.region}/{credential.service}/aws4_request"
        signer = chunked.Signer(key, credential.stamp, scope, credential.signature)
    length = request.headers.get("x-amz-decoded-content-length")
    if length is None and kind in STREAMING:
        raise WireError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if length is not None and (not length.isdigit() or len(length) > 18):
        raise WireError("InvalidArgument", "x-amz-decoded-content-length must be a number")
    trailers = request.headers.get("x-amz-trailer", "") if kind.endswith("-TRAILER") else ""
    names = [name.strip().lower() for name in trailers.split(",") if name.strip()]
    return chunked.Decoder(int(length) if length is not None else None, signer, names)
