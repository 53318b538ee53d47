"""What a request says it is signed with, read without any secret: SigV4, SigV4A and S3's SigV2, in headers or the query string."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from skyjar.wire import sigv2, timestamps
from skyjar.wire.canonical import S3_NAMES, query_pairs
from skyjar.wire.credentials import Credential, MultiRegionCredential
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request
from skyjar.wire.signature_errors import SKEW_S, bad_date, incomplete, shown

EXPIRES_MAX_S = 604_800
ALGORITHM = "AWS4-HMAC-SHA256"
ASYMMETRIC = "AWS4-ECDSA-P256-SHA256"
REGION_SET = "x-amz-region-set"

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^/,\s]+)/(\d{8})/([^/,\s]*)/([^/,\s]*)/aws4_request, *"
    r"SignedHeaders=([^,\s]+), *"
)
_ASYMMETRIC_HEADER = re.compile(
    r"AWS4-ECDSA-P256-SHA256 +Credential=([^/,\s]+)/(\d{8})/([^/,\s]*)/aws4_request, *SignedHeaders=([^,\s]+), *"
)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")


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
        if region is None:
            parts = (key, date, service, signed, signature, token, time_s, None, stamp)
            return _multi_region("v4a-header", headers.get(REGION_SET), headers, *parts)
        return Credential("v4-header", key, date, region, service, signed, signature, token, time_s, None, stamp)
    query = request.query
    if query:
        if "X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query or "X-Amz-Credential=" in query:
            return _presigned(request)
        if "AWSAccessKeyId=" in query and "Signature=" in query and "SignatureMethod=" not in query:
            return sigv2.query_credential(request)
    return None


@lru_cache(maxsize=4096)
def _header(head: str) -> tuple[str, str, str | None, str, str] | None:
    """The parts of a usual Authorization header before its signature, which are the same for a client all day; SigV4A's has
    no Region (None)."""
    found = _HEADER.fullmatch(head)
    if found is not None:
        key, date, region, service, signed = found.groups()
        return key, date, region, service, signed
    found = _ASYMMETRIC_HEADER.fullmatch(head)
    if found is None:
        return None
    key, date, service, signed = found.groups()
    return key, date, None, service, signed


def _multi_region(
    scheme: str, region_set: str | None, headers: dict[str, str], key: str, date: str, service: str, *rest: Any
) -> Credential:
    """`rest`: signed headers, signature, token, timestamp, expires, stamp. The one Region that is meant, if only one is."""
    signed = rest[0].split(";")
    if not region_set or (scheme == "v4a-header" and REGION_SET not in signed):
        raise incomplete(headers, "Authorization header requires existence of a signed 'X-Amz-Region-Set' header. ")
    first = region_set.split(",")[0].strip()
    region = first if _REGION.fullmatch(first) else ""
    return MultiRegionCredential(region_set, scheme, key, date, region, service, *rest)


def _header_time(headers: dict[str, str], authorization: str) -> tuple[str, float]:
    stamp = headers.get("x-amz-date")
    if stamp is None:
        date = headers.get("date")
        if date is None:
            raise incomplete(
                headers,
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                f"(Hashed with SHA-256 and encoded with Base64) Authorization={shown(authorization)}",
            )
        try:
            time_s = timestamps.parse(date) if "-" in date or "," in date else timestamps.parse_basic(date)
        except ValueError:
            raise incomplete(headers, bad_date(date)) from None
        return timestamps.basic(time_s), time_s
    try:
        return stamp, timestamps.parse_basic(stamp)
    except ValueError:
        raise incomplete(headers, bad_date(stamp)) from None


def _parts(text: str) -> dict[str, str]:
    rows = (part.strip().partition("=") for part in re.split(r"[,\s]+", text) if part.strip())
    return {name: value for name, _, value in rows}


def _loose_header(request: Request, authorization: str) -> Credential | None:
    """An Authorization header that is not in the usual form: in another order, or wrong in a way AWS names."""
    scheme, _, rest = authorization.strip().partition(" ")
    headers = request.headers
    if scheme not in (ALGORITHM, ASYMMETRIC):
        if scheme.startswith("AWS4"):
            raise incomplete(headers, f"Unsupported AWS 'algorithm': '{scheme}'. ")
        return None
    parts = _parts(rest)
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        words = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise incomplete(
            headers, f"{words} (Hashed with SHA-256 and encoded with Base64) Authorization={shown(authorization)}"
        )
    key, date, region, service = scope_of(parts["Credential"], headers, scheme)
    stamp, time_s = _header_time(headers, authorization)
    token = headers.get("x-amz-security-token")
    signed, signature = parts["SignedHeaders"], parts["Signature"]
    if scheme == ASYMMETRIC:
        told = (key, date, service, signed, signature, token, time_s, None, stamp)
        return _multi_region("v4a-header", headers.get(REGION_SET), headers, *told)
    return Credential("v4-header", key, date, region, service, signed, signature, token, time_s, None, stamp)


def scope_of(text: str, headers: dict[str, str], algorithm: str = ALGORITHM) -> tuple[str, str, str, str]:
    """Key, date, Region and service; the Region is empty with SigV4A, whose scope has none."""
    wanted, form = (4, "keyid/date/service/term") if algorithm == ASYMMETRIC else (5, "keyid/date/region/service/term")
    parts = text.rsplit("/", wanted - 1)
    if len(parts) != wanted:
        raise incomplete(
            headers, f"Credential must have exactly {wanted} slash-delimited elements, e.g. {form}, got '{text}'"
        )
    key, date, *region, service, term = parts
    if term != "aws4_request":
        raise incomplete(headers, f"Credential should be scoped with a valid terminator: 'aws4_request', not '{term}'.")
    return key, date, region[0] if region else "", service


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
    algorithm = plain["X-Amz-Algorithm"]
    if algorithm not in (ALGORITHM, ASYMMETRIC):
        raise WireError(
            "AuthorizationQueryParametersError",
            f'X-Amz-Algorithm only supports "{ALGORITHM} and {ASYMMETRIC}"',
        )
    key, date, region, service = scope_of(plain["X-Amz-Credential"], request.headers, algorithm)
    stamp = plain["X-Amz-Date"]
    try:
        time_s = timestamps.parse_basic(stamp)
    except ValueError:
        raise WireError(
            "AuthorizationQueryParametersError",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ) from None
    rest = (
        plain["X-Amz-SignedHeaders"],
        plain["X-Amz-Signature"],
        plain.get("X-Amz-Security-Token"),
        time_s,
        _expires(plain.get("X-Amz-Expires"), service),
        stamp,
    )
    if algorithm == ASYMMETRIC:
        return _multi_region("v4a-query", plain.get("X-Amz-Region-Set"), request.headers, key, date, service, *rest)
    return Credential("v4-query", key, date, region, service, *rest)


def _expires(text: str | None, service: str) -> int:
    if text is None:
        if service in S3_NAMES:
            raise WireError("AuthorizationQueryParametersError", "X-Amz-Expires must be given")
        return SKEW_S
    if re.fullmatch(r"-?[0-9]{1,11}", text) is None:
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
