"""Versioning of a bucket, and MFA Delete: the code of a device of the owner's account for what cannot be undone.

The root user alone switches MFA Delete. Since no device can be given to a root user here, the device may be that of any
user of the account.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import one_time_codes
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import state
from .errors import AccessDenied, IllegalVersioningConfiguration, InvalidBucketState, MalformedXML
from .state import Bucket

_NEEDED = "Mfa Authentication must be used for this request"


@operation
def get_bucket_versioning(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    found = {"Status": where.versioning} if where.versioning else {}
    return {**found, "MFADelete": "Enabled"} if where.has_mfa_delete else found


@operation
def put_bucket_versioning(
    call: Call,
    *,
    bucket: str,
    versioning_configuration: dict[str, Any],
    mfa: str = "",
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    status, wanted = versioning_configuration.get("Status"), versioning_configuration.get("MFADelete")
    if status is None:
        raise IllegalVersioningConfiguration
    if status not in ("Enabled", "Suspended") or wanted not in (None, "Enabled", "Disabled"):
        raise MalformedXML
    if where.has_lock and status != "Enabled":
        raise InvalidBucketState(
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        )
    if where.has_replication and status != "Enabled":
        raise InvalidBucketState(
            "A replication configuration is present on this bucket, so you cannot change the versioning state. To change the "
            "versioning state, first delete the replication configuration."
        )
    is_switched = wanted is not None and (wanted == "Enabled") != where.has_mfa_delete
    if is_switched:
        if call.caller.kind != "root" or call.caller.account != where.account:
            raise AccessDenied("Only the root user of the bucket's owner can change MFA Delete")
        if wanted == "Enabled" and status != "Enabled":
            raise IllegalVersioningConfiguration("MFA Delete can be enabled only together with versioning")
    if is_switched or (where.has_mfa_delete and status != where.versioning):
        check_code(call, at, mfa)
    has_mfa = wanted == "Enabled" if wanted is not None else where.has_mfa_delete
    state.buckets.replace(call, where, state.replace(where, versioning=status, has_mfa_delete=has_mfa))


def check_removal(call: Call, at: At, bucket: Bucket, mfa: str) -> None:
    """Before a version is deleted for good."""
    if bucket.has_mfa_delete:
        check_code(call, at, mfa)


def check_code(call: Call, at: At, mfa: str) -> None:
    """`mfa` is the device's serial number and its code, with a space between."""
    serial, _, code = mfa.rpartition(" ")
    device = one_time_codes.devices.get(at, serial) if serial else None
    if device is None or not device.enabled_at:
        raise AccessDenied(_NEEDED)
    if not one_time_codes.use(at, device, call.now, code):
        raise AccessDenied(_NEEDED)
