"""Ciphertext blobs of symmetric keys: which key and which of its material, then AES-256-GCM. Pure.

    5 bytes    mark and version
    32 bytes   id of the key material
    12 bytes   account of the key
    1 byte     length of the key id, then the key id
    12 bytes   nonce
    the rest   ciphertext with its 16-byte tag

Everything before the nonce is authenticated together with the encryption context.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import InvalidCiphertextException

_MARK = b"\x01\x02\x02\x00\x78"
NONCE_BYTES = 12
_TAG_BYTES = 16


class Sealed(NamedTuple):
    account: str
    key_id: str
    material_id: str
    head: bytes
    nonce: bytes
    body: bytes


def context_bytes(context: Mapping[str, str] | None) -> bytes:
    """One form of an encryption context: pairs in order, each part with its length."""
    parts: list[bytes] = []
    for name in sorted(context or {}):
        for text in (name, context[name]):  # type: ignore[index]
            data = text.encode()
            parts.append(len(data).to_bytes(4, "big") + data)
    return b"".join(parts)


def seal(
    secret: bytes, account: str, key_id: str, material_id: str, nonce: bytes, plaintext: bytes, context: bytes
) -> bytes:
    name = key_id.encode()
    head = _MARK + bytes.fromhex(material_id) + account.encode() + bytes((len(name),)) + name
    return head + nonce + AESGCM(secret).encrypt(nonce, plaintext, head + context)


def read(blob: bytes) -> Sealed:
    """The parts of a blob; raises InvalidCiphertextException for what is none."""
    start = len(_MARK) + 32 + 12
    if not blob.startswith(_MARK) or len(blob) <= start:
        raise InvalidCiphertextException
    end = start + 1 + blob[start]
    if len(blob) < end + NONCE_BYTES + _TAG_BYTES:
        raise InvalidCiphertextException
    try:
        account, key_id = blob[start - 12 : start].decode("ascii"), blob[start + 1 : end].decode("ascii")
    except UnicodeDecodeError:
        raise InvalidCiphertextException from None
    material = blob[len(_MARK) : start - 12].hex()
    return Sealed(account, key_id, material, blob[:end], blob[end : end + NONCE_BYTES], blob[end + NONCE_BYTES :])


def unseal(secret: bytes, sealed: Sealed, context: bytes) -> bytes:
    try:
        return AESGCM(secret).decrypt(sealed.nonce, sealed.body, sealed.head + context)
    except InvalidTag:
        raise InvalidCiphertextException from None
