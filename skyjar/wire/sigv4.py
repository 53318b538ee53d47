"""Request signatures, checked: SigV4 in headers and query strings, SigV4A (`sigv4a.py`) and S3's SigV2 (`sigv2.py`).

`credential` reads what a request claims, without any secret; `verify` recomputes the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Any

from skyjar.kernel import region_sets
from skyjar.wire import chunked, sigv2
from skyjar.wire.canonical import LITERAL_HASHES, S3_NAMES, STREAMING, body_hash, canonical_request
from skyjar.wire.credentials import Credential
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request
from skyjar.wire.signature_claims import ALGORITHM, ASYMMETRIC, credential
from skyjar.wire.signature_errors import (
    SKEW_S,
    SKEW_S3_S,
    check_presigned_end,
    check_presigned_time,
    mismatch,
    skewed,
    wrong_date,
    wrong_region,
)

__all__ = [
    "ALGORITHM",
    "SKEW_S",
    "Credential",
    "check_end",
    "check_region",
    "credential",
    "decoder",
    "signing_key",
    "verify",
]

_sha256 = hashlib.sha256
_HASH = re.compile(r"[0-9a-f]{64}")
_OTHER = (ASYMMETRIC, ALGORITHM)  # whose chunks are not signed as SigV4's are, and as SigV4A's


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


def verify(request: Request, credential: Credential, secret: str, now: float) -> None:
    """Returns when the signature is right and in time; raises AWS's error otherwise."""
    if credential.scheme[1] == "2":
        sigv2.verify(request, credential, secret, now)
        return
    s3 = credential.service in S3_NAMES
    if credential.expires is None:
        skew = SKEW_S3_S if s3 else SKEW_S
        if not now - skew <= credential.timestamp <= now + skew:
            raise skewed(request, credential, now, s3)
    else:
        check_presigned_time(request, credential, now, s3)
    if not credential.stamp.startswith(credential.date):
        raise wrong_date(request, credential)
    canonical = canonical_request(request, credential, s3)
    digest = _sha256(canonical).hexdigest()
    if credential.scheme[2] == "a":
        from skyjar.wire import sigv4a  # the curve's library takes its time to load, and few need it

        to_sign = sigv4a.string_to_sign(credential, digest)
        is_right = sigv4a.is_right(credential.access_key, secret, to_sign, credential.signature)
    else:
        to_sign = (
            f"AWS4-HMAC-SHA256\n{credential.stamp}\n{credential.date}/{credential.region}/{credential.service}"
            f"/aws4_request\n{digest}"
        )
        pads = _pads(secret, credential.date, credential.region, credential.service)
        inner, outer = pads[0].copy(), pads[1].copy()
        inner.update(to_sign.encode("utf-8", "replace"))
        outer.update(inner.digest())
        signature = credential.signature
        is_right = signature.isascii() and hmac.compare_digest(outer.hexdigest(), signature)
    if not is_right:
        raise mismatch(request, credential, canonical.decode("latin-1"), to_sign, s3)
    if s3:
        _check_payload(request, credential)


def check_end(request: Request, credential: Credential, now: float) -> None:
    """Whether a presigned URL is still good, which is looked at also where its signature is not."""
    if credential.scheme[1] == "2":
        sigv2.check_end(credential.expires or 0, now)
    else:
        check_presigned_end(request, credential, now, credential.service in S3_NAMES)


def check_region(request: Request, credential: Credential, region: str) -> None:
    """Whether a request that is answered in this Region was signed for it."""
    if credential.region_set and not region_sets.covers(credential.region_set, region):
        raise wrong_region(request, credential, region)


def _check_payload(request: Request, credential: Credential) -> None:
    """S3 signs the payload's hash as a header, so the payload itself is compared with that."""
    given = request.headers.get("x-amz-content-sha256")
    if given is None:
        if credential.expires is None:
            raise WireError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        return
    if given in LITERAL_HASHES and _OTHER[credential.scheme[2] == "a"] not in given:
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


def decoder(request: Request, credential: Credential | None, secret: str | None) -> chunked.Decoder | None:
    """The decoder for a body in aws-chunked encoding, checking its chunk signatures; None for any other body."""
    kind = request.headers.get("x-amz-content-sha256", "")
    if kind not in STREAMING and "aws-chunked" not in request.headers.get("content-encoding", ""):
        return None
    signer: chunked.Chain | None = None
    if credential is not None and secret is not None:
        if kind.startswith(f"STREAMING-{ALGORITHM}") and not credential.region_set:
            key = signing_key(secret, credential.date, credential.region, credential.service)
            scope = f"{credential.date}/{credential.region}/{credential.service}/aws4_request"
            signer = chunked.Signer(key, credential.stamp, scope, credential.signature)
        elif kind.startswith(f"STREAMING-{ASYMMETRIC}") and credential.region_set:
            from skyjar.wire import sigv4a

            signer = sigv4a.Chain(credential, secret)
    length = request.headers.get("x-amz-decoded-content-length")
    if length is None and kind in STREAMING:
        raise WireError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if length is not None and (not (length.isascii() and length.isdigit()) or len(length) > 18):
        raise WireError("InvalidArgument", "x-amz-decoded-content-length must be a number")
    trailers = request.headers.get("x-amz-trailer", "") if kind.endswith("-TRAILER") else ""
    names = [name.strip().lower() for name in trailers.split(",") if name.strip()]
    return chunked.Decoder(int(length) if length is not None else None, signer, names)
