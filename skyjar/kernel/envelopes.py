"""Envelope encryption for services that keep something under a KMS key: a data key seals the content and is kept beside it,
encrypted by KMS. What KMS is asked for, as whom, and how its refusals are worded is the service's own business.

Data keys in the clear are only ever in memory, and only for a while: `OpenKeys` remembers them by who opened them.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """`data_key` is encrypted by KMS; `about` names what the content belongs to, and is authenticated with it."""

    data_key: bytes
    about: str
    nonce: bytes
    body: bytes

    def open(self, secret: bytes) -> bytes:
        """The content; `secret` is the data key in the clear. Raises InvalidTag when anything was changed."""
        return AESGCM(secret).decrypt(self.nonce, self.body, self.about.encode())


def seal(secret: bytes, data_key: bytes, about: str, nonce: bytes, content: bytes) -> bytes:
    """An envelope as bytes, for `read`."""
    body = AESGCM(secret).encrypt(nonce, content, about.encode())
    return msgspec.msgpack.encode(Envelope(data_key, about, nonce, body))


def read(sealed: bytes) -> Envelope:
    return msgspec.msgpack.decode(sealed, type=Envelope)


class OpenKeys:
    """Data keys in the clear, by whoever had them opened, for a period of the cloud's clock."""

    def __init__(self, remembered: int = 4_096) -> None:
        self._remembered = remembered
        self._known: dict[tuple[str, bytes], tuple[bytes, float]] = {}

    def get(self, who: str, data_key: bytes, now: float, period_s: float, opens: Callable[[], bytes]) -> bytes:
        """The data key; `opens` asks KMS, when this one has not been opened within the period."""
        known = self._known.get((who, data_key))
        if known is not None and 0 <= now - known[1] < period_s:
            return known[0]
        secret = opens()
        if len(self._known) >= self._remembered:
            self._known.clear()
        self._known[who, data_key] = (secret, now)
        return secret
