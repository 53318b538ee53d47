"""Checksums of objects as they lie, which a job's report tells. Source: S3 User Guide, "Checking object integrity for data at rest",
"Examples: S3 Batch Operations completion reports"."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import orjson

from skyjar.kernel.blobs import Slices
from skyjar.kernel.call import Call
from skyjar.kernel.digests import DIGESTS
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.outside import Compute, Outside
from skyjar.kernel.principals import Principal

from .batch_state import Task

NAME = "S3ComputeObjectChecksum"
Told = tuple[str, int, str, str]  # as an Outcome (tasks.py): status, HTTP status, code, message
_DEFAULT, _FULL = "CRC64NVME", "FULL_OBJECT"
_STEP_BYTES = 4 * 1024**2


def check(given: dict[str, Any]) -> None:
    algorithm = given.get("ChecksumAlgorithm") or _DEFAULT
    if algorithm.lower() not in DIGESTS:
        raise NotImplementedHere(f"Skyjar does not implement {algorithm} of {NAME} in s3control:CreateJob.")
    if (given.get("ChecksumType") or _FULL) != _FULL:
        raise NotImplementedHere(f"Skyjar does not implement COMPOSITE of {NAME} in s3control:CreateJob.")


def begin(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Told | Outside:
    """The object is read in a thread."""
    version = {"version_id": task.version} if task.version else {}
    try:
        found = call.ask("s3", who, account=call.account).get_object(bucket=task.bucket, key=task.key, **version)
    except AWSError as error:
        return _failed(call, error)
    algorithm, etag = given.get("ChecksumAlgorithm") or _DEFAULT, found["ETag"].strip('"')
    return Outside(Compute(_sum, found["Body"], algorithm), lambda after, digest: _told(algorithm, etag, digest))


def _failed(call: Call, error: AWSError) -> Told:
    text = error.message
    if error.status == 404:
        text = "Key not found"
    elif "Server Side Encryption" in text:
        text = "SSE-C encryption type is not supported for this operation"
    failure = f'{{"failureMessage":"Task {call.new_id()} {text}", "errorCode": "{error.status}"}}'
    return "failed", 200, "PermanentFailure", f"error details: {failure}"


def _told(algorithm: str, etag: str, digest: bytes) -> Told:
    said = {
        "checksum_base64": b64encode(digest).decode(),
        "etag": etag,
        "checksumAlgorithm": algorithm,
        "checksumType": _FULL,
        "checksum_hex": digest.hex().upper(),
    }
    return "succeeded", 200, "", orjson.dumps(said).decode().replace("=", "\\u003d")


def _pieces(body: bytes | Slices) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    for blob, begins, length in body.pieces:
        for offset in range(begins, begins + length, _STEP_BYTES):
            yield blob.read(offset, min(_STEP_BYTES, begins + length - offset))


def _sum(body: bytes | Slices, algorithm: str) -> bytes:
    digest = DIGESTS[algorithm.lower()]()
    for piece in _pieces(body):
        digest.update(piece)
    return digest.digest()
