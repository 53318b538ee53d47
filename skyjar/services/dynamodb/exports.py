"""Exports to S3: the table as it was at a moment that its recovery covers, in DynamoDB JSON or Amazon Ion, written as the caller."""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.keys import after
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import (
    backups,
    copying,
    encryption,
    history,
    incremental_exports,
    ion_items,
    item_rows,
    jobs,
    limits,
    plain_items,
    recovery,
    schemas,
    state,
)
from .copying import Copied
from .errors import (
    ExportConflictException,
    ExportNotFoundException,
    InvalidExportTimeException,
    InvalidRestoreTimeException,
    ValidationException,
)
from .transfer_state import Export, exports
from .values import Item

FILE_ITEMS = 2_000


@operation
def export_table_to_point_in_time(
    call: Call,
    *,
    table_arn: str,
    export_time: float | None = None,
    client_token: str | None = None,
    s3_bucket: str,
    s3_bucket_owner: str | None = None,
    s3_prefix: str | None = None,
    s3_sse_algorithm: str = "AES256",
    s3_sse_kms_key_id: str | None = None,
    export_format: str = "DYNAMODB_JSON",
    export_type: str = "FULL_EXPORT",
    incremental_export_specification: dict[str, Any] | None = None,
) -> dict[str, Any]:
    is_full = export_type == "FULL_EXPORT"
    if is_full and incremental_export_specification is not None:
        raise ValidationException("IncrementalExportSpecification can only be specified for an INCREMENTAL_EXPORT")
    if not is_full and export_time is not None:
        raise ValidationException("ExportTime cannot be specified for an INCREMENTAL_EXPORT")
    if export_format == "ION":
        ion_items.check_there()
    definition = backups.existing(call, table_arn)
    token = client_token or call.new_id()
    request: dict[str, Any] = {
        "S3Bucket": s3_bucket,
        "ExportFormat": export_format,
        "ExportType": export_type,
        "TableArn": table_arn,
    }
    request |= {"S3BucketOwner": s3_bucket_owner} if s3_bucket_owner is not None else {}
    request |= {"S3Prefix": s3_prefix} if s3_prefix is not None else {}
    if s3_sse_kms_key_id is not None and s3_sse_algorithm != "KMS":
        raise ValidationException("S3SseKmsKeyId can only be specified when S3SseAlgorithm is KMS")
    request |= {"S3SseAlgorithm": s3_sse_algorithm}
    request |= {"S3SseKmsKeyId": s3_sse_kms_key_id} if s3_sse_kms_key_id is not None else {}
    known = exports.first(call, token, via="token")
    if not is_full:
        request["IncrementalExportSpecification"] = _span(call, incremental_export_specification, known)
    if known is not None:
        if known.request != request:
            raise ExportConflictException("There was a conflict when writing to the specified S3 bucket.")
        return {"ExportDescription": _describe(call, known)}
    try:
        at_s = recovery.recoverable(call, definition, call.now if export_time is None else export_time, lag_s=0.0)
        for moment in () if is_full else ("ExportFromTime", "ExportToTime"):
            recovery.recoverable(call, definition, request["IncrementalExportSpecification"][moment], lag_s=0.0)
    except InvalidRestoreTimeException:
        raise InvalidExportTimeException(
            "The specified ExportTime is outside of the point in time recovery window."
        ) from None
    made = Export(
        id=f"{call.now_ms:014}-{call.chance.hex(8)}",
        table=definition.name,
        table_id=definition.id,
        token=token,
        request=request,
        started_s=call.now,
        at_s=at_s,
    )
    exports.add(call, made)
    if is_full:
        copying.begin(call, definition, "export", made.id, None if at_s >= call.now else at_s)
    else:
        given, due = request["IncrementalExportSpecification"], call.now + durations.of(call, "dynamodb.ExportTable")
        start_s, end_s = given["ExportFromTime"], given["ExportToTime"]
        incremental_exports.begin(call, made.id, call.chance.hex(12), start_s, end_s, due)
    return {"ExportDescription": _describe(call, made)}


