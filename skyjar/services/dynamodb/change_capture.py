"""StreamSpecification: a table's stream is begun and ended here, and read in `dynamodbstreams`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import StreamDisabled, StreamEnabled, definitions, schemas, state
from .errors import ValidationException
from .state import Definition, LastLabel


def check(given: dict[str, Any] | None, *, is_new: bool = False) -> None:
    """A view type belongs to a stream. `is_new`: of a table that is being created."""
    if given is None or given["StreamEnabled"] == bool(given.get("StreamViewType")):
        return
    if given["StreamEnabled"]:
        new, changed = "a stream enabled, UpdateViewType is required", "enabled then UpdateViewType is required"
    else:
        new = "a stream disabled, UpdateViewType should not be specified"
        changed = "disabled, then UpdateViewType must not be specified"
    raise definitions.invalid(f"Table is being created with {new}" if is_new else f"If stream is being {changed}")


def begin(call: Call, definition: Definition, view: str) -> Definition:
    """The table with a new stream."""
    last = state.labels.get(call, definition.name)
    at_ms = max(call.now_ms, last.at_ms + 1 if last is not None else 0)
    state.labels.put(call, LastLabel(table=definition.name, at_ms=at_ms))
    label = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03}"
    call.emit(
        StreamEnabled(
            table=definition.name,
            label=label,
            view=view,
            hash=definition.hash,
            range=definition.range,
            partitions=schemas.partitions_of(definition),
        )
    )
    return state.replace(definition, stream_label=label, stream_view=view)


def end(call: Call, definition: Definition) -> Definition:
    """The table without a stream. It is still shown which one was the last."""
    if definition.stream_view:
        call.emit(StreamDisabled(table=definition.name, label=definition.stream_label))
    return state.replace(definition, stream_view="")


def changed(call: Call, definition: Definition, given: dict[str, Any]) -> Definition:
    check(given)
    if given["StreamEnabled"]:
        if definition.stream_view:
            raise ValidationException(f"Table already has an enabled stream: TableName: {definition.name}")
        return begin(call, definition, given["StreamViewType"])
    if not definition.stream_view:
        raise ValidationException("Table has no stream to disable: TableName: " + definition.name)
    return end(call, definition)


def shown(at: At, definition: Definition) -> dict[str, Any]:
    """The members of a table's description."""
    if not definition.stream_label:
        return {}
    found: dict[str, Any] = {
        "LatestStreamLabel": definition.stream_label,
        "LatestStreamArn": f"{schemas.arn_of(at, definition.name)}/stream/{definition.stream_label}",
    }
    if definition.stream_view:
        found["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": definition.stream_view}
    return found
