"""When a secret is rotated: after a number of days, at a rate, or by a cron expression. Pure; times are UTC.

Source: Secrets Manager User Guide, "Schedule expressions in Secrets Manager rotation": rates of 4 to 999 hours or 1 to 999
days; in a cron expression the minutes are 0 and the year is `*`.
"""

from __future__ import annotations

import re

from skyjar.planes.cron import BadCron, Cron

from . import limits
from .errors import InvalidParameterException
from .state import Rules

_RATE = re.compile(r"rate\(([1-9][0-9]{0,2}) (hours?|days?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_DURATION = re.compile(r"([1-9][0-9]?)h")


def check(rules: Rules) -> None:
    """Raises InvalidParameter for rules that AWS would refuse."""
    if rules.days and rules.expression:
        raise InvalidParameterException(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules."
        )
    least, most = limits.ROTATION_DAYS
    if not rules.expression and not least <= rules.days <= most:
        raise InvalidParameterException("RotationRules.AutomaticallyAfterDays must be within 1-1000.")
    if rules.duration and not _DURATION.fullmatch(rules.duration):
        raise _invalid(f"The Duration {rules.duration} is not valid.")
    if rules.expression:
        next_time(rules, 0.0)


def next_time(rules: Rules, after: float) -> float:
    """When the next rotation begins, seconds since the epoch."""
    if not rules.expression:
        return after + rules.days * limits.DAY_S
    rate = _RATE.fullmatch(rules.expression)
    if rate is not None:
        number, is_hours = int(rate[1]), rate[2].startswith("hour")
        if is_hours and number < limits.ROTATION_HOURS_LEAST:
            raise _invalid(f"The schedule expression {rules.expression} is more often than every 4 hours.")
        return after + number * (3600 if is_hours else limits.DAY_S)
    cron = _CRON.fullmatch(rules.expression)
    if cron is None:
        raise _invalid(f"The schedule expression {rules.expression} is not valid.")
    return _next_of(rules.expression, cron.groups(), after)


def _next_of(expression: str, fields: tuple[str, ...], after: float) -> float:
    try:
        cron = Cron(fields)
    except BadCron as error:
        reason = str(error)
        raise _invalid(
            reason if reason.endswith(".") else f"The schedule expression {expression} is not valid."
        ) from None
    if fields[0] != "0" or fields[5] != "*":
        raise _invalid(f"The schedule expression {expression} is not valid.")
    found = cron.next_after(after)
    if found is None:
        raise _invalid(f"The schedule expression {expression} names no day.")
    return found


def _invalid(sentence: str) -> InvalidParameterException:
    return InvalidParameterException(sentence)
