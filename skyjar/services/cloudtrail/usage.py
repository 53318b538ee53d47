"""What CloudTrail bills: events that trails deliver. Source: "AWS CloudTrail pricing".

The first copy of a management event is free, which here is that of the trail that has been logging for longest; each other one costs,
as each data event does.
"""

from __future__ import annotations

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.history import Seen
from skyjar.kernel.tables import Place

from . import matching, state
from .state import Trail


def delivered(call: Call, at: Place, trail: Trail, region: str, events: list[Seen]) -> None:
    older = _older(call, at, trail)
    counted = {"FreeEventsRecorded": 0, "PaidEventsRecorded": 0, "DataEventsRecorded": 0}
    for seen in events:
        counted[_kind(seen, older)] += 1
    place = Place(call.tx, at.account, region)
    for usage_type, number in counted.items():
        if number:
            usage.use(call, "cloudtrail", usage_type, "", float(number), at=place)


def _kind(seen: Seen, older: list[tuple[Place, Trail, set[str]]]) -> str:
    if seen.is_data:
        return "DataEventsRecorded"
    is_copy = any(
        matching.is_within(at, each, seen, covered) and matching.wants(each, seen) for at, each, covered in older
    )
    return "PaidEventsRecorded" if is_copy else "FreeEventsRecorded"


def _older(call: Call, at: Place, trail: Trail) -> list[tuple[Place, Trail, set[str]]]:
    """The trails that have been logging for longer, with the accounts that each covers."""
    own = (trail.started_at, state.arn_of(at, trail.name))
    return [
        (there, each, state.covered(call, there, each))
        for there, each in state.everywhere(call, at.account)
        if each.is_logging and (each.started_at, state.arn_of(there, each.name)) < own
    ]
