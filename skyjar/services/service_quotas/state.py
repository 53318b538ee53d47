"""Requests for increases, and tags of quotas. The values themselves are the kernel's (`kernel/quotas.py`)."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.tables import Record, Table

OPEN = ("PENDING", "CASE_OPENED")


class Request(Record, frozen=True):
    """`requester` is JSON, as it is shown; `case` the number that support gave it."""

    id: str
    service: str
    code: str
    value: float
    created_at: float
    updated_at: float
    requester: bytes
    case: str = ""
    status: str = "PENDING"


class Tagged(Record, frozen=True):
    arn: str
    tags: dict[str, str]


requests = Table(
    "service-quotas.requests", Request, key=("id",), indexes={"quota": ("service", "code"), "created": ("created_at",)}
)
tagged = Table("service-quotas.tagged", Tagged, key=("arn",))


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
