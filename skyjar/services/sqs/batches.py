"""Batches: up to ten entries, each of which succeeds or fails by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from skyjar.kernel.errors import AWSError

from . import contents, limits
from .errors import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    TooManyEntriesInBatchRequest,
)

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")


def check(entries: list[dict[str, Any]], kind: str) -> None:
    if not entries:
        raise EmptyBatchRequest(f"There should be at least one {kind} in the request.")
    if len(entries) > limits.BATCH_ENTRIES:
        raise TooManyEntriesInBatchRequest(len(entries))
    seen: set[str] = set()
    for entry in entries:
        identity = entry["Id"]
        if not (identity.isalnum() and identity.isascii() and len(identity) <= 80) and not _ID.match(identity):
            raise InvalidBatchEntryId
        if identity in seen:
            raise BatchEntryIdsNotDistinct(f"Id {identity} repeated.")
        seen.add(identity)


def check_size(entries: list[dict[str, Any]]) -> None:
    size = 0
    for entry in entries:
        body = entry["MessageBody"]
        size += len(body) if body.isascii() else len(body.encode())
        if entry.get("MessageAttributes"):
            size += contents.given_size(entry["MessageAttributes"])
    if size > limits.MESSAGE_BYTES:
        raise BatchRequestTooLong(size)


def each(entries: list[dict[str, Any]], act: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Do it for each entry, in order; an AWS error fails that entry alone, also in a FIFO queue, where later entries of its
    group are sent all the same ("the result of sending each message is reported individually")."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            answer = act(entry)
        except AWSError as error:
            failed.append(
                {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": error.sender}
            )
        else:
            answer["Id"] = entry["Id"]
            done.append(answer)
    return {"Successful": done, "Failed": failed} if failed else {"Successful": done}
