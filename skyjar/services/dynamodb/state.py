"""Tables as they are stored: their definitions, and what is kept beside them. Items: `item_rows.py`."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from skyjar.kernel import keys
from skyjar.kernel.tables import Record, Table

R = TypeVar("R", bound=msgspec.Struct)


class IndexDefinition(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """`range` is empty where there is none; `more_hash` and `more_range` are what follows on the first attributes of keys of
    several; `projection` is KEYS_ONLY, INCLUDE or ALL; `status` as DescribeTable has it."""

    name: str
    space: str
    is_global: bool
    hash: str
    range: str = ""
    projection: str = "ALL"
    non_key: tuple[str, ...] = ()
    read_units: int = 0
    write_units: int = 0
    status: str = "ACTIVE"
    max_reads: int = 0
    max_writes: int = 0
    warm_reads: int = 0
    warm_writes: int = 0
    more_hash: tuple[str, ...] = ()
    more_range: tuple[str, ...] = ()
    has_own_reads: bool = False
    has_own_maximum: bool = False

    @property
    def hashes(self) -> tuple[str, ...]:
        """The attributes of the partition key."""
        return (self.hash, *self.more_hash)

    @property
    def ranges(self) -> tuple[str, ...]:
        """Those of the sort key."""
        return (self.range, *self.more_range) if self.range else ()

    @property
    def key_names(self) -> tuple[str, ...]:
        return (*self.hashes, *self.ranges)


class Restored(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Where a restored table comes from; `backup` is empty for a restore to a point in time."""

    backup: str
    table: str
    at_s: float


