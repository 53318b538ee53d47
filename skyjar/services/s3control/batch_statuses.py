"""Confirming, cancelling and reordering batch operations jobs."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import batch_state, jobs, state
from .errors import JobStatusException

_CANCELLABLE = ("New", "Preparing", "Suspended", *batch_state.WAITING)


@operation
def update_job_status(
    call: Call, *, account_id: str, job_id: str, requested_job_status: str, status_update_reason: str = ""
) -> dict[str, Any]:
    """Ready confirms a job that waits for it; Cancelled ends one that has not ended."""
    state.check_account(call, account_id)
    batch = batch_state.batch_of(call, job_id)
    allowed = ("Suspended",) if requested_job_status == "Ready" else _CANCELLABLE
    if batch.status not in allowed:
        raise JobStatusException(
            f"The job {job_id} is in the status {batch.status} and cannot be updated to {requested_job_status}."
        )
    if requested_job_status == "Ready":
        batch = batch_state.changed(call, batch, status="Ready", reason=status_update_reason, suspended_s=0.0)
        jobs.own(call).later(jobs.work, key=batch.id, identity=batch.id)
    else:
        batch = jobs.ending(call, batch, "Cancelling", reason=status_update_reason)
    answer = {"JobId": batch.id, "Status": batch.status}
    return {**answer, "StatusUpdateReason": batch.reason} if batch.reason else answer


@operation
def update_job_priority(call: Call, *, account_id: str, job_id: str, priority: int) -> dict[str, Any]:
    state.check_account(call, account_id)
    batch = batch_state.batch_of(call, job_id)
    if batch.status in batch_state.ENDED:
        raise JobStatusException(f"The priority of the job {job_id} cannot be changed: it is {batch.status}.")
    batch = batch_state.changed(call, batch, priority=priority)
    jobs.wake(call)
    return {"JobId": job_id, "Priority": priority}
