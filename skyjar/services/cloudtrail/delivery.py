"""Delivery of what a trail wants: gzip files of JSON in its bucket, and log events in its log group."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.history import Seen, forwards
from skyjar.kernel.tables import Place

from . import access, contents, limits, matching, state, usage
from .state import File, Trail

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
Wanted = dict[tuple[str, str], list[Seen]]  # by account and Region


def upcoming(call: Call, at: Place, trail: Trail) -> tuple[Wanted, int]:
    """What is to be delivered next, and the position behind it. What is newer than the end of logging is not."""
    covered = state.covered(call, at, trail)
    found: Wanted = {}
    seen: Seen | None = None
    for seen in islice(forwards(call.tx, trail.position), limits.FILE_EVENTS):
        is_after = not trail.is_logging and seen.at > trail.stopped_at
        if not is_after and matching.is_within(at, trail, seen, covered) and matching.wants(trail, seen):
            found.setdefault((seen.account, seen.region), []).append(seen)
    return found, seen.seq + 1 if seen is not None else trail.position


def is_worthwhile(wanted: Wanted) -> bool:
    """Whether there is more to tell than that CloudTrail was at work."""
    return any(seen.principal.name != access.PRINCIPAL for events in wanted.values() for seen in events)


def deliver(call: Call, at: Place, trail: Trail) -> Trail:
    """The trail after one more delivery. What its bucket refuses is lost, as the status says."""
    wanted, position = upcoming(call, at, trail)
    changed: Trail = state.replace(trail, position=position)
    if not is_worthwhile(wanted):
        return trail if wanted else changed
    changed = state.replace(changed, attempted_at=call.now)
    try:
        for (account, region), events in wanted.items():
            _write(call, at, trail, account, region, events)
            usage.delivered(call, at, trail, region, events)
        changed = state.replace(changed, delivered_at=call.now, delivery_error="")
    except AWSError as error:
        changed = state.replace(changed, delivery_error=error.code)
    return _log(call, at, changed, wanted) if trail.log_group else changed


def folder(trail: Trail, account: str, kind: str, region: str, at: float) -> str:
    """`prefix/AWSLogs/o-…/account/CloudTrail/region/2027/01/15`."""
    day = datetime.fromtimestamp(at, UTC).strftime("%Y/%m/%d")
    parts = [trail.prefix, "AWSLogs", trail.organization, account, kind, region, day]
    return "/".join(part for part in parts if part)


def _write(call: Call, at: Place, trail: Trail, account: str, region: str, events: list[Seen]) -> None:
    minute = datetime.fromtimestamp(call.now, UTC).strftime("%Y%m%dT%H%MZ")
    unique = "".join([_LETTERS[call.chance.integer(len(_LETTERS))] for _ in range(16)])
    name = f"{account}_CloudTrail_{region}_{minute}_{unique}.json.gz"
    key = f"{folder(trail, account, 'CloudTrail', region, call.now)}/{name}"
    text = orjson.dumps({"Records": [contents.event(seen) for seen in events]})
    access.put(call, at, trail, key, gzip.compress(text, mtime=0))
    if trail.is_validated:
        times = [seen.at for seen in events]
        state.files.put(
            at,
            File(
                trail=trail.name,
                place=f"{account}/{region}",
                key=key,
                bucket=trail.bucket,
                hash=hashlib.sha256(text).hexdigest(),
                oldest_at=min(times),
                newest_at=max(times),
            ),
        )


def _log(call: Call, at: Place, trail: Trail, wanted: Wanted) -> Trail:
    """Write the events to the trail's log group, in its role: one stream for each account and Region."""
    parts = trail.log_group.split(":")
    try:
        logs = call.ask("logs", access.role_of(call, at, trail), region=parts[3])
        for (account, region), events in wanted.items():
            stream = f"{trail.organization or account}_CloudTrail_{region}"
            _make_stream(logs, parts[6], stream)
            for batch in _batches(events):
                logs.put_log_events(log_group_name=parts[6], log_stream_name=stream, log_events=batch)
    except AWSError as error:
        failed: Trail = state.replace(trail, log_error=error.message or error.code)
        return failed
    logged: Trail = state.replace(trail, logged_at=call.now, log_error="")
    return logged


def _make_stream(logs: Any, group: str, stream: str) -> None:
    try:
        logs.create_log_stream(log_group_name=group, log_stream_name=stream)
    except AWSError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


def _batches(events: list[Seen]) -> Iterable[list[dict[str, Any]]]:
    """Events too long for a log event are left out, as on AWS."""
    texts = [(int(seen.at * 1000), orjson.dumps(contents.event(seen)).decode()) for seen in events]
    fitting = [
        {"timestamp": at_ms, "message": text}
        for at_ms, text in sorted(texts)
        if len(text.encode()) <= limits.LOG_EVENT_BYTES
    ]
    for start in range(0, len(fitting), limits.LOG_EVENTS):
        yield fitting[start : start + limits.LOG_EVENTS]
