"""Management calls told on the account's default event bus, as `AWS API Call via CloudTrail`.

As on AWS, an account needs a trail that is logging for that. One job for each account waits for what happens, whatever
the number of its trails, so that every call is told once.
"""

from __future__ import annotations

from itertools import islice

from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.history import Seen, everywhere, forwards, rows
from skyjar.kernel.jobs import job
from skyjar.kernel.service_events import ServiceEvent
from skyjar.kernel.tables import Place

from . import contents, limits, matching, state
from .state import Bridge, Trail

DETAIL_TYPE = "AWS API Call via CloudTrail"
_PAGE = 500


def begin(call: Call, position: int) -> None:
    """A trail of the account begins to log; `position` is the number of the next event."""
    if state.bridges.get(call, "") is None:
        state.bridges.put(call, Bridge(id="", position=position))
        call.later(tell, key=call.account)


@job()
def tell(call: Call) -> None:
    trails = [
        (Place(call.tx, owner, region), trail)
        for owner, region, trail in state.trails.anywhere(call.tx)
        if owner == call.account and trail.is_logging
    ]
    bridge = state.bridges.get(call, "")
    if not trails or bridge is None:
        state.bridges.delete(call, "")
        return
    found = list(islice(forwards(call.tx, bridge.position), _PAGE))
    if not found:
        raise Wait(on=rows.watched(everywhere(call.tx)), until=call.now + 365 * limits.DAY_S)
    for seen in found:
        if seen.account == call.account and not seen.is_data and _is_wanted(trails, seen):
            _tell(call, seen)
    state.bridges.put(call, Bridge(id="", position=found[-1].seq + 1))
    call.later(tell, key=call.account)


def _is_wanted(trails: list[tuple[Place, Trail]], seen: Seen) -> bool:
    covered = {seen.account}
    return any(matching.is_within(home, trail, seen, covered) and matching.wants(trail, seen) for home, trail in trails)


def _tell(call: Call, seen: Seen) -> None:
    source = "aws." + contents.source(seen).partition(".")[0]
    call.emit(
        ServiceEvent(
            source,
            DETAIL_TYPE,
            contents.event(seen),
            account=seen.account,
            region=seen.region,
            at=seen.at,
            is_read_only=contents.is_read(seen),
        )
    )
