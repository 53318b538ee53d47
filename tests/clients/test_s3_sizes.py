"""How large a body may be, and what becomes of one that breaks off."""

from __future__ import annotations

import http.client
import time
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

from skyjar.services.s3 import limits
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
MIB = 1024 * 1024


def begin(account: Account, path: str, size: int, **more: str) -> http.client.HTTPConnection:
    """A PUT whose head has been sent."""
    connection = http.client.HTTPConnection(account.running.endpoint.removeprefix("http://"), timeout=20)
    connection.putrequest("PUT", path)
    day = time.strftime("%Y%m%d", time.gmtime())
    scope = f"{account.number}/{day}/us-east-1/s3/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "Content-Length": str(size),
        **more,
    }
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection


@pytest.fixture
def bucket(account: Account) -> str:
    name = f"sizes-{account.number}"
    account.client("s3").create_bucket(Bucket=name)
    return name


@pytest.mark.spec("s3-020")
def test_more_than_five_gib_in_one_put_is_refused_before_it_is_sent(account: Account, bucket: str) -> None:
    answer = begin(account, f"/{bucket}/large", 5 * 1024**3 + 1).getresponse()
    told = ElementTree.fromstring(answer.read())
    assert (answer.status, told.findtext("Code")) == (400, "EntityTooLarge")
    assert (told.findtext("ProposedSize"), told.findtext("MaxSizeAllowed")) == ("5368709121", "5368709120")
    accepted = begin(account, f"/{bucket}/large", 5 * 1024**3, Expect="100-continue")
    assert accepted.sock is not None
    assert accepted.sock.recv(64).startswith(b"HTTP/1.1 100 Continue")
    accepted.close()


@pytest.mark.spec("s3-020")
def test_a_put_that_breaks_off_leaves_nothing(account: Account, bucket: str) -> None:
    connection = begin(account, f"/{bucket}/half", 8 * MIB)
    connection.send(b"x" * 4 * MIB)
    connection.close()
    account.running.settle()
    assert account.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.spec("s3-020")
def test_what_is_larger_goes_up_in_parts(account: Account, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PUT_BYTES", 6 * MIB)
    s3 = account.client("s3")
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 7 * MIB)
    assert refused.value.response["Error"]["Code"] == "EntityTooLarge"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=n, Body=b"x" * 5 * MIB)["ETag"]}
        for n in (1, 2)
    ]  # fmt: skip
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 10 * MIB
