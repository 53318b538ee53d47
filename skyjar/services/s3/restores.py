"""RestoreObject: a copy of an archived object that can be read for some days. It is ready when the retrieval tier says at
the latest; the archived object stays where it is."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import deliveries, jobs, lifecycle, limits, object_state, reading, state, tierings, usage
from .errors import InvalidArgument, MalformedXML, RestoreAlreadyInProgress, RestoreNotAllowed
from .object_state import Object
from .state import Bucket


@operation
def restore_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    version_id: str = "",
    restore_request: dict[str, Any] | None = None,
    checksum_algorithm: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    wanted = restore_request or {}
    for member in ("SelectParameters", "OutputLocation", "Type"):
        if wanted.get(member):
            raise NotImplementedHere(f"Skyjar does not implement {member} of s3:RestoreObject.")
    at, where, found = reading.existing(call, bucket, key, version_id)
    if found.tier[1]:
        return _from_tier(call, at, where, found, wanted)
    tiers = limits.RESTORE_S.get(found.storage_class)
    if tiers is None:
        raise RestoreNotAllowed(StorageClass=found.storage_class)
    if wanted.get("Days", 0) < 1:
        raise MalformedXML
    takes_s = _takes_s(wanted, tiers)
    ready, until = found.restore
    if call.now < ready <= call.now + takes_s:
        raise RestoreAlreadyInProgress  # a faster one takes the place of a slower one
    is_there = ready <= call.now < until
    begins = ready if is_there else int(call.now) + takes_s
    ends = lifecycle.midnight(max(call.now, begins) + wanted["Days"] * limits.DAY_S)
    changed = state.replace(found, restore=(begins, ends))
    object_state.change(at, found, changed)
    named = {"bucket": where.name, "name": key, "order": found.order}
    own = state.acting(call, where, deliveries.PRINCIPAL)
    own.later(jobs.end_restore, key=f"{where.space}/{key}/{found.order}", due=ends, **named)
    if is_there:
        return {}
    usage.restored(call, where, found, _tier(wanted))
    if where.has_notifications:
        deliveries.tell(call, at, where, "ObjectRestore:Post", changed)
    own.later(jobs.complete_restore, key=f"{where.space}/{key}/{found.order}", due=begins, **named)
    return {"IsAccepted": True}


def _takes_s(wanted: dict[str, Any], tiers: dict[str, int]) -> int:
    tier = _tier(wanted)
    if tier not in tiers:
        raise InvalidArgument(
            f"Retrieval option {tier} is not supported by this storage class", ArgumentName="Tier", ArgumentValue=tier
        )
    return tiers[tier]


def _tier(wanted: dict[str, Any]) -> str:
    return (wanted.get("GlacierJobParameters") or {}).get("Tier") or wanted.get("Tier") or "Standard"


def _from_tier(call: Call, at: At, bucket: Bucket, found: Object, wanted: dict[str, Any]) -> dict[str, Any]:
    """Out of an archive of Intelligent-Tiering an object comes to stay, so that there are no days."""
    if "Days" in wanted:
        raise InvalidArgument(
            "Days cannot be specified for objects in the Intelligent-Tiering storage class", ArgumentName="Days"
        )
    if found.restore[0]:
        raise RestoreAlreadyInProgress
    begins = int(call.now) + _takes_s(wanted, limits.TIERING_RESTORE_S[found.tier[1]])
    changed = state.replace(found, restore=(begins, begins))
    object_state.change(at, found, changed)
    if bucket.has_notifications:
        deliveries.tell(call, at, bucket, "ObjectRestore:Post", changed)
    own = state.acting(call, bucket, deliveries.PRINCIPAL)
    own.later(
        tierings.bring_back, key=f"{bucket.space}/{found.key}/{found.order}", due=begins, bucket=bucket.name,
        name=found.key, order=found.order,
    )  # fmt: skip
    return {"IsAccepted": True}
