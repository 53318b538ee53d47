"""When a scheduled rule fires: at a rate from when it was put, or by a cron expression. Pure; UTC.

Source: EventBridge User Guide, "Creating a scheduled rule (legacy)".
"""

from __future__ import annotations

import re

from skyjar.planes.cron import BadCron, Cron

from .errors import ValidationException

_RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_UNITS_S = {"minute": 60, "hour": 3_600, "day": 86_400}


def next_time(expression: str, after: float) -> float | None:
    """Seconds since the epoch; None when it never fires again. Raises Validation for what is no expression."""
    rate = _RATE.fullmatch(expression)
    if rate is not None and (rate[1] == "1") == (rate[3] == ""):
        return after + int(rate[1]) * _UNITS_S[rate[2]]
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise ValidationException("Parameter ScheduleExpression is not valid.")
    try:
        return Cron(cron.groups()).next_after(after)
    except BadCron:
        raise ValidationException("Parameter ScheduleExpression is not valid.") from None
