"""Batch operations at work: a manifest becomes tasks, tasks get their outcomes a few at a time, then the report is written.

Each step is a transaction that keeps what it did, so that nothing is lost when the process dies; a task that reaches outside
(a function, a long copy) may then be done twice.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import credentials, principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal

from . import batch_state, completion_reports, generated_manifests, limits, manifests, tasks
from .batch_state import Batch, Task
from .errors import ManifestFailed
from .tasks import Outcome

PRINCIPAL = "batchoperations.s3.amazonaws.com"
AWAITING = "Awaiting job confirmation."
_ENDINGS = {"Completing": "Complete", "Cancelling": "Cancelled", "Failing": "Failed"}


def own(call: Call) -> Call:
    """The same call as the service makes it for the account."""
    return call.acting(principals.service(PRINCIPAL, call.account), {})


def session(call: Call, role: str) -> Principal:
    """A session of the job's role, which must trust the service; raises what it is refused with."""
    service = principals.service(PRINCIPAL, call.account)
    made = call.ask("sts", service, account=role.split(":")[4]).assume_role(
        role_arn=role, role_session_name="s3-batch-operations"
    )["Credentials"]
    held = credentials.find(call.tx, made["AccessKeyId"])
    assert held is not None
    return held.principal


def _given_up(call: Call, error: Exception, *, identity: str, **rest: Any) -> None:
    batch = batch_state.batches.get(call, identity)
    if batch is not None and batch.status not in batch_state.ENDED:
        code = error.code if isinstance(error, AWSError) else "InternalError"
        ending(call, batch, "Failing", failure=(code, str(error)))


@job(otherwise=_given_up)
def prepare(call: Call, *, identity: str, at: dict[str, Any] | None = None) -> None:
    """Read a page of the manifest."""
    batch = batch_state.batches.get(call, identity)
    if batch is None or batch.status not in ("New", "Preparing"):
        return
    who = session(call, batch.role)
    rows, after = manifests.read(call, who, batch.given, at or {})
    if batch.total + len(rows) > limits.TASKS:
        raise ManifestFailed(f"Skyjar does jobs of up to {limits.TASKS} objects.")
    for number, (bucket, key, version) in enumerate(rows, batch.total):
        batch_state.tasks.add(call, Task(job=identity, number=number, bucket=bucket, key=key, version=version))
    batch = batch_state.changed(call, batch, status="Preparing", total=batch.total + len(rows))
    if after is not None:
        call.later(prepare, key=identity, identity=identity, at=after)
        return
    if not batch.total:
        raise ManifestFailed("The manifest lists no objects.")
    kept = generated_manifests.write(call, who, batch)
    batch = batch_state.changed(call, batch, manifest=kept)
    if batch.needs_confirmation:
        batch_state.changed(call, batch, status="Suspended", suspended_s=call.now)
        call.later(expire, key=identity, due=call.now + limits.SUSPENDED_S, identity=identity)
    else:
        batch_state.changed(call, batch, status="Ready")
        call.later(work, key=identity, identity=identity)


@job(otherwise=_given_up)
def work(call: Call, *, identity: str) -> Outside | None:
    """Some of the tasks that are left; none while a job of higher priority has some."""
    batch = batch_state.batches.get(call, identity)
    if batch is None or batch.status not in batch_state.WAITING:
        return None
    if batch_state.outranked(call, batch):
        batch_state.changed(call, batch, status="Paused")
        return None
    batch = batch_state.changed(call, batch, status="Active")
    who = session(call, batch.role)
    for task in batch_state.tasks.range(call, identity, start=(batch.done,), limit=limits.TASKS_STEP):
        try:
            outcome = tasks.begin(call, who, batch, task)
        except AWSError as error:
            outcome = tasks.failed(error)
        if isinstance(outcome, Outside):
            return _carried_out(outcome, identity, task)
        batch = _noted(call, batch, task, outcome)
    _go_on(call, batch)
    return None


