"""What an import writes to CloudWatch Logs, as the caller: an event for each error, in the stream `<import>/error` of one group.

Source: Developer Guide, "Import format quotas and validation", "CloudWatch logs".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import schemas
from .transfer_state import Import

GROUP = "/aws-dynamodb/imports"
BATCH = 500  # events written at once; PutLogEvents takes 10,000 and a megabyte


def group_arn(at: At) -> str:
    return f"arn:aws:logs:{at.region}:{at.account}:log-group:{GROUP}:*"


def begin(call: Call, found: Import) -> None:
    """Make the group, if it is not there, and the import's streams."""
    logs = call.ask("logs")
    there = logs.describe_log_groups(log_group_name_prefix=GROUP)["logGroups"]
    if all(each["logGroupName"] != GROUP for each in there):
        logs.create_log_group(log_group_name=GROUP)
    for stream in ("info", "error"):
        logs.create_log_stream(log_group_name=GROUP, log_stream_name=f"{found.id}/{stream}")


def tell(call: Call, found: Import, key: str, errors: list[tuple[int, str]]) -> None:
    """What is wrong with items of an object, each by its place there."""
    arn = f"{schemas.arn_of(call, found.table)}/import/{found.id}"
    bucket = found.request["S3BucketSource"]["S3Bucket"]
    events: list[dict[str, Any]] = [
        {
            "timestamp": call.now_ms,
            "message": orjson.dumps(
                {
                    "itemS3Pointer": {"bucket": bucket, "key": key, "itemIndex": index},
                    "importArn": arn,
                    "errorMessages": [sentence],
                }
            ).decode(),
        }
        for index, sentence in errors
    ]
    for at in range(0, len(events), BATCH):
        call.ask("logs").put_log_events(
            log_group_name=GROUP, log_stream_name=f"{found.id}/error", log_events=events[at : at + BATCH]
        )
