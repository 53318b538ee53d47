"""Which server-side encryption an object gets: what its request asks for, else its bucket's default."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied, AWSError, NotImplementedHere

from .errors import InvalidArgument, InvalidEncryptionAlgorithm
from .state import Bucket

AES, KMS = "AES256", "aws:kms"
MANAGED = "alias/aws/s3"


def check_algorithm(algorithm: str) -> None:
    if algorithm == "aws:kms:dsse":
        raise NotImplementedHere("Skyjar does not implement aws:kms:dsse of s3.")
    if algorithm not in (AES, KMS):
        raise InvalidEncryptionAlgorithm(ServerSideEncryption=algorithm)


def managed_key(call: Call) -> str:
    """The ARN of the account's AWS managed key for S3, which KMS makes when it is first needed."""
    kms = call.ask("kms", context={"kms:ViaService": f"s3.{call.region}.amazonaws.com"})
    try:
        return str(kms.describe_key(key_id=MANAGED)["KeyMetadata"]["Arn"])
    except AWSError as error:
        raise AccessDenied(error.message) from error


def check_key(call: Call, key: str) -> None:
    """Only the AWS managed key is here: under another one the object would have to be ciphered."""
    if key not in ("", MANAGED) and not key.endswith(f":{MANAGED}") and key != managed_key(call):
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
    return {"encryption": KMS, "kms_key": managed_key(call), "has_bucket_key": uses_bucket_key}


def shown(thing: Any) -> dict[str, Any]:
    """Of an object or an upload, as an answer's members."""
    if thing.encryption == AES:
        return {"ServerSideEncryption": AES}
    found = {"ServerSideEncryption": thing.encryption, "SSEKMSKeyId": thing.kms_key}
    return {**found, "BucketKeyEnabled": True} if thing.has_bucket_key else found
