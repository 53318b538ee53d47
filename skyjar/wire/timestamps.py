"""Timestamps between the wire's three spellings and epoch seconds (float)."""

from __future__ import annotations

import math
import re
import time
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|z|[+-]\d\d:?\d\d)?",
)
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")


def epoch(value: float | datetime) -> float:
    """Epoch seconds of what a service returned; a datetime without a zone is UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return value


def _micros(value: float) -> tuple[int, int]:
    """Whole seconds and microseconds, both right for times before 1970."""
    return divmod(round(value * 1_000_000), 1_000_000)


@lru_cache(maxsize=4096)
def _iso_seconds(seconds: int) -> str:
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"


def iso8601(value: float | datetime) -> str:
    """`2015-01-25T08:00:00Z`, with milli- or microseconds only where there are any."""
    seconds, micros = _micros(epoch(value))
    if not micros:
        return _iso_seconds(seconds) + "Z"
    digits = f"{micros:06d}"
    return f"{_iso_seconds(seconds)}.{digits[:3] if digits.endswith('000') else digits}Z"


def iso8601_ms(value: float | datetime) -> str:
    """As S3 and EC2 write it: always three digits, `2015-01-25T08:00:00.000Z`."""
    if value.__class__ is int:
        return _iso_seconds(value) + ".000Z"
    seconds, micros = _micros(epoch(value))
    return f"{_iso_seconds(seconds)}.{micros // 1000:03d}Z"


@lru_cache(maxsize=4096)
def _rfc822_seconds(seconds: int) -> str:
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(seconds)
    return f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} {hour:02d}:{minute:02d}:{second:02d} GMT"


def rfc822(value: float | datetime) -> str:
    """`Sun, 25 Jan 2015 08:00:00 GMT`; fractions are dropped."""
    return _rfc822_seconds(math.floor(epoch(value)))


def unix(value: float | datetime) -> float:
    """A number for JSON: an int where it is whole."""
    found = epoch(value)
    return int(found) if found == int(found) else round(found, 6)


def unix_text(value: float | datetime) -> str:
    return str(unix(value))


FORMATS: dict[str, Callable[[float | datetime], str]] = {
    "iso8601": iso8601,
    "rfc822": rfc822,
    "unixtimestamp": unix_text,
}


def _from_iso(match: re.Match[str]) -> float:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
    found = timegm(moment.timetuple()) + int(second or 0) + (float("0." + fraction) if fraction else 0)
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        offset_s = (int(digits[:2]) * 60 + int(digits[2:])) * 60
        found += -offset_s if zone[0] == "+" else offset_s
    return float(found)


def parse(text: str) -> float:
    """Epoch seconds of any of the spellings. ValueError when it is none of them."""
    text = text.strip()
    match = _ISO.fullmatch(text)
    if match is not None:
        return _from_iso(match)
    try:
        found = float(text)
    except ValueError:
        from email.utils import parsedate_to_datetime  # slow to import, and seldom wanted

        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, IndexError) as error:
            raise ValueError(f"not a timestamp: {text}") from error
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(found) or abs(found) > 253402300799:
        raise ValueError(f"not a timestamp: {text}")
    return found


@lru_cache(maxsize=1024)
def parse_basic(text: str) -> float:
    """Epoch seconds of SigV4's `20150830T123600Z`. ValueError when it is something else."""
    match = _BASIC.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date: {text}")
    year, month, day, hour, minute, second = map(int, match.groups())
    return float(timegm(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timetuple()))


def basic(value: float) -> str:
    """SigV4's spelling, `20150830T123600Z`."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(value))
