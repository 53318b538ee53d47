"""UpdateObjectEncryption: an object is put under a key of KMS's where it lies; nothing of its content or metadata is touched.

Its own secrets are wrapped anew, as in a copy. Source: S3 API reference, "UpdateObjectEncryption"; S3 User Guide, "Updating
server-side encryption for existing data".
"""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import data_keys, encryption, locks, object_state, payments, state
from .encryption import Wish
from .errors import AccessDenied, InvalidRequest
from .object_state import Object
from .reading import existing
from .state import Bucket

_KEY = re.compile(r"arn:aws[a-zA-Z0-9-]*:kms:[a-z0-9-]+:(?P<account>\d{12}):key/[a-zA-Z0-9-]+")
_AGAIN = "and then try again."
_MODIFYING = "Requests that modify an object's encryption type to SSE-KMS require"
_ONLY = "Only source objects encrypted with SSE-S3 or SSE-KMS are supported."


@operation
def update_object_encryption(
    call: Call,
    *,
    bucket: str,
    key: str,
    object_encryption: dict[str, Any],
    version_id: str = "",
    content_md5: str = "",
    checksum_algorithm: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where, found = existing(call, bucket, key, version_id)
    arn, has_bucket_key = _wanted(call, where, object_encryption)
    _check_source(call, found)
    data_keys.check_update(call, where, found, arn, has_bucket_key)
    old = encryption.opened(call, where, found, None)
    new = encryption.begun(call, at, where, key, Wish(encryption.KMS, arn, has_bucket_key))
    assert old is not None
    assert found.sealing is not None
    keys = [new.wrapped(call, old.unwrapped(each)) for each in found.sealing.keys]
    object_state.change(at, found, state.replace(found, **new.sealed(*keys)))
    return payments.shown(call, where) if where.requester_pays else {}


def conditions(parameters: dict[str, Any]) -> dict[str, str]:
    """What policies may ask of the encryption that is to be."""
    wanted = parameters["object_encryption"].get("SSEKMS")
    if wanted is None:
        return {}
    head = "s3:x-amz-server-side-encryption"
    return {head: encryption.KMS, f"{head}-aws-kms-key-id": wanted.get("KMSKeyArn", "")}


def _wanted(call: Call, bucket: Bucket, given: dict[str, Any]) -> tuple[str, bool]:
    """The new key's ARN, and whether a Bucket Key is to be used."""
    if call.caller.kind == "anonymous" or call.origin.signature.startswith("v2"):
        raise InvalidRequest(
            "Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the request to use "
            f"AWS Signature Version 4, {_AGAIN}"
        )
    wanted = given.get("SSEKMS")
    if wanted is None:
        raise InvalidRequest(
            "Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. "
            f"Modify the request to specify SSE-KMS for the updated encryption type, {_AGAIN}"
        )
    arn = wanted.get("KMSKeyArn", "")
    if not arn:
        raise InvalidRequest(
            f"{_MODIFYING} an AWS KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, {_AGAIN}"
        )
    match = _KEY.fullmatch(arn)
    if match is None:
        raise InvalidRequest(
            f"{_MODIFYING} a valid AWS KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN "
            f"in your request, {_AGAIN}"
        )
    if match["account"] != bucket.account:
        raise AccessDenied(
            "The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS "
            f"key from the same account, {_AGAIN}"
        )
    return arn, bool(wanted.get("BucketKeyEnabled"))


def _check_source(call: Call, found: Object) -> None:
    if found.sealing is None:
        raise InvalidRequest(
            f"The UpdateObjectEncryption operation doesn't supported unencrypted source objects. {_ONLY}"
        )
    if found.encryption not in (encryption.AES, encryption.KMS):
        raise InvalidRequest(
            "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. "
            f"{_ONLY}"
        )
    if locks.is_locked(found, call.now):
        raise AccessDenied(
            "The encryption type for the specified object can't be updated because that object is protected by S3 Object Lock. If "
            "the object has a governance-mode retention period or a legal hold, you must first remove the Object Lock status on "
            "the object before you issue your UpdateObjectEncryption request. You can't use the UpdateObjectEncryption operation "
            "with objects that have an Object Lock compliance mode retention period applied to them."
        )
