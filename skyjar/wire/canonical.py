"""The canonical request that both SigV4 and SigV4A sign, and the hash of its payload.

S3 signs the path as it is sent and hashes the payload into a header; every other service normalises and encodes the path once
more and hashes the body.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from skyjar.wire.credentials import Credential
from skyjar.wire.http import Request

_sha256 = hashlib.sha256
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

S3_NAMES = frozenset({"s3", "s3express", "s3-outposts", "s3-object-lambda"})
UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = frozenset(
    {
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        UNSIGNED_TRAILER,
    }
)
LITERAL_HASHES = STREAMING | {UNSIGNED}


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


@lru_cache(maxsize=4096)
def _template(signed_headers: str) -> tuple[tuple[str, ...], str]:
    """The names of signed headers, and their block in the canonical request with a place for each value."""
    names = tuple(signed_headers.split(";"))
    safe = [name.replace("%", "%%") for name in names]
    return names, "".join([f"{name}:%s\n" for name in safe]) + "\n" + ";".join(safe) + "\n"


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
        if credential.expires is not None:
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
