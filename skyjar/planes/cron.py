"""AWS's cron expressions: minutes, hours, day of month, month, day of week, year; in UTC. Pure.

Source: EventBridge User Guide, "Setting a schedule pattern": one of the two days is `?`; `L`, `W` and `#` in them; names of
months and days; years from 1970 to 2199.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_YEARS = (1970, 2199)
_YEARS_AHEAD = 9  # the longest pause between two 29ths of February is eight years

Days = Callable[[date], bool]


class BadCron(ValueError):
    """Which field is not valid, and why."""


class Cron:
    """An expression's six fields; raises BadCron when they are none."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        minute, hour, day, month, weekday, year = fields
        if (day == "?") == (weekday == "?"):
            raise BadCron("one of day-of-month and day-of-week must be ?")
        self._minutes = sorted(_numbers(minute, 0, 59, {}))
        self._hours = sorted(_numbers(hour, 0, 23, {}))
        self._months = _numbers(month, 1, 12, _MONTHS)
        self._years = _numbers(year, *_YEARS, {})
        self._is_on = _days_of_month(day) if weekday == "?" else _days_of_week(weekday)

    def next_after(self, after: float) -> float | None:
        """The first moment later than `after`, seconds since the epoch; None when there is none to come."""
        start = datetime.fromtimestamp(after, UTC)
        at = start.date()
        later = [year for year in self._years if year >= at.year]
        if not later:
            return None
        if min(later) > at.year:
            at = date(min(later), 1, 1)
        for _ in range(366 * _YEARS_AHEAD):
            if at.year in self._years and at.month in self._months and self._is_on(at):
                found = self._time_of(at, start)
                if found is not None:
                    return found.timestamp()
            if at == date(_YEARS[1], 12, 31):
                return None
            at += timedelta(days=1)
        return None

    def _time_of(self, day: date, start: datetime) -> datetime | None:
        for hour in self._hours:
            if day == start.date() and hour < start.hour:
                continue
            for minute in self._minutes:
                moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                if moment > start:
                    return moment
        return None


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
            raise BadCron(f"The field {field} of the schedule expression is not valid.")
        found.update(range(first, last + 1, every))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    if text.upper() in names:
        return names[text.upper()]
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise BadCron(f"{text} in the schedule expression is not valid.")
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
    if not 1 <= wanted <= last:
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
    numbers = _numbers("SAT" if field == "L" else field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """1 is Sunday."""
    return (day.weekday() + 1) % 7 + 1
