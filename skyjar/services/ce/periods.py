"""The days that a request is about, and the stretches that it is answered in. Pure.

Sentences as AWS's clients report them (issues of aws-sdk-js #2732, boto3 #2369, cloud-governance #1011).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from skyjar.kernel import bills

from . import limits
from .errors import DataUnavailableException, ValidationException

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Period(NamedTuple):
    """From the day `since` to before `until`, counted since the epoch."""

    since: int
    until: int

    def shown(self) -> dict[str, str]:
        return {"Start": shown(self.since), "End": shown(self.until)}


def shown(day: int) -> str:
    return datetime.fromtimestamp(day * limits.DAY_S, UTC).strftime("%Y-%m-%d")


def read(given: dict[str, str], now: float, granularity: str = "DAILY") -> Period:
    since, until = _day(given["Start"]), _day(given["End"])
    today = int(now // limits.DAY_S)
    if since >= until:
        raise ValidationException("Start date (and hour) should be before end date (and hour)")
    if until > _months_on(today, 1):
        raise ValidationException("end date past the beginning of next month")
    if granularity == "HOURLY":
        raise DataUnavailableException(
            "Hourly data is not available. Enable hourly granularity in Cost Explorer's settings."
        )
    if since < _months_on(today, -limits.MONTHS):
        raise DataUnavailableException
    if since < _months_on(today, -limits.MONTHS_DAILY) and since != bills.first_of_month(since):
        raise ValidationException(
            "To retrieve data beyond the past 14 months, your start date needs to be the first day of the month."
        )
    return Period(since, until)


def _day(text: str) -> int:
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError(text)
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValidationException(f"Date {text} is not in the format yyyy-MM-dd.") from None
    return int(found.timestamp() // limits.DAY_S)


def _months_on(day: int, months: int) -> int:
    """The first day of the month that is so many after that of `day`."""
    year, month = bills.month_of(day)
    number = year * 12 + month - 1 + months
    found = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return int(found.timestamp() // limits.DAY_S)


def stretches(period: Period, granularity: str) -> list[Period]:
    if granularity == "DAILY":
        return [Period(day, day + 1) for day in range(period.since, period.until)]
    found, since = [], period.since
    while since < period.until:
        until = min(_months_on(since, 1), period.until)
        found.append(Period(since, until))
        since = until
    return found