class DataKey(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A key that seals items: `blob` as KMS encrypted it under `key`, for a table of this name; `mark` is its fingerprint."""

    key: str
    blob: bytes
    mark: bytes
    table: str
    is_managed: bool


class Destination(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A stream of Kinesis that a table's changes go to. `precision` is empty where none was asked for."""

    stream: str
    precision: str = ""
    settles_at: float = 0.0
    is_disabled: bool = False
    is_updating: bool = False


class Insights(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Contributor insights of a table (`index` is empty) or of a global index. `made_ms` tells its rules from earlier ones."""

    index: str
    mode: str
    made_ms: int
    changed_s: float
    settles_at: float = 0.0
    is_disabled: bool = False


class KinesisChange(Record, frozen=True):
    """A change that waits to be put into a stream; `queue` is a table's id and the stream."""

    queue: str
    number: int
    key: str
    record: bytes


class Definition(Record, frozen=True):
    """`types` gives the declared attributes' types. Units are 0 for PAY_PER_REQUEST tables. `copies` are the spaces of copies
    that are being made, `recovery_since_s` when point-in-time recovery was enabled, 0 while it is not.
    `sealing` is the place of the data key that seals what is written now, -1 for none; the others may still be needed.
    `inaccessible_since_s`: when it was noticed that its KMS key could not be used, 0 while it can.
    `replicas` are the Regions of a global table, this one among them, `sourced_s` when a replica was last made from this one;
    what it `has_own` does not follow the others: its class, its provisioned reads, its maximum of on-demand reads.
    `encrypted_s`: when its encryption was changed in the last day; so `switched_s` (to on-demand) and, in 30 days, `classed_s`.
    """

    name: str
    id: str
    space: str
    created_s: float
    types: dict[str, str]
    hash: str
    range: str = ""
    indexes: tuple[IndexDefinition, ...] = ()
    billing: str = "PROVISIONED"
    on_demand_since_s: float = 0.0
    read_units: int = 0
    write_units: int = 0
    increased_s: float = 0.0
    decreased_s: float = 0.0
    decreases: int = 0
    is_protected: bool = False
    table_class: str = ""
    tags: dict[str, str] = {}
    ttl_attribute: str = ""
    ttl_changed_s: float = 0.0
    stream_label: str = ""
    stream_view: str = ""
    has_policy: bool = False
    status: str = "ACTIVE"
    copies: tuple[str, ...] = ()
    recovery_since_s: float = 0.0
    recovery_days: int = 35
    restored: Restored | None = None
    kms_key: str = ""
    data_keys: tuple[DataKey, ...] = ()
    sealing: int = -1
    replicas: tuple[str, ...] = ()
    sourced_s: float = 0.0
    has_own_class: bool = False
    updating_until_s: float = 0.0
    max_reads: int = 0
    max_writes: int = 0
    warm_reads: int = 0
    warm_writes: int = 0
    destinations: tuple[Destination, ...] = ()
    insights: tuple[Insights, ...] = ()
    inaccessible_since_s: float = 0.0
    has_own_reads: bool = False
    has_own_maximum: bool = False
    encrypted_s: tuple[float, ...] = ()
    class_changed_s: float = 0.0
    switched_s: tuple[float, ...] = ()
    classed_s: tuple[float, ...] = ()


class Tally(Record, frozen=True):
    space: str
    shard: int
    items: int = 0
    size_bytes: int = 0


class Counted(Record, frozen=True):
    """What a table or index had when it was last looked at in some period of `limits.COUNT_S` since it was made."""

    space: str
    period: int
    items: int
    size_bytes: int


class Collection(Record, frozen=True):
    """The size of all items with one partition key, with their rows of local indexes."""

    space: str
    partition: bytes
    size_bytes: int


class Sweep(Record, frozen=True):
    """When the job that deletes a table's expired items is due."""

    space: str
    due_s: float


class LastLabel(Record, frozen=True):
    """The label of the last stream of any table of this name, as milliseconds: no two streams share one."""

    table: str
    at_ms: int


class Policy(Record, frozen=True):
    """The resource policy of a table or stream."""

    arn: str
    document: str
    revision: str


class Token(Record, frozen=True):
    """A ClientRequestToken that was used, and the digest of its request."""

    token: str
    digest: str
    expires_s: float


class Delivery(Record, frozen=True):
    """The job that brings a replica's changes to the others is planned."""

    space: str


class StackTable(Record, frozen=True):
    """The table that a stack has made. `doing` marks the last update of it, of which `done` calls of UpdateTable were made."""

    token: str
    table: str
    doing: str = ""
    done: int = 0


class Peak(Record, frozen=True):
    """What an on-demand table or index did: the most units in a second of this half hour, and what it can do at once after the
    half hours before (0 for what a new one can)."""

    space: str
    window: int
    most_reads: float = 0.0
    most_writes: float = 0.0
    grown_reads: int = 0
    grown_writes: int = 0


class Bucket(Record, frozen=True):
    """Unused capacity of a provisioned table or index, at a moment."""

    space: str
    read_units: float
    write_units: float
    at_s: float


kinesis_changes = Table("dynamodb.kinesis_changes", KinesisChange, key=("queue", "number"))
tables = Table("dynamodb.tables", Definition, key=("name",))
counted = Table("dynamodb.counted", Counted, key=("space",))
tallies = Table("dynamodb.tallies", Tally, key=("space", "shard"))
collection_sizes = Table("dynamodb.collections", Collection, key=("space", "partition"))
sweeps = Table("dynamodb.sweeps", Sweep, key=("space",))
tokens = Table("dynamodb.tokens", Token, key=("token",), indexes={"expires": ("expires_s",)})
policies = Table("dynamodb.policies", Policy, key=("arn",))
labels = Table("dynamodb.labels", LastLabel, key=("table",))
deliveries = Table("dynamodb.deliveries", Delivery, key=("space",))
stack_tables = Table("dynamodb.stack_tables", StackTable, key=("token",))
peaks = Table(
    "dynamodb.peaks",
    Peak,
    key=("space",),
    version=2,
    upgrades={1: lambda fields: fields[:2] + fields[5:]},  # this second's units are kept in memory
)
buckets = Table("dynamodb.buckets", Bucket, key=("space",))


def after(prefix: bytes) -> bytes:
    """The end of the range of all keys that begin with `prefix`."""
    return keys.after(prefix)


def replace(record: R, **changes: Any) -> R:
    return msgspec.structs.replace(record, **changes)
