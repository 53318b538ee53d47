"""What was called, as an audit wants to know it: by whom, with which parameters, with what answer.

Kept here because the pipeline writes it and `cloudtrail` reads it. It is a log of the whole cloud: calls in order, those
that are written together in one row, the oldest rows dropped when there are more than `KEPT` calls. Calls that handle data (`DATA`) are in it only while somebody
has selected their service; see `docs/decisions/0008-history.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .principals import Principal
from .store import Transaction
from .tables import Place, Record, Table

KEPT = 50_000

# Operations whose events CloudTrail counts as data events, by service; the rest are management events. Source: CloudTrail
# User Guide, "Logging data events".
DATA: dict[str, frozenset[str]] = {
    "s3": frozenset(
        [
            "get_object",
            "put_object",
            "delete_object",
            "delete_objects",
            "head_object",
            "copy_object",
            "upload_part",
            "upload_part_copy",
            "create_multipart_upload",
            "complete_multipart_upload",
            "abort_multipart_upload",
            "list_parts",
            "get_object_acl",
            "put_object_acl",
            "get_object_tagging",
            "put_object_tagging",
            "delete_object_tagging",
            "get_object_attributes",
            "get_object_torrent",
            "get_object_retention",
            "put_object_retention",
            "get_object_legal_hold",
            "put_object_legal_hold",
            "restore_object",
            "select_object_content",
            "list_objects",
            "list_objects_v2",
            "list_object_versions",
            "list_multipart_uploads",
            "head_bucket",
            "rename_object",
            "update_object_encryption",
        ]
    ),
    "lambda": frozenset({"invoke", "invoke_async", "invoke_with_response_stream"}),
    "dynamodb": frozenset(
        [
            "get_item",
            "put_item",
            "update_item",
            "delete_item",
            "batch_get_item",
            "batch_write_item",
            "transact_get_items",
            "transact_write_items",
            "query",
            "scan",
            "execute_statement",
            "batch_execute_statement",
            "execute_transaction",
        ]
    ),
    "dynamodbstreams": frozenset({"get_records", "get_shard_iterator"}),
    "sqs": frozenset(
        [
            "send_message",
            "send_message_batch",
            "receive_message",
            "delete_message",
            "delete_message_batch",
            "change_message_visibility",
            "change_message_visibility_batch",
        ]
    ),
    "sns": frozenset({"publish", "publish_batch"}),
    "kinesis": frozenset(
        {"put_record", "put_records", "get_records", "get_shard_iterator", "list_shards", "subscribe_to_shard"}
    ),
    "firehose": frozenset({"put_record", "put_record_batch"}),
    "events": frozenset({"put_events"}),
    "logs": frozenset({"put_log_events", "get_log_events", "filter_log_events"}),
    "cloudwatch": frozenset({"put_metric_data", "get_metric_data", "get_metric_statistics"}),
}


class Origin(Record, frozen=True):
    """What many calls have in common. `service` is AWS's name of the model, `operation` AWS's name; `via` is the service that
    made the call on somebody's behalf, by its host name."""

    service: str
    operation: str
    is_data: bool
    principal: Principal
    account: str
    region: str
    source_ip: str
    user_agent: str
    via: str
    is_secure: bool = False
    host: str = ""


class Kept(Record, frozen=True):
    """What a call has for itself; `origin` is the place of its origin in the row. `parameters` and `answer` are MessagePack, with
    AWS's names and without what is secret; `answer` is empty for calls that only read, and for those that failed."""

    origin: int
    at: float
    request_id: str
    parent: str
    error: str
    message: str
    resource: str
    parameters: bytes
    answer: bytes


class Row(Record, frozen=True):
    """Calls in a row; `last` is the number of the last."""

    last: int
    origins: tuple[Origin, ...]
    calls: tuple[Kept, ...]


class Seen(msgspec.Struct, frozen=True):
    """A call as it is read: what it had for itself, its origin, and its number."""

    seq: int
    at: float
    request_id: str
    parent: str
    service: str
    operation: str
    is_data: bool
    principal: Principal
    account: str
    region: str
    error: str
    message: str
    source_ip: str
    user_agent: str
    via: str
    resource: str
    parameters: bytes
    answer: bytes
    is_secure: bool = False
    host: str = ""


