"""What STS's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    """GetCallerIdentity needs no permission, and works even where a policy denies it (API reference)."""
    return [] if operation == "get_caller_identity" else None
