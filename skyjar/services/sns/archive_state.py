"""Messages that a FIFO topic keeps, to be replayed."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table

from .state import Publication


class Archived(Record, frozen=True):
    topic: str
    at_ms: int
    number: int
    publication: Publication


archived = Table("sns.archived", Archived, key=("topic", "at_ms", "number"))
