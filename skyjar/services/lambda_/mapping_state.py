"""Event source mappings as they are stored, and the batches of them that are under way."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import limits, names, state
from .errors import ResourceNotFoundException


class Mapping(Record, frozen=True):
    """`function` is the ARN that is invoked, qualifier included; `filters` are patterns as JSON texts.

    `concurrency` 0 is Lambda's own choice.
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
