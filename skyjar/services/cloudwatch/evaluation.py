"""Which state an alarm is in, from the points that it looks at. Pure.

Source: User Guide, "Configuring how CloudWatch alarms treat missing data". Points come newest last; None is missing. A
few more are looked at than are evaluated: with enough real ones among them, missing ones do not count at all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


class Verdict(NamedTuple):
    """`state` None leaves the alarm as it is. `used` are the places of the points that decided, oldest first; `filled` is how
    many missing ones were taken for something."""

    state: str | None
    used: list[int]
    filled: int


def judge(breaching: Sequence[bool | None], periods: int, to_alarm: int, treatment: str) -> Verdict:
    """`breaching` says of each point whether it is beyond the threshold."""
    real = [place for place, each in enumerate(breaching) if each is not None]
    used = real[-periods:]
    filled = periods - len(used)
    bad = sum(1 for place in used if breaching[place])
    if filled and treatment in ("breaching", "notBreaching"):
        bad += filled if treatment == "breaching" else 0
        return Verdict("ALARM" if bad >= to_alarm else "OK", used, filled)
    if not used:
        return Verdict("INSUFFICIENT_DATA" if treatment == "missing" else None, used, filled)
    if bad >= to_alarm:
        return Verdict("ALARM", used, 0)
    if bad < len(used):
        return Verdict("OK", used, 0)
    # All there is breaches, and it is less than would alarm: enough when the oldest is old enough (the same page).
    is_old = len(breaching) - used[0] >= to_alarm
    if treatment == "missing":
        return Verdict("ALARM" if is_old else None, used, 0)
    return Verdict(None, used, 0)
