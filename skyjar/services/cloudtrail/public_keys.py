"""The public keys that verify digest files."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidTimeRangeException
from .state import SigningKey


@operation
def list_public_keys(
    call: Call, *, start_time: float | None = None, end_time: float | None = None, next_token: str = ""
) -> dict[str, Any]:
    """Those that were valid within the range; without one, now."""
    start = start_time if start_time is not None else min(call.now, end_time or call.now)
    end = end_time if end_time is not None else max(call.now, start)
    if start > end:
        raise InvalidTimeRangeException
    found = [key for key in state.signing_keys.range(call) if key.since <= end and start <= _until(key)]
    return {"PublicKeyList": [_show(key) for key in found]}


def _until(key: SigningKey) -> float:
    return key.since + limits.KEY_DAYS * limits.DAY_S


def _show(key: SigningKey) -> dict[str, Any]:
    return {
        "Value": key.public,
        "ValidityStartTime": key.since,
        "ValidityEndTime": _until(key),
        "Fingerprint": key.fingerprint,
    }
