"""SlowDown through boto3: told with its status to who does not try again, and got over by who does."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client


@pytest.fixture
def slow(account: Account) -> Iterator[Account]:
    """An account of which a prefix takes two writes a second, as `skyjar quotas set` has it."""

    def change(value: int | None) -> None:
        body = {"service": "s3", "name": "prefix-writes", "account": account.number, "value": value}
        request = urllib.request.Request(f"{account.running.endpoint}/_skyjar/quotas", json.dumps(body).encode())
        urllib.request.urlopen(request).read()

    change(2)
    yield account
    change(None)


@pytest.mark.spec("s3-029")
def test_slow_down_is_told_and_sdks_try_again(slow: Account) -> None:
    once = slow.client("s3", Config(retries={"total_max_attempts": 1}))
    bucket = f"slow-{slow.number}"
    once.create_bucket(Bucket=bucket)
    refused = []
    for number in range(12):
        try:
            once.put_object(Bucket=bucket, Key=f"a/{number}", Body=b"x")
        except ClientError as error:
            refused.append(error.response)
    assert refused
    assert {each["ResponseMetadata"]["HTTPStatusCode"] for each in refused} == {503}
    assert {(each["Error"]["Code"], each["Error"]["Message"]) for each in refused} == {
        ("SlowDown", "Please reduce your request rate.")
    }
    patient = slow.client("s3", Config(retries={"mode": "standard", "total_max_attempts": 10}))
    attempts = [
        patient.put_object(Bucket=bucket, Key=f"b/{number}", Body=b"x")["ResponseMetadata"]["RetryAttempts"]
        for number in range(4)
    ]
    assert sum(attempts) > 0
    assert patient.list_objects_v2(Bucket=bucket, Prefix="b/")["KeyCount"] == 4
