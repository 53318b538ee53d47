"""How items of encrypted tables look in the store: the attributes' bytes sealed by a data key, as an extension of MessagePack, so
that reading what is not sealed costs nothing. Data keys in the clear are only ever in memory. The cipher's library is loaded
with the first table that needs it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
SEALED = 1  # the extension's number
_FINGERPRINT_BYTES = 8
_REMEMBERED = 1_024
_ciphers: dict[bytes, AESGCM] = {}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Locked(Exception):
    """The data key has not been opened; `encryption.py` does so before items are read."""


def fingerprint(data_key: bytes) -> bytes:
    return hashlib.sha256(data_key).digest()[:_FINGERPRINT_BYTES]


def unlock(mark: bytes, secret: bytes) -> None:
    if mark not in _ciphers:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(_ciphers) >= _REMEMBERED:
            _ciphers.clear()
        _ciphers[mark] = AESGCM(secret)


def seal(mark: bytes, nonce: bytes, body: bytes) -> bytes:
    """The sealed form of encoded attributes."""
    return _encode(msgspec.msgpack.Ext(SEALED, mark + nonce + _cipher(mark).encrypt(nonce, body, mark)))


def opened(code: int, data: memoryview) -> Any:
    """The attributes; the hook of the decoder of items."""
    if code != SEALED:
        raise ValueError(f"an unknown extension: {code}")
    mark = bytes(data[:_FINGERPRINT_BYTES])
    nonce = bytes(data[_FINGERPRINT_BYTES : _FINGERPRINT_BYTES + NONCE_BYTES])
    return _decode(_cipher(mark).decrypt(nonce, bytes(data[_FINGERPRINT_BYTES + NONCE_BYTES :]), mark))


def _cipher(mark: bytes) -> AESGCM:
    try:
        return _ciphers[mark]
    except KeyError:
        raise Locked from None
