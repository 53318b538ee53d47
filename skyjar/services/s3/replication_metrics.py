"""AWS/S3 replication metrics of rules that have metrics. Source: S3 User Guide, "Using S3 Replication metrics".

What is pending, and how far the destination is behind, is told in the destination's Region, failures in the source's; all of them in
the source's account.
"""

from __future__ import annotations

from collections.abc import Iterable

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.metrics import Dimensions
from skyjar.kernel.tables import At, Place

from . import limits, object_state, replication, state, waiting_state
from .replication import Rule
from .state import Bucket
from .waiting_state import Copy

_NAMESPACE = "AWS/S3"


class Progress:
    """Of the copies that wait for a bucket's rules, up to a number of them; made before any of them is taken."""

    def __init__(self, call: Call, bucket: Bucket, rules: Iterable[Rule]) -> None:
        self._call, self._bucket = call, bucket
        self._told = {rule["ID"] for rule in rules if replication.has_metrics(rule)}
        if self._told:
            self.tell()

    def tell(self) -> None:
        """How much waits now."""
        pending: dict[tuple[str, str], list[int]] = {}
        for copy in waiting_state.copies.range(self._call, self._bucket.space, limit=limits.METERED_COPIES):
            concerned = [each for each in copy.rules if each[1] in self._told]
            source = object_state.objects.get(self._call, copy.space, copy.key, copy.order) if concerned else None
            for each in concerned:
                held = pending.setdefault(each, [0, 0])
                held[0] += 1
                held[1] += source.size if source is not None and not copy.is_change else 0
        for (name, identity), (operations, size) in pending.items():
            self._count(name, identity, "OperationsPendingReplication", "Count", operations)
            self._count(name, identity, "BytesPendingReplication", "Bytes", size)

    def done(self, copy: Copy, name: str, identity: str, reason: str) -> None:
        """A copy was made, or could not be; nothing more of the rule waits, as far as is known yet."""
        if identity not in self._told:
            return
        ended(self._call, self._bucket, name, identity, reason)
        if not reason and copy.at:
            self._count(name, identity, "ReplicationLatency", "Seconds", round(self._call.now - copy.at, 3))
        for metric, unit in (("OperationsPendingReplication", "Count"), ("BytesPendingReplication", "Bytes")):
            self._count(name, identity, metric, unit, 0)

    def _count(self, name: str, identity: str, metric: str, unit: str, value: float) -> None:
        try:
            region = state.named(self._call, name).region
        except AWSError:
            return  # a destination that is gone has no Region
        at = Place(self._call.tx, self._bucket.account, region)
        _tell(self._call, at, self._bucket, name, identity, metric, unit, value)


def ended(call: Call, bucket: Bucket, name: str, identity: str, reason: str) -> None:
    """Failures and successes, as 1 and 0: the average is the rate."""
    at = state.place(call, bucket)
    _tell(call, at, bucket, name, identity, "OperationsFailedReplication", "Count", 1 if reason else 0)


def _tell(call: Call, at: At, bucket: Bucket, name: str, identity: str, metric: str, unit: str, value: float) -> None:
    dimensions: Dimensions = (("SourceBucket", bucket.name), ("DestinationBucket", name), ("RuleId", identity))
    call.count(_NAMESPACE, dimensions, metric, unit, float(value), at=at)
