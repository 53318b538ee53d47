"""Replays: archived events put on their bus again, by the cloud's clock at once and in order."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation

from . import archive_state, archives, deliveries, limits, paging, state
from .archive_state import Replay
from .errors import (
    IllegalStatusException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from .state import Happening

PAGE = 100
_OPEN = ("STARTING", "RUNNING", "CANCELLING")


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:events:{call.region}:{call.account}:replay/{name}"


@operation
def start_replay(
    call: Call,
    *,
    replay_name: str,
    event_source_arn: str,
    event_start_time: float,
    event_end_time: float,
    destination: dict[str, Any],
    description: str = "",
) -> dict[str, Any]:
    if archive_state.replays.get(call, replay_name) is not None:
        raise ResourceAlreadyExistsException(f"Replay {replay_name} already exists.")
    archive = archives.existing(call, event_source_arn.rpartition("/")[2])
    if archives.arn_of(call, archive.name) != event_source_arn:
        raise ValidationException("Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.")
    if destination["Arn"] != state.bus_arn(call, archive.bus):
        raise ValidationException(
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
        )
    if event_start_time >= event_end_time:
        raise ValidationException(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
        )
    running = sum(each.status in _OPEN for each in archive_state.replays.range(call))
    if running >= limits.REPLAYS_AT_ONCE:
        raise LimitExceededException
    replay = Replay(
        name=replay_name,
        archive=archive.name,
        bus=archive.bus,
        description=description,
        start_at=event_start_time,
        end_at=event_end_time,
        began_at=call.now,
        filter_arns=tuple(destination.get("FilterArns") or ()),
        next_ms=int(event_start_time * 1000),
    )
    archive_state.replays.add(call, replay)
    state.acting(call, call).later(go_on, key=replay_name, name=replay_name)
    return {"ReplayArn": _arn(call, replay_name), "State": "STARTING", "ReplayStartTime": call.now}


@job()
def go_on(call: Call, *, name: str) -> None:
    replay = archive_state.replays.get(call, name)
    if replay is None or replay.status not in _OPEN:
        return
    if replay.status == "CANCELLING":
        _change(call, replay, status="CANCELLED", ended_at=call.now)
        return
    end_ms = int(replay.end_at * 1000)
    found = archive_state.archived.range(
        call, replay.archive, start=(replay.next_ms, replay.next_id), end=(end_ms,), limit=PAGE
    )
    rules = tuple(arn.rpartition("/")[2] for arn in replay.filter_arns)
    for each in found:
        body = archives.decoded(each)
        body["replay-name"] = name
        deliveries.keep(
            call,
            call,
            Happening(
                bus=replay.bus,
                number=state.next_number(call, f"bus {replay.bus}"),
                body=orjson.dumps(body),
                came_at=call.now,
                replay=name,
                rules=rules,
            ),
        )
    last = found[-1] if found else None
    changes: dict[str, Any] = {"status": "RUNNING"}
    if last is not None:
        changes |= {"next_ms": last.came_ms, "next_id": last.id + "\0", "last_at": last.came_ms / 1000}
    if len(found) < PAGE:
        changes |= {"status": "COMPLETED", "ended_at": call.now}
    else:
        call.later(go_on, key=name, name=name)
    _change(call, replay, **changes)


def _change(call: Call, replay: Replay, **changes: Any) -> None:
    archive_state.replays.replace(call, replay, state.replace(replay, **changes))


def _existing(call: Call, name: str) -> Replay:
    found = archive_state.replays.get(call, name)
    if found is None:
        raise ResourceNotFoundException(f"Replay {name} does not exist.")
    return found


@operation
def cancel_replay(call: Call, *, replay_name: str) -> dict[str, Any]:
    replay = _existing(call, replay_name)
    if replay.status not in ("STARTING", "RUNNING"):
        raise IllegalStatusException(f"Replay {replay_name} is not in a valid state for this operation.")
    _change(call, replay, status="CANCELLING")
    state.acting(call, call).later(go_on, key=replay_name, name=replay_name)
    return {"ReplayArn": _arn(call, replay_name), "State": "CANCELLING"}


def _shown(call: Call, replay: Replay) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ReplayName": replay.name,
        "EventSourceArn": archives.arn_of(call, replay.archive),
        "State": replay.status,
        "EventStartTime": replay.start_at,
        "EventEndTime": replay.end_at,
        "ReplayStartTime": replay.began_at,
    }
    if replay.last_at:
        found["EventLastReplayedTime"] = replay.last_at
    if replay.ended_at:
        found["ReplayEndTime"] = replay.ended_at
    return found


@operation
def describe_replay(call: Call, *, replay_name: str) -> dict[str, Any]:
    replay = _existing(call, replay_name)
    destination: dict[str, Any] = {"Arn": state.bus_arn(call, replay.bus)}
    if replay.filter_arns:
        destination["FilterArns"] = list(replay.filter_arns)
    more = {"Description": replay.description} if replay.description else {}
    return {"ReplayArn": _arn(call, replay_name), "Destination": destination, **_shown(call, replay), **more}


@operation
def list_replays(
    call: Call,
    *,
    name_prefix: str | None = None,
    state: str | None = None,
    event_source_arn: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    shown = [_shown(call, replay) for replay in archive_state.replays.range(call)]
    wanted = [
        each for each in shown if event_source_arn in (None, each["EventSourceArn"]) and state in (None, each["State"])
    ]
    found, token = paging.page(wanted, lambda each: str(each["ReplayName"]), name_prefix, next_token, limit)
    return {"Replays": found, **token}
