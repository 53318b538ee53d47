"""What HTTP front ends of functions have in common: paths against templates, query strings, a function's headers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

Headers = list[tuple[str, str]]


def match(template: str, path: str) -> dict[str, str] | None:
    """The parameters, decoded, when the path is one of the template's (`/a/{b}/{rest+}`)."""
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    found: dict[str, str] = {}
    for index, part in enumerate(wanted):
        if part.endswith("+}"):
            rest = "/".join(given[index:])
            if not rest:
                return None
            found[part[1:-2]] = unquote(rest)
            return found
        if index >= len(given):
            return None
        if part.startswith("{") and part.endswith("}"):
            if not given[index]:
                return None
            found[part[1:-1]] = unquote(given[index])
        elif part != given[index] and part != unquote(given[index]):
            return None
    return found if len(wanted) == len(given) else None


def specificity(template: str) -> tuple[int, int, int]:
    """Which of several templates a path takes: not greedy, then fewer variables, then longer."""
    parts = template.strip("/").split("/")
    return (
        int(not any(part.endswith("+}") for part in parts)),
        -sum(part.startswith("{") for part in parts),
        len(parts),
    )


def queries(query: str) -> dict[str, list[str]]:
    """All values of each parameter, decoded, in order. More than a thousand parameters are cut off by a ValueError."""
    several: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=1000):
        several.setdefault(name, []).append(value)
    return several


def moment(now: float) -> str:
    """As in access logs: 09/Apr/2015:12:34:56 +0000."""
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def answered_headers(given: Mapping[str, Any]) -> Headers:
    """The headers of a function's answer, names in lower case: `multiValueHeaders` win over `headers`.

    Raises ValueError for what is no header, TypeError and AttributeError for what is no mapping.
    """
    several = {str(name).lower(): list(values) for name, values in (given.get("multiValueHeaders") or {}).items()}
    found = [
        (name.lower(), text(value))
        for name, value in (given.get("headers") or {}).items()
        if name.lower() not in several
    ]
    found += [(name, text(value)) for name, values in several.items() for value in values]
    if any("\n" in name + value or "\r" in name + value for name, value in found):
        raise ValueError("a header with a line break")
    return found


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
