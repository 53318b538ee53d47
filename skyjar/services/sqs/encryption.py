"""Bodies of messages under a KMS key: sealed with a data key that KMS made, which is kept, encrypted, with each message.

A data key serves its caller for the queue's reuse period, by the cloud's clock; then KMS is asked again, as the caller. So
a sender needs kms:GenerateDataKey and kms:Decrypt, a receiver kms:Decrypt (Developer Guide, "Key management").
"""

from __future__ import annotations

import hashlib
from typing import Any

from skyjar.kernel import envelopes
from skyjar.kernel.call import Call
from skyjar.kernel.envelopes import OpenKeys
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
_open_keys = OpenKeys()


def _kms(call: Call, region: str) -> Any:
    return call.ask("kms", region=region, context={"kms:ViaService": f"sqs.{region}.amazonaws.com"})


def _key_id(at: At, name: str) -> str:
    """The queue's key as seen from any account."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:kms:{at.region}:{at.account}:" + (name if name.startswith("alias/") else f"key/{name}")


def _caller(call: Call) -> str:
    """Sessions of one role with the same session policies are one caller (Developer Guide, "Key management")."""
    caller = call.caller
    if caller.kind != "role":
        return caller.arn
    role = f"{caller.account}{caller.path}{caller.name}"
    if not caller.session_policies:
        return role
    return f"{role} {hashlib.sha256(repr(caller.session_policies).encode()).hexdigest()}"


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
    """The data key of a blob, which belongs to the queue of this ARN."""

    def ask() -> bytes:
        kms, context = _kms(call, queue.split(":", 4)[3]), {"aws:sqs:arn": queue}
        try:
            secret: bytes = kms.decrypt(ciphertext_blob=blob, encryption_context=context)["Plaintext"]
        except AWSError as error:
            raise _worded(error) from error
        return secret

    return _open_keys.get(_caller(call), blob, call.now, reuse_s, ask)


def _worded(error: AWSError) -> AWSError:
    """KMS's error as SQS hands it on."""
    kind = _ERRORS.get(error.code)
    if kind is None:
        return error
    worded = kind(error.message)
    worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
    return worded


def seal(call: Call, at: At, queue: Queue, message: Message) -> Message:
    """The message as it is stored: without its body in the clear. A move to another queue leaves it sealed as it is."""
    blob, arn = data_key(call, at, queue), state.arn_of(at, queue.name)
    secret = _open(call, arn, blob, queue.kms_reuse_s)
    nonce = call.chance.bytes(envelopes.NONCE_BYTES)
    sealed = envelopes.seal(secret, blob, arn, nonce, message.body.encode())
    found: Message = state.replace(message, body="", sealed=sealed)
    return found


def opened(call: Call, queue: Queue, message: Message) -> Message:
    """A message that was sealed, with its body, for a caller who may decrypt it."""
    envelope = envelopes.read(message.sealed)
    secret = _open(call, envelope.about, envelope.data_key, queue.kms_reuse_s)
    found: Message = state.replace(message, body=envelope.open(secret).decode())
    return found
