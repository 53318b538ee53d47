"""Receipt handles: they name one receipt of one message, and are opaque to callers. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode

from .errors import ReceiptHandleIsInvalid


def make(space: str, seq: int, nonce: str) -> str:
    return b64encode(f"{space}:{seq}:{nonce}:".encode().ljust(132, b"=")).decode()


def read(handle: str) -> tuple[str, int, str]:
    """The space, sequence number and nonce of a handle."""
    try:
        space, seq, nonce, _ = b64decode(handle, validate=True).decode("ascii").split(":", 3)
        return space, int(seq), nonce
    except (ValueError, UnicodeDecodeError):
        raise ReceiptHandleIsInvalid(handle) from None
