"""What an incremental export holds: the items that changed in a span of time, as they were before it and at its end.

The table's history (`history.py`) knows what each change replaced. A part at a time, each a job:

- `gather` goes through the span: of each item that changed in it, the first thing that was replaced is the old image.
- `follow` goes through what came after the span: the first thing that was replaced there is the new image.
- `write_changes` writes the items; one that did not change after the span is in the table as it was at its end. Changes that come
  meanwhile are looked at in the same transaction.

An item that was not there before nor after is left out, as on AWS.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.keys import after

from . import encryption, exports, history, item_rows, schemas
from .errors import InvalidExportTimeException, ValidationException
from .history import MOMENT_BYTES
from .schemas import Schema
from .transfer_state import exports as table
from .values import Item

CHUNK = 500
LEAST_S, MOST_S = 900, 86_400  # of a span


def span(call: Call, given: dict[str, Any] | None, latest: float) -> tuple[float, float, str]:
    """From (inclusive) and to (exclusive), and the view."""
    if not given or "ExportFromTime" not in given:
        raise ValidationException(
            "IncrementalExportSpecification with an ExportFromTime is required for an INCREMENTAL_EXPORT"
        )
    start, end = given["ExportFromTime"], given.get("ExportToTime", latest)
    if not LEAST_S <= end - start <= MOST_S:
        raise InvalidExportTimeException("The export period must be between 15 minutes and 24 hours.")
    return start, end, given.get("ExportViewType", "NEW_AND_OLD_IMAGES")


def begin(call: Call, export: str, space: str, start_s: float, end_s: float, due: float) -> None:
    given = {"export": export, "space": space, "start_s": start_s, "end_s": end_s}
    call.later(gather, due=due, key=export, **given, start=b"")


def _later(space: str) -> str:
    """Where what was there at the end of the span is kept, of items that changed after it."""
    return f"{space}-later"


def _schema(call: Call, export: str) -> Schema | None:
    """The table, if it is still the one that is exported."""
    found = table.get(call, export)
    schema = schemas.find(call, found.table) if found is not None else None
    if found is None or schema is None or schema.definition.id != found.table_id:
        if found is not None:
            exports.fail(call, found, "TableNotFound", "The table was deleted while it was exported.")
        return None
    encryption.open_for_itself(call, schema)
    return schema


@job()
def gather(call: Call, *, export: str, space: str, start_s: float, end_s: float, start: bytes) -> None:
    schema = _schema(call, export)
    if schema is None:
        return
    root, into = history.history_root(call, schema.space), history.root_of(call, space)
    page = call.tx.scan(start or root + history.moment(start_s), root + history.moment(end_s), CHUNK)
    for row, replaced in page:
        moment, place = row[len(root) : len(root) + MOMENT_BYTES], row[len(root) + MOMENT_BYTES :]
        before = call.tx.get(into + place)
        call.tx.put(into + place, moment + (replaced if before is None else before[MOMENT_BYTES:]))
    given: dict[str, Any] = {"export": export, "space": space, "end_s": end_s}
    if len(page) == CHUNK:
        call.later(gather, key=export, **given, start_s=start_s, start=page[-1][0] + b"\0")
    else:
        call.later(follow, key=export, **given, start=root + history.moment(end_s))


@job()
def follow(call: Call, *, export: str, space: str, end_s: float, start: bytes) -> None:
    schema = _schema(call, export)
    if schema is None:
        return
    page = _follow(call, schema, space, start)
    if len(page) == CHUNK:
        call.later(follow, key=export, export=export, space=space, end_s=end_s, start=page[-1] + b"\0")
        return
    call.later(
        write_changes, key=export, export=export, space=space, start=b"", followed=_again(schema, call, page, start)
    )


def _again(schema: Schema, call: Call, rows: list[bytes], start: bytes) -> bytes:
    """Where to look for what comes later: more may come at the last moment that was seen."""
    root = history.history_root(call, schema.space)
    return rows[-1][: len(root) + MOMENT_BYTES] if rows else start


def _follow(call: Call, schema: Schema, space: str, start: bytes, limit: int | None = CHUNK) -> list[bytes]:
    """Keep what changes after the span replaced; returns the rows of the history that were seen."""
    root = history.history_root(call, schema.space)
    changed, later = history.root_of(call, space), history.root_of(call, _later(space))
    page = call.tx.scan(start, after(root), limit)
    for row, replaced in page:
        place = row[len(root) + MOMENT_BYTES :]
        if call.tx.get(changed + place) is not None and call.tx.get(later + place) is None:
            call.tx.put(later + place, b"\0" + replaced)
    return [row for row, _ in page]


@job()
def write_changes(call: Call, *, export: str, space: str, start: bytes, followed: bytes) -> None:
    """Write a file of the next items; the manifests after the last."""
    schema, found = _schema(call, export), table.get(call, export)
    if schema is None or found is None:
        return
    followed = _again(schema, call, _follow(call, schema, space, followed, None), followed)
    root, later = history.root_of(call, space), history.root_of(call, _later(space))
    rows = call.tx.scan(start or root, after(root), exports.FILE_ITEMS)
    with_old = found.request["IncrementalExportSpecification"]["ExportViewType"] == "NEW_AND_OLD_IMAGES"
    records: list[dict[str, Item]] = []
    size = 0
    for row, kept in rows:
        place = row[len(root) :]
        held = call.tx.get(later + place)
        new = held[1:] if held is not None else call.tx.get(schema.root + place)
        old = kept[MOMENT_BYTES:]
        if new or old:
            records.append(_record(schema, history.micros(kept[:MOMENT_BYTES]), old, new, with_old=with_old))
            size += sum(item_rows.stored_size(each) for each in (old, new) if each)
    try:
        if records:
            found = exports.write_data(call, found, records, size)
        if len(rows) == exports.FILE_ITEMS:
            table.put(call, found)
            following = rows[-1][0] + b"\0"
            call.later(write_changes, key=export, export=export, space=space, start=following, followed=followed)
            return
        exports.complete(call, found)
    except AWSError as error:
        exports.fail(call, found, error.code, error.message)
    for each in (space, _later(space)):
        exports.clear(call, each)


def _record(schema: Schema, micros: int, old: bytes, new: bytes | None, *, with_old: bool) -> dict[str, Item]:
    before, now = item_rows.load(old) if old else None, item_rows.load(new) if new else None
    item = now or before or {}
    record: dict[str, Item] = {
        "Metadata": {"WriteTimestampMicros": {"N": str(micros)}},
        "Keys": {name: item[name] for name in schema.key_names},
    }
    if now is not None:
        record["NewImage"] = now
    if before is not None and with_old:
        record["OldImage"] = before
    return record
