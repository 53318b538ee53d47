"""Event source mappings as they are stored, and the batches of them that are under way."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import limits, names, state
from .errors import ResourceNotFoundException


class Mapping(Record, frozen=True):
    """`function` is the ARN that is invoked, qualifier included; `filters` are patterns as JSON texts.

    `concurrency` 0 is Lambda's own choice. What follows `tags` is of streams: `starting` is the position they are read
    from (`starting_at` that of AT_TIMESTAMP), `retries` and `age_s` are -1 for no limit, `lanes` how many batches of a shard are under way at a time.
    """

    uuid: str
    function: str
    name: str
    source: str
    role: str
    modified: float
    is_enabled: bool = True
    batch_size: int = limits.BATCH_SIZE_DEFAULT
    window_s: int = 0
    reports_failures: bool = False
    filters: tuple[str, ...] = ()
    concurrency: int = 0
    last_result: str = ""
    tags: dict[str, str] = {}
    starting: str = ""
    bisects: bool = False
    retries: int = -1
    age_s: int = -1
    lanes: int = 1
    on_failure: str = ""
    tumbling_s: int = 0
    starting_at: float = 0.0

    @property
    def is_stream(self) -> bool:
        return bool(self.starting)


class Batch(Record, frozen=True):
    """Messages that were received for a mapping and are being, or waiting to be, worked on.

    `closes_ms` is when a batch that is still being gathered is sent off, `hidden_until_ms` when the queue shows its
    messages again, so that they are no longer ours.
    """

    mapping: str
    id: str
    messages: tuple[dict[str, Any], ...]
    hidden_until_ms: int
    closes_ms: int = 0
    size_bytes: int = 0
    throttles: int = 0


class Reader(Record, frozen=True):
    """How far a mapping has come in one lane of a shard: an item's records are all in one lane.

    `after` is the last sequence number that is done with, empty before the first. `latest` is an iterator for the time
    until then, taken at `began_s`, where only what came since is wanted. `ends` are the sequence numbers at which coming
    batches end, the next one last: those of a batch that failed and of its halves. `since_s` is when a window began,
    `not_before_s` when a batch that failed is tried again. `tumbling_start` is when the tumbling window began that its
    records are in (0 for none), `tumbling_state` what the function returned for it.
    """

    mapping: str
    shard: str
    lane: int
    after: str = ""
    latest: str = ""
    began_s: float = 0.0
    ends: tuple[str, ...] = ()
    attempts: int = 0
    since_s: float = 0.0
    is_busy: bool = False
    is_done: bool = False
    not_before_s: float = 0.0
    tumbling_start: int = 0
    tumbling_state: bytes = b""


class StreamBatch(Record, frozen=True):
    """Records that a reader is busy with, as functions get them."""

    mapping: str
    shard: str
    lane: int
    records: bytes
    sequences: tuple[str, ...]
    first_s: float
    last_s: float
    throttles: int = 0
    window_start: int = 0
    is_final: bool = False


readers = Table("lambda.readers", Reader, key=("mapping", "shard", "lane"))
stream_batches = Table("lambda.stream_batches", StreamBatch, key=("mapping", "shard", "lane"))
mappings = Table("lambda.mappings", Mapping, key=("uuid",), indexes={"function": ("name",), "source": ("source",)})
batches = Table("lambda.batches", Batch, key=("mapping", "id"))
gatherings = Table("lambda.gatherings", Batch, key=("mapping",))


def find(at: At, uuid: str) -> Mapping:
    found = mappings.get(at, uuid)
    if found is None:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return found


def arn_of(at: At, uuid: str) -> str:
    return f"arn:aws:lambda:{at.region}:{at.account}:event-source-mapping:{uuid}"


def function_arn_of(call: Call, parameters: dict[str, Any]) -> str:
    """The function that an operation on a mapping is about: the condition key lambda:FunctionArn."""
    given = parameters.get("function_name")
    if given:
        return names.read(call.account, call.region, given).arn
    mapping = mappings.get(call, parameters.get("uuid", ""))
    return mapping.function if mapping is not None else ""


def replace(record: Any, **changes: Any) -> Any:
    return state.replace(record, **changes)
