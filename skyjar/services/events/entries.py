"""PutEvents: entries become events of their buses."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import deliveries, limits, state
from .errors import ValidationException


class Wrong(Exception):
    """An entry that fails by itself."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


@operation
def put_events(call: Call, *, entries: list[dict[str, Any]], endpoint_id: str | None = None) -> dict[str, Any]:
    if endpoint_id:
        raise NotImplementedHere("Skyjar does not implement EndpointId of events:PutEvents.")
    if sum(_size(entry) for entry in entries) > limits.ENTRIES_BYTES:
        raise ValidationException("Total size of the entries in the request is over the limit.")
    answers: list[dict[str, str]] = []
    failed = 0
    for entry in entries:
        try:
            answers.append({"EventId": _put(call, entry)})
        except Wrong as wrong:
            failed += 1
            answers.append({"ErrorCode": wrong.code, "ErrorMessage": wrong.message})
    return {"FailedEntryCount": failed, "Entries": answers}


def _size(entry: dict[str, Any]) -> int:
    """As "Calculating PutEvents event entry size" has it."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    total = sum(
        len(text) if text.isascii() else len(text.encode()) for text in (*texts, *(entry.get("Resources") or ()))
    )
    return total + (limits.TIME_BYTES if entry.get("Time") is not None else 0)


def _put(call: Call, entry: dict[str, Any]) -> str:
    """The event's id. One for a bus that does not exist is accepted and lost, as on AWS."""
    if deliveries.ORIGINAL in entry:
        body, hops = entry[deliveries.ORIGINAL]
        deliveries.accept(call, *state.locate(call, entry["EventBusName"]), body, hops=hops)
        return str(body["id"])
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            raise Wrong("InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument.")
    source = entry["Source"]
    if source.startswith("aws.") and call.caller.kind != "service":
        raise Wrong("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = orjson.loads(entry["Detail"])
    except orjson.JSONDecodeError:
        detail = None
    if not isinstance(detail, dict):
        raise Wrong("MalformedDetail", "Detail is malformed.")
    at, bus = state.locate(call, entry.get("EventBusName"))
    time = entry.get("Time")
    body = deliveries.event(
        call, source, entry["DetailType"], detail, entry.get("Resources") or [], call.now if time is None else time
    )
    if state.find_bus(at, bus) is not None:
        deliveries.accept(call, at, bus, body)
    return str(body["id"])
