"""Batch operations jobs, and the tasks that their manifests list.

A task is a row from the moment that the manifest is read; `Batch.done` is how many of them have an outcome, in order.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Record, Table

from .errors import NotFoundException

WAITING = ("Ready", "Active", "Paused")  # tasks are being done, or will be
BUSY = ("Ready", "Active")
ENDED = ("Complete", "Failed", "Cancelled")


class Batch(Record, frozen=True):
    """`document` is the request as it was given, by AWS's names, in msgpack; `failure` a code and a sentence,
    `manifest` the ARN and ETag of the one that was generated, if that is kept.
    `active_s`: how long it had been active when `active_since` began, which is 0 when it is not."""

    id: str
    token: str
    document: bytes
    role: str
    operation: str
    priority: int
    status: str
    created_s: float
    needs_confirmation: bool
    total: int = 0
    done: int = 0
    failed: int = 0
    reason: str = ""
    failure: tuple[str, str] = ("", "")
    ended_s: float = 0.0
    suspended_s: float = 0.0
    active_s: float = 0.0
    active_since: float = 0.0
    tags: dict[str, str] = {}
    manifest: tuple[str, str] = ("", "")

    @property
    def given(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.msgpack.decode(self.document)
        return found


class Task(Record, frozen=True):
    """`status` is empty, succeeded or failed. `tries`: how often a function asked for another try."""

    job: str
    number: int
    bucket: str
    key: str
    version: str = ""
    status: str = ""
    http: int = 0
    code: str = ""
    message: str = ""
    tries: int = 0


batches = Table("s3control.batches", Batch, key=("id",), indexes={"token": ("token",), "status": ("status",)})
tasks = Table("s3control.tasks", Task, key=("job", "number"))


def batch_of(call: Call, identity: str) -> Batch:
    found = batches.get(call, identity)
    if found is None:
        raise NotFoundException(JobId=identity)
    return found


def changed(call: Call, batch: Batch, **changes: Any) -> Batch:
    """Write it with other fields; the clock of its active time is kept with its status."""
    status = changes.get("status", batch.status)
    if status == "Active" and not batch.active_since:
        changes["active_since"] = call.now
    elif status != "Active" and batch.active_since:
        changes |= {"active_since": 0.0, "active_s": batch.active_s + call.now - batch.active_since}
    new = msgspec.structs.replace(batch, **changes)
    batches.replace(call, batch, new)
    return new


def outranked(call: Call, batch: Batch) -> bool:
    """Whether a job of higher priority is at work, or ready to be."""
    return any(
        other.priority > batch.priority
        for status in BUSY
        for other in batches.range(call, status, via="status")
        if other.id != batch.id
    )
