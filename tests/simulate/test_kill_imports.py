"""`kill -9` in the middle of an import from S3: it goes on where it was, and every item comes once.

The long form: SKYJAR_IMPORTED=1000000 pytest -s tests/simulate/test_kill_imports.py
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from .servers import Server, eventually

pytestmark = pytest.mark.client

ITEMS = int(os.environ.get("SKYJAR_IMPORTED", "40000"))
MEMORY_KB = 600_000


def peak_kb(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def test_an_import_goes_on(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    given = {"endpoint_url": server.endpoint, "region_name": "us-east-1"}
    s3, db = (
        boto3.client(name, aws_access_key_id="test", aws_secret_access_key="test", **given)  # type: ignore[call-overload]
        for name in ("s3", "dynamodb")
    )
    lines = [
        json.dumps({"Item": {"pk": {"S": f"{n}"}, "n": {"N": f"{n}"}, "text": {"S": "x" * 90}}}) for n in range(ITEMS)
    ]
    try:
        s3.create_bucket(Bucket="files")
        s3.put_object(Bucket="files", Key="in/1.gz", Body=gzip.compress("\n".join(lines).encode(), 1))
        arn = db.import_table(
            S3BucketSource={"S3Bucket": "files", "S3KeyPrefix": "in/"},
            InputFormat="DYNAMODB_JSON",
            InputCompressionType="GZIP",
            TableCreationParameters={
                "TableName": "new",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )["ImportTableDescription"]["ImportArn"]

        def shown() -> dict[str, Any]:
            found: dict[str, Any] = db.describe_import(ImportArn=arn)["ImportTableDescription"]
            return found

        for part in (1, 2):
            assert eventually(lambda: shown()["ProcessedItemCount"] > ITEMS * part // 4, 120)  # noqa: B023
            server.kill()
            server.start()
        assert eventually(lambda: shown()["ImportStatus"] != "IN_PROGRESS", 120)
        done = shown()
        assert (done["ImportStatus"], done["ErrorCount"]) == ("COMPLETED", 0)
        assert done["ProcessedItemCount"] == done["ImportedItemCount"] == ITEMS
        assert db.describe_table(TableName="new")["Table"]["ItemCount"] == ITEMS
        pages = db.get_paginator("scan").paginate(TableName="new", Select="COUNT")
        assert sum(page["Count"] for page in pages) == ITEMS
        assert peak_kb(server) < MEMORY_KB
    finally:
        server.stop()
