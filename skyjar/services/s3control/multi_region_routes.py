"""Which buckets of a Multi-Region access point are active. What changes here is in force with the next request."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import multi_region_state as kept
from .errors import InvalidRequest, MultiRegionAccessPointNotReady
from .multi_region_requests import keep
from .multi_region_state import Replica

_ACTIVE, _PASSIVE = 100, 0


@operation
def get_multi_region_access_point_routes(call: Call, *, account_id: str, mrap: str) -> dict[str, Any]:
    point = kept.by_arn(call, account_id, mrap)
    return {
        "Mrap": mrap,
        "Routes": [
            {"Bucket": bucket, "Region": region, "TrafficDialPercentage": dial}
            for region, bucket, _, dial in point.replicas
        ],
    }


@operation
def submit_multi_region_access_point_routes(
    call: Call, *, account_id: str, mrap: str, route_updates: list[dict[str, Any]]
) -> None:
    """Each names a bucket, its Region, or both; what is not named stays as it is, and one must stay active."""
    point = kept.by_arn(call, account_id, mrap)
    if point.status != kept.READY:
        raise MultiRegionAccessPointNotReady
    replicas = list(point.replicas)
    for update in route_updates:
        number = _concerned(replicas, update)
        region, bucket, account, _ = replicas[number]
        if update["TrafficDialPercentage"] not in (_ACTIVE, _PASSIVE):
            raise InvalidRequest("TrafficDialPercentage must be 0 or 100.")
        replicas[number] = (region, bucket, account, update["TrafficDialPercentage"])
    if not any(replica[3] for replica in replicas):
        raise InvalidRequest("A Multi-Region Access Point must have at least one active Region.")
    keep(call, point, msgspec.structs.replace(point, replicas=tuple(replicas)))


def _concerned(replicas: list[Replica], update: dict[str, Any]) -> int:
    wanted = (update.get("Region"), update.get("Bucket"))
    if not any(wanted):
        raise InvalidRequest("A route update names a bucket or a Region.")
    for number, (region, bucket, _, _) in enumerate(replicas):
        if wanted[0] in (None, "", region) and wanted[1] in (None, "", bucket):
            return number
    raise InvalidRequest("A route update names a bucket or a Region that the Multi-Region Access Point does not have.")
