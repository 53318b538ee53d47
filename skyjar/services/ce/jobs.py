"""At midnight, what is held is added to the day's usage; while nothing is held there is no job."""

from __future__ import annotations

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import limits


@job()
def measure(call: Call) -> None:
    """Of the days that have passed since the last time: more than one, where the cloud did not run. Planned by `kernel/usage.py`."""
    today = int(call.now // limits.DAY_S)
    before = usage.measured(call.tx)
    is_any = False
    for day in range(before.day if before is not None else today, today):
        held = usage.held(call.tx, day * limits.DAY_S, (day + 1) * limits.DAY_S)
        usage.add(call, day, held)
        is_any = bool(held)
    usage.plan(call, today, is_any)
