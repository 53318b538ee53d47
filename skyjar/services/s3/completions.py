"""What completing an upload answers: once, and again to a client that lost the answer.

AWS's API reference says that a completed upload is gone; asked for the same once more, S3 answers as before all the same
(github.com/minio/minio/issues/13318 and github.com/adobe/S3Mock/issues/2586 have scripts that show it). Here it does as long as what the
upload made is the key's current version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import checksums, encryption, object_state
from .errors import NoSuchUpload
from .object_state import Object
from .state import Bucket


def etag(parts: Iterable[str]) -> str:
    """Of the object, from those of its parts."""
    each = [bytes.fromhex(part) for part in parts]
    return f"{hashlib.md5(b''.join(each), usedforsecurity=False).hexdigest()}-{len(each)}"


def answer(call: Call, bucket: str, made: Object) -> dict[str, Any]:
    return {
        "Location": f"{call.endpoint}/{bucket}/{made.key}",
        "Bucket": bucket,
        "Key": made.key,
        "ETag": f'"{made.etag}"',
        **checksums.shown(made.algorithm, made.checksum, made.checksum_type),
    }


def again(
    call: Call, at: At, where: Bucket, bucket: str, key: str, upload_id: str, listed: list[dict[str, Any]]
) -> dict[str, Any]:
    """For an upload that is not there (any more)."""
    made = object_state.latest(at, where, key)
    if made is None or made.upload != upload_id or made.etag != _listed(listed):
        raise NoSuchUpload(UploadId=upload_id)
    version = {"VersionId": made.version} if where.versioning else {}
    return {**answer(call, bucket, made), **encryption.shown(made, None), **version}


def _listed(listed: list[dict[str, Any]]) -> str:
    try:
        return etag(each["ETag"].strip('"') for each in listed)
    except (KeyError, ValueError):
        return ""
