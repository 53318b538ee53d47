"""Data keys of KMS for SSE-KMS, asked for as the caller, whose own permissions count.

Each body's data key is bound to its object's ARN, or with a Bucket Key to the bucket's: then one serves its caller for a
while, and KMS is asked less often (User Guide, "Reducing the cost of SSE-KMS with S3 Bucket Keys"; how long is AWS's secret).
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.envelopes import OpenKeys
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import At

from . import limits, state
from .errors import AccessDenied, InvalidArgument, KeyRefused
from .object_state import Object
from .state import Bucket, BucketKey

MANAGED = "alias/aws/s3"
_ABOUT = "Requests specifying Server Side Encryption with AWS KMS managed keys"
_open_keys = OpenKeys()


def check_request(call: Call) -> None:
    """Of requests that put or read what is under a KMS key."""
    if not call.origin.secure:
        raise InvalidArgument(f"{_ABOUT} must be made over a secure connection.")
    if call.caller.kind == "anonymous" or call.origin.signature.startswith("v2"):
        raise InvalidArgument(f"{_ABOUT} require AWS Signature Version 4.")


def context_of(bucket: Bucket, key: str, has_bucket_key: bool, further: str) -> dict[str, str]:
    """The encryption context; `further` is the client's own, JSON as it was kept."""
    found: dict[str, str] = orjson.loads(further) if further else {}
    arn = state.bucket_arn(bucket.name)
    return {"aws:s3:arn": arn if has_bucket_key else f"{arn}/{key}", **found}


def _kms(call: Call, bucket: Bucket) -> Any:
    return call.ask("kms", region=bucket.region, context={"kms:ViaService": f"s3.{bucket.region}.amazonaws.com"})


def made(call: Call, bucket: Bucket, key_id: str, context: dict[str, str]) -> tuple[str, bytes, bytes]:
    """(the key's ARN, the data key as KMS encrypted it, the data key)."""
    given = {"key_id": key_id or MANAGED, "encryption_context": context}
    try:
        answer = _kms(call, bucket).generate_data_key(**given, key_spec="AES_256")
    except AWSError as error:
        raise _worded(error) from error
    return answer["KeyId"], answer["CiphertextBlob"], answer["Plaintext"]


def encrypted(call: Call, bucket: Bucket, key_id: str, secret: bytes, context: dict[str, str]) -> tuple[str, bytes]:
    """A data key that S3 has already, under another key of KMS's: (the key's ARN, the data key as KMS encrypted it)."""
    try:
        answer = _kms(call, bucket).encrypt(key_id=key_id, plaintext=secret, encryption_context=context)
    except AWSError as error:
        raise _worded(error) from error
    return answer["KeyId"], answer["CiphertextBlob"]


def opened(call: Call, bucket: Bucket, blob: bytes, context: dict[str, str]) -> bytes:
    try:
        secret: bytes = _kms(call, bucket).decrypt(ciphertext_blob=blob, encryption_context=context)["Plaintext"]
    except AWSError as error:
        raise _worded(error) from error
    return secret


def check_update(call: Call, bucket: Bucket, thing: Object, key_id: str, has_bucket_key: bool) -> None:
    """What AWS asks for beside decrypting and making a data key, when an object is put under another key: kms:Encrypt and,
    of what is under KMS, kms:ReEncrypt*."""
    further = thing.sealing.context if thing.sealing is not None else ""
    context = context_of(bucket, thing.key, has_bucket_key, "")
    asking = call.acting(call.caller, {**call.context, "kms:ViaService": f"s3.{bucket.region}.amazonaws.com"})
    asking.region = bucket.region
    try:
        asking.judge("kms", "encrypt", call.caller, key_id=key_id, plaintext=b"-", encryption_context=context)
        if thing.sealing is not None and thing.sealing.data_key:
            before = context_of(bucket, thing.key, thing.has_bucket_key, further)
            both = {"source_encryption_context": before, "destination_encryption_context": context}
            named = {"ciphertext_blob": thing.sealing.data_key, "destination_key_id": key_id}
            asking.judge("kms", "re_encrypt", call.caller, **named, **both)
    except AWSError as error:
        raise _worded(error) from error


class _NotOpen(Exception):
    pass


def _not_open() -> bytes:
    raise _NotOpen


def of_bucket(call: Call, at: At, bucket: Bucket, key_id: str, context: dict[str, str]) -> tuple[str, bytes, bytes]:
    """As `made`, of the bucket: made for this caller at most a period ago and still open, or now."""
    who = _caller(call)
    name = hashlib.sha256(orjson.dumps((who, key_id, context), option=orjson.OPT_SORT_KEYS)).hexdigest()
    found = state.bucket_keys.get(at, bucket.space, name)
    if found is not None and 0 <= call.now - found.made_at < limits.BUCKET_KEY_S:
        try:
            known = _open_keys.get(who, found.blob, call.now, limits.BUCKET_KEY_S, _not_open)
        except _NotOpen:  # whoever writes may not be allowed to decrypt
            pass
        else:
            return found.key, found.blob, known
    arn, blob, secret = made(call, bucket, key_id, context)
    state.bucket_keys.put(at, BucketKey(space=bucket.space, name=name, key=arn, blob=blob, made_at=call.now))
    return arn, blob, _open_keys.get(who, blob, call.now, limits.BUCKET_KEY_S, lambda: secret)


def opened_for_bucket(call: Call, bucket: Bucket, blob: bytes, context: dict[str, str]) -> bytes:
    return _open_keys.get(
        _caller(call), blob, call.now, limits.BUCKET_KEY_S, lambda: opened(call, bucket, blob, context)
    )


def _caller(call: Call) -> str:
    """Whose permissions count: a session's own policies make it another caller."""
    caller = call.caller
    policies = hashlib.sha256(repr(caller.session_policies).encode()).hexdigest() if caller.session_policies else ""
    return f"{caller.arn} {caller.id} {policies}"


def _worded(error: AWSError) -> AWSError:
    """KMS's error as S3 hands it on."""
    worded: AWSError = AccessDenied(error.message) if error.code == "AccessDeniedException" else KeyRefused(error)
    worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
    return worded
