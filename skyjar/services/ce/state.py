"""How far what is held has been measured. Usage itself is the kernel's (`kernel/usage.py`)."""

from __future__ import annotations

from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import Place, Record, Table

ALL = "all"


class Measuring(Record, frozen=True):
    """Days before `day` (since the epoch) have been measured; `is_waiting`: a job is planned for the next midnight."""

    name: str
    day: int
    is_waiting: bool


measuring = Table("ce.measuring", Measuring, key=("name",), scope="cloud")


def now(tx: Transaction) -> Measuring | None:
    return measuring.get(Place(tx, "", ""), ALL)


def save(tx: Transaction, day: int, is_waiting: bool) -> None:
    measuring.put(Place(tx, "", ""), Measuring(name=ALL, day=day, is_waiting=is_waiting))
