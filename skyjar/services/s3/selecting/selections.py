"""A whole selection: from the pieces of an object to the events of the answer. Slow: for a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .errors import Refused
from .evaluation import compared, compiled, is_unknown
from .grammar import Query
from .parquet_rows import ParquetRows
from .rows import CsvRows, JsonRows, Rows
from .sources import Source, Span
from .values import number_of
from .writing import Fields, messages

_KINDS: dict[str, Callable[..., Rows]] = {"CSV": CsvRows, "JSON": JsonRows, "Parquet": ParquetRows}


class Selection:
    """One selection at work. No more of it is in memory than one message and what a record, document or Parquet object takes."""

    def __init__(
        self, pieces: Any, query: Query, reading: dict[str, Any], writing: dict[str, Any], span: Span | None, now: float,
        shows_progress: bool,
    ) -> None:  # fmt: skip
        self._source = Source(pieces, reading.get("CompressionType") or "NONE")
        self._query, self._reading, self._writing = query, reading, writing
        self._span, self._now = span, now
        self._shows_progress = shows_progress
        self._returned = 0

    def events(self) -> Iterator[dict[str, Any]]:
        """Records, progress where it is asked for, statistics, the end."""
        form, kind = next((form, kind) for form, kind in _KINDS.items() if self._reading.get(form) is not None)
        try:
            rows = kind(self._source, self._reading[form], self._span, self._query)
            for payload in messages(_chosen(rows, self._query, self._now), self._writing):
                self._returned += len(payload)
                yield {"Records": {"Payload": payload}}
                if self._shows_progress:
                    yield self.idle()
        except RecursionError:
            raise Refused("UnsupportedSqlStructure", "It is nested too deeply.") from None
        yield {"Stats": {"Details": self._counted()}}
        yield {"End": {}}

    def idle(self) -> dict[str, Any]:
        """What is told while nothing is found."""
        return {"Progress": {"Details": self._counted()}} if self._shows_progress else {"Cont": {}}

    def stop(self) -> None:
        """Read no more."""
        self._source.is_stopped = True

    def _counted(self) -> dict[str, int]:
        scanned, processed = self._source.scanned, self._source.processed
        return {"BytesScanned": scanned, "BytesProcessed": processed, "BytesReturned": self._returned}


def _chosen(rows: Rows, query: Query, now: float) -> Iterator[Fields]:
    where = compiled(query.where, rows.lookup, now) if query.where is not None else None
    if query.items and any(expression[0] == "aggregate" for expression, _ in query.items):
        yield _aggregated(rows, query, where, now)
        return
    items = None
    if query.items is not None:
        items = [
            (alias or _name_of(expression, number), compiled(expression, rows.lookup, now))
            for number, (expression, alias) in enumerate(query.items, 1)
        ]
    left = query.limit
    for row in rows.each():
        if left == 0:
            return
        if where is not None and not _holds(where(row)):
            continue
        if left is not None:
            left -= 1
        yield rows.fields(row) if items is None else [(name, of(row)) for name, of in items]


def _holds(value: Any) -> bool:
    return not is_unknown(value) and value is True


def _name_of(expression: Any, number: int) -> str:
    last = expression[1][-1] if expression[0] == "path" else ("", "")
    return last[1] if last[0] in ("name", "quoted") else f"_{number}"


class _Total:
    """One aggregate: count, sum, avg, min or max."""

    def __init__(self, name: str, of: Callable[[Any], Any] | None) -> None:
        self._name, self._of = name, of
        self._count = 0
        self._value: Any = None

    def see(self, row: Any) -> None:
        value = self._of(row) if self._of is not None else True
        if is_unknown(value):
            return
        self._count += 1
        if self._name in ("sum", "avg"):
            number = number_of(value)
            if number is None:
                raise Refused("CastFailed", "What is no number cannot be added up.")
            self._value = number if self._value is None else self._value + number
        elif self._name in ("min", "max") and (
            self._value is None or compared("<" if self._name == "min" else ">", value, self._value)
        ):
            self._value = value

    @property
    def result(self) -> Any:
        if self._name == "count":
            return self._count
        return self._value / self._count if self._name == "avg" and self._count else self._value


def _aggregated(rows: Rows, query: Query, where: Callable[[Any], Any] | None, now: float) -> Fields:
    totals: list[tuple[str, _Total]] = []
    for number, (expression, alias) in enumerate(query.items or [], 1):
        if expression[0] != "aggregate":
            raise Refused("UnsupportedSqlStructure", "Aggregates stand with nothing else, since there is no GROUP BY.")
        of = compiled(expression[2], rows.lookup, now) if expression[2] is not None else None
        totals.append((alias or f"_{number}", _Total(expression[1], of)))
    for row in rows.each():
        if where is None or _holds(where(row)):
            for _, total in totals:
                total.see(row)
    return [(name, total.result) for name, total in totals]
