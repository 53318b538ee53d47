"""Values of S3 Select: text, whole and other numbers, truth, points in time, and what JSON nests."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from .errors import Refused


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def number_of(value: Any) -> int | float | None:
    """The number that a value is or says; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        return int(text) if len(text) < 32 and "_" not in text else float(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in text else None


def cast(value: Any, kind: str) -> Any:
    if value is None or value is MISSING:
        return None
    if kind == "string":
        return text_of(value)
    if kind == "timestamp":
        return moment_of(value)
    if kind == "bool":
        if isinstance(value, bool):
            return value
        found = _TRUTH.get(str(value).strip().lower())
        if found is None:
            raise Refused("CastFailed")
        return found
    number = int(value) if isinstance(value, bool) else number_of(value)
    if number is None:
        raise Refused("CastFailed")
    return int(number) if kind == "int" else float(number) if kind == "float" else number


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return written(value) if isinstance(value, datetime) else str(value)


def moment_of(value: Any) -> datetime:
    """ISO 8601, of which a part from the right may be left away; without a zone it is UTC."""
    if isinstance(value, datetime):
        return value
    text = str(value).strip().rstrip("T").replace("Z", "+00:00")
    if len(text) in (4, 7):
        text += "-01-01" if len(text) == 4 else "-01"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("CastFailed") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
