"""Events under a KMS key: sealed with a data key of the group that Logs, as a service, has KMS make and open.

The key's policy must let `logs.<region>.amazonaws.com` use it for the group (User Guide, "Encrypt log data"). What was
ingested keeps its data key, so that it stays readable as long as its KMS key is, whatever the group's key is now.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import envelopes
from skyjar.kernel.call import Call
from skyjar.kernel.envelopes import OpenKeys
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import service

from . import limits, state
from .errors import InvalidParameterException
from .state import Batch, Group

Events = tuple[tuple[int, str], ...]
_open_keys = OpenKeys()


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
    def ask() -> bytes:
        try:
            opened = _kms(call, arn).decrypt(ciphertext_blob=blob, encryption_context=_context(arn))
        except AWSError as error:
            raise InvalidParameterException(error.message) from error
        secret: bytes = opened["Plaintext"]
        return secret

    return _open_keys.get("", blob, call.now, limits.DATA_KEY_S, ask)


def seal(call: Call, group: Group, batch: Batch) -> Batch:
    """The batch as it is stored: without its events in the clear."""
    arn = state.arn_of(call, group.name)
    secret, nonce = _open(call, arn, group.data_key), call.chance.bytes(envelopes.NONCE_BYTES)
    sealed = envelopes.seal(secret, group.data_key, arn, nonce, msgspec.msgpack.encode(batch.events))
    found: Batch = state.replace(batch, events=(), sealed=sealed)
    return found


def events_of(call: Call, batch: Batch) -> Events:
    if not batch.sealed:
        return batch.events
    envelope = envelopes.read(batch.sealed)
    secret = _open(call, envelope.about, envelope.data_key)
    return msgspec.msgpack.decode(envelope.open(secret), type=Events)
