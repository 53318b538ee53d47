"""Object Lock: retention and legal holds, and what they forbid. Rules that need no operation.

`Object.lock` is (mode, until when in epoch seconds, whether there is a legal hold). A version that is locked cannot be
deleted; nothing hinders newer versions and delete markers on top of it. Source: S3 User Guide, "Locking objects with
Object Lock".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.tables import At

from . import limits, state
from .errors import AccessDenied, InvalidArgument, InvalidRequest, MalformedXML
from .object_state import UNLOCKED, Lock, Object
from .state import Bucket

KIND = "object-lock"
GOVERNANCE, COMPLIANCE = MODES = ("GOVERNANCE", "COMPLIANCE")
MISSING = "Bucket is missing Object Lock Configuration"
SHA256_LENGTH = 64  # in hexadecimal
_PROTECTED = "Access Denied because object protected by object lock."


def chosen(call: Call, at: At, bucket: Bucket, mode: str, until: float | None, hold: str) -> Lock:
    """The lock of an object about to be written: what its request asks for, else its bucket's default retention."""
    if mode or until is not None or hold:
        if not bucket.has_lock:
            raise InvalidRequest(MISSING)
        if bool(mode) != (until is not None):
            raise InvalidArgument(
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
                ArgumentName="x-amz-object-lock-mode" if not mode else "x-amz-object-lock-retain-until-date",
            )
        if mode and mode not in MODES:
            raise InvalidArgument("Unknown wormMode directive.", ArgumentName="x-amz-object-lock-mode")
        if hold not in ("", "ON", "OFF"):
            raise InvalidArgument("Legal Hold must be either of 'ON' or 'OFF'", ArgumentValue=hold)
    if mode and until is not None:
        check_date(call, until)
        return mode, int(until), hold == "ON"
    if not bucket.has_lock:
        return UNLOCKED
    default = ((state.configuration(at, bucket, KIND) or {}).get("Rule") or {}).get("DefaultRetention")
    if default is None:
        return "", 0, hold == "ON"
    return default["Mode"], int(call.now) + days(default) * limits.DAY_S, hold == "ON"


def check_sum(call: Call, lock: Lock, what: str) -> None:
    """What came without MD5 and checksum cannot be locked, but by what is in the cloud. `what`: Put Object, or Put Part.

    SDKs that leave the MD5 away over plain HTTP alone, where they sign the body's SHA-256 instead, are let through.
    """
    is_hashed = call.endpoint.startswith("http:") and len(call.origin.signed_payload) == SHA256_LENGTH
    if lock != UNLOCKED and call.origin.signature and not call.parent and not is_hashed:
        raise InvalidRequest(
            f"Content-MD5 OR x-amz-checksum- HTTP header is required for {what} requests with Object Lock parameters"
        )


def check_date(call: Call, until: float) -> None:
    if until <= call.now:
        raise InvalidArgument("The retain until date must be in the future!", ArgumentName="x-amz-object-lock-mode")


def days(retention: dict[str, Any]) -> int:
    return int(retention.get("Days") or retention["Years"] * 365)


def check_default(retention: dict[str, Any]) -> None:
    if retention.get("DefaultEventHold") is not None:
        raise NotImplementedHere("Skyjar does not implement DefaultEventHold of s3:PutObjectLockConfiguration.")
    if retention.get("Mode") not in MODES or ("Days" in retention) == ("Years" in retention):
        raise MalformedXML
    if retention.get("Days", 1) < 1 or retention.get("Years", 1) < 1:
        raise InvalidArgument("Default retention period must be a positive integer value.")
    if days(retention) > limits.RETENTION_DAYS:
        raise InvalidArgument("Default retention period too large: maximum is 100 years")


def is_locked(found: Object, now: float) -> bool:
    return found.lock[2] or now < found.lock[1]


def check_removal(found: Object, now: float, bypasses: bool) -> None:
    """Whether this version may be deleted; `bypasses`: the request says so, and its caller was judged for it."""
    mode, until, is_held = found.lock
    if is_held or (now < until and not (mode == GOVERNANCE and bypasses)):
        raise AccessDenied(_PROTECTED)


def check_change(found: Object, mode: str, until: float, now: float, bypasses: bool) -> None:
    """Whether a retention may become this one (no mode: none)."""
    before, end, _ = found.lock
    if now >= end:
        return
    is_extended = mode == before and until >= end
    if before == COMPLIANCE and not is_extended:
        raise AccessDenied(_PROTECTED)
    if before == GOVERNANCE and not bypasses and not (until >= end and mode):
        raise AccessDenied(_PROTECTED)


def shown(call: Call, bucket: Bucket, found: Object) -> dict[str, Any]:
    """What GetObject and HeadObject tell those who may know."""
    mode, until, is_held = found.lock
    named = {"bucket": bucket.name, "key": found.key, "version_id": found.version}
    answer: dict[str, Any] = {}
    if mode and call.may("s3", "get_object_retention", call.caller, region=bucket.region, **named):
        answer |= {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
    if call.may("s3", "get_object_legal_hold", call.caller, region=bucket.region, **named):
        answer["ObjectLockLegalHoldStatus"] = "ON" if is_held else "OFF"
    return answer
