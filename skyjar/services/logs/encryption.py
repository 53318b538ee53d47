"""Events under a KMS key: sealed with a data key of the group that Logs, as a service, has KMS make and open.

The key's policy must let `logs.<region>.amazonaws.com` use it for the group (User Guide, "Encrypt log data"). What was
ingested keeps its data key, so that it stays readable as long as its KMS key is, whatever the group's key is now.
"""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import service

from . import limits, state
from .errors import InvalidParameterException
from .state import Batch, Group

Events = tuple[tuple[int, str], ...]
_NONCE_BYTES = 12
_REMEMBERED = 1_024
_opened: dict[bytes, tuple[bytes, float]] = {}  # (data key, until when) by what it is encrypted as


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    group: str
    data_key: bytes
    nonce: bytes
    body: bytes


def _kms(call: Call, arn: str) -> Any:
    who = service(f"logs.{call.region}.amazonaws.com", call.account)
    return call.ask("kms", who, context={"aws:SourceArn": arn, "aws:SourceAccount": call.account})


def _context(arn: str) -> dict[str, str]:
    return {"aws:logs:arn": arn}


def data_key(call: Call, name: str, key: str) -> bytes:
    """A new data key for a group under this KMS key, as it is encrypted; an error when Logs may not use the key."""
    arn = state.arn_of(call, name)
    if not key.startswith("arn:aws:kms:"):
        raise InvalidParameterException(f"The specified KMS Key Id could not be found. '{name}'")
    try:
        made = _kms(call, arn).generate_data_key(key_id=key, key_spec="AES_256", encryption_context=_context(arn))
    except AWSError as error:
        raise InvalidParameterException(
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        ) from error
    blob: bytes = made["CiphertextBlob"]
    return blob


def _open(call: Call, arn: str, blob: bytes) -> bytes:
    known = _opened.get(blob)
    if known is not None and known[1] - limits.DATA_KEY_S <= call.now < known[1]:
        return known[0]
    try:
        secret: bytes = _kms(call, arn).decrypt(ciphertext_blob=blob, encryption_context=_context(arn))["Plaintext"]
    except AWSError as error:
        raise InvalidParameterException(error.message) from error
    if len(_opened) >= _REMEMBERED:
        _opened.clear()
    _opened[blob] = (secret, call.now + limits.DATA_KEY_S)
    return secret


def seal(call: Call, group: Group, batch: Batch) -> Batch:
    """The batch as it is stored: without its events in the clear."""
    arn = state.arn_of(call, group.name)
    nonce = call.chance.bytes(_NONCE_BYTES)
    plain = msgspec.msgpack.encode(batch.events)
    body = AESGCM(_open(call, arn, group.data_key)).encrypt(nonce, plain, arn.encode())
    sealed = msgspec.msgpack.encode(Sealed(arn, group.data_key, nonce, body))
    found: Batch = state.replace(batch, events=(), sealed=sealed)
    return found


def events_of(call: Call, batch: Batch) -> Events:
    if not batch.sealed:
        return batch.events
    sealed = msgspec.msgpack.decode(batch.sealed, type=Sealed)
    secret = _open(call, sealed.group, sealed.data_key)
    plain = AESGCM(secret).decrypt(sealed.nonce, sealed.body, sealed.group.encode())
    return msgspec.msgpack.decode(plain, type=Events)
