"""At midnight, what is held is added to the day's usage; while nothing is held there is no job."""

from __future__ import annotations

from skyjar.kernel import principals, usage
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import limits, state

PRINCIPAL = "ce.amazonaws.com"


@job()
def measure(call: Call) -> None:
    """Of the days that have passed since the last time: more than one, where the cloud did not run."""
    today = int(call.now // limits.DAY_S)
    before = state.now(call.tx)
    is_any = False
    for day in range(before.day if before is not None else today, today):
        held = usage.held(call.tx, day * limits.DAY_S, (day + 1) * limits.DAY_S)
        usage.add(call, day, held)
        is_any = bool(held)
    state.save(call.tx, today, is_any)
    if is_any:
        _plan(call, today)


def begin(call: Call) -> None:
    before = state.now(call.tx)
    if before is None or not before.is_waiting:
        today = int(call.now // limits.DAY_S)
        state.save(call.tx, today, True)
        _plan(call, today)


def _plan(call: Call, today: int) -> None:
    own = call.at(call.tx, call.now)  # the job is the cloud's, not that of the account that happened to begin
    own.account, own.region, own.caller = "", "", principals.service(PRINCIPAL)
    own.later(measure, key="all", due=float((today + 1) * limits.DAY_S))
