"""S3 through boto3, its transfer manager, presigned URLs and the AWS CLI."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
MIB = 1024 * 1024


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"bucket-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return name


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.spec("s3-011", "s3-013", "s3-014", "s3-015", "s3-016", "s3-077")
def test_an_object_comes_back_with_its_metadata(skyjar: Account, bucket: str) -> None:
    s3 = skyjar.client("s3")
    s3.put_object(Bucket=bucket, Key="folder1/a.txt", Body=b"hello", ContentType="text/plain", Metadata={"MyKey": "v"})
    head = s3.head_object(Bucket=bucket, Key="folder1/a.txt")
    assert (head["ContentType"], head["Metadata"], head["ContentLength"]) == ("text/plain", {"mykey": "v"}, 5)
    assert head["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="folder1/a.txt")
    assert got["Body"].read() == b"hello"
    assert got["ResponseMetadata"]["HTTPHeaders"]["x-amz-meta-mykey"] == "v"
    listed = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in listed["CommonPrefixes"]] == ["folder1/"]
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.spec("s3-001", "s3-002")
def test_a_bucket_name_is_taken_once_and_lives_in_one_region(skyjar: Account, bucket: str) -> None:
    s3 = skyjar.client("s3")
    with pytest.raises(ClientError) as taken:
        Account(skyjar.running, "999999999999").client("s3").create_bucket(Bucket=bucket)
    assert code(taken) == ("BucketAlreadyExists", 409)
    europe = skyjar.session(region_name="eu-west-1").client("s3", endpoint_url=skyjar.running.endpoint)
    name = bucket + "-eu"
    europe.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.raises(ClientError) as owned:
        europe.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert code(owned) == ("BucketAlreadyOwnedByYou", 409)
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert name in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    request = urllib.request.Request(s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "k"}))
    with pytest.raises(urllib.error.HTTPError) as redirected:
        urllib.request.urlopen(request)
    assert redirected.value.code == 301
    assert redirected.value.headers["x-amz-bucket-region"] == "eu-west-1"
    s3.put_object(Bucket=name, Key="k", Body=b"found by itself")  # boto3 follows the redirect
    assert europe.get_object(Bucket=name, Key="k")["Body"].read() == b"found by itself"


@pytest.mark.spec("s3-021", "s3-023", "s3-024")
def test_the_transfer_manager_uploads_and_downloads_in_parts(skyjar: Account, bucket: str, tmp_path: Path) -> None:
    s3 = skyjar.client("s3")
    content = os.urandom(20 * MIB + 12345)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_file(str(source), bucket, "big", Config=config)
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-5"')
    s3.download_file(bucket, "big", str(target), Config=config)
    assert target.read_bytes() == content
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == content
    across = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={5 * MIB - 3}-{10 * MIB + 2}")
    assert across["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert across["Body"].read() == content[5 * MIB - 3 : 10 * MIB + 3]
    second = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)
    assert (second["PartsCount"], second["Body"].read()) == (5, content[5 * MIB : 10 * MIB])
    with pytest.raises(ClientError) as beyond:
        s3.get_object(Bucket=bucket, Key="big", Range="bytes=99999999-")
    assert code(beyond) == ("InvalidRange", 416)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "big"})
    copied = s3.get_object(Bucket=bucket, Key="copy")
    assert "-" not in copied["ETag"]
    assert copied["Body"].read() == content
    with pytest.raises(ClientError) as number:
        s3.upload_part(Bucket=bucket, Key="big", PartNumber=10_001, UploadId="x", Body=b"")
    assert code(number) == ("InvalidArgument", 400)


def fetch(url: str, method: str = "GET", data: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=data, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.spec("s3-071", "s3-073", "s3-074")
def test_a_presigned_url_does_what_its_signer_may(skyjar: Account, bucket: str) -> None:
    iam, s3 = skyjar.client("iam"), skyjar.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"shared")
    iam.create_user(UserName="signer")
    keys = iam.create_access_key(UserName="signer")["AccessKey"]
    signer = skyjar.client(
        "s3",
        Config(signature_version="s3v4"),
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
    )
    get = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    put = signer.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "new"})
    assert fetch(get)[0] == 403
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*Object","Resource":"*"}]}'
    iam.put_user_policy(UserName="signer", PolicyName="p", PolicyDocument=document)
    assert fetch(get) == (200, b"shared")
    assert fetch(get, "DELETE")[0] == 403
    assert fetch(put, "PUT", b"uploaded")[0] == 200
    status, body = fetch(put.replace("/new?", "/other?"), "PUT", b"uploaded")
    assert (status, b"SignatureDoesNotMatch" in body) == (403, True)
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"uploaded"
    iam.delete_user_policy(UserName="signer", PolicyName="p")
    assert fetch(get)[0] == 403
    short = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=2)
    skyjar.running.freeze()
    try:
        skyjar.running.advance(5)
        status, body = fetch(short)
    finally:
        skyjar.running.resume()
    assert (status, b"Request has expired" in body) == (403, True)


@pytest.mark.spec("s3-044", "s3-056", "s3-065", "s3-068", "s3-069")
def test_public_access_is_blocked_until_it_is_not(skyjar: Account, bucket: str) -> None:
    s3 = skyjar.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"public")
    url = f"{skyjar.running.endpoint}/{bucket}/k"
    assert fetch(url)[0] == 403
    stranger = Account(skyjar.running, "999999999998").client("s3")
    with pytest.raises(ClientError) as refused:
        stranger.get_object(Bucket=bucket, Key="k")
    assert code(refused) == ("AccessDenied", 403)
    blocks = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert list(blocks.values()) == [True] * 4
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
        f'"Resource":"arn:aws:s3:::{bucket}/*"}}]}}'
    )
    with pytest.raises(ClientError) as blocked:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert code(blocked) == ("AccessDenied", 403)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert fetch(url) == (200, b"public")
    assert stranger.get_object(Bucket=bucket, Key="k")["Body"].read() == b"public"
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}
    flags = {"BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=flags)
    assert fetch(url)[0] == 200  # what was public before stays so
    flags["RestrictPublicBuckets"] = True
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=flags)
    assert fetch(url)[0] == 403
    with pytest.raises(ClientError):
        stranger.get_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"public"


def test_virtual_host_style(skyjar: Account, bucket: str) -> None:
    skyjar.client("s3").put_object(Bucket=bucket, Key="a/b", Body=b"hosted")
    s3 = skyjar.client("s3")
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*",'
        f'"Resource":["arn:aws:s3:::{bucket}/*","arn:aws:s3:::{bucket}"]}}]}}',
    )
    for host in (f"{bucket}.s3.localhost", f"{bucket}.localhost", f"{bucket}.s3.us-east-1.amazonaws.com"):
        request = urllib.request.Request(f"{skyjar.running.endpoint}/a/b", headers={"Host": host})
        with urllib.request.urlopen(request) as answer:
            assert answer.read() == b"hosted"
        request = urllib.request.Request(f"{skyjar.running.endpoint}/", headers={"Host": host})
        with urllib.request.urlopen(request) as answer:
            assert b"<Key>a/b</Key>" in answer.read()
    session = skyjar.session()
    port = skyjar.running.endpoint.rpartition(":")[2]
    virtual = session.client(
        "s3", endpoint_url=f"http://s3.localhost:{port}", config=Config(s3={"addressing_style": "virtual"})
    )
    signed = virtual.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/b"})
    assert signed.startswith(f"http://{bucket}.s3.localhost:{port}/a/b")


@pytest.mark.parametrize("algorithm", ["SHA512", "XXHASH64", "XXHASH3", "XXHASH128"])
def test_parts_with_the_newer_checksums(skyjar: Account, bucket: str, tmp_path: Path, algorithm: str) -> None:
    s3, source = skyjar.client("s3"), tmp_path / "source"
    source.write_bytes(os.urandom(6 * MIB))
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_file(str(source), bucket, "k", Config=config, ExtraArgs={"ChecksumAlgorithm": algorithm})
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts"])
    assert (told["Checksum"]["ChecksumType"], told["Checksum"][f"Checksum{algorithm}"][-2:]) == ("COMPOSITE", "-2")
    assert all(part[f"Checksum{algorithm}"] for part in told["ObjectParts"]["Parts"])
    part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2, ChecksumMode="ENABLED")  # which botocore compares
    assert part["Body"].read() == source.read_bytes()[5 * MIB :]
    assert part[f"Checksum{algorithm}"] == told["ObjectParts"]["Parts"][1][f"Checksum{algorithm}"]


@pytest.mark.parametrize("chunked", ["always", "when_required"])
def test_bodies_of_every_size_with_every_checksum(skyjar: Account, bucket: str, chunked: Any) -> None:
    s3 = skyjar.client("s3", Config(request_checksum_calculation=chunked if chunked != "always" else None))
    for size in (0, 1, 16 * 1024, 16 * 1024 + 1, 2 * MIB + 1):
        body = os.urandom(size)
        for algorithm in (
            "CRC32",
            "CRC32C",
            "CRC64NVME",
            "SHA1",
            "SHA256",
            "SHA512",
            "XXHASH64",
            "XXHASH3",
            "XXHASH128",
        ):
            put = s3.put_object(Bucket=bucket, Key=algorithm, Body=body, ChecksumAlgorithm=algorithm)
            got = s3.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
            assert got["Body"].read() == body
            assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()  # botocore computes no MD5
        assert s3.put_object(Bucket=bucket, Key="MD5", Body=body, ChecksumMD5=md5)["ChecksumMD5"] == md5
        assert s3.head_object(Bucket=bucket, Key="MD5", ChecksumMode="ENABLED")["ChecksumMD5"] == md5
    with pytest.raises(ClientError) as bad:
        s3.put_object(Bucket=bucket, Key="k", Body=b"abc", ChecksumCRC32="AAAAAA==")
    assert code(bad) == ("BadDigest", 400)
    with pytest.raises(ClientError) as md5:
        s3.put_object(Bucket=bucket, Key="k", Body=b"abc", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert code(md5) == ("BadDigest", 400)


def aws(account: Account, *arguments: str, **more: Any) -> str:
    command = [str(Path(sys.executable).parent / "aws"), *arguments]
    environment = {**os.environ, **account.environment, "AWS_PAGER": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.spec("s3-072")
def test_the_cli_presigns(skyjar: Account, bucket: str) -> None:
    s3 = skyjar.client("s3", Config(signature_version="s3v4"))
    s3.put_object(Bucket=bucket, Key="k", Body=b"shared")
    keys = skyjar.client("iam")
    keys.create_user(UserName="presigner")
    keys.attach_user_policy(UserName="presigner", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    url = aws(skyjar, "s3", "presign", f"s3://{bucket}/k", "--expires-in", "60").strip()
    assert fetch(url) == (200, b"shared")
    made = keys.create_access_key(UserName="presigner")["AccessKey"]
    signer = skyjar.client(
        "s3",
        Config(signature_version="s3v4"),
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
    )
    default = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert "X-Amz-Expires=3600" in default
    longest = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=604_800)
    assert fetch(longest) == (200, b"shared")
    beyond = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=604_801)
    status, body = fetch(beyond)
    assert (status, b"<Code>AuthorizationQueryParametersError</Code>" in body) == (400, True)
    minute = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    skyjar.running.freeze()
    try:
        skyjar.running.advance(61)
        status, body = fetch(minute)
    finally:
        skyjar.running.resume()
    assert (status, b"Request has expired" in body) == (403, True)


def test_the_cli_syncs_a_folder(skyjar: Account, bucket: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name, size in (("a.txt", 3), ("deep/er/b c+é.bin", 100_000), ("big.bin", 9 * MIB)):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(os.urandom(size))
        os.utime(source / name, (1_700_000_000, 1_700_000_000))  # S3 tells whole seconds: a fresh file looks newer
    aws(skyjar, "s3", "sync", str(source), f"s3://{bucket}/up")
    assert aws(skyjar, "s3", "sync", str(source), f"s3://{bucket}/up") == ""
    aws(skyjar, "s3", "sync", f"s3://{bucket}/up", str(target))
    for name in ("a.txt", "deep/er/b c+é.bin", "big.bin"):
        assert (target / name).read_bytes() == (source / name).read_bytes()
    assert "PRE up/" in aws(skyjar, "s3", "ls", f"s3://{bucket}/")
    aws(skyjar, "s3", "rb", "--force", f"s3://{bucket}")
    assert bucket not in aws(skyjar, "s3", "ls")
