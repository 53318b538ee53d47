"""The report of a job's tasks, written to a bucket as the job's role. Source: S3 User Guide, "Examples: S3 Batch
Operations completion reports"."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal

from . import batch_state
from .batch_state import Batch, Task

_ARN = "arn:aws:s3:::"
_SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"


def write(call: Call, who: Principal, batch: Batch) -> None:
    wanted = batch.given["Report"]
    bucket = wanted["Bucket"].removeprefix(_ARN)
    folder = "/".join(part for part in (wanted.get("Prefix", "").rstrip("/"), f"job-{batch.id}") if part)
    s3 = call.ask("s3", who, account=call.account)
    owner = {"expected_bucket_owner": wanted["ExpectedBucketOwner"]} if wanted.get("ExpectedBucketOwner") else {}
    scope = ("succeeded", "failed") if wanted["ReportScope"] == "AllTasks" else ("failed",)
    done = batch_state.tasks.range(call, batch.id)
    results: list[dict[str, Any]] = []
    for status in scope:
        lines = [task for task in done if task.status == status]
        if not lines:
            continue
        body = _lines(lines)
        key = f"{folder}/results/{hashlib.sha1(body, usedforsecurity=False).hexdigest()}.csv"
        s3.put_object(bucket=bucket, key=key, body=body, content_type="text/csv", **owner)
        checksum = hashlib.md5(body, usedforsecurity=False).hexdigest()
        results.append({"TaskExecutionStatus": status, "Bucket": bucket, "MD5Checksum": checksum, "Key": key})
    created = datetime.fromtimestamp(call.now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    manifest = orjson.dumps({
        "Format": "Report_CSV_20180820",
        "ReportCreationDate": created,
        "Results": results,
        "ReportSchema": _SCHEMA,
    })  # fmt: skip
    checksum = hashlib.md5(manifest, usedforsecurity=False).hexdigest()
    s3.put_object(bucket=bucket, key=f"{folder}/manifest.json", body=manifest, content_type="application/json", **owner)
    s3.put_object(bucket=bucket, key=f"{folder}/manifest.json.md5", body=checksum.encode(), **owner)


def _lines(tasks: list[Task]) -> bytes:
    """AWS's own reports have the HTTP status before the error's code, whatever their schema says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for task in tasks:
        key = quote_plus(task.key, safe="/")
        writer.writerow((task.bucket, key, task.version, task.status, task.http, task.code, task.message))
    return text.getvalue().encode()
