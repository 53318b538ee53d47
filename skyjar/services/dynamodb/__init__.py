"""Amazon DynamoDB: tables, items, expressions and transactions on the kernel's ordered store."""

from typing import Any

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDenied

service = Service("dynamodb", access_denied=AccessDenied)


class StreamEnabled(msgspec.Struct, frozen=True):
    """A table begins a stream; `label` tells it from the table's other streams."""

    table: str
    label: str
    view: str
    hash: str
    range: str
    partitions: int


class StreamDisabled(msgspec.Struct, frozen=True):
    table: str
    label: str


class ItemChanged(msgspec.Struct, frozen=True):
    """An item of a table with a stream was written (`old` None), changed, or deleted (`new` None). `partition` is a number
    that follows from its partition key. Nothing in the items may be changed in place."""

    table: str
    label: str
    partition: int
    keys: dict[str, Any]
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    keys_bytes: int
    old_bytes: int
    new_bytes: int
    is_expiry: bool


class StreamPolicyChanged(msgspec.Struct, frozen=True):
    """A stream's resource policy; an empty one is none."""

    table: str
    label: str
    document: str


class InsightRule(msgspec.Struct, frozen=True):
    """A rule that contributor insights keep: by partition key, or with the sort key too; what is used, or throttled."""

    name: str
    has_sort: bool
    is_throttle: bool


class InsightRulesChanged(msgspec.Struct, frozen=True):
    """Contributor insights of a table or index were enabled or disabled: rules made, and the names of those that are gone."""

    made: tuple[InsightRule, ...]
    gone: tuple[str, ...]
