"""Records under a KMS key: sealed with a data key that KMS made, which is kept, encrypted, with them.

A producer needs kms:GenerateDataKey and a consumer kms:Decrypt (Developer Guide, "Permissions to use user-generated KMS keys"), judged
as the caller's own, once in five minutes of the cloud's clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import At

from . import limits, state
from .errors import (
    KMSAccessDeniedException,
    KMSDisabledException,
    KMSInvalidStateException,
    KMSNotFoundException,
    KMSThrottlingException,
)
from .state import Chunk, DataKey, Stream

if TYPE_CHECKING:
    from skyjar.kernel.envelopes import OpenKeys

_ERRORS: dict[str, type[AWSError]] = {
    "AccessDeniedException": KMSAccessDeniedException,
    "DisabledException": KMSDisabledException,
    "KMSInvalidStateException": KMSInvalidStateException,
    "InvalidKeyUsageException": KMSInvalidStateException,
    "NotFoundException": KMSNotFoundException,
    "ThrottlingException": KMSThrottlingException,
}
_Content = tuple[tuple[str, ...], tuple[bytes, ...]]
_open_keys: list[OpenKeys] = []


def _keys() -> OpenKeys:
    """The data keys in the clear; the ciphers' library is loaded with them."""
    if not _open_keys:
        from skyjar.kernel.envelopes import OpenKeys

        _open_keys.append(OpenKeys())
    return _open_keys[0]


def key_arn(at: At, name: str) -> str:
    """A stream's key as seen from any account."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:kms:{at.region}:{at.account}:" + (name if name.startswith("alias/") else f"key/{name}")


def _ask(call: Call, at: At, stream: Stream, operation: str, **given: Any) -> dict[str, Any]:
    kms = call.ask("kms", region=at.region, context={"kms:ViaService": f"kinesis.{at.region}.amazonaws.com"})
    context = {"aws:kinesis:arn": state.arn_of(at, stream.name)}
    try:
        answer: dict[str, Any] = getattr(kms, operation)(encryption_context=context, **given)
    except AWSError as error:
        kind = _ERRORS.get(error.code)
        if kind is None:
            raise
        worded = kind(error.message)
        worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
        raise worded from error
    return answer


def check_key(call: Call, at: At, stream: Stream, key: str) -> None:
    """The key is there, and whoever turns encryption on may use it."""
    _ask(call, at, stream, "generate_data_key", key_id=key_arn(at, key), key_spec="AES_256")


def seal(call: Call, at: At, stream: Stream, keys: tuple[str, ...], data: tuple[bytes, ...]) -> bytes:
    from skyjar.kernel import envelopes

    caller, key_id = call.caller.arn, key_arn(at, stream.kms_key)
    found = state.data_keys.get(at, stream.space, caller)
    if found is None or found.key != key_id or found.made_at + limits.KEY_REUSE_S <= call.now:
        made = _ask(call, at, stream, "generate_data_key", key_id=key_id, key_spec="AES_256")
        found = DataKey(space=stream.space, caller=caller, key=key_id, blob=made["CiphertextBlob"], made_at=call.now)
        state.data_keys.put(at, found)
        secret: bytes = made["Plaintext"]
        _keys().get(f"{caller} puts", found.blob, call.now, limits.KEY_REUSE_S, lambda: secret)
    else:
        secret = _open(call, at, stream, found.blob, "puts")
    about = state.arn_of(at, stream.name)
    nonce = call.chance.bytes(envelopes.NONCE_BYTES)
    return envelopes.seal(secret, found.blob, about, nonce, msgspec.msgpack.encode((keys, data)))


def _open(call: Call, at: At, stream: Stream, blob: bytes, use: str) -> bytes:
    """What a producer's own data key says is remembered apart: to read takes kms:Decrypt, whoever wrote."""

    def ask() -> bytes:
        secret: bytes = _ask(call, at, stream, "decrypt", ciphertext_blob=blob)["Plaintext"]
        return secret

    return _keys().get(f"{call.caller.arn} {use}", blob, call.now, limits.KEY_REUSE_S, ask)


def opened(call: Call, at: At, stream: Stream, chunk: Chunk) -> Chunk:
    """A sealed chunk with its keys and data, for a caller who may decrypt it."""
    from skyjar.kernel import envelopes

    envelope = envelopes.read(chunk.sealed)
    secret = _open(call, at, stream, envelope.data_key, "gets")
    keys, data = msgspec.msgpack.decode(envelope.open(secret), type=_Content)
    found: Chunk = state.replace(chunk, keys=keys, data=data)
    return found
