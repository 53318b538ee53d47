"""PutLogEvents, GetLogEvents, FilterLogEvents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import encryption, identifiers, limits, measuring, paging, patterns, reading, state, streams
from .errors import InvalidParameterException
from .reading import Event, Place
from .state import Batch, Group, Stream


@operation
def put_log_events(
    call: Call,
    *,
    log_group_name: str,
    log_stream_name: str,
    log_events: list[dict[str, Any]],
    sequence_token: str | None = None,
) -> dict[str, Any]:
    group = state.find_group(call, log_group_name)
    stream = state.find_stream(call, group, log_stream_name)
    _check_batch(log_events)
    oldest_ms = max(call.now_ms - limits.PAST_MS, 0)
    kept_ms = state.oldest_kept_ms(call, group)
    newest_ms = call.now_ms + limits.FUTURE_MS
    stamps = [event["timestamp"] for event in log_events]
    first = next((n for n, at in enumerate(stamps) if at >= max(oldest_ms, kept_ms)), len(stamps))
    last = next((n for n, at in enumerate(stamps) if at > newest_ms), len(stamps))
    good = tuple((event["timestamp"], event["message"]) for event in log_events[first:last])
    if good:
        stream = _store(call, group, stream, good)
        measuring.measure(call, group, good)
    answer: dict[str, Any] = {"nextSequenceToken": streams.sequence_token(stream)}
    rejected = _rejected(stamps, oldest_ms, kept_ms, last)
    return answer | ({"rejectedLogEventsInfo": rejected} if rejected else {})


def _check_batch(events: list[dict[str, Any]]) -> None:
    size, before = 0, 0
    for event in events:
        length = len(event["message"].encode())
        if not length:
            raise InvalidParameterException(
                "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1"
            )
        size += length + limits.EVENT_OVERHEAD_BYTES
        if length + limits.EVENT_OVERHEAD_BYTES > limits.EVENT_BYTES:
            raise InvalidParameterException(
                f"Log event too large: {length + limits.EVENT_OVERHEAD_BYTES} bytes exceeds limit of {limits.EVENT_BYTES}"
            )
        if event["timestamp"] < before:
            raise InvalidParameterException(
                "Log events in a single PutLogEvents request must be in chronological order."
            )
        before = event["timestamp"]
    if len(events) > limits.BATCH_EVENTS:
        raise InvalidParameterException(
            f"1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length "
            f"less than or equal to {limits.BATCH_EVENTS}"
        )
    if size > limits.BATCH_BYTES:
        raise InvalidParameterException(f"Upload too large: {size} bytes exceeds limit of {limits.BATCH_BYTES}")
    if events and events[-1]["timestamp"] - events[0]["timestamp"] > limits.BATCH_SPAN_MS:
        raise InvalidParameterException(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )


def _rejected(stamps: list[int], oldest_ms: int, kept_ms: int, too_new_from: int) -> dict[str, int]:
    """Which events were not taken, as the indexes between which they are."""
    found: dict[str, int] = {}
    if stamps and stamps[0] < kept_ms and kept_ms > oldest_ms:
        found["expiredLogEventEndIndex"] = sum(1 for at in stamps if at < kept_ms)
    elif stamps and stamps[0] < oldest_ms:
        found["tooOldLogEventEndIndex"] = sum(1 for at in stamps if at < oldest_ms)
    if too_new_from < len(stamps):
        found["tooNewLogEventStartIndex"] = too_new_from
    return found


def _store(call: Call, group: Group, stream: Stream, events: tuple[tuple[int, str], ...]) -> Stream:
    first_ms, last_ms = events[0][0], events[-1][0]
    batch = Batch(
        space=stream.space,
        stream=stream.name,
        first_ms=first_ms,
        number=stream.next_batch,
        last_ms=last_ms,
        ingested_ms=call.now_ms,
        events=events,
    )
    state.batches.add(call, encryption.seal(call, group, batch) if group.kms_key else batch)
    size = sum(len(message) for _, message in events) + len(events) * limits.EVENT_OVERHEAD_BYTES
    new: Stream = state.replace(
        stream,
        next_batch=stream.next_batch + 1,
        first_ms=min(stream.first_ms or first_ms, first_ms),
        last_ms=max(stream.last_ms, last_ms),
        ingested_ms=call.now_ms,
        stored_bytes=stream.stored_bytes + size,
        span_ms=max(stream.span_ms, last_ms - first_ms),
    )
    state.streams.replace(call, stream, new)
    return new


@operation
def get_log_events(
    call: Call,
    *,
    log_stream_name: str,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    next_token: str | None = None,
    limit: int = limits.EVENTS_RETURNED,
    start_from_head: bool = False,
) -> dict[str, Any]:
    group = identifiers.group_of(call, log_group_name, log_group_identifier)
    stream = state.find_stream(call, group, log_stream_name)
    start_ms = max(start_time or 0, state.oldest_kept_ms(call, group))
    end_ms = end_time if end_time is not None else reading.END[0]
    forward, place = _read_token(next_token, start_from_head)
    if forward:
        found = _page(reading.forwards(call, stream, max(place, (start_ms - 1, 1 << 60, 0)), end_ms), limit)
    else:
        found = _page(reading.backwards(call, stream, min(place, (end_ms, 0, 0)), start_ms), limit)[::-1]
    first, last = (found[0].place, found[-1].place) if found else (place, place)
    return {
        "events": [
            {"timestamp": event.place[0], "message": event.message, "ingestionTime": event.ingested_ms}
            for event in found
        ],
        "nextForwardToken": _token("f", last),
        "nextBackwardToken": _token("b", first),
    }


def _page(events: Iterator[Event], limit: int) -> list[Event]:
    """As many as asked for and as fit into an answer."""
    found: list[Event] = []
    size = 0
    for event in islice(events, min(limit, limits.EVENTS_RETURNED)):
        size += len(event.message) + limits.EVENT_OVERHEAD_BYTES
        if size > limits.BYTES_RETURNED and found:
            break
        found.append(event)
    return found


def _token(direction: str, place: Place) -> str:
    return f"{direction}/{place[0] + 1:020}{place[1]:020}{place[2]:016}"


def _read_token(token: str | None, from_head: bool) -> tuple[bool, Place]:
    """Which way to go, and from where."""
    if not token:
        return from_head, reading.START if from_head else reading.END
    direction, _, digits = token.partition("/")
    if direction not in ("f", "b") or len(digits) != 56 or not (digits.isascii() and digits.isdigit()):
        raise InvalidParameterException("The specified nextToken is invalid.")
    return direction == "f", (int(digits[:20]) - 1, int(digits[20:40]), int(digits[40:]))


@operation
def filter_log_events(
    call: Call,
    *,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_names: list[str] | None = None,
    log_stream_name_prefix: str | None = None,
    start_time: int | None = None,
    end_time: int | None = None,
    filter_pattern: str = "",
    next_token: str | None = None,
    limit: int = limits.EVENTS_RETURNED,
    interleaved: bool = True,
) -> dict[str, Any]:
    """Events of several streams are always interleaved, as on AWS since 2019."""
    group = identifiers.group_of(call, log_group_name, log_group_identifier)
    if log_stream_names and log_stream_name_prefix:
        raise InvalidParameterException("Parameters logStreamNames and logStreamNamePrefix are mutually exclusive.")
    matches = patterns.compile(filter_pattern)
    start_ms = max(start_time or 0, state.oldest_kept_ms(call, group))
    end_ms = end_time + 1 if end_time is not None else reading.END[0]
    if log_stream_names:
        searched = [state.find_stream(call, group, name) for name in dict.fromkeys(log_stream_names)]
    else:
        searched = [
            stream
            for stream in state.streams.range(call, group.space)
            if stream.last_ms >= start_ms and stream.name.startswith(log_stream_name_prefix or "")
        ]
    after = _filter_place(next_token) if next_token else (start_ms, "", 0, -1)
    events = (event for event in reading.merged(call, searched, after, end_ms) if matches(event.message))
    found = _page(events, limit)
    more = next(events, None) is not None if found else False
    answer: dict[str, Any] = {
        "events": [
            {
                "logStreamName": event.stream,
                "timestamp": event.place[0],
                "message": event.message,
                "ingestionTime": event.ingested_ms,
                "eventId": event.id,
            }
            for event in found
        ],
        "searchedLogStreams": [],
    }
    return answer | ({"nextToken": _filter_token(found[-1])} if more else {})


def _filter_token(event: Event) -> str:
    timestamp, name, batch, index = reading.key_of(event)
    return paging.write(f"{timestamp}/{batch}/{index}/{name}")


def _filter_place(token: str) -> tuple[int, str, int, int]:
    parts = paging.read(token).split("/", 3)
    if len(parts) != 4 or not all(part.isascii() and part.lstrip("-").isdigit() for part in parts[:3]):
        raise InvalidParameterException("The specified nextToken is invalid.")
    return int(parts[0]), parts[3], int(parts[1]), int(parts[2])
