"""Chance and identifiers, from one source that can be seeded so that a run replays exactly."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

_POOL_BYTES = 4096
_SMALL = 64
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Chance:
    def __init__(self, seed: int | None = None) -> None:
        self._draw: Callable[[int], bytes] = os.urandom if seed is None else random.Random(seed).randbytes
        self._pool = ""
        self._at = 0
        self._small = b""
        self._small_at = 0

    def bytes(self, count: int) -> bytes:
        """Random bytes; a few at a time come from a pool, since asking the system takes as long as ciphering a kilobyte."""
        if count > _SMALL:
            return self._draw(count)
        at = self._small_at
        if at + count > len(self._small):
            self._small = self._draw(_POOL_BYTES)
            at = 0
        self._small_at = at + count
        return self._small[at : at + count]

    def hex(self, digits: int) -> str:
        """Lower-case hexadecimal digits (at most 512)."""
        at = self._at
        if at + digits > len(self._pool):
            self._pool = self._draw(_POOL_BYTES).hex()
            at = 0
        self._at = at + digits
        return self._pool[at : at + digits]

    def uuid(self) -> str:
        """A random UUID (version 4), as AWS uses for request and message ids."""
        at = self._at
        if at + 32 > len(self._pool):
            self._pool = self._draw(_POOL_BYTES).hex()
            at = 0
        self._at = at + 32
        h = self._pool[at : at + 32]
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"

    def base32(self, length: int) -> str:
        """Upper-case letters and 2-7, as in access keys and unique ids."""
        return "".join([_BASE32[byte & 31] for byte in self._draw(length)])

    def integer(self, below: int) -> int:
        return int.from_bytes(self._draw(8), "big") % below
