"""Bodies of messages under a KMS key: sealed with a data key that KMS made, which is kept, encrypted, with each message.

A data key serves its caller for the queue's reuse period, by the cloud's clock; then KMS is asked again, as the caller. So
a sender needs kms:GenerateDataKey and kms:Decrypt, a receiver kms:Decrypt (Developer Guide, "Key management"). Data keys in
the clear are only ever in memory, by caller and by what they are encrypted as.
"""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import At

from . import state
from .errors import (
    KmsAccessDenied,
    KmsDisabled,
    KmsInvalidKeyUsage,
    KmsInvalidState,
    KmsNotFound,
    KmsThrottled,
)
from .state import DataKey, Message, Queue

_ERRORS: dict[str, type[AWSError]] = {
    "AccessDeniedException": KmsAccessDenied,
    "DisabledException": KmsDisabled,
    "InvalidKeyUsageException": KmsInvalidKeyUsage,
    "KMSInvalidStateException": KmsInvalidState,
    "NotFoundException": KmsNotFound,
    "ThrottlingException": KmsThrottled,
}
_NONCE_BYTES = 12
_REMEMBERED = 4_096
_opened: dict[tuple[str, bytes], tuple[bytes, float]] = {}  # (data key, until when) by caller and blob


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """`queue` is the ARN of the queue to which the message was sent; a move to another one leaves it sealed as it is."""

    queue: str
    data_key: bytes
    nonce: bytes
    body: bytes


def _kms(call: Call, region: str) -> Any:
    return call.ask("kms", region=region, context={"kms:ViaService": f"sqs.{region}.amazonaws.com"})


def _key_id(at: At, name: str) -> str:
    """The queue's key as seen from any account."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:kms:{at.region}:{at.account}:" + (name if name.startswith("alias/") else f"key/{name}")


def _caller(call: Call) -> str:
    """Sessions of one role are one caller."""
    caller = call.caller
    return f"{caller.account}/{caller.path}{caller.name}" if caller.kind == "role" else caller.arn


def data_key(call: Call, at: At, queue: Queue) -> bytes:
    """The data key with which the caller's messages are sealed now, as it is encrypted; it is open for `seal` then."""
    caller, key_id = _caller(call), _key_id(at, queue.kms_key)
    found = state.data_keys.get(at, queue.space, caller)
    if found is None or found.key != key_id or found.made_at + queue.kms_reuse_s <= call.now:
        context = {"aws:sqs:arn": state.arn_of(at, queue.name)}
        try:
            blob = _kms(call, at.region).generate_data_key(
                key_id=key_id, key_spec="AES_256", encryption_context=context
            )["CiphertextBlob"]
        except AWSError as error:
            raise _worded(error) from error
        found = DataKey(space=queue.space, caller=caller, key=key_id, blob=blob, made_at=call.now)
        state.data_keys.put(at, found)
    _open(call, state.arn_of(at, queue.name), found.blob, queue.kms_reuse_s)
    return found.blob


def _open(call: Call, queue: str, blob: bytes, reuse_s: float) -> bytes:
    """The data key of a blob, by KMS where the caller has not opened it within the period."""
    known = _opened.get((_caller(call), blob))
    if known is not None and known[1] - reuse_s <= call.now < known[1]:
        return known[0]
    region = queue.split(":", 4)[3]
    try:
        secret: bytes = _kms(call, region).decrypt(ciphertext_blob=blob, encryption_context={"aws:sqs:arn": queue})[
            "Plaintext"
        ]
    except AWSError as error:
        raise _worded(error) from error
    if len(_opened) >= _REMEMBERED:
        _opened.clear()
    _opened[_caller(call), blob] = (secret, call.now + reuse_s)
    return secret


def _worded(error: AWSError) -> AWSError:
    """KMS's error as SQS hands it on."""
    kind = _ERRORS.get(error.code)
    if kind is None:
        return error
    worded = kind(error.message)
    worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
    return worded


def seal(call: Call, at: At, queue: Queue, message: Message) -> Message:
    """The message as it is stored: without its body in the clear."""
    blob = data_key(call, at, queue)
    arn = state.arn_of(at, queue.name)
    nonce = call.chance.bytes(_NONCE_BYTES)
    secret = _open(call, arn, blob, queue.kms_reuse_s)
    body = AESGCM(secret).encrypt(nonce, message.body.encode(), arn.encode())
    sealed = msgspec.msgpack.encode(Sealed(arn, blob, nonce, body))
    found: Message = state.replace(message, body="", sealed=sealed)
    return found


def opened(call: Call, queue: Queue, message: Message) -> Message:
    """A message that was sealed, with its body, for a caller who may decrypt it."""
    sealed = msgspec.msgpack.decode(message.sealed, type=Sealed)
    secret = _open(call, sealed.queue, sealed.data_key, queue.kms_reuse_s)
    body = AESGCM(secret).decrypt(sealed.nonce, sealed.body, sealed.queue.encode()).decode()
    found: Message = state.replace(message, body=body)
    return found
