"""The functions of S3 Select. Source: S3 User Guide, "SQL functions"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import Refused
from .time_formats import to_string
from .values import MISSING, moment_of, number_of, text_of

Of = Callable[[Any], Any]
_SECONDS = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}


def call(name: str, arguments: list[Of], now: float) -> Of:
    if name == "coalesce":
        return lambda row: _first(arguments, row)
    if name == "nullif":
        first, second = arguments
        return lambda row: None if first(row) == second(row) else first(row)
    if name == "utcnow":
        moment = datetime.fromtimestamp(now, UTC)
        return lambda row: moment
    function = _PLAIN[name]

    def known(row: Any) -> Any:
        values = [each(row) for each in arguments]
        if any(value is None or value is MISSING for value in values):
            return None
        return function(*values)

    return known


def _first(arguments: list[Of], row: Any) -> Any:
    for each in arguments:
        value = each(row)
        if value is not None and value is not MISSING:
            return value
    return None


def _substring(value: Any, start: Any, length: Any = None) -> str:
    """Positions begin at 1; what lies before counts against the length."""
    text, first = text_of(value), _whole(start)
    if length is None:
        return text[max(first - 1, 0) :]
    if _whole(length) < 0:
        raise Refused("InvalidRequestParameter", "A length is not negative.")
    return text[max(first - 1, 0) : max(first - 1 + _whole(length), 0)]


def _whole(value: Any) -> int:
    found = number_of(value)
    if found is None:
        raise Refused("CastFailed")
    return int(found)


def _trim(side: str, letters: Any, value: Any) -> str:
    text, taken = text_of(value), text_of(letters)
    if side == "leading":
        return text.lstrip(taken)
    return text.rstrip(taken) if side == "trailing" else text.strip(taken)


def _extract(part: str, value: Any) -> int:
    moment = moment_of(value)
    if part.startswith("timezone"):
        offset = moment.utcoffset() or timedelta()
        minutes = int(offset.total_seconds() // 60)
        size = abs(minutes) // 60 if part == "timezone_hour" else abs(minutes) % 60
        return -size if minutes < 0 else size
    return int(getattr(moment, part))


def _date_add(part: str, count: Any, value: Any) -> datetime:
    moment, number = moment_of(value), _whole(count)
    try:
        if part in _SECONDS:
            return moment + timedelta(seconds=number * _SECONDS[part])
        months = moment.year * 12 + moment.month - 1 + number * (12 if part == "year" else 1)
        return _with_month(moment, months)
    except (OverflowError, ValueError):
        raise Refused("InvalidRequestParameter", "The date is out of range.") from None


def _with_month(moment: datetime, months: int) -> datetime:
    day = moment.day
    while True:
        try:
            return moment.replace(year=months // 12, month=months % 12 + 1, day=day)
        except ValueError:
            if day <= 28:
                raise
            day -= 1


def _date_diff(part: str, first: Any, second: Any) -> int:
    one, other = moment_of(first), moment_of(second)
    if part in _SECONDS:
        return int((other - one).total_seconds() / _SECONDS[part])
    sign = 1 if other >= one else -1
    early, late = (one, other) if sign > 0 else (other, one)
    months = (late.year - early.year) * 12 + late.month - early.month
    if (late.day, late.timetz()) < (early.day, early.timetz()):
        months -= 1
    return sign * (months // 12 if part == "year" else months)


_PLAIN: dict[str, Callable[..., Any]] = {
    "char_length": lambda value: len(text_of(value)),
    "character_length": lambda value: len(text_of(value)),
    "lower": lambda value: text_of(value).lower(),
    "upper": lambda value: text_of(value).upper(),
    "substring": _substring,
    "trim": _trim,
    "to_timestamp": moment_of,
    "to_string": to_string,
    "extract": _extract,
    "date_add": _date_add,
    "date_diff": _date_diff,
}
