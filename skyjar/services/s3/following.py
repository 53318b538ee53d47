"""Which of a bucket's watches a request concerns, and that it is counted for them once it has been answered.

Requests of clients count; those that S3 makes itself do not, but for the reads of copies and replications (`request_counts.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.metrics import Ended, Follower, Tallies

from . import object_state, point_state, request_counts, retrievals, state, tags, watches
from .state import Bucket
from .watches import Watch

_WRITES = ("put_object", "copy_object", "create_multipart_upload")
_COUNT: dict[str, Callable[[Bucket, Watch, str, Ended, Tallies], None]] = {
    watches.METRICS: request_counts.count,
    watches.ANALYTICS: retrievals.count,
}


def follower(call: Call, bucket: Bucket, operation: str, parameters: dict[str, Any]) -> Follower | None:
    is_form = call.context.get("s3:authType") == "POST"
    if call.parent and not is_form:
        return None
    met = [each for each in bucket.watches if _concerns(call, bucket, each, operation, parameters)]
    if not met:
        return None
    name = "post_object" if is_form else operation

    def follow(ended: Ended, tallies: Tallies) -> None:
        for each in met:
            _COUNT[each.kind](bucket, each, name, ended, tallies)

    return follow


def _concerns(call: Call, bucket: Bucket, watch: Watch, operation: str, parameters: dict[str, Any]) -> bool:
    """A filter concerns requests on single objects alone."""
    if not watch.is_filtered:
        return True
    key = parameters.get("key")
    if key is None:
        return False
    held = _tags(call, bucket, operation, parameters) if watch.tags else {}
    return watch.covers(key, held, _point(call, bucket, parameters) if watch.point else "")


def _tags(call: Call, bucket: Bucket, operation: str, parameters: dict[str, Any]) -> dict[str, str]:
    """Those that the object has, or is to have."""
    if operation in _WRITES:
        try:
            return tags.of_header(parameters.get("tagging") or "")
        except AWSError:  # which is said when the request is carried out
            return {}
    at, version = state.place(call, bucket), parameters.get("version_id")
    key = parameters["key"]
    found = object_state.version_of(at, bucket, key, version) if version else object_state.latest(at, bucket, key)
    return found.tags if found is not None else {}


def _point(call: Call, bucket: Bucket, parameters: dict[str, Any]) -> str:
    if bucket.name == parameters["bucket"]:
        return ""
    point = point_state.meant(call, parameters["bucket"])
    return point.arn if point is not None else ""
