"""Reading a trail's log files in its bucket, as the role that was handed over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from skyjar.kernel import credentials, principals
from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal

from . import limits, linked

_PAGE = 1_000


def reader_of(call: Call, role: str) -> Principal:
    sts = call.ask("sts", principals.service(linked.PRINCIPAL, call.account))
    made = sts.assume_role(role_arn=role, role_session_name="access-analyzer")
    held = credentials.find(call.tx, made["Credentials"]["AccessKeyId"])
    assert held is not None
    return held.principal


def bucket_of(call: Call, who: Principal, trail: str) -> tuple[str, str]:
    """The trail's bucket, and where in it its account's log files begin."""
    region, account = trail.split(":")[3:5]
    found = call.ask("cloudtrail", who, region=region).get_trail(name=trail)["Trail"]
    prefix = f"{found['S3KeyPrefix']}/" if found.get("S3KeyPrefix") else ""
    return found["S3BucketName"], f"{prefix}AWSLogs/{account}/CloudTrail/"


def keys(call: Call, who: Principal, bucket: str, prefix: str, after: str) -> list[str]:
    """The next log files, in order."""
    answer = call.ask("s3", who).list_objects_v2(bucket=bucket, prefix=prefix, start_after=after, max_keys=_PAGE)
    return [each["Key"] for each in answer.get("Contents", [])]


def is_wanted(key: str, prefix: str, regions: list[str], begins: float, ends: float) -> bool:
    """By the Region and the day in its name; what is called late is delivered the next day."""
    parts = key.removeprefix(prefix).split("/")
    if len(parts) != 5 or (regions and parts[0] not in regions):
        return False
    first = datetime.fromtimestamp(begins, UTC).strftime("%Y/%m/%d")
    last = (datetime.fromtimestamp(ends, UTC) + timedelta(days=1)).strftime("%Y/%m/%d")
    return first <= "/".join(parts[1:4]) <= last


def events(call: Call, who: Principal, bucket: str, key: str) -> Iterator[dict[str, Any]]:
    """Of one log file; what is no log file has none."""
    body = call.ask("s3", who).get_object(bucket=bucket, key=key)["Body"]
    packed = body if isinstance(body, bytes) else body.read()
    try:
        text = zlib.decompressobj(31).decompress(packed, limits.LOG_FILE_BYTES)
        found = orjson.loads(text)["Records"]
    except (zlib.error, orjson.JSONDecodeError, KeyError, TypeError):
        return
    yield from (each for each in found if isinstance(each, dict))
