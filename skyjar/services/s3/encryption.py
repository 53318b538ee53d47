"""Which server-side encryption an object gets: what its request asks for, else its bucket's default."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import state
from .errors import InvalidArgument, InvalidEncryptionAlgorithm
from .state import Bucket

AES, KMS = "AES256", "aws:kms"


def check_algorithm(algorithm: str) -> None:
    if algorithm == "aws:kms:dsse":
        raise NotImplementedHere("Skyjar does not implement aws:kms:dsse of s3.")
    if algorithm not in (AES, KMS):
        raise InvalidEncryptionAlgorithm(ServerSideEncryption=algorithm)


def check_key(call: Call, key: str) -> None:
    """Only the AWS managed key is here: another one would be a promise that only KMS can keep."""
    if key not in ("", "alias/aws/s3", state.managed_key(call)) and not key.endswith(":alias/aws/s3"):
        raise NotImplementedHere(f"Skyjar does not implement KMS keys of one's own in s3 ({key}).")


def chosen(call: Call, bucket: Bucket, asked: str, key: str, bucket_key: bool | None) -> dict[str, Any]:
    """The fields of the object."""
    if not asked and not key and bucket.encryption == AES:
        return {}
    if asked:
        check_algorithm(asked)
    algorithm = asked or bucket.encryption
    if algorithm == AES:
        if key:
            raise InvalidArgument(
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
                "aws:kms",
                ArgumentName="x-amz-server-side-encryption",
                ArgumentValue=asked or "null",
            )
        return {}
    check_key(call, key)
    uses_bucket_key = bucket.has_bucket_key if bucket_key is None else bucket_key
    return {"encryption": KMS, "kms_key": state.managed_key(call), "has_bucket_key": uses_bucket_key}


def shown(thing: Any) -> dict[str, Any]:
    """Of an object or an upload, as an answer's members."""
    if thing.encryption == AES:
        return {"ServerSideEncryption": AES}
    found = {"ServerSideEncryption": thing.encryption, "SSEKMSKeyId": thing.kms_key}
    return {**found, "BucketKeyEnabled": True} if thing.has_bucket_key else found
