"""JSON with the place of every value in its text. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .errors import ValidationException

Path = tuple[str | int, ...]
_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_strings = json.JSONDecoder()
DEEPEST = 32


class Unreadable(Exception):
    """No JSON: `offset` is where it stops being any."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"no JSON at {offset}")
        self.offset = offset


class Located:
    """A text's value, and where each of its parts is: by path, the offsets of begin and end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: dict[Path, tuple[int, int]] = {}
        self.value, end = self._read(0, ())
        end = self._skip(end)
        if end != len(text):
            raise Unreadable(end)

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found is not None else at

    def _read(self, at: int, path: Path) -> tuple[Any, int]:
        start = self._skip(at)
        if len(path) > DEEPEST:
            raise Unreadable(start)
        first = self.text[start : start + 1]
        kinds: dict[str, Callable[[int, Path], tuple[Any, int]]]
        kinds = {"{": self._object, "[": self._array, '"': self._string}
        value, end = kinds.get(first, self._plain)(start, path)
        self.spans[path] = (start, end)
        return value, end

    def _string(self, start: int, path: Path) -> tuple[str, int]:
        try:
            value, end = _strings.raw_decode(self.text, start)
        except ValueError:
            raise Unreadable(start) from None
        return str(value), end

    def _plain(self, start: int, path: Path) -> tuple[Any, int]:
        found = _PLAIN.match(self.text, start)
        if found is None:
            raise Unreadable(start)
        return json.loads(found[0]), found.end()

    def _array(self, start: int, path: Path) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self._skip(start + 1)
        if self.text[at : at + 1] == "]":
            return found, at + 1
        while True:
            value, at = self._read(at, (*path, len(found)))
            found.append(value)
            at = self._skip(at)
            if self.text[at : at + 1] == "]":
                return found, at + 1
            at = self._expect(at, ",")

    def _object(self, start: int, path: Path) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self._skip(start + 1)
        if self.text[at : at + 1] == "}":
            return found, at + 1
        while True:
            at = self._skip(at)
            key, end = self._string(at, path) if self.text[at : at + 1] == '"' else ("", -1)
            if end < 0 or key in found:
                raise Unreadable(at)
            found[key], at = self._read(self._expect(self._skip(end), ":"), (*path, key))
            at = self._skip(at)
            if self.text[at : at + 1] == "}":
                return found, at + 1
            at = self._expect(at, ",")

    def _expect(self, at: int, char: str) -> int:
        if self.text[at : at + 1] != char:
            raise Unreadable(at)
        return at + 1

    def location(self, path: Path) -> dict[str, Any]:
        """A Location of the model: of the nearest part that is there."""
        while path not in self.spans:
            path = path[:-1]
        start, end = self.spans[path]
        return {
            "path": [{"index": each} if isinstance(each, int) else {"value": each} for each in path],
            "span": {"start": position(self.text, start), "end": position(self.text, end)},
        }


def position(text: str, offset: int) -> dict[str, int]:
    """Lines from 1, columns from 0."""
    before = text[:offset]
    return {"line": before.count("\n") + 1, "column": offset - (before.rfind("\n") + 1), "offset": offset}


def check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise ValidationException(f"The policy is longer than {most} characters.")
