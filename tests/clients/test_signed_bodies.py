"""Long bodies whose hash is signed, with a key that Skyjar issued: verified before they come and when they are there."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
LONG = 3_000_000  # more than the edge holds in memory


def put(account: Account, keys: dict[str, str], body: bytes, promised: bytes) -> tuple[int, str]:
    """Status, and an error's code and sentence."""
    headers = {"X-Amz-Content-SHA256": hashlib.sha256(promised).hexdigest()}
    signed = AWSRequest("PUT", f"{account.running.endpoint}/b-{account.number}/k", data=promised, headers=headers)
    credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(signed)
    named = {name: value for name, value in signed.headers.items() if name.lower() != "content-length"}
    request = urllib.request.Request(str(signed.url), data=body, headers=named, method="PUT")
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        found = re.findall("<(?:Code|Message)>([^<]*)<", error.read().decode())
        return error.code, ": ".join(found)


def test_what_was_signed_is_taken_and_nothing_else(account: Account) -> None:
    s3, iam = account.client("s3"), account.client("iam")
    s3.create_bucket(Bucket=f"b-{account.number}")
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    keys = iam.create_access_key(UserName="u")["AccessKey"]
    assert put(account, keys, b"x" * LONG, b"x" * LONG)[0] == 200
    assert s3.get_object(Bucket=f"b-{account.number}", Key="k")["ContentLength"] == LONG
    mismatch = "XAmzContentSHA256Mismatch: The provided 'x-amz-content-sha256' header does not match what was computed."
    assert put(account, keys, b"y" * LONG, b"x" * LONG) == put(account, keys, b"y", b"x") == (400, mismatch)
    status, told = put(account, {**keys, "SecretAccessKey": "another"}, b"x" * LONG, b"x" * LONG)
    assert (status, told.partition(":")[0]) == (403, "SignatureDoesNotMatch")
    assert s3.get_object(Bucket=f"b-{account.number}", Key="k")["Body"].read(3) == b"xxx"
