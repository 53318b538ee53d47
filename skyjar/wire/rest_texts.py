"""Texts of paths, query strings and headers: what they say, and which value a member's text stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from skyjar.wire import json_values, timestamps
from skyjar.wire.closures import Closure, Readers, checked
from skyjar.wire.errors import WireError
from skyjar.wire.models import Shape
from skyjar.wire.validation import Rules

_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_QUOTED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")


def unquote(text: str) -> str:
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise WireError("InvalidURI", "Couldn't parse the specified URI.") from None


def path_text(text: str) -> str:
    """A part of a path that has percent signs, which must all mean something."""
    if _BROKEN.search(text) is not None:
        raise WireError("InvalidURI", "Couldn't parse the specified URI.")
    return unquote(text)


def query_values(query: str) -> dict[str, list[str]]:
    """Every value of each name, in order."""
    found: dict[str, list[str]] = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            text = unquote(value.replace("+", " ") if "+" in value else value)
            found.setdefault(unquote(name.replace("+", " ") if "+" in name else name), []).append(text)
    return found


def split_list(text: str) -> list[str]:
    """The items of a header that is a list: separated by commas, some in quotes."""
    if '"' not in text:
        return [item.strip() for item in text.split(",")]
    found, at = [], 0
    while at < len(text):
        match = _QUOTED.match(text, at)
        if match is None or match.end() == at:
            break
        quoted, plain = match.groups()
        found.append(quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted is not None else plain.strip())
        at = match.end()
    return found


def split_dates(text: str) -> list[str]:
    """The items of a list of timestamps, whose usual spelling has a comma in it."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) % 2 == 0 and not any(part[:1].isdigit() and ":" not in part for part in parts[::2]):
        return [f"{day}, {rest}" for day, rest in zip(parts[::2], parts[1::2], strict=True)]
    return parts


class TextReaders(Readers):
    """Text of a header, a query parameter or a path label -> value. `fail` makes the error for bad text."""

    def __init__(self, rules: Rules | None, fail: Callable[[str, str], WireError] | None = None) -> None:
        super().__init__(rules)
        self.fail = fail or (lambda text, wanted: WireError("SerializationException", f"{text[:100]} is not {wanted}"))

    def string(self, shape: Shape) -> Closure:
        if shape.trait("jsonvalue"):
            return self._json
        return checked(lambda text: text, self.check(shape))

    def _json(self, text: str) -> Any:
        try:
            return orjson.loads(json_values.decode_base64(text))
        except orjson.JSONDecodeError:
            raise self.fail(text, "JSON in base64") from None

    def boolean(self, shape: Shape) -> Closure:
        def read(text: str) -> bool:
            lower = text.lower()
            if lower not in ("true", "false"):
                raise self.fail(text, "a boolean")
            return lower == "true"

        return read

    def integer(self, shape: Shape) -> Closure:
        def read(text: str) -> int:
            try:
                if len(text) < 40:
                    return int(text)
            except ValueError:
                pass
            raise self.fail(text, "an integer")

        return checked(read, self.check(shape))

    long = integer

    def double(self, shape: Shape) -> Closure:
        def read(text: str) -> float:
            if text in _SPECIAL:
                return _SPECIAL[text]
            try:
                return float(text)
            except ValueError:
                raise self.fail(text, "a number") from None

        return checked(read, self.check(shape))

    float = double

    def timestamp(self, shape: Shape) -> Closure:
        def read(text: str) -> float:
            try:
                return timestamps.parse(text)
            except ValueError:
                raise self.fail(text, "a timestamp") from None

        return read

    def blob(self, shape: Shape) -> Closure:
        return checked(json_values.decode_base64, self.check(shape))

    def list(self, shape: Shape) -> Closure:
        """Of a header's text; the items of a query parameter come as a list."""
        item = self.of(shape.member)
        split = split_dates if shape.member.type == "timestamp" else split_list

        def read(given: Any) -> Any:
            return [item(text) for text in (given if given.__class__ is list else split(given))]

        return checked(read, self.check(shape))

    def map(self, shape: Shape) -> Closure:
        many = shape.value.type == "list"

        def read(given: dict[str, list[str]]) -> Any:
            return dict(given) if many else {name: values[0] for name, values in given.items()}

        return checked(read, self.check(shape))
