"""Archives: events of a bus that are kept, for a time or for ever."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import archive_state, limits, paging, patterns, state
from .archive_state import Archive, Archived
from .errors import (
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from .state import Happening

DAY_S = 86_400
_SWEPT = 500


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:events:{at.region}:{at.account}:archive/{name}"


def of_bus(at: At, bus: str) -> list[Archive]:
    return archive_state.archives.range(at, bus, via="bus", limit=state.FEW, is_queue=True)


def has_any(at: At, bus: str) -> bool:
    return bool(of_bus(at, bus))


def keep(call: Call, archive: Archive, body: dict[str, Any], happening: Happening) -> None:
    """An event that the archive's pattern fits."""
    if archive.pattern and not patterns.compiled(archive.pattern)(body):
        return
    at_ms = int(happening.came_at * 1000)
    archive_state.archived.put(call, Archived(archive=archive.name, came_ms=at_ms, id=body["id"], body=happening.body))
    now = archive_state.archives.get(call, archive.name)
    if now is None:
        return
    new = state.replace(now, events=now.events + 1, size_bytes=now.size_bytes + len(happening.body))
    archive_state.archives.replace(call, now, new)
    if archive.retention_days and not now.events:
        _plan(call, archive.name, happening.came_at + archive.retention_days * DAY_S)


def _plan(call: Call, name: str, due: float) -> None:
    call.later(expire, key=name, due=due, name=name)


@job()
def expire(call: Call, *, name: str) -> None:
    """Events older than the archive's retention go; then the job waits for the next oldest."""
    archive = archive_state.archives.get(call, name)
    if archive is None or not archive.retention_days:
        return
    before_ms = int((call.now - archive.retention_days * DAY_S) * 1000)
    old = archive_state.archived.range(call, name, end=(before_ms + 1,), limit=_SWEPT)
    for each in old:
        archive_state.archived.remove(call, each)
    size = sum(len(each.body) for each in old)
    new = state.replace(archive, events=archive.events - len(old), size_bytes=archive.size_bytes - size)
    archive_state.archives.replace(call, archive, new)
    first = archive_state.archived.first(call, name)
    if first is not None:
        _plan(call, name, max(call.now, first.came_ms / 1000 + archive.retention_days * DAY_S))


def forget_bus(call: Call, bus: str) -> None:
    for each in of_bus(call, bus):
        _forget(call, each)


def _forget(call: Call, archive: Archive) -> None:
    for each in archive_state.archived.range(call, archive.name):
        archive_state.archived.remove(call, each)
    archive_state.archives.remove(call, archive)


def existing(call: Call, name: str) -> Archive:
    found = archive_state.archives.get(call, name)
    if found is None:
        raise ResourceNotFoundException(f"Archive {name} does not exist.")
    return found


@operation
def create_archive(
    call: Call,
    *,
    archive_name: str,
    event_source_arn: str,
    description: str = "",
    event_pattern: str = "",
    retention_days: int = 0,
) -> dict[str, Any]:
    at, bus = state.existing_bus(call, event_source_arn)
    if at.account != call.account or at.region != call.region:
        raise ValidationException(
            "Parameter EventSourceArn is not valid. Reason: Must be in the same account and region."
        )
    if archive_state.archives.get(call, archive_name) is not None:
        raise ResourceAlreadyExistsException(f"Archive {archive_name} already exists.")
    if archive_state.archives.count(call, limit=limits.ARCHIVES) >= limits.ARCHIVES:
        raise LimitExceededException
    archive = Archive(
        name=archive_name,
        bus=bus.name,
        created_at=call.now,
        description=description,
        pattern=patterns.checked(event_pattern) if event_pattern else "",
        retention_days=retention_days,
    )
    archive_state.archives.add(call, archive)
    return _answer(call, archive)


def _answer(call: Call, archive: Archive) -> dict[str, Any]:
    return {"ArchiveArn": arn_of(call, archive.name), "State": "ENABLED", "CreationTime": archive.created_at}


@operation
def update_archive(
    call: Call,
    *,
    archive_name: str,
    description: str | None = None,
    event_pattern: str | None = None,
    retention_days: int | None = None,
) -> dict[str, Any]:
    archive = existing(call, archive_name)
    changes: dict[str, Any] = {}
    if description is not None:
        changes["description"] = description
    if event_pattern is not None:
        changes["pattern"] = patterns.checked(event_pattern) if event_pattern else ""
    if retention_days is not None:
        changes["retention_days"] = retention_days
    new: Archive = state.replace(archive, **changes)
    archive_state.archives.replace(call, archive, new)
    if new.retention_days and new.events:
        _plan(call, archive_name, call.now)
    return _answer(call, new)


@operation
def delete_archive(call: Call, *, archive_name: str) -> None:
    _forget(call, existing(call, archive_name))


def _shown(call: Call, archive: Archive) -> dict[str, Any]:
    return {
        "ArchiveName": archive.name,
        "EventSourceArn": state.bus_arn(call, archive.bus),
        "State": "ENABLED",
        "RetentionDays": archive.retention_days,
        "SizeBytes": archive.size_bytes,
        "EventCount": archive.events,
        "CreationTime": archive.created_at,
    }


@operation
def describe_archive(call: Call, *, archive_name: str) -> dict[str, Any]:
    archive = existing(call, archive_name)
    more = {"Description": archive.description, "EventPattern": archive.pattern}
    shown = {"ArchiveArn": arn_of(call, archive_name), **_shown(call, archive)}
    return shown | {name: value for name, value in more.items() if value}


@operation
def list_archives(
    call: Call,
    *,
    name_prefix: str | None = None,
    event_source_arn: str | None = None,
    state: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    if [name_prefix, event_source_arn, state].count(None) < 2:
        raise ValidationException(
            "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."
        )
    shown = [_shown(call, archive) for archive in archive_state.archives.range(call)]
    wanted = [
        each for each in shown if event_source_arn in (None, each["EventSourceArn"]) and state in (None, each["State"])
    ]
    found, token = paging.page(wanted, lambda each: str(each["ArchiveName"]), name_prefix, next_token, limit)
    return {"Archives": found, **token}


def decoded(each: Archived) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(each.body)
    return found
