"""AWS/S3: what buckets tell CloudWatch each day. Source: S3 User Guide, "Metrics and dimensions".

All versions count, delete markers and the parts of uploads that are not complete as well. A bucket says so at the end of each
day, as of its beginning; its objects are read for that.
"""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Gauge, Tallies

from . import object_state, state, storage_types, upload_state

NAMESPACE = "AWS/S3"
EVERY_S = 86_400


def _created(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        wanted = ended.parameters.get("create_bucket_configuration") or {}
        region = wanted.get("LocationConstraint") or ended.region
        tallies.touch(ended.account, "eu-west-1" if region == "EU" else region, "s3", ended.parameters["bucket"])


COUNTED = {"create_bucket": _created}


def gauges(call: Call, resource: str) -> list[Gauge]:
    bucket = state.buckets.get(call, resource)
    if bucket is None or (bucket.account, bucket.region) != (call.account, call.region):
        return []
    sizes: dict[str, int] = {}
    number = 0
    for each in object_state.objects.each(call, bucket.space):
        number += 1
        if not each.is_marker:
            storage_types.add(sizes, storage_types.of(each, call.now))
    for upload in upload_state.uploads.each(call, bucket.space):
        for part in upload_state.parts.each(call, upload.id):
            number += 1
            storage_types.add(sizes, {storage_types.of_parts(upload.storage_class): part.size})
    own = ("BucketName", resource)
    told = [
        Gauge("BucketSizeBytes", "Bytes", float(size), (own, ("StorageType", kind)))
        for kind, size in sorted(sizes.items())
    ]
    return [*told, Gauge("NumberOfObjects", "Count", float(number), (own, ("StorageType", "AllStorageTypes")))]
