"""TO_STRING of S3 Select: points in time as a pattern has them. Source: S3 User Guide, "SQL functions", "Date functions"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .errors import Refused
from .values import moment_of, text_of

_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")


def _fraction(moment: datetime, digits: int) -> str:
    return f"{moment.microsecond * 1000:09}"[:digits]


def _zone(moment: datetime, letters: str) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    if letters[0] == "X" and minutes == 0:
        return "Z"
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    if len(letters) == 1:
        return f"{sign}{hours:02}"
    return f"{sign}{hours:02}{':' if len(letters) % 2 else ''}{rest:02}"


_SYMBOLS: dict[str, Callable[[datetime], str]] = {
    "yy": lambda moment: f"{moment.year % 100:02}",
    "y": lambda moment: str(moment.year),
    "yyyy": lambda moment: f"{moment.year:04}",
    "M": lambda moment: str(moment.month),
    "MM": lambda moment: f"{moment.month:02}",
    "MMM": lambda moment: calendar.month_abbr[moment.month],
    "MMMM": lambda moment: calendar.month_name[moment.month],
    "MMMMM": lambda moment: calendar.month_name[moment.month][0],
    "d": lambda moment: str(moment.day),
    "dd": lambda moment: f"{moment.day:02}",
    "a": lambda moment: "AM" if moment.hour < 12 else "PM",
    "h": lambda moment: str((moment.hour + 11) % 12 + 1),
    "hh": lambda moment: f"{(moment.hour + 11) % 12 + 1:02}",
    "H": lambda moment: str(moment.hour),
    "HH": lambda moment: f"{moment.hour:02}",
    "m": lambda moment: str(moment.minute),
    "mm": lambda moment: f"{moment.minute:02}",
    "s": lambda moment: str(moment.second),
    "ss": lambda moment: f"{moment.second:02}",
    "n": lambda moment: str(moment.microsecond * 1000),
}


def to_string(value: Any, pattern: Any) -> str:
    moment = moment_of(value)
    return "".join(_written(moment, match[0]) for match in _TOKEN.finditer(text_of(pattern)))


def _written(moment: datetime, token: str) -> str:
    """Letters are symbols; what stands between apostrophes is itself, and two of them are one."""
    if token[0] == "'":
        if len(token) == 1:
            raise Refused("EvaluatorUnterminatedTimestampFormatPatternToken")
        return token[1:-1].replace("''", "'") or "'"
    if not token[0].isalpha():
        return token
    if token[0] == "S" and len(token) <= 9:
        return _fraction(moment, len(token))
    if token[0] in "Xx" and len(token) <= 5:
        return _zone(moment, token)
    write = _SYMBOLS.get(token)
    if write is None:
        raise Refused("EvaluatorInvalidTimestampFormatPatternSymbol", f"Found {token}.")
    return write(moment)
