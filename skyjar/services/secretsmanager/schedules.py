"""When a secret is rotated: after a number of days, at a rate, or by a cron expression. Pure; times are UTC.

Source: Secrets Manager User Guide, "Schedule expressions in Secrets Manager rotation": rates of 4 to 999 hours or 1 to 999
days; in a cron expression the minutes are 0 and the year is `*`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from . import limits
from .errors import InvalidParameterException
from .state import Rules

_RATE = re.compile(r"rate\(([1-9][0-9]{0,2}) (hours?|days?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_DURATION = re.compile(r"([1-9][0-9]?)h")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_YEARS_AHEAD = 9  # the longest pause between two 29ths of February is eight years

Days = Callable[[date], bool]


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
    minute, hour, day, month, weekday, year = fields
    if minute != "0" or year != "*" or (day == "?") == (weekday == "?"):
        raise _invalid(f"The schedule expression {expression} is not valid.")
    hours = sorted(_numbers(hour, 0, 23, {}))
    months = _numbers(month, 1, 12, _MONTHS)
    is_on = _days_of_month(day) if weekday == "?" else _days_of_week(weekday)
    start = datetime.fromtimestamp(after, UTC)
    at = start.date()
    for _ in range(366 * _YEARS_AHEAD):
        if at.month in months and is_on(at):
            for each in hours:
                moment = datetime(at.year, at.month, at.day, each, tzinfo=UTC)
                if moment > start:
                    return moment.timestamp()
        at += timedelta(days=1)
    raise _invalid(f"The schedule expression {expression} names no day.")


def _invalid(sentence: str) -> InvalidParameterException:
    return InvalidParameterException(sentence)


def _numbers(field: str, least: int, most: int, names: dict[str, int]) -> set[int]:
    """`*`, `3`, `1-5`, `1,4`, `*/6`, `2/3`, and names in place of numbers."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        low, dash, high = span.partition("-")
        first = least if span == "*" else _number(low, names)
        last = most if span == "*" or (slash and not dash) else _number(high or low, names)
        every = _number(step, {}) if slash else 1
        if not least <= first <= last <= most or every < 1:
            raise _invalid(f"The field {field} of the schedule expression is not valid.")
        found.update(range(first, last + 1, every))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    if text.upper() in names:
        return names[text.upper()]
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise _invalid(f"{text} in the schedule expression is not valid.")
    return int(text)


def _last_of(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _days_of_month(field: str) -> Days:
    if field == "L":
        return lambda day: day.day == _last_of(day)
    if field.endswith("W"):
        wanted = _number(field[:-1], {})
        return lambda day: day.day == _nearest_weekday(day, wanted)
    numbers = _numbers(field, 1, 31, {})
    return lambda day: day.day in numbers


def _nearest_weekday(day: date, wanted: int) -> int:
    """The working day next to a day of the month, in the same month."""
    last = _last_of(day)
    if wanted > last:
        return 0
    weekday = date(day.year, day.month, wanted).weekday()
    if weekday < 5:
        return wanted
    if weekday == 5:
        return wanted - 1 if wanted > 1 else wanted + 2
    return wanted + 1 if wanted < last else wanted - 2


def _days_of_week(field: str) -> Days:
    if "#" in field:
        name, _, nth = field.partition("#")
        weekday, count = _number(name, _WEEKDAYS), _number(nth, {})
        return lambda day: _weekday(day) == weekday and (day.day - 1) // 7 + 1 == count
    if len(field) > 1 and field.endswith("L"):
        weekday = _number(field[:-1], _WEEKDAYS)
        return lambda day: _weekday(day) == weekday and day.day + 7 > _last_of(day)
    numbers = _numbers(field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """1 is Sunday."""
    return (day.weekday() + 1) % 7 + 1
