"""Log streams."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import identifiers, jobs, limits, paging, state
from .errors import InvalidParameterException, ResourceAlreadyExistsException
from .state import Group, Stream


@operation
def create_log_stream(call: Call, *, log_group_name: str, log_stream_name: str) -> None:
    group = state.find_group(call, log_group_name)
    if state.streams.get(call, group.space, log_stream_name) is not None:
        raise ResourceAlreadyExistsException("The specified log stream already exists")
    state.streams.add(call, Stream(space=group.space, name=log_stream_name, created_ms=call.now_ms))


@operation
def delete_log_stream(call: Call, *, log_group_name: str, log_stream_name: str) -> None:
    group = state.find_group(call, log_group_name)
    stream = state.find_stream(call, group, log_stream_name)
    state.streams.remove(call, stream)
    if jobs.clear_stream(call, group.space, log_stream_name):
        call.later(jobs.clear_rest, space=group.space, stream=log_stream_name, before=stream.next_batch)


@operation
def describe_log_streams(
    call: Call,
    *,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_name_prefix: str | None = None,
    order_by: str = "LogStreamName",
    descending: bool = False,
    next_token: str | None = None,
    limit: int = limits.DESCRIBED,
) -> dict[str, Any]:
    group = identifiers.group_of(call, log_group_name, log_group_identifier)
    if order_by == "LastEventTime" and log_stream_name_prefix:
        raise InvalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.")
    wanted = [
        stream
        for stream in state.streams.range(call, group.space)
        if stream.name.startswith(log_stream_name_prefix or "")
    ]
    by_time = order_by == "LastEventTime"
    page, token = paging.page(
        wanted,
        (lambda stream: f"{stream.last_ms:020}{stream.name}") if by_time else (lambda stream: stream.name),
        next_token,
        limit,
        descending=descending,
    )
    return {"logStreams": [_show(call, group, stream) for stream in page]} | ({"nextToken": token} if token else {})


def _show(call: Call, group: Group, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created_ms,
        "arn": f"{state.arn_of(call, group.name)}:log-stream:{stream.name}",
        "storedBytes": 0,  # since 2019 AWS shows 0 for streams
    }
    if stream.ingested_ms:
        shown |= {
            "firstEventTimestamp": stream.first_ms,
            "lastEventTimestamp": stream.last_ms,
            "lastIngestionTime": stream.ingested_ms,
            "uploadSequenceToken": sequence_token(stream),
        }
    return shown


def sequence_token(stream: Stream) -> str:
    """What older clients expect and nobody checks any more."""
    return f"{int(stream.space, 16) % 10**36:036}{stream.next_batch:020}"
