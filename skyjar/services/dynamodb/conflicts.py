"""Transactions that are still going on, and who meets them.

A transaction is going on until what it wrote is safe and its caller can be told: so it meets only calls that were sent before anybody
was answered, which share a write (docs/decisions/0009-what-a-call-costs.md). As on AWS, another transaction that names one of its items is
cancelled, and so is one that reads what a single write has not finished with; a single write of its items is refused, a write of a
batch is left unprocessed, and other reads go on. Calls from inside the cloud have it finished first instead.
Source: Developer Guide, "Amazon DynamoDB Transactions: How it works", "Transaction conflict handling".
"""

from __future__ import annotations

from functools import partial

from skyjar.kernel.call import Call
from skyjar.kernel.store import Transaction

from . import metrics
from .errors import TransactionConflictException, TransactionInProgressException
from .schemas import Key, Schema

_ONGOING = "dynamodb.ongoing"


class Ongoing:
    """The items and tokens of the transactions that wait in one batch to be written."""

    __slots__ = ("batch", "items", "tokens")

    def __init__(self) -> None:
        self.batch = -1
        self.items: set[bytes] = set()
        self.tokens: set[tuple[str, str, str]] = set()

    def note(self, tx: Transaction, items: list[bytes], token: tuple[str, str, str]) -> None:
        if not tx.is_gathered:
            return  # it is written already
        if self.batch != tx.batch:
            self.batch = tx.batch
            self.items.clear()
            self.tokens.clear()
        self.items.update(items)
        self.tokens.add(token)


def begin(call: Call, items: list[bytes], token: str | None) -> None:
    """A transaction has all these items, once it is committed."""
    ongoing = call.memory.get(_ONGOING)
    if ongoing is None:
        ongoing = call.memory[_ONGOING] = Ongoing()
    call.tx.after_commit.append(partial(ongoing.note, call.tx, items, (call.account, call.region, token or "")))


def check(call: Call, schema: Schema, key: Key) -> None:
    """Refuse to write an item of a transaction that is going on."""
    ongoing: Ongoing | None = call.memory.get(_ONGOING)
    if ongoing is not None and key.bytes in ongoing.items and ongoing.batch == call.tx.batch:
        _refuse(call, schema)


def check_read(call: Call, schema: Schema, key: Key) -> None:
    """Refuse to read, within a transaction, an item that is being written."""
    if call.tx.waits(key.bytes):
        _refuse(call, schema)


def check_token(call: Call, token: str) -> None:
    """Refuse what repeats a request that is going on."""
    ongoing: Ongoing | None = call.memory.get(_ONGOING)
    if ongoing is None or (call.account, call.region, token) not in ongoing.tokens or ongoing.batch != call.tx.batch:
        return
    if call.parent:
        call.tx.have_written()
        return
    raise TransactionInProgressException


def _refuse(call: Call, schema: Schema) -> None:
    if call.parent:
        call.tx.have_written()
        return
    metrics.conflicted(call, schema)
    raise TransactionConflictException