def _span(call: Call, given: dict[str, Any] | None, known: Export | None) -> dict[str, Any]:
    """The specification with its defaults; the end of one that was asked for already stays."""
    was = known.request.get("IncrementalExportSpecification", {}) if known is not None else {}
    start_s, end_s, view = incremental_exports.span(call, given, was.get("ExportToTime", call.now))
    return {"ExportFromTime": start_s, "ExportToTime": end_s, "ExportViewType": view}


@copying.finishes("export")
def _finish(call: Call, subject: str, copied: Copied) -> None:
    due = call.now + durations.of(call, "dynamodb.ExportTable")
    call.later(write_files, due=due, key=subject, export=subject, space=copied.space, start=b"")


@job()
def write_files(call: Call, *, export: str, space: str, start: bytes) -> None:
    """Write a file of the next items; the manifests after the last."""
    found = exports.get(call, export)
    if found is None:
        return
    schema = schemas.find(call, found.table)
    if schema is not None:
        encryption.open_for_itself(call, schema)
    root = history.root_of(call, space)
    rows = call.tx.scan(start or root, after(root), FILE_ITEMS)
    try:
        if rows:
            records = [{"Item": item_rows.load(stored)} for _, stored in rows]
            found = write_data(call, found, records, sum(item_rows.stored_size(stored) for _, stored in rows))
        if len(rows) == FILE_ITEMS:
            exports.put(call, found)
            call.later(write_files, key=export, export=export, space=space, start=rows[-1][0] + b"\0")
            return
        complete(call, found)
    except AWSError as error:
        fail(call, found, error.code, error.message)
    clear(call, space)


def complete(call: Call, export: Export) -> None:
    """The files are written."""
    exports.put(call, _write_manifests(call, export))


def fail(call: Call, export: Export, code: str, sentence: str) -> None:
    code = {"NoSuchBucket": "S3NoSuchBucket", "AccessDenied": "S3AccessDenied"}.get(code, code)
    failed = state.replace(export, status="FAILED", ended_s=call.now, failure_code=code, failure=sentence, files=())
    exports.put(call, failed)


def clear(call: Call, space: str) -> None:
    """Forget what was gathered for an export."""
    call.later(jobs.clear, key=space, space=space)


def _put(call: Call, export: Export, key: str, body: bytes) -> None:
    owner = export.request.get("S3BucketOwner")
    given = {"expected_bucket_owner": owner} if owner else {}
    given["server_side_encryption"] = "aws:kms" if export.request.get("S3SseAlgorithm") == "KMS" else "AES256"
    if export.request.get("S3SseKmsKeyId"):
        given["ssekms_key_id"] = export.request["S3SseKmsKeyId"]
    call.ask("s3").put_object(bucket=export.request["S3Bucket"], key=key, body=body, **given)


def _folder(export: Export) -> str:
    prefix = export.request.get("S3Prefix", "").strip("/")
    return f"{prefix}/AWSDynamoDB/{export.id}" if prefix else f"AWSDynamoDB/{export.id}"


def write_data(call: Call, export: Export, records: list[dict[str, Item]], size: int) -> Export:
    """Write a file of these records, of so many bytes by DynamoDB's count."""
    is_ion = export.request["ExportFormat"] == "ION"
    form = ion_items.write if is_ion else plain_items.write
    lines = b"".join([form(each) for each in records])
    body = gzip.compress(lines, 6, mtime=0)
    key = f"{_folder(export)}/data/{call.chance.hex(26)}.{'ion' if is_ion else 'json'}.gz"
    _put(call, export, key, body)
    digest = hashlib.md5(body, usedforsecurity=False)
    file = {
        "itemCount": len(records),
        "md5Checksum": b64encode(digest.digest()).decode(),
        "etag": digest.hexdigest(),
        "dataFileS3Key": key,
    }
    return state.replace(
        export,
        items=export.items + len(records),
        size_bytes=export.size_bytes + size,
        files=(*export.files, file),
    )


