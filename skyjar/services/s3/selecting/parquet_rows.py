"""Rows of a Parquet object, by the names of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.runtime import parquet

from .errors import Refused
from .grammar import Query, Step
from .rows import JsonRows, Of
from .sources import Source, Span
from .values import MISSING

_UNPACKED_BYTES = 256 << 20  # ours: the file is read in memory


class ParquetRows(JsonRows):
    """Dictionaries; what is nested in them is found as in JSON. A column that is not there is refused."""

    def __init__(self, source: Source, given: dict[str, Any], span: Span | None, query: Query) -> None:
        super().__init__(source, {"Type": "DOCUMENT"}, None, query)
        if span is not None:
            raise Refused("UnsupportedScanRangeInput")
        if self._path:
            raise Refused("UnsupportedSqlStructure", "A Parquet object has no paths.")

    def each(self) -> Iterator[Any]:
        self._source.check(_UNPACKED_BYTES)
        try:
            yield from parquet.rows(self._source.chunks())
        except parquet.Damaged:
            raise Refused("ParquetParsingError") from None

    def lookup(self, path: tuple[Step, ...]) -> Of:
        inner = super().lookup(path)

        def found(row: Any) -> Any:
            value = inner(row)
            if value is MISSING:
                raise Refused("MissingHeaders", f"Found {path[-1][1]}.")
            return value

        return found
