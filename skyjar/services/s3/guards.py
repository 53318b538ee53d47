"""What guards an object that is about to be written: its ACL and its lock. Most requests ask for neither."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import grants, locks
from .state import Bucket

_NO_LOCK = ("", None, "")


def of(
    call: Call,
    at: At,
    bucket: Bucket,
    acl: str,
    given: tuple[str, str, str, str],
    lock: tuple[str, float | None, str],
) -> dict[str, Any]:
    """The fields `owner`, `grants` and `lock`, as far as they are not as in any object. `given`: the grant headers of full
    control, reading, reading and writing the ACL. `lock`: mode, date and legal hold."""
    fields: dict[str, Any] = {}
    if acl or any(given) or bucket.ownership != grants.ENFORCED:
        fields = grants.written(call, bucket, acl, grants.given(*given))
    if bucket.has_lock or lock != _NO_LOCK:
        fields["lock"] = locks.chosen(call, at, bucket, *lock)
    return fields
