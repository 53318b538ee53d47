"""AWS/S3 request metrics, told by the minute for each metrics configuration. Source: S3 User Guide, "Amazon S3 request metrics in
CloudWatch"."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Tallies

from . import state, watches
from .object_state import Object
from .state import Bucket
from .watches import Watch

NAMESPACE = "AWS/S3"
_ALL = ("AllRequests", "Count")
_CLIENT, _SERVER = ("4xxErrors", "Count"), ("5xxErrors", "Count")
_DOWN, _UP = ("BytesDownloaded", "Bytes"), ("BytesUploaded", "Bytes")
_LATENCIES = (("FirstByteLatency", "Milliseconds"), ("TotalRequestLatency", "Milliseconds"))
_SCANNED, _RETURNED = ("SelectBytesScanned", "Bytes"), ("SelectBytesReturned", "Bytes")
_LISTS = ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads", "list_parts")
_OTHERS = {  # what the first word does not tell
    "delete_objects": "DeleteRequests",
    "select_object_content": "SelectRequests",
    "head_bucket": "HeadRequests",
    "post_object": "PostRequests",
    "create_multipart_upload": "PostRequests",
    "complete_multipart_upload": "PostRequests",
    "restore_object": "PostRequests",
    "abort_multipart_upload": "DeleteRequests",
    **dict.fromkeys(_LISTS, "ListRequests"),
}
_WORDS = {"get": "GetRequests", "head": "HeadRequests", "put": "PutRequests", "copy": "PutRequests",
          "upload": "PutRequests", "delete": "DeleteRequests"}  # fmt: skip


def kind(operation: str, parameters: dict[str, Any]) -> str:
    """Which requests it is counted among; nothing for those on a bucket's settings."""
    found = _OTHERS.get(operation, "")
    if not found and "key" in parameters:
        found = _WORDS.get(operation.partition("_")[0], "")
    return found


def read_by_itself(call: Call, bucket: Bucket, found: Object) -> None:
    """That S3 has read an object of a bucket for a copy or a replica, which counts as a GET."""
    for watch in bucket.watches:
        if watch.kind == watches.METRICS and (not watch.is_filtered or watch.covers(found.key, found.tags)):
            dimensions = (("BucketName", bucket.name), ("FilterId", watch.id))
            for metric in (_ALL[0], "GetRequests"):
                call.count(NAMESPACE, dimensions, metric, "Count", at=state.place(call, bucket))


def count(bucket: Bucket, watch: Watch, operation: str, ended: Ended, tallies: Tallies) -> None:
    tally = _tally(bucket, watch, ended.clock_began, tallies)
    tally.add(_ALL, 1.0)
    name = kind(operation, ended.parameters)
    if name:
        tally.add((name, "Count"), 1.0)
    tally.add(_CLIENT, 1.0 if 400 <= ended.status < 500 else 0.0)
    tally.add(_SERVER, 1.0 if ended.status >= 500 else 0.0)
    received, sent, took_ms = ended.received_bytes, ended.sent_bytes, ended.took_ms
    if received:
        tally.add(_UP, float(received))
    if sent:
        tally.add(_DOWN, float(sent))
    if took_ms:  # a form is a call from inside, which takes none
        for latency in _LATENCIES:
            tally.add(latency, round(took_ms, 2))
    if name == "SelectRequests" and not ended.error_code:
        at = ended.clock_began

        def see(details: dict[str, int]) -> None:
            late = _tally(bucket, watch, at, tallies)
            late.add(_SCANNED, float(details["BytesScanned"]))
            late.add(_RETURNED, float(details["BytesReturned"]))

        ended.result["Payload"].whens.append(see)


def _tally(bucket: Bucket, watch: Watch, at: float, tallies: Tallies) -> Any:
    known = tallies.known(at)
    tally = known.get((bucket.space, watch.id))
    if tally is None:
        dimensions = (("BucketName", bucket.name), ("FilterId", watch.id))
        tally = known[bucket.space, watch.id] = tallies.of(bucket.account, bucket.region, at, NAMESPACE, dimensions)
    return tally
