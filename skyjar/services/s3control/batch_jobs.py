"""Batch operations: jobs that do one thing to every object that a manifest lists. Made, described and listed here."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import batch_state, compute_checksums, generated_manifests, job_tags, jobs, limits, manifests, state, tasks
from .batch_state import Batch
from .errors import IdempotencyException, InvalidRequest


def arn_of(call: Call, identity: str) -> str:
    return f"arn:aws:s3:{call.region}:{call.account}:job/{identity}"


@operation
def create_job(
    call: Call,
    *,
    account_id: str,
    operation: dict[str, Any],
    report: dict[str, Any],
    client_request_token: str,
    priority: int,
    role_arn: str,
    confirmation_required: bool = False,
    manifest: dict[str, Any] | None = None,
    manifest_generator: dict[str, Any] | None = None,
    description: str = "",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """A job that asks for no confirmation runs as soon as its manifest has been read."""
    state.check_account(call, account_id)
    document = {
        "Operation": operation,
        "Report": report,
        "Manifest": manifest,
        "ManifestGenerator": manifest_generator,
        "Description": description,
        "Priority": priority,
        "RoleArn": role_arn,
        "ConfirmationRequired": confirmation_required,
        **({"Tags": tags} if tags else {}),
    }
    packed = msgspec.msgpack.encode(document)
    before = batch_state.batches.first(call, client_request_token, via="token")
    if before is not None:
        if before.document != packed:
            raise IdempotencyException
        return {"JobId": before.id}
    tasks.check(operation)
    _check_report(report)
    if compute_checksums.NAME in operation and not report["Enabled"]:
        raise InvalidRequest("A job that computes checksums needs a report, which tells them.")
    manifests.check(manifest, manifest_generator)
    (name,) = operation
    made = Batch(
        id=call.new_id(),
        token=client_request_token,
        document=packed,
        role=role_arn,
        operation=name,
        priority=priority,
        status="New",
        created_s=call.now,
        needs_confirmation=confirmation_required,
        tags=job_tags.given(tags),
    )
    batch_state.batches.add(call, made)
    jobs.own(call).later(jobs.prepare, key=made.id, identity=made.id)
    return {"JobId": made.id}


def _check_report(report: dict[str, Any]) -> None:
    if report["Enabled"]:
        for member in ("Bucket", "Format", "ReportScope"):
            if not report.get(member):
                raise InvalidRequest(f"The report of a job needs {member}.")
        if not report["Bucket"].startswith("arn:aws:s3:::"):
            raise InvalidRequest("The bucket of a job's report is named by its ARN.")


@operation
def describe_job(call: Call, *, account_id: str, job_id: str) -> dict[str, Any]:
    state.check_account(call, account_id)
    batch = batch_state.batch_of(call, job_id)
    given = batch.given
    shown: dict[str, Any] = {
        **_shown(call, batch),
        "ConfirmationRequired": batch.needs_confirmation,
        "JobArn": arn_of(call, batch.id),
        "Operation": given["Operation"],
        "Report": given["Report"],
        "RoleArn": batch.role,
        "FailureReasons": [],
    }
    for member in ("Manifest", "ManifestGenerator"):
        if given[member]:
            shown[member] = given[member]
    if batch.manifest[0]:
        place = {"ObjectArn": batch.manifest[0], "ETag": batch.manifest[1]}
        shown["GeneratedManifestDescriptor"] = {"Format": generated_manifests.FORMAT, "Location": place}
    if batch.reason:
        shown["StatusUpdateReason"] = batch.reason
    if batch.failure[0]:
        shown["FailureReasons"] = [{"FailureCode": batch.failure[0], "FailureReason": batch.failure[1][:256]}]
    if batch.suspended_s:
        shown |= {"SuspendedDate": batch.suspended_s, "SuspendedCause": jobs.AWAITING}
    return {"Job": shown}


def _shown(call: Call, batch: Batch) -> dict[str, Any]:
    active_s = batch.active_s + (call.now - batch.active_since if batch.active_since else 0)
    shown: dict[str, Any] = {
        "JobId": batch.id,
        "Priority": batch.priority,
        "Status": batch.status,
        "CreationTime": batch.created_s,
        "ProgressSummary": {
            "TotalNumberOfTasks": batch.total,
            "NumberOfTasksSucceeded": batch.done - batch.failed,
            "NumberOfTasksFailed": batch.failed,
            "Timers": {"ElapsedTimeInActiveSeconds": int(active_s)},
        },
    }
    if batch.given["Description"]:
        shown["Description"] = batch.given["Description"]
    if batch.ended_s:
        shown["TerminationDate"] = batch.ended_s
    return shown


@operation
def list_jobs(
    call: Call,
    *,
    account_id: str,
    job_statuses: list[str] | None = None,
    next_token: str = "",
    max_results: int | None = None,
) -> dict[str, Any]:
    """The newest first; `next_token` is the id of the last one shown."""
    state.check_account(call, account_id)
    most = min(max_results or limits.PAGE, limits.PAGE)
    found = sorted(batch_state.batches.range(call), key=lambda each: (-each.created_s, each.id))
    names = [each.id for each in found]
    if next_token:
        if next_token not in names:
            raise InvalidRequest("The next token is not valid.")
        found = found[names.index(next_token) + 1 :]
    chosen = [each for each in found if not job_statuses or each.status in job_statuses]
    answer: dict[str, Any] = {"Jobs": [{**_shown(call, each), "Operation": each.operation} for each in chosen[:most]]}
    return {**answer, "NextToken": chosen[most - 1].id} if len(chosen) > most else answer
