"""How large an entry of PutEvents is. Pure."""

from __future__ import annotations

from typing import Any

from . import limits


def size_of(entry: dict[str, Any]) -> int:
    """In bytes, as "Calculating PutEvents event entry size" has it."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    total = sum(
        len(text) if text.isascii() else len(text.encode()) for text in (*texts, *(entry.get("Resources") or ()))
    )
    return total + (limits.TIME_BYTES if entry.get("Time") is not None else 0)
