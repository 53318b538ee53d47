"""Server-side encryption through boto3, over HTTP and HTTPS."""

from __future__ import annotations

import http.client
import io
import json
import os
import ssl
import urllib.parse
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skyjar.edge.certificates import Authority
from skyjar.testing import Running, running
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
KEY, OTHER = bytes(range(32)), bytes(32)
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    """A cloud where plain HTTP is as insecure as on AWS."""
    with running(trusts_loopback=False) as found:
        yield found


@pytest.fixture
def account(cloud: Running) -> Account:
    return cloud.account()


def secure(account: Account, service: str = "s3", **keys: str) -> Any:
    cloud = account.running
    authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
    return boto3.client(
        service,
        endpoint_url=cloud.endpoint.replace("http:", "https:"),
        region_name="us-east-1",
        verify=str(authority.certificate_path),
        **{"aws_access_key_id": account.number, "aws_secret_access_key": "test", **keys},
    )


@pytest.fixture
def s3(account: Account) -> Any:
    return secure(account)


@pytest.fixture
def bucket(account: Account, s3: Any) -> str:
    name = f"bucket-{account.number}"
    s3.create_bucket(Bucket=name)
    return name


def configure(s3: Any, bucket: str, algorithm: str = "AES256", key: str = "", **more: Any) -> None:
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rule = {"ApplyServerSideEncryptionByDefault": default, **more}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def unblock(s3: Any, bucket: str) -> None:
    configure(s3, bucket, BlockedEncryptionTypes={"EncryptionType": ["NONE"]})


def refusal(function: Any, **parameters: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def user(account: Account, name: str, *statements: dict[str, Any]) -> dict[str, str]:
    """The keys of a user with this policy."""
    iam = account.client("iam")
    iam.create_user(UserName=name)
    allow(account, name, *statements)
    held = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": held["AccessKeyId"], "aws_secret_access_key": held["SecretAccessKey"]}


def allow(account: Account, name: str, *statements: dict[str, Any]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})
    account.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=text)


def audited(account: Account, name: str) -> list[dict[str, Any]]:
    """The events of KMS that S3 caused, as CloudTrail has them."""
    found = account.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
    )["Events"]
    return [json.loads(each["CloudTrailEvent"]) for each in found]


@pytest.mark.spec("s3-075", "s3-076", "s3-078", "s3-079")
def test_every_method_is_a_property_of_its_object(account: Account, s3: Any, bucket: str) -> None:
    unblock(s3, bucket)
    for method in ("AES256", "aws:kms", "aws:kms:dsse"):
        s3.put_object(Bucket=bucket, Key=method, Body=b"x", ServerSideEncryption=method)
        assert s3.head_object(Bucket=bucket, Key=method)["ServerSideEncryption"] == method
    s3.put_object(Bucket=bucket, Key="c", Body=b"x", **CUSTOMER)
    assert s3.head_object(Bucket=bucket, Key="c", **CUSTOMER)["SSECustomerAlgorithm"] == "AES256"
    for key, more in (("AES256", {}), ("aws:kms", {}), ("aws:kms:dsse", {}), ("c", CUSTOMER)):
        assert s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read() == b"x"
    refused = refusal(s3.put_object, Bucket=bucket, Key="k", ServerSideEncryption="aws-kms")
    assert refused[:2] == ("InvalidArgument", 400)
    reader = user(account, "ann", {"Action": "s3:GetObject", "Resource": "*"})
    assert secure(account, **reader).get_object(Bucket=bucket, Key="AES256")["Body"].read() == b"x"
    managed = secure(account, **reader).get_object(Bucket=bucket, Key="aws:kms")  # whose key lets in who S3 lets in
    assert managed["Body"].read() == b"x"


@pytest.mark.spec("s3-080")
def test_sse_s3_needs_no_right_to_a_key(account: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    reader = user(account, "ann", {"Action": "s3:GetObject", "Resource": "*"})
    found = secure(account, **reader).get_object(Bucket=bucket, Key="k")
    assert (found["Body"].read(), found.get("SSEKMSKeyId")) == (b"x", None)
    assert not [name for name in s3.meta.service_model.operation_names if "DataKey" in name]


@pytest.mark.spec("s3-081", "s3-082")
def test_the_key_of_an_object_is_chosen_or_managed(account: Account, s3: Any, bucket: str) -> None:
    kms = account.client("kms")
    own = kms.create_key()["KeyMetadata"]["Arn"]
    s3.put_object(Bucket=bucket, Key="own", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=own)
    assert s3.head_object(Bucket=bucket, Key="own")["SSEKMSKeyId"] == own
    s3.put_object(Bucket=bucket, Key="managed", Body=b"x", ServerSideEncryption="aws:kms")
    managed = s3.head_object(Bucket=bucket, Key="managed")["SSEKMSKeyId"]
    assert managed == kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in ("own", "managed")] == [b"x", b"x"]
    kms.disable_key(KeyId=own)
    assert refusal(s3.get_object, Bucket=bucket, Key="own")[0] == "KMS.DisabledException"


