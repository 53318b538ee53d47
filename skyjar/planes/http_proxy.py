"""What HTTP front ends of functions have in common: paths against templates, query strings, a function's headers and how
its answer is waited for. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Outside
from skyjar.kernel.web import WebResponse

Headers = list[tuple[str, str]]
_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


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
    """All values of each parameter, decoded, in order."""
    several: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
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
    for name, value in found:
        if not _NAME.match(name) or _CONTROL.search(value):
            raise ValueError(f"not a header: {name[:64]}")
    return [(name, latin(value)) for name, value in found]


def latin(value: str) -> str:
    """A header's value as bytes can carry it: UTF-8, which receivers see as Latin-1."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("latin-1")


def one_line(value: str) -> str:
    """A header's value without what would end it."""
    return latin(_CONTROL.sub(" ", value))


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def followed(outside: Outside, answer: Callable[[Call, Any], WebResponse]) -> Outside:
    """The same, with `answer` applied to the last result, or to the AWSError that the invocation ends with."""
    first = outside.then

    def then(call: Call, result: Any) -> Any:
        try:
            found = first(call, result)
        except AWSError as error:
            found = error
        return followed(found, answer) if isinstance(found, Outside) else answer(call, found)

    return Outside(outside.request, then)
