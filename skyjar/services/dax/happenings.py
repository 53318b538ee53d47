"""What happened to clusters and parameter groups in the last two weeks."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidParameterCombinationException


@operation
def describe_events(
    call: Call,
    *,
    source_name: str = "",
    source_type: str = "",
    start_time: float | None = None,
    end_time: float | None = None,
    duration: int | None = None,
    max_results: int | None = None,
    next_token: str = "",
) -> dict[str, Any]:
    """Of the last hour, unless a time or a duration (minutes) is given."""
    if source_name and not source_type:
        raise InvalidParameterCombinationException("SourceType must be given with SourceName.")
    end = call.now if end_time is None else end_time
    long_s = limits.EVENTS_DEFAULT_S if duration is None else duration * 60
    start_ms = int((end - long_s if start_time is None else start_time) * 1000)
    first: tuple[Any, ...] = (start_ms,)
    if next_token.count(" ") == 1 and next_token.split(" ")[0].isdigit():
        first = (int(next_token.split(" ")[0]), next_token.split(" ")[1])
    limit = min(max_results or limits.PAGE, limits.PAGE)
    found = [
        each
        for each in state.happenings.range(call, start=first, end=(int(end * 1000) + 1,))
        if source_type in ("", each.kind) and source_name in ("", each.source)
    ]
    more = {"NextToken": f"{found[limit].at_ms} {found[limit].id}"} if len(found) > limit else {}
    shown = [
        {"SourceName": each.source, "SourceType": each.kind, "Message": each.message, "Date": each.at_ms / 1000}
        for each in found[:limit]
    ]
    return {"Events": shown, **more}
