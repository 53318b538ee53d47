"""The work on a generated policy: some log files at a time, until all that matter have been read."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import limits, log_files, recorded, state
from .errors import ServiceQuotaExceededException
from .state import DONE, FAILED, RUNNING, Generation


def read(call: Call, identity: str, after: str) -> str:
    """Read on after that log file; the last one that was read, empty when all are."""
    found = state.generations.get(call, identity)
    if found is None or found.status != RUNNING:
        return ""
    details = orjson.loads(found.details)
    who = log_files.reader_of(call, details["role"])
    bucket, prefix = log_files.bucket_of(call, who, details["trail"])
    listed = log_files.keys(call, who, bucket, prefix, after)
    wanted = [
        key
        for key in listed
        if log_files.is_wanted(key, prefix, details["regions"], details["begins"], details["ends"])
    ][: limits.LOG_FILES]
    new = found
    for key in wanted:
        new = _with_file(call, new, details, log_files.events(call, who, bucket, key))
    has_more = len(wanted) == limits.LOG_FILES or bool(listed)
    last = (wanted[-1] if len(wanted) == limits.LOG_FILES else listed[-1]) if has_more else ""
    if not last:
        new = msgspec.structs.replace(new, status=DONE, completed_at=call.now)
    state.generations.replace(call, found, new)
    return last


def _with_file(call: Call, found: Generation, details: dict[str, Any], events: Any) -> Generation:
    if found.files >= limits.LOG_FILES_MOST:
        raise ServiceQuotaExceededException(
            f"The trail has more than {limits.LOG_FILES_MOST} log files in the time range.",
            found.id,
            "PolicyGeneration",
        )
    actions, is_complete = set(found.actions), found.is_complete
    for event in events:
        if recorded.is_of(event, found.principal) and recorded.is_between(event, details["begins"], details["ends"]):
            action = recorded.action_of(event)
            actions.add(action)
            is_complete = is_complete and bool(action)
    actions.discard("")
    return msgspec.structs.replace(
        found, actions=tuple(sorted(actions)), is_complete=is_complete, files=found.files + 1
    )


def fail(call: Call, identity: str, error: Exception) -> None:
    found = state.generations.get(call, identity)
    if found is None or found.status != RUNNING:
        return
    code = "SERVICE_ERROR"
    if isinstance(error, ServiceQuotaExceededException):
        code = "SERVICE_QUOTA_EXCEEDED_ERROR"
    elif isinstance(error, AWSError):
        code = (
            "AUTHORIZATION_ERROR" if error.status == 403 or "AccessDenied" in error.code else "RESOURCE_NOT_FOUND_ERROR"
        )
    message = error.message if isinstance(error, AWSError) else "The log files could not be read."
    new = msgspec.structs.replace(found, status=FAILED, completed_at=call.now, error=(code, message))
    state.generations.replace(call, found, new)
