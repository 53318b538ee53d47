"""When a key was last used."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import references, state
from .state import Found, Usage


def note(call: Call, found: Found, operation: str) -> None:
    """A cryptographic operation with the key succeeded."""
    used = Usage(key_id=found.key.id, operation=operation, at=call.now, request_id=call.request_id)
    state.usages.put(found.at, used)


@operation
def get_key_last_usage(call: Call, *, key_id: str) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    last = state.usages.get(found.at, found.key.id)
    shown: dict[str, Any] = {}
    if last is not None:
        shown = {"Operation": last.operation, "Timestamp": last.at, "KmsRequestId": last.request_id}
    return {
        "KeyId": found.key.id,
        "KeyLastUsage": shown,
        "TrackingStartDate": found.key.created_at,
        "KeyCreationDate": found.key.created_at,
    }
