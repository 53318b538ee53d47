"""Storage class analysis: what of a bucket is observed, and the job that sums up each day and exports what is known.

A day ends at midnight UTC; the first that is analysed is the first whole one. Source: S3 User Guide, "Amazon S3 analytics – Storage
Class Analysis", "Configuring storage class analysis".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation

from . import (
    analyses,
    analysis_state,
    deliveries,
    lifecycle,
    limits,
    named_configurations,
    object_state,
    state,
    watches,
)
from .analysis_state import Day
from .errors import MalformedXML
from .state import Bucket
from .watches import Watch

_KIND = watches.ANALYTICS
PAGE = 500


@operation
def get_bucket_analytics_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return {"AnalyticsConfiguration": named_configurations.get(call, bucket, _KIND, id)}


@operation
def list_bucket_analytics_configurations(
    call: Call, *, bucket: str, continuation_token: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return named_configurations.listed(call, bucket, _KIND, "AnalyticsConfigurationList", continuation_token)


@operation
def put_bucket_analytics_configuration(
    call: Call, *, bucket: str, id: str, analytics_configuration: dict[str, Any], expected_bucket_owner: str = ""
) -> None:
    _check(analytics_configuration)
    before = state.bucket_of(call, bucket)[1]
    where = named_configurations.put(call, bucket, _KIND, id, analytics_configuration)
    if all((each.kind, each.id) != (_KIND, id) for each in before.watches):
        _again(state.acting(call, where, deliveries.PRINCIPAL), where.name, where.space, id, call.now + limits.DAY_S)


@operation
def delete_bucket_analytics_configuration(call: Call, *, bucket: str, id: str, expected_bucket_owner: str = "") -> None:
    named_configurations.delete(call, bucket, _KIND, id)
    at, where = state.bucket_of(call, bucket)
    analysis_state.forget(at, where.space, id)


def _check(wanted: dict[str, Any]) -> None:
    named_configurations.check_filter(wanted)
    export = wanted["StorageClassAnalysis"].get("DataExport")
    if export is None:
        return
    target = export["Destination"]["S3BucketDestination"]
    if export["OutputSchemaVersion"] != "V_1" or target["Format"] != "CSV":
        raise MalformedXML
    named_configurations.named_in(target["Bucket"])


def _again(call: Call, bucket: str, space: str, identity: str, after_s: float) -> None:
    due = lifecycle.midnight(after_s) + limits.ANALYSIS_DELAY_S
    call.later(analyse, key=f"{space}/{identity}", due=due, bucket=bucket, space=space, identity=identity)


@job()
def analyse(
    call: Call,
    *,
    bucket: str,
    space: str,
    identity: str,
    day: int = 0,
    after: tuple[str, int] | None = None,
    held: analyses.Held | None = None,
) -> None:
    """Look at a page of a bucket's versions; then at the next page, or at the day as a whole, and again at the next midnight.
    `day`, `held`: what the pages before were of, and had."""
    where = state.buckets.get(call, bucket)
    wanted = state.configuration(call, where, f"{_KIND}/{identity}") if where is not None else None
    if where is None or where.space != space or wanted is None:
        analysis_state.forget(call, space, identity)
        return
    watch = watches.of(_KIND, wanted)
    day = day or int(call.now // limits.DAY_S) - 1
    start = (after[0], after[1] + 1) if after is not None else ()
    versions = object_state.objects.range(call, space, start=start, limit=PAGE)
    held = analyses.counted(watch, versions, (day + 1) * limits.DAY_S, held or {})
    if len(versions) == PAGE:
        rest: dict[str, Any] = {"day": day, "after": (versions[-1].key, versions[-1].order), "held": held}
        call.later(analyse, key=f"{space}/{identity}", bucket=bucket, space=space, identity=identity, **rest)
        return
    _export(call, where, wanted, analyses.exported(watch, _history(call, watch, space, day, held)))
    _again(call, bucket, space, identity, call.now)


def _history(call: Call, watch: Watch, space: str, day: int, held: analyses.Held) -> list[Day]:
    """The days that have been analysed, with this one."""
    earlier = analysis_state.days.range(call, space, watch.id)
    if earlier and earlier[-1].day >= day:
        return earlier
    done = analysis_state.activities.range(call, space, watch.id, end=(day + 1,))
    for activity in done:
        analysis_state.activities.remove(call, activity)
    found = analyses.figures(held, (each for each in done if each.day == day))
    made = analyses.analysed(watch, space, day, found, earlier)
    analysis_state.days.add(call, made)
    return [*earlier, made]


def _export(call: Call, bucket: Bucket, wanted: dict[str, Any], data: bytes) -> None:
    """Into one file, which is replaced each day."""
    export = wanted["StorageClassAnalysis"].get("DataExport")
    if export is None:
        return
    target = export["Destination"]["S3BucketDestination"]
    prefix = target.get("Prefix", "")
    key = f"{prefix.rstrip('/')}/{wanted['Id']}.csv" if prefix else f"{wanted['Id']}.csv"
    there = named_configurations.named_in(target["Bucket"])
    deliveries.put(call, bucket, there, target.get("BucketAccountId", ""), {key: data})
