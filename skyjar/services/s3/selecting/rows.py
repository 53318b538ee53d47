"""Rows of an object, and how a path finds a value in one: CSV lines by header or position, JSON values by name and index."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from .errors import Refused
from .grammar import Query, Step
from .sources import Source, Span, quoted_records, records
from .values import MISSING

DOCUMENT_BYTES = 256 << 20  # ours
_POSITION = re.compile(r"_([1-9][0-9]*)")
Of = Callable[[Any], Any]


class Rows:
    """`each` gives the rows, `lookup` compiles a path, `fields` says what `SELECT *` shows of a row: names and values."""

    def each(self) -> Iterator[Any]:
        raise NotImplementedError

    def lookup(self, path: tuple[Step, ...]) -> Of:
        raise NotImplementedError

    def fields(self, row: Any) -> list[tuple[str, Any]]:
        raise NotImplementedError


class CsvRows(Rows):
    """Lists of texts. The headers are read before any path is looked up."""

    def __init__(self, source: Source, given: dict[str, Any], span: Span | None, query: Query) -> None:
        self._source = source
        self._given = given
        self._alias = query.alias
        self._quote = given.get("QuoteCharacter") or '"'
        self._escape = given.get("QuoteEscapeCharacter") or self._quote
        self._delimiter = given.get("RecordDelimiter") or "\n"
        self._header = given.get("FileHeaderInfo") or "NONE"
        if self._header not in ("NONE", "USE", "IGNORE"):
            raise Refused("InvalidFileHeaderInfo")
        if query.source and any(kind != "all" for kind, _ in query.source):
            raise Refused("UnsupportedSqlStructure", "A CSV object has no paths.")
        if span is not None and given.get("AllowQuotedRecordDelimiter"):
            raise Refused("UnsupportedScanRangeInput")
        for member in ("FieldDelimiter", "QuoteCharacter", "QuoteEscapeCharacter", "Comments"):
            if len(given.get(member) or "x") != 1:
                raise Refused("InvalidRequestParameter", f"{member} is one character.")
        self._span = span
        self.names: list[str] = []
        self._lines: Iterator[list[str]] | None = None
        self._begin()

    def _begin(self) -> None:
        if self._header != "NONE":
            is_elsewhere = self._span is not None and self._span[0] > 0
            first = self._parsed(self._texts(None if is_elsewhere else self._span))
            names = next(first, [])
            self.names = names if self._header == "USE" else []
            if not is_elsewhere:
                self._lines = first
        if self._lines is None:
            self._lines = self._parsed(self._texts(self._span))

    def _texts(self, span: Span | None) -> Iterator[str]:
        comment = self._given.get("Comments") or "#"
        lines = records(self._source, self._delimiter, span)
        if self._given.get("AllowQuotedRecordDelimiter"):
            lines = quoted_records(lines, self._delimiter, self._quote, self._escape)
        for line in lines:
            text = line.removesuffix("\r") if self._delimiter == "\n" else line
            if text and not text.startswith(comment):
                yield text

    def _parsed(self, texts: Iterator[str]) -> Iterator[list[str]]:
        csv.field_size_limit(1 << 20)
        is_doubled = self._escape == self._quote
        try:
            yield from csv.reader(
                texts,
                delimiter=self._given.get("FieldDelimiter") or ",",
                quotechar=self._quote,
                doublequote=is_doubled,
                escapechar=None if is_doubled else self._escape,
            )
        except csv.Error as error:
            raise Refused("CSVParsingError", f"{str(error).capitalize()}.") from None

    def each(self) -> Iterator[list[str]]:
        assert self._lines is not None
        return self._lines

    def lookup(self, path: tuple[Step, ...]) -> Of:
        if len(path) > 1 and _is_named(path[0], self._alias):
            path = path[1:]
        if len(path) != 1 or path[0][0] not in ("name", "quoted"):
            raise Refused("UnsupportedSqlStructure", "A column of a CSV object is a name.")
        kind, name = path[0]
        index = self._index(kind, name)
        if index is None:
            position = _POSITION.fullmatch(name)
            if position is None:
                raise Refused("MissingHeaders", f"Found {name}.")
            index = int(position[1]) - 1
            if index >= 1 << 16:
                raise Refused("InvalidColumnIndex")
        return lambda row: row[index] if index < len(row) else MISSING

    def _index(self, kind: str, name: str) -> int | None:
        wanted = name if kind == "quoted" else name.lower()
        return next(
            (n for n, each in enumerate(self.names) if (each if kind == "quoted" else each.lower()) == wanted), None
        )

    def fields(self, row: list[str]) -> list[tuple[str, Any]]:
        names = self.names
        return [(names[n] if n < len(names) else f"_{n + 1}", value) for n, value in enumerate(row)]


class JsonRows(Rows):
    """Values: one for each record that the FROM clause's path finds."""

    def __init__(self, source: Source, given: dict[str, Any], span: Span | None, query: Query) -> None:
        self._kind = given.get("Type") or ""
        if self._kind not in ("LINES", "DOCUMENT"):
            raise Refused("InvalidJsonType")
        if span is not None and self._kind != "LINES":
            raise Refused("UnsupportedScanRangeInput")
        self._source, self._span = source, span
        self._alias = query.alias
        path = query.source
        self._path = path[1:] if path[:1] == (("all", None),) else path

    def each(self) -> Iterator[Any]:
        for root in self._roots():
            yield from _found(root, self._path)

    def _roots(self) -> Iterator[Any]:
        if self._kind == "LINES":
            for line in records(self._source, "\n", self._span):
                if line.strip():
                    try:
                        yield orjson.loads(line)
                    except orjson.JSONDecodeError:
                        yield from _documents(line)
            return
        try:
            text = self._source.whole(DOCUMENT_BYTES).decode()
        except UnicodeDecodeError:
            raise Refused("InvalidTextEncoding") from None
        yield from _documents(text)

    def lookup(self, path: tuple[Step, ...]) -> Of:
        inner = path[1:] if _is_named(path[0], self._alias) else path
        return lambda row: next(iter(_found(row, inner)), MISSING)

    def fields(self, row: Any) -> list[tuple[str, Any]]:
        if row is MISSING:
            return []
        return list(row.items()) if isinstance(row, dict) else [("_1", row)]


def _documents(text: str) -> Iterator[Any]:
    """JSON values one after another."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if at == len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            raise Refused("JSONParsingError") from None
        yield value


def _found(value: Any, path: tuple[Step, ...]) -> Iterator[Any]:
    """What lies at the end of a path; MISSING where it leads nowhere, nothing for the elements of what is no list."""
    for number, (kind, step) in enumerate(path):
        if kind == "all":
            for element in value if isinstance(value, list) else ():
                yield from _found(element, path[number + 1 :])
            return
        value = _step(value, kind, step)
    yield value


def _step(value: Any, kind: str, step: Any) -> Any:
    if kind == "index":
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    if not isinstance(value, dict):
        return MISSING
    if step in value or kind == "quoted":
        return value.get(step, MISSING)
    wanted = step.lower()
    return next((value[key] for key in value if key.lower() == wanted), MISSING)


def _is_named(step: Step, alias: str) -> bool:
    return step[0] in ("name", "quoted") and step[1].lower() in (alias.lower(), "s3object")
