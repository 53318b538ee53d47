"""Groups, streams and events as they are stored.

One PutLogEvents is one record, a `Batch`, in the group's `space`: an id that deleting the group leaves behind, to be
cleared by a job. Batches are in the order of their first event; they may overlap, by no more than the stream's `span_ms`.
An event's place is (timestamp, batch, index in the batch), which is also its event id.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import limits
from .errors import ResourceNotFoundException

NO_GROUP = "The specified log group does not exist."
NO_STREAM = "The specified log stream does not exist."


class Group(Record, frozen=True):
    """`retention_days` 0 keeps events for ever. `filters` is how many metric filters it has. `kms_key` is the ARN of a KMS key, `data_key` what seals new events."""

    name: str
    space: str
    created_ms: int
    retention_days: int = 0
    kind: str = "STANDARD"
    tags: dict[str, str] = {}
    kms_key: str = ""
    data_key: bytes = b""
    filters: int = 0


class MetricFilter(Record, frozen=True):
    """`value` is a number or a path; `dimensions` are names and paths."""

    space: str
    name: str
    group: str
    pattern: str
    metric: str
    namespace: str
    value: str
    created_ms: int
    default: float | None = None
    dimensions: dict[str, str] = {}
    unit: str = "None"


class Stream(Record, frozen=True):
    """`next_batch` counts the batches ever put, `span_ms` is how long the longest of them is. Times are 0 while there is
    no event."""

    space: str
    name: str
    created_ms: int
    next_batch: int = 1
    first_ms: int = 0
    last_ms: int = 0
    ingested_ms: int = 0
    stored_bytes: int = 0
    span_ms: int = 0


class Batch(Record, frozen=True):
    """`events` are (timestamp ms, message), in order of time; those under a KMS key are in `sealed` (see encryption.py)."""

    space: str
    stream: str
    first_ms: int
    number: int
    last_ms: int
    ingested_ms: int
    events: tuple[tuple[int, str], ...]
    sealed: bytes = b""


groups = Table("logs.groups", Group, key=("name",))
metric_filters = Table("logs.metric_filters", MetricFilter, key=("space", "name"))
streams = Table("logs.streams", Stream, key=("space", "name"))
batches = Table("logs.batches", Batch, key=("space", "stream", "first_ms", "number"))


def find_group(at: At, name: str) -> Group:
    found = groups.get(at, name)
    if found is None:
        raise ResourceNotFoundException(NO_GROUP)
    return found


def find_stream(at: At, group: Group, name: str) -> Stream:
    found = streams.get(at, group.space, name)
    if found is None:
        raise ResourceNotFoundException(NO_STREAM)
    return found


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:logs:{at.region}:{at.account}:log-group:{name}"


def oldest_kept_ms(call: Call, group: Group) -> int:
    """Events before this have expired."""
    return call.now_ms - group.retention_days * limits.DAY_MS if group.retention_days else 0


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