def _carried_out(outside: Outside, identity: str, task: Task) -> Outside:
    """A task that reaches outside, whose outcome is noted whatever it is."""

    def then(after: Call, result: Any) -> Any:
        try:
            outcome = outside.then(after, result)
        except AWSError as error:
            outcome = tasks.failed(error)
        if isinstance(outcome, Outside):
            return _carried_out(outcome, identity, task)
        batch = batch_state.batches.get(after, identity)
        if batch is None or batch.status not in batch_state.WAITING or batch.done != task.number:
            return None
        if outcome.status:
            _go_on(after, _noted(after, batch, task, outcome))
        else:
            tried = msgspec.structs.replace(task, tries=task.tries + 1)
            batch_state.tasks.replace(after, task, tried)
            after.later(work, key=identity, due=after.now + 2**task.tries, identity=identity)
        return None

    return Outside(outside.request, then)


def _noted(call: Call, batch: Batch, task: Task, outcome: Outcome) -> Batch:
    ended = msgspec.structs.replace(
        task, status=outcome.status, http=outcome.http, code=outcome.code, message=outcome.message[:1024]
    )
    batch_state.tasks.replace(call, task, ended)
    return batch_state.changed(call, batch, done=batch.done + 1, failed=batch.failed + (outcome.status == "failed"))


def _go_on(call: Call, batch: Batch) -> None:
    if batch.done >= limits.FAILING_TASKS and batch.failed * 2 > batch.done:
        ending(call, batch, "Failing", failure=("FailureThreshold", "Job failed: more than half of its tasks failed"))
    elif batch.done >= batch.total:
        ending(call, batch, "Completing")
    else:
        call.later(work, key=batch.id, identity=batch.id)


def ending(call: Call, batch: Batch, status: str, **changes: Any) -> Batch:
    changed = batch_state.changed(call, batch, status=status, suspended_s=0.0, **changes)
    own(call).later(close, key=batch.id, identity=batch.id)
    return changed


def _unreported(call: Call, error: Exception, *, identity: str) -> None:
    """The report could not be written; of a job that failed before, the first reason counts."""
    batch = batch_state.batch_of(call, identity)
    code = error.code if isinstance(error, AWSError) else "InternalError"
    failure = batch.failure if batch.failure[0] else (code, f"Failed to write the report: {error}")
    _closed(call, batch, "Failed", failure=failure)


@job(otherwise=_unreported)
def close(call: Call, *, identity: str) -> None:
    """Write the report, which there is when a task has been tried, and let other jobs go on."""
    batch = batch_state.batches.get(call, identity)
    if batch is None or batch.status not in _ENDINGS:
        return
    if batch.done and batch.given["Report"]["Enabled"]:
        completion_reports.write(call, session(call, batch.role), batch)
    _closed(call, batch, _ENDINGS[batch.status])


def _closed(call: Call, batch: Batch, status: str, **changes: Any) -> None:
    batch_state.changed(call, batch, status=status, ended_s=call.now, **changes)
    call.later(forget, key=batch.id, due=call.now + limits.KEPT_S, identity=batch.id)
    wake(call)


def wake(call: Call) -> None:
    """Jobs that others went before look again whether they may."""
    for batch in batch_state.batches.range(call, "Paused", via="status"):
        own(call).later(work, key=batch.id, identity=batch.id)


@job()
def expire(call: Call, *, identity: str) -> None:
    """Nobody has confirmed it."""
    batch = batch_state.batches.get(call, identity)
    if batch is not None and batch.status == "Suspended":
        ending(call, batch, "Failing", failure=("JobExpired", "The job was not confirmed within 30 days"))


@job()
def forget(call: Call, *, identity: str) -> None:
    """A job that ended long ago, its tasks a page at a time."""
    page = batch_state.tasks.range(call, identity, limit=limits.TASKS_PAGE)
    for task in page:
        batch_state.tasks.remove(call, task)
    if len(page) == limits.TASKS_PAGE:
        call.later(forget, key=identity, identity=identity)
    else:
        batch_state.batches.delete(call, identity)
