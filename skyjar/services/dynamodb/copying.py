"""Copies of tables as they were at a moment, made a part at a time while the table is in use (`history.py` says how).

A copy goes through phases: `undo` (only for a moment in the past), `copy`, `tally`; then `_FINISH` says what it was for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.keys import after

from . import encryption, history, item_rows, jobs, schemas, state
from .state import Definition

CHUNK = 500


class Copied:
    """What a finished copy holds."""

    __slots__ = ("items", "size_bytes", "space")

    def __init__(self, space: str, items: int, size_bytes: int) -> None:
        self.space, self.items, self.size_bytes = space, items, size_bytes


Finish = Callable[[Call, str, Copied], None]
_FINISH: dict[str, Finish] = {}  # by purpose; filled when the modules of this folder are imported


def finishes(purpose: str) -> Callable[[Finish], Finish]:
    """What is done with a copy of this purpose, told of its subject."""

    def note(function: Finish) -> Finish:
        _FINISH[purpose] = function
        return function

    return note


def begin(call: Call, definition: Definition, purpose: str, subject: str, at_s: float | None = None) -> str:
    """Begin to copy a table as it is now, or was at a moment that its history covers; returns the copy's space."""
    space = call.chance.hex(12)
    state.tables.replace(call, definition, state.replace(definition, copies=(*definition.copies, space)))
    call.later(
        copy,
        due=call.now + (durations.of(call, "dynamodb.CreateBackup") if purpose == "backup" else 0.0),
        key=space,
        table=definition.name,
        space=space,
        purpose=purpose,
        subject=subject,
        phase="undo" if at_s is not None else "copy",
        start=b"",
        since_s=at_s or 0.0,
        found=[0, 0],
    )
    return space


@job()
def copy(
    call: Call,
    *,
    table: str,
    space: str,
    purpose: str,
    subject: str,
    phase: str,
    start: bytes,
    since_s: float,
    found: list[int],
) -> None:
    again: dict[str, Any] = {"table": table, "space": space, "purpose": purpose, "subject": subject, "since_s": since_s}
    if phase != "tally":
        schema = schemas.find(call, table)
        if schema is None or space not in schema.definition.copies:
            return
        if phase == "undo":
            following = _undo(call, schema.space, space, since_s, start)
            phase = "undo" if following else "copy"
        else:
            following = _copy(call, schema.root, space, start)
            if not following:
                left = tuple(each for each in schema.definition.copies if each != space)
                state.tables.replace(call, schema.definition, state.replace(schema.definition, copies=left))
                phase = "tally"
    else:
        following, items, size = _tally(call, space, start)
        found = [found[0] + items, found[1] + size]
        if not following:
            _FINISH[purpose](call, subject, Copied(space, found[0], found[1]))
            return
    call.later(copy, key=space, **again, phase=phase, start=following, found=found)


def _undo(call: Call, source: str, space: str, since_s: float, end: bytes) -> bytes:
    """Put back what later changes replaced, from the latest on; returns where to go on, empty at the end."""
    root, into = history.history_root(call, source), history.root_of(call, space)
    low = root + history.moment(since_s + 0.000001)
    page = call.tx.scan(low, end or after(root), CHUNK, reverse=True)
    for row, stored in page:
        call.tx.put(into + row[len(root) + history.MOMENT_BYTES :], stored)
    return page[-1][0] if len(page) == CHUNK else b""


def _copy(call: Call, root: bytes, space: str, start: bytes) -> bytes:
    into = history.root_of(call, space)
    page = call.tx.scan(start or root, after(root), CHUNK)
    rows = [into + key[len(root) :] for key, _ in page]
    for row, held, (_, stored) in zip(rows, call.tx.get_many(rows), page, strict=True):
        if held is None:
            call.tx.put(row, stored)
    return page[-1][0] + b"\0" if len(page) == CHUNK else b""


def _tally(call: Call, space: str, start: bytes) -> tuple[bytes, int, int]:
    """Count, and drop what was not there."""
    root = history.root_of(call, space)
    page = call.tx.scan(start or root, after(root), CHUNK)
    items = size = 0
    for row, stored in page:
        if stored == history.NONE:
            call.tx.delete(row)
        else:
            items, size = items + 1, size + item_rows.stored_size(stored)
    return (page[-1][0] + b"\0" if len(page) == CHUNK else b""), items, size


@job()
def load(call: Call, *, table: str, space: str, start: bytes, is_passing: bool) -> None:
    """Fill a new table from a copy; then it is ACTIVE. A copy that was made for it alone (`is_passing`) is cleared."""
    schema = schemas.find(call, table)
    if schema is None:
        return
    encryption.open_for_itself(call, schema)
    root = history.root_of(call, space)
    page = call.tx.scan(start or root, after(root), CHUNK)
    for _, stored in page:
        item = item_rows.load(stored)
        item_rows.save(call, schema, schema.key(item), None, None, item, item_rows.stored_size(stored))
    if len(page) == CHUNK:
        following = page[-1][0] + b"\0"
        call.later(load, key=table, table=table, space=space, start=following, is_passing=is_passing)
        return
    definition = schema.definition
    state.tables.replace(call, definition, state.replace(definition, status="ACTIVE"))
    if is_passing:
        call.later(jobs.clear, key=space, space=space)