@pytest.mark.spec("s3-083", "s3-086")
def test_every_use_of_a_key_is_audited_and_bucket_keys_spare_most(account: Account, s3: Any, bucket: str) -> None:
    given = {"Bucket": bucket, "Body": b"x", "ServerSideEncryption": "aws:kms"}
    for key in ("a", "b"):
        s3.put_object(**given, Key=key)
        s3.get_object(Bucket=bucket, Key=key)
    arns = {f"arn:aws:s3:::{bucket}/{key}" for key in ("a", "b")}
    for name in ("GenerateDataKey", "Decrypt"):
        found = audited(account, name)
        assert {event["requestParameters"]["encryptionContext"]["aws:s3:arn"] for event in found} == arns
        assert len(found) == 2
    for key in ("c", "d", "e"):
        s3.put_object(**given, Key=key, BucketKeyEnabled=True)
        assert s3.get_object(Bucket=bucket, Key=key)["BucketKeyEnabled"] is True
    more = audited(account, "GenerateDataKey")
    assert len(more) == 3
    assert {"aws:s3:arn": f"arn:aws:s3:::{bucket}"} in [each["requestParameters"]["encryptionContext"] for each in more]
    assert len(audited(account, "Decrypt")) == 2


@pytest.mark.spec("s3-084")
def test_the_caller_needs_the_key_too(account: Account, s3: Any, bucket: str) -> None:
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    mine = secure(account, **user(account, "ann", {"Action": "s3:*", "Resource": "*"}))
    put = {"Bucket": bucket, "Key": "k", "Body": b"x", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    code, status, message = refusal(mine.put_object, **put)
    assert (code, status, "kms:GenerateDataKey on resource" in message) == ("AccessDenied", 403, True)
    s3.put_object(**put)
    code, status, message = refusal(mine.get_object, Bucket=bucket, Key="k")
    assert (code, status, "kms:Decrypt on resource" in message) == ("AccessDenied", 403, True)
    allow(account, "ann", {"Action": ["s3:*", "kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"})
    mine.put_object(**put)
    assert mine.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    kms.disable_key(KeyId=key)
    assert refusal(mine.get_object, Bucket=bucket, Key="k")[:2] == ("KMS.DisabledException", 400)
    assert refusal(mine.put_object, **put)[:2] == ("KMS.DisabledException", 400)


@pytest.mark.spec("s3-085", "s3-087", "s3-088")
def test_a_bucket_has_a_default_that_headers_override(account: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    configure(s3, bucket, "aws:kms", key, BucketKeyEnabled=True)
    s3.put_object(Bucket=bucket, Key="after", Body=b"x")
    shown = s3.head_object(Bucket=bucket, Key="after")
    assert (shown["ServerSideEncryption"], shown["SSEKMSKeyId"], shown["BucketKeyEnabled"]) == ("aws:kms", key, True)
    assert s3.head_object(Bucket=bucket, Key="before")["ServerSideEncryption"] == "AES256"
    s3.put_object(Bucket=bucket, Key="header", Body=b"x", ServerSideEncryption="AES256")
    assert s3.head_object(Bucket=bucket, Key="header")["ServerSideEncryption"] == "AES256"
    mine = secure(account, **user(account, "ann", {"Action": "s3:PutObject", "Resource": "*"}))
    assert refusal(mine.put_object, Bucket=bucket, Key="k", Body=b"x")[:2] == ("AccessDenied", 403)
    allow(account, "ann", {"Action": ["s3:PutObject", "kms:GenerateDataKey"], "Resource": "*"})
    mine.put_object(Bucket=bucket, Key="k", Body=b"x")


@pytest.mark.spec("s3-089", "s3-090")
def test_a_policy_is_judged_before_the_default(s3: Any, bucket: str) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    header = "s3:x-amz-server-side-encryption"
    statements = [
        {**deny, "Condition": {"Null": {header: "true"}}},
        {**deny, "Condition": {"StringNotEquals": {header: "AES256"}}},
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    configure(s3, bucket, "AES256")
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x")[:2] == ("AccessDenied", 403)
    kms = {"ServerSideEncryption": "aws:kms"}
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **kms)[:2] == ("AccessDenied", 403)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")


@pytest.mark.spec("s3-091", "s3-092")
def test_a_clients_own_key_is_blocked_until_it_is_not(s3: Any, bucket: str) -> None:
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **CUSTOMER)[:2] == ("AccessDenied", 403)
    unblock(s3, bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **CUSTOMER)
    shown = s3.head_object(Bucket=bucket, Key="k", **CUSTOMER)
    assert shown["SSECustomerKeyMD5"] == b64encode(md5(KEY).digest()).decode()
    assert s3.get_object(Bucket=bucket, Key="k", **CUSTOMER)["Body"].read() == b"x"
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[:2] == ("InvalidRequest", 400)
    wrong = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER}
    assert refusal(s3.get_object, Bucket=bucket, Key="k", **wrong)[:2] == ("AccessDenied", 403)
    source = {f"CopySource{name}": value for name, value in CUSTOMER.items()}
    s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k", **source)
    assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == b"x"


@pytest.mark.spec("s3-093")
@pytest.mark.parametrize("missing", ["algorithm", "key", "key-MD5"])
def test_three_headers_belong_together(account: Account, s3: Any, bucket: str, missing: str) -> None:
    unblock(s3, bucket)
    prefix = "x-amz-server-side-encryption-customer-"
    headers = {"algorithm": "AES256", "key": b64encode(KEY).decode(), "key-MD5": b64encode(md5(KEY).digest()).decode()}
    del headers[missing]
    credential = f"Credential={account.number}/20260101/us-east-1/s3/aws4_request"
    signed = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature={'0' * 64}"
    found = {prefix + name: value for name, value in headers.items()}
    found |= {"Authorization": signed, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": "20260101T000000Z"}
    url = urllib.parse.urlsplit(account.running.endpoint)
    cloud = account.running
    authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
    context = ssl.create_default_context(cafile=str(authority.certificate_path))
    connection = http.client.HTTPSConnection(url.hostname or "", url.port, context=context)
    connection.request("PUT", f"/{bucket}/k", b"x", found)
    answer = connection.getresponse()
    assert (answer.status, b"<Code>InvalidArgument</Code>" in answer.read()) == (400, True)
    connection.close()


@pytest.mark.spec("s3-094", "s3-095", "s3-098")
def test_what_is_under_a_key_wants_a_secure_connection(account: Account, s3: Any, bucket: str) -> None:
    plain = account.client("s3")
    unblock(s3, bucket)
    plain.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert [each.get_object(Bucket=bucket, Key="k")["Body"].read() for each in (plain, s3)] == [b"x", b"x"]
    code, status, message = refusal(plain.put_object, Bucket=bucket, Key="c", Body=b"x", **CUSTOMER)
    assert (code, status, "must be made over a secure connection" in message) == ("InvalidRequest", 400, True)
    kms = {"Bucket": bucket, "Key": "m", "Body": b"x", "ServerSideEncryption": "aws:kms"}
    sentence = (
        "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure connection."
    )
    assert refusal(plain.put_object, **kms) == ("InvalidArgument", 400, sentence)
    s3.put_object(**kms)
    assert refusal(plain.get_object, Bucket=bucket, Key="m") == ("InvalidArgument", 400, sentence)


@pytest.mark.spec("s3-096")
def test_metadata_is_told_to_who_may_not_decrypt(account: Account, s3: Any, bucket: str) -> None:
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": account.client("kms").create_key()["KeyMetadata"]["Arn"]}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "b"}, **kms)
    mine = secure(account, **user(account, "ann", {"Action": "s3:GetObject", "Resource": "*"}))
    assert mine.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "b"}
    assert refusal(mine.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"


@pytest.mark.spec("s3-097")
def test_what_a_client_encrypts_comes_back_as_it_was(account: Account, s3: Any, bucket: str) -> None:
    kms = account.client("kms")
    made = kms.generate_data_key(KeyId=kms.create_key()["KeyMetadata"]["Arn"], KeySpec="AES_256")
    nonce = os.urandom(12)
    sealed = AESGCM(made["Plaintext"]).encrypt(nonce, b"hush", None)
    envelope = {
        "x-amz-key-v2": b64encode(made["CiphertextBlob"]).decode(),
        "x-amz-iv": b64encode(nonce).decode(),
        "x-amz-cek-alg": "AES/GCM/NoPadding",
        "x-amz-wrap-alg": "kms+context",
    }
    s3.put_object(Bucket=bucket, Key="k", Body=sealed, Metadata=envelope)
    found = s3.get_object(Bucket=bucket, Key="k")
    assert (found["Metadata"], body := found["Body"].read()) == (envelope, sealed)
    secret = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    assert AESGCM(secret).decrypt(nonce, body, None) == b"hush"


def test_long_bodies_are_opened_as_they_are_sent(account: Account, s3: Any, bucket: str) -> None:
    data = os.urandom(12 << 20)
    s3.upload_fileobj(
        io.BytesIO(data),
        bucket,
        "parts",
        ExtraArgs={"ServerSideEncryption": "aws:kms"},
        Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20),
    )
    s3.put_object(Bucket=bucket, Key="whole", Body=data, ServerSideEncryption="aws:kms:dsse")
    for key in ("parts", "whole"):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == data
        span = s3.get_object(Bucket=bucket, Key=key, Range="bytes=5242870-7000000")
        assert span["Body"].read() == data[5_242_870:7_000_001]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/parts", ServerSideEncryption="AES256")
    copied = s3.get_object(Bucket=bucket, Key="copy")
    assert (copied["ETag"], copied["Body"].read()) == (f'"{md5(data).hexdigest()}"', data)
    for path in (account.running.cloud.data / "blobs").rglob("*"):
        assert not path.is_file() or data[:64] not in path.read_bytes()


def test_a_damaged_body_is_not_sent(account: Account, s3: Any, bucket: str) -> None:
    data = os.urandom(1 << 20)
    before = set((account.running.cloud.data / "blobs").rglob("*"))
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    (made,) = (path for path in set((account.running.cloud.data / "blobs").rglob("*")) - before if path.is_file())
    raw = bytearray(made.read_bytes())
    raw[600_000] ^= 1
    made.write_bytes(raw)
    once = secure(account)
    once.meta.config.retries = {"max_attempts": 0}
    with pytest.raises(Exception, match=r"(?i)broken|incomplete|closed"):
        once.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-99")["Body"].read() == data[:100]


def test_a_presigned_url_of_an_object_under_a_key(account: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")

    def signed(version: str) -> urllib.parse.SplitResult:
        config = Config(signature_version=version)
        signer = account.session().client("s3", endpoint_url=s3.meta.endpoint_url, config=config)
        return urllib.parse.urlsplit(signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}))

    url, old = signed("s3v4"), signed("s3")
    cloud = account.running
    authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
    context = ssl.create_default_context(cafile=str(authority.certificate_path))

    def get(path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(url.hostname or "", url.port, context=context)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    assert get(f"{url.path}?{url.query}") == (200, b"x")
    assert "AWSAccessKeyId" in old.query
    status, body = get(f"{old.path}?{old.query}")
    assert (status, b"require AWS Signature Version 4." in body) == (400, True)
    s3.delete_public_access_block(Bucket=bucket)
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    status, body = get(url.path)
    assert (status, b"require AWS Signature Version 4." in body) == (400, True)


def test_an_object_gets_another_key_where_it_lies(account: Account, s3: Any) -> None:
    s3.create_bucket(Bucket=f"again-{account.number}")
    where = {"Bucket": f"again-{account.number}", "Key": "k"}
    put = s3.put_object(**where, Body=b"hush")
    arn = secure(account, "kms").create_key()["KeyMetadata"]["Arn"]
    wanted = {"SSEKMS": {"KMSKeyArn": arn, "BucketKeyEnabled": True}}
    s3.update_object_encryption(**where, ObjectEncryption=wanted)
    found = s3.get_object(**where)
    assert (found["Body"].read(), found["ETag"], found["SSEKMSKeyId"]) == (b"hush", put["ETag"], arn)
    assert found["BucketKeyEnabled"]
    plain = account.client("s3")
    with pytest.raises(ClientError, match="secure connection"):
        plain.update_object_encryption(**where, ObjectEncryption=wanted)