class Selected(Record, frozen=True):
    """The services whose data events are wanted."""

    id: str
    services: tuple[str, ...]


def _upgrade(fields: list[Any]) -> list[Any]:
    """From the time when a call was kept with its origin: an origin for each."""
    last, seen = fields
    origins = [[*each[4:10], *each[12:15], *each[18:20]] for each in seen]
    calls = [[at, *each[1:4], *each[10:12], *each[15:18]] for at, each in enumerate(seen)]
    return [last, origins, calls]


rows = Table("kernel.history", Row, key=("last",), scope="cloud", version=2, upgrades={1: _upgrade})
selected = Table("kernel.history.selected", Selected, key=("id",), scope="cloud")

_READING = ("get", "list", "describe", "head", "lookup", "search", "query", "scan", "select", "batch_get", "simulate",
            "validate", "estimate", "preview", "test", "decrypt", "encrypt", "generate_data_key", "verify", "sign",
            "generate_random", "generate_mac", "receive", "filter", "assume_role", "detect")  # fmt: skip
_SESSIONS = ("assume_role", "assume_role_with_saml", "assume_role_with_web_identity", "assume_root",
             "get_federation_token", "get_session_token")  # fmt: skip


def everywhere(tx: Transaction) -> Place:
    return Place(tx, "", "")


def append(tx: Transaction, row: Row, kept: int = KEPT) -> None:
    """Write calls whose numbers follow the latest; rows that hold none of the last `kept` calls go."""
    place = everywhere(tx)
    rows.add(place, row)
    low, high = rows.bounds(place, (), None, (), (row.last - kept + 1,))
    for key, _ in tx.scan(low, high, 4, is_queue=True):
        tx.delete(key)


def _read(row: Row) -> list[Seen]:
    """The calls of a row, oldest first."""
    first = row.last - len(row.calls) + 1
    return [_seen(number, each, row.origins[each.origin]) for number, each in enumerate(row.calls, first)]


def _seen(number: int, kept: Kept, origin: Origin) -> Seen:
    values = msgspec.structs.asdict(origin) | msgspec.structs.asdict(kept)
    del values["origin"]
    return Seen(seq=number, **values)


def forwards(tx: Transaction, start: int = 0) -> Iterator[Seen]:
    """From the number `start` on."""
    while True:
        page = rows.range(everywhere(tx), start=(start,), limit=32)
        for row in page:
            yield from (seen for seen in _read(row) if seen.seq >= start)
        if len(page) < 32:
            return
        start = page[-1].last + 1


def backwards(tx: Transaction, start: int | None = None) -> Iterator[Seen]:
    """From the latest, or from the number `start`, to the first."""
    place = everywhere(tx)
    if start is not None:  # the row that it is in ends with a later one, or with it
        for row in rows.range(place, start=(start,), limit=1):
            yield from (seen for seen in reversed(_read(row)) if seen.seq <= start)
    while True:
        page = rows.range(place, end=() if start is None else (start,), reverse=True, limit=32)
        for row in page:
            yield from reversed(_read(row))
        if len(page) < 32:
            return
        start = page[-1].last


def next_number(tx: Transaction) -> int:
    latest = rows.range(everywhere(tx), reverse=True, limit=1)
    return latest[0].last + 1 if latest else 0


def is_reading(operation: str) -> bool:
    """Whether an operation, by boto3's name, changes nothing (CloudTrail's `readOnly`)."""
    return operation.startswith(_READING)


def keeps_answer(service: str, operation: str) -> bool:
    """CloudTrail shows the answers of what changes something, and of what begins a session."""
    return not is_reading(operation) or (service == "sts" and operation in _SESSIONS)


def selects(tx: Transaction) -> frozenset[str]:
    found: Any = selected.get(everywhere(tx), "")
    return frozenset(found.services) if found is not None else frozenset()