def _write_manifests(call: Call, export: Export) -> Export:
    folder = _folder(export)
    files, manifest = f"{folder}/manifest-files.json", f"{folder}/manifest-summary.json"
    summary = {
        "version": "2020-06-30",
        "exportArn": _arn(call, export),
        "startTime": _time(export.started_s),
        "endTime": _time(call.now),
        "tableArn": schemas.arn_of(call, export.table),
        "tableId": export.table_id,
        **_when(export),
        "s3Bucket": export.request["S3Bucket"],
        "s3Prefix": export.request.get("S3Prefix"),
        "s3SseAlgorithm": export.request.get("S3SseAlgorithm", "AES256"),
        "s3SseKmsKeyId": export.request.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": files,
        "billedSizeBytes": export.size_bytes,
        "itemCount": export.items,
        "outputFormat": export.request["ExportFormat"],
        "exportType": export.request["ExportType"],
    }
    lines = b"".join([orjson.dumps(file) + b"\n" for file in export.files])
    for key, body in ((files, lines), (manifest, orjson.dumps(summary))):
        _put(call, export, key, body)
        _put(
            call,
            export,
            key.removesuffix(".json") + ".md5",
            b64encode(hashlib.md5(body, usedforsecurity=False).digest()),
        )
    return state.replace(export, status="COMPLETED", ended_s=call.now, manifest=manifest, files=())


def _when(export: Export) -> dict[str, Any]:
    given = export.request.get("IncrementalExportSpecification")
    if given is None:
        return {"exportTime": _time(export.at_s)}
    return {
        "exportFromTime": _time(given["ExportFromTime"]),
        "exportToTime": _time(given["ExportToTime"]),
        "outputView": given["ExportViewType"],
    }


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _arn(call: Call, export: Export) -> str:
    return f"{schemas.arn_of(call, export.table)}/export/{export.id}"


@operation
def describe_export(call: Call, *, export_arn: str) -> dict[str, Any]:
    found = exports.get(call, export_arn.rpartition("/")[2])
    if found is None or _arn(call, found) != export_arn:
        raise ExportNotFoundException(f"Export not found: {export_arn}")
    return {"ExportDescription": _describe(call, found)}


@operation
def list_exports(
    call: Call, *, table_arn: str | None = None, max_results: int = limits.PAGE, next_token: str | None = None
) -> dict[str, Any]:
    found = [each for each in exports.range(call) if table_arn in (None, schemas.arn_of(call, each.table))]
    try:
        shown, token = page(found, next_token or "", max_results)
    except BadToken:
        raise ValidationException("Invalid NextToken") from None
    summaries = [
        {"ExportArn": _arn(call, each), "ExportStatus": each.status, "ExportType": each.request["ExportType"]}
        for each in shown
    ]
    return {"ExportSummaries": summaries, **({"NextToken": token} if token else {})}


def _describe(call: Call, export: Export) -> dict[str, Any]:
    shown = {
        "ExportArn": _arn(call, export),
        "ExportStatus": export.status,
        "StartTime": export.started_s,
        "TableId": export.table_id,
        "ClientToken": export.token,
        "S3SseAlgorithm": "AES256",
        **export.request,
    }
    if export.request["ExportType"] == "FULL_EXPORT":
        shown["ExportTime"] = export.at_s
    if export.status == "COMPLETED":
        shown |= {
            "ExportManifest": export.manifest, "BilledSizeBytes": export.size_bytes, "ItemCount": export.items
        }  # fmt: skip
    if export.ended_s:
        shown["EndTime"] = export.ended_s
    if export.failure_code:
        shown |= {"FailureCode": export.failure_code, "FailureMessage": export.failure}
    return shown
