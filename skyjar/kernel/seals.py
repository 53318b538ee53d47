"""Texts that only this cloud can read: what a caller carries without being allowed to look into it.

Sealed with AES-GCM by a key of the cloud's own, which is made when it is first needed and kept in the store.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from .ids import Chance
from .store import Store, Transaction
from .tables import Place, Record, Table

_NONCE_BYTES = 12
LONGEST_BYTES = 1_048_576


class Seal(Record, frozen=True):
    name: str
    key: bytes


class Broken(Exception):
    """Not sealed here, or changed since."""


seals = Table("kernel.seals", Seal, key=("name",), scope="cloud")


def seal(store: Store, chance: Chance, name: str, text: bytes, bound_to: str) -> str:
    """In a transaction of its own, because what is sealed often belongs to one that is dropped. It can be opened with
    the same `name` and `bound_to` only."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    found = store.transact(lambda tx: _existing(tx, name, chance))
    nonce = chance.bytes(_NONCE_BYTES)
    sealed = nonce + AESGCM(found.key).encrypt(nonce, zlib.compress(text, 9), bound_to.encode())
    return urlsafe_b64encode(sealed).decode()


def _existing(tx: Transaction, name: str, chance: Chance) -> Seal:
    place = Place(tx, "", "")
    found = seals.get(place, name)
    if found is None:
        found = Seal(name=name, key=chance.bytes(32))
        seals.put(place, found)
    return found


def opened(tx: Transaction, name: str, sealed: str, bound_to: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    found = seals.get(Place(tx, "", ""), name)
    if found is None:
        raise Broken
    try:
        raw = urlsafe_b64decode(sealed)
        text = AESGCM(found.key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to.encode())
        return zlib.decompressobj().decompress(text, LONGEST_BYTES)
    except (ValueError, InvalidTag, zlib.error):
        raise Broken from None
