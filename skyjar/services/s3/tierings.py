"""After how long Intelligent-Tiering archives what is not used, which a job looks after at midnight UTC, as lifecycle's does."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import deliveries, lifecycle, limits, named_configurations, object_state, state, tiers
from .errors import InvalidArgument, MalformedXML
from .object_state import Object

_KIND = "tiering"
PAGE = 500


@operation
def get_bucket_intelligent_tiering_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return {"IntelligentTieringConfiguration": named_configurations.get(call, bucket, _KIND, id)}


@operation
def list_bucket_intelligent_tiering_configurations(
    call: Call, *, bucket: str, continuation_token: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return named_configurations.listed(call, bucket, _KIND, "IntelligentTieringConfigurationList", continuation_token)


@operation
def put_bucket_intelligent_tiering_configuration(
    call: Call,
    *,
    bucket: str,
    id: str,
    intelligent_tiering_configuration: dict[str, Any],
    expected_bucket_owner: str = "",
) -> None:
    _check(intelligent_tiering_configuration)
    where = named_configurations.put(call, bucket, _KIND, id, intelligent_tiering_configuration)
    due = lifecycle.midnight(call.now + 1)
    state.acting(call, where, deliveries.PRINCIPAL).later(archive, key=where.space, due=due, bucket=where.name)


@operation
def delete_bucket_intelligent_tiering_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> None:
    named_configurations.delete(call, bucket, _KIND, id)


def _check(wanted: dict[str, Any]) -> None:
    """Each tier once, within its bounds, the deeper one later."""
    named_configurations.check_filter(wanted)
    tiers = {each["AccessTier"]: each["Days"] for each in wanted["Tierings"]}
    if wanted["Status"] not in ("Enabled", "Disabled") or not tiers or len(tiers) != len(wanted["Tierings"]):
        raise MalformedXML
    for tier, days in tiers.items():
        least, most = limits.TIERING_DAYS.get(tier, (1, 0))
        if not least <= days <= most:
            raise InvalidArgument(f"Days of {tier} are from {least} to {most}", ArgumentName="Days")
    if tiers.get("DEEP_ARCHIVE_ACCESS", 731) <= tiers.get("ARCHIVE_ACCESS", 0):
        raise InvalidArgument("DEEP_ARCHIVE_ACCESS comes after ARCHIVE_ACCESS", ArgumentName="Days")


def see(call: Call, at: At, found: Object) -> Object:
    """That an object is read; the object as it is from now on."""
    if not found.tier[1] and tiers.is_read_today(found, call.now):
        return found
    changed = tiers.read(found, call.now)
    object_state.change(at, found, changed)
    return changed


@job()
def archive(call: Call, *, bucket: str, after: tuple[str, int] | None = None) -> None:
    """Look at a page of a bucket's versions; then at the next page, or again at the next midnight."""
    where = state.buckets.get(call, bucket)
    if where is None:
        return
    names = named_configurations.names(call, where, _KIND)
    configurations = [state.configuration(call, where, f"{_KIND}/{name}") for name in names]
    if not configurations:
        return
    start = (after[0], after[1] + 1) if after is not None else ()
    versions = object_state.objects.range(call, where.space, start=start, limit=PAGE)
    for version in versions:
        tier = tiers.archive(version, configurations, call.now)
        if tier:
            moved = state.replace(version, tier=(tiers.since(version), tier))
            object_state.change(call, version, moved)
            if where.has_notifications:
                told = {"destinationAccessTier": tier}
                deliveries.tell(call, call, where, "IntelligentTiering", moved, intelligentTieringEventData=told)
    if len(versions) == PAGE:
        last = versions[-1]
        call.later(archive, key=where.space, bucket=bucket, after=(last.key, last.order))
    else:
        call.later(archive, key=where.space, due=lifecycle.midnight(call.now + 1), bucket=bucket)


@job()
def bring_back(call: Call, *, bucket: str, name: str, order: int) -> None:
    """What was restored is in the frequent tier again."""
    where = state.buckets.get(call, bucket)
    found = object_state.objects.get(call, where.space, name, order) if where is not None else None
    if where is None or found is None or not found.tier[1] or not 0 < found.restore[0] <= call.now:
        return
    changed = tiers.read(found, call.now)
    object_state.change(call, found, changed)
    if where.has_notifications:
        told = {"lifecycleRestoreStorageClass": found.storage_class}
        deliveries.tell(
            call, call, where, "ObjectRestore:Completed", changed, glacierEventData={"restoreEventData": told}
        )
