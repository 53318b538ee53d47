"""Transfer Acceleration: the setting, without which the accelerated host names are refused. There is no network here
whose edge could be nearer."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state
from .errors import InvalidRequest, MalformedXML
from .state import Bucket


@operation
def get_bucket_accelerate_configuration(
    call: Call, *, bucket: str, expected_bucket_owner: str = "", request_payer: str = ""
) -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    return {"Status": where.acceleration} if where.acceleration else {}


@operation
def put_bucket_accelerate_configuration(
    call: Call,
    *,
    bucket: str,
    accelerate_configuration: dict[str, Any],
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    status = accelerate_configuration.get("Status")
    if status not in ("Enabled", "Suspended"):
        raise MalformedXML
    if "." in bucket:
        raise InvalidRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
    state.buckets.replace(call, where, state.replace(where, acceleration=status))


def check(bucket: Bucket) -> None:
    """That a request which came by an accelerated host name may."""
    if bucket.acceleration != "Enabled":
        raise InvalidRequest("S3 Transfer Acceleration is not configured on this bucket")
