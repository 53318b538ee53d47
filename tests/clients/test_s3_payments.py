"""Requester pays and Transfer Acceleration through boto3."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client


def code(call: Any, **parameters: Any) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.spec("s3-166")
def test_the_requester_pays(skyjar: Account) -> None:
    s3, bucket = skyjar.client("s3"), f"paid-{skyjar.number}"
    theirs = Account(skyjar.running, "999999999995").client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*",
                 "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    url = f"{skyjar.running.endpoint}/{bucket}/k"
    assert urllib.request.urlopen(url).read() == b"x"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    assert code(theirs.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    assert code(theirs.list_objects_v2, Bucket=bucket) == "AccessDenied"
    answer = theirs.get_object(Bucket=bucket, Key="k", RequestPayer="requester")
    assert (answer["Body"].read(), answer["RequestCharged"]) == (b"x", "requester")
    assert theirs.put_object(Bucket=bucket, Key="l", RequestPayer="requester")["RequestCharged"] == "requester"
    assert theirs.list_objects_v2(Bucket=bucket, RequestPayer="requester")["KeyCount"] == 2
    assert "RequestCharged" not in s3.get_object(Bucket=bucket, Key="k")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)


@pytest.mark.spec("s3-025", "s3-026")
def test_acceleration_is_off_until_it_is_enabled(skyjar: Account) -> None:
    s3, bucket = skyjar.client("s3"), f"fast-{skyjar.number}"
    s3.create_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=f"my.{bucket}")
    enabled = {"Status": "Enabled"}
    assert code(
        s3.put_bucket_accelerate_configuration, Bucket=f"my.{bucket}", AccelerateConfiguration=enabled
    ) == "InvalidRequest"  # fmt: skip
    far = skyjar.session().client("s3", config=Config(s3={"use_accelerate_endpoint": True}, signature_version="s3v4"))

    def send(operation: str, method: str, body: bytes = b"", **parameters: Any) -> tuple[int, bytes, str]:
        """What the client would send there, to here."""
        url = urlsplit(far.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k", **parameters}))
        assert url.hostname == f"{bucket}.s3-accelerate.amazonaws.com"
        connection = http.client.HTTPConnection(skyjar.running.endpoint.removeprefix("http://"))
        connection.request(method, f"{url.path}?{url.query}", body or None, {"Host": url.hostname})
        answer = connection.getresponse()
        try:
            return answer.status, answer.read(), answer.headers.get("ETag", "")
        finally:
            connection.close()

    status, text, _ = send("put_object", "PUT", b"x")
    assert (status, b"<Code>InvalidRequest</Code>" in text) == (400, True)
    s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration=enabled)
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    assert send("put_object", "PUT", b"by the edge")[0] == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"by the edge"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    status, _, etag = send("upload_part", "PUT", b"in parts", UploadId=upload, PartNumber=1)
    assert status == 200
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)
    assert send("get_object", "GET")[1] == b"in parts"
