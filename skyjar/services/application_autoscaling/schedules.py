"""When a scheduled action happens: once, at a rate, or by a cron expression in a time zone. Pure.

Source: API reference, PutScheduledAction; User Guide, "Schedule recurring scaling actions using cron expressions".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skyjar.planes.cron import BadCron, Cron

from .errors import ValidationException

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_UNITS_S = {"minute": 60, "hour": 3_600, "day": 86_400}


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationException(f"Invalid timezone: {name}") from None


def next_time(expression: str, zone: str, begins_at: float, after: float) -> float | None:
    """The first moment later than `after`, seconds since the epoch; None when there is none. A rate counts from
    `begins_at`. Raises Validation for what is no expression."""
    tz = zone_of(zone)
    at = _AT.fullmatch(expression)
    if at is not None:
        try:
            moment = datetime.fromisoformat(at[1]).replace(tzinfo=tz).timestamp()
        except ValueError:
            raise _wrong(expression) from None
        return moment if moment > after else None
    rate = _RATE.fullmatch(expression)
    if rate is not None and (rate[1] == "1") == (rate[3] == ""):
        every_s = int(rate[1]) * _UNITS_S[rate[2]]
        if after < begins_at:
            return begins_at
        return begins_at + ((after - begins_at) // every_s + 1) * every_s
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise _wrong(expression)
    try:
        return _next_of(Cron(cron.groups()), tz, after)
    except BadCron:
        raise _wrong(expression) from None


def _wrong(expression: str) -> ValidationException:
    return ValidationException(f"Invalid schedule expression: {expression}")


def _next_of(cron: Cron, zone: ZoneInfo, after: float) -> float | None:
    """By the clock on the wall there. An hour that is skipped in spring happens an hour later; one that comes twice in
    autumn counts the first time."""
    wall = datetime.fromtimestamp(after, zone).replace(tzinfo=UTC, fold=0).timestamp()
    while (found := cron.next_after(wall)) is not None:
        moment = datetime.fromtimestamp(found, UTC).replace(tzinfo=zone).timestamp()
        if moment > after:
            return moment
        wall = found
    return None
