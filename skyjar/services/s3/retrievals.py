"""What storage class analysis observes of requests: bytes retrieved and uploaded, by class and age of the object.

Counted in memory, and added to a table when the minute is over, as metrics are (docs/decisions/0011-metrics.md); a killed process
loses that minute's. Failed requests, multipart uploads and copies do not count. Source: S3 User Guide, "Amazon S3 analytics –
Storage Class Analysis".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.blobs import size_of
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Tallies

from . import analysis_state, limits, state, watches
from .analysis_state import SMALL, Activity, group_of
from .state import Bucket
from .watches import Watch

CLASSES = ("STANDARD", "STANDARD_IA")
Key = tuple[str, str, str, int, str, int]  # bucket, space, configuration, day, storage class, age group


class Counts:
    """What was counted for one account and Region, until it is pulled."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._of: dict[Key, list[int]] = {}

    def add(self, now: float, tallies: Tallies, key: Key, retrieved: int | None, uploaded: int) -> None:
        if not self._of:
            tallies.pull(now, self._pulled)
        found = self._of.setdefault(key, [0, 0, 0])
        found[0] += retrieved is not None
        found[1] += retrieved or 0
        found[2] += uploaded

    def _pulled(self, tallies: Tallies, at: float) -> None:
        counted, self._of = self._of, {}
        tallies.keep(self._account, self._region, lambda call: fold(call, counted))


def count(bucket: Bucket, watch: Watch, operation: str, ended: Ended, tallies: Tallies) -> None:
    if ended.error_code:
        return
    now = ended.clock_began
    given, result = ended.parameters, ended.result or {}
    retrieved: int | None = None
    uploaded, group = 0, SMALL
    if operation == "get_object":
        storage_class, retrieved = result.get("StorageClass", "STANDARD"), int(result.get("ContentLength", 0))
        group = group_of(now - float(result.get("LastModified", now)), _whole(result))
    elif operation in ("put_object", "post_object"):
        storage_class, uploaded = given.get("storage_class", "STANDARD"), size_of(given.get("body", b""))
    else:
        return
    if storage_class in CLASSES:
        known = tallies.known(now)
        place = ("s3.retrievals", bucket.account, bucket.region)
        counts = known.get(place)
        if counts is None:
            counts = known[place] = Counts(bucket.account, bucket.region)
        day = int(now // limits.DAY_S)
        counts.add(now, tallies, (bucket.name, bucket.space, watch.id, day, storage_class, group), retrieved, uploaded)


def _whole(result: dict[str, Any]) -> int:
    """The size of the object of which a range was read."""
    span = str(result.get("ContentRange", ""))
    return int(span.rpartition("/")[2]) if span else int(result.get("ContentLength", 0))


def fold(call: Call, counted: dict[Key, list[int]]) -> None:
    """Add what was counted, where there is still a configuration for it."""
    for (name, space, identity, day, storage_class, group), (gets, retrieved, uploaded) in counted.items():
        bucket = state.buckets.get(call, name)
        if bucket is None or bucket.space != space:
            continue
        if not any(each.kind == watches.ANALYTICS and each.id == identity for each in bucket.watches):
            continue
        key = (space, identity, day, storage_class, group)
        before = analysis_state.activities.get(call, *key) or Activity(*key)
        analysis_state.activities.put(
            call,
            state.replace(
                before,
                gets=before.gets + gets,
                retrieved=before.retrieved + retrieved,
                uploaded=before.uploaded + uploaded,
            ),
        )
