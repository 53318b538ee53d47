"""Multi-Region access points with boto3 and the AWS CLI, which sign with SigV4A (awscrt) and always go to AWS's own host name:
a hook, or a proxy, leads them here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.crt.auth import CrtS3SigV4AsymAuth, CrtSigV4AsymAuth
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
AWS = Path(sys.executable).with_name("aws")
IRELAND = "eu-west-1"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


@pytest.fixture
def keys(account: Account) -> dict[str, str]:
    """A user's keys, whose signatures are verified."""
    iam = account.client("iam")
    iam.create_user(UserName="u")
    iam.put_user_policy(
        UserName="u", PolicyName="p", PolicyDocument=document({"Action": ["s3:*", "sts:*"], "Resource": "*"})
    )
    made = iam.create_access_key(UserName="u")["AccessKey"]
    return {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}


class Point:
    """One over a bucket in Virginia and one in Ireland."""

    def __init__(self, account: Account, keys: dict[str, str]) -> None:
        self.account, self.keys = account, keys
        self.control = self.controlling("us-west-2")
        self.buckets = [f"va-{account.number}", f"ie-{account.number}"]
        account.client("s3").create_bucket(Bucket=self.buckets[0])
        self.ireland = account.client("s3", region_name=IRELAND)
        self.ireland.create_bucket(Bucket=self.buckets[1], CreateBucketConfiguration={"LocationConstraint": IRELAND})
        self.token = self.control.create_multi_region_access_point(
            AccountId=account.number, Details={"Name": "front", "Regions": [{"Bucket": name} for name in self.buckets]}
        )["RequestTokenARN"]
        shown = self.control.get_multi_region_access_point(AccountId=account.number, Name="front")["AccessPoint"]
        self.alias = shown["Alias"]
        self.arn = f"arn:aws:s3::{account.number}:accesspoint/{self.alias}"

    def controlling(self, region: str) -> Any:
        port = urlsplit(self.account.running.endpoint).port
        session = self.account.session(**self.keys, region_name=region)
        return session.client("s3control", endpoint_url=f"http://localhost:{port}")

    @property
    def host(self) -> str:
        return f"{self.alias}.accesspoint.s3-global.amazonaws.com"

    def s3(self, **more: str) -> Any:
        """A client whose requests to AWS's host are sent here, as they were signed (the README's way)."""
        client = self.account.session(**{**self.keys, **more}).client("s3")
        client.meta.events.register("before-send.s3", self.lead)
        return client

    def lead(self, request: Any, **_: Any) -> None:
        assert urlsplit(request.url).netloc == self.host
        request.headers["Host"] = self.host
        request.url = request.url.replace(f"https://{self.host}", self.account.running.endpoint)

    def dial(self, **percent: int) -> None:
        updates = [{"Region": name.replace("_", "-"), "TrafficDialPercentage": each} for name, each in percent.items()]
        self.control.submit_multi_region_access_point_routes(
            AccountId=self.account.number, Mrap=self.arn, RouteUpdates=updates
        )


@pytest.fixture
def point(account: Account, keys: dict[str, str], found_names: None) -> Point:
    return Point(account, keys)


def refused(function: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_objects_through_it_and_a_failover(point: Point) -> None:
    described = point.control.describe_multi_region_access_point_operation(
        AccountId=point.account.number, RequestTokenARN=point.token
    )["AsyncOperation"]
    assert described["RequestStatus"] == "SUCCEEDED"
    s3 = point.s3()
    s3.put_object(Bucket=point.arn, Key="a/k é", Body=b"hello", Metadata={"x": "y"})
    found = s3.get_object(Bucket=point.arn, Key="a/k é")
    assert (found["Body"].read(), found["Metadata"]) == (b"hello", {"x": "y"})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=point.arn)["Contents"]] == ["a/k é"]
    point.dial(us_east_1=0)
    assert refused(s3.get_object, Bucket=point.arn, Key="a/k é") == ("NoSuchKey", 404)
    s3.put_object(Bucket=point.arn, Key="k", Body=b"from ireland")
    assert point.ireland.get_object(Bucket=point.buckets[1], Key="k")["Body"].read() == b"from ireland"
    routes = point.control.get_multi_region_access_point_routes(AccountId=point.account.number, Mrap=point.arn)
    assert [each["TrafficDialPercentage"] for each in routes["Routes"]] == [0, 100]
    assert refused(s3.delete_objects, Bucket=point.arn, Delete={"Objects": [{"Key": "k"}]}) == ("MethodNotAllowed", 405)
    elsewhere = point.controlling("us-east-1").list_multi_region_access_points
    assert refused(elsewhere, AccountId=point.account.number) == ("PermanentRedirect", 301)


def test_long_bodies_in_parts(point: Point, tmp_path: Path) -> None:
    """Parts come as aws-chunked with an unsigned trailer."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(os.urandom(20_000_000))
    s3 = point.s3()
    s3.upload_file(str(source), point.arn, "long")
    s3.download_file(point.arn, "long", str(target))
    assert target.read_bytes() == source.read_bytes()


def test_keys_that_are_not_its_own(point: Point) -> None:
    s3 = point.s3(aws_secret_access_key="another")
    assert refused(s3.put_object, Bucket=point.arn, Key="k", Body=b"x") == ("SignatureDoesNotMatch", 403)
    sts = point.account.client("sts", **point.keys)
    session = sts.get_session_token()["Credentials"]
    held = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"]}
    point.s3(**held, aws_session_token=session["SessionToken"]).put_object(Bucket=point.arn, Key="k", Body=b"x")
    s3 = point.s3(**held, aws_session_token="another")
    assert refused(s3.put_object, Bucket=point.arn, Key="k", Body=b"x")[0] == "InvalidToken"


def fetched(point: Point, url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """The URL of AWS's host, asked here."""
    here = url.replace(f"https://{point.host}", point.account.running.endpoint)
    request = urllib.request.Request(here, headers={**(headers or {}), "Host": point.host})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_presigned_urls(point: Point) -> None:
    s3 = point.s3()
    s3.put_object(Bucket=point.arn, Key="k é", Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": point.arn, "Key": "k é"}, ExpiresIn=60)
    assert "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256" in url and url.startswith(f"https://{point.host}/")
    assert fetched(point, url) == (200, "hello")
    assert fetched(point, url.replace("k%20", "K%20"))[0] == 403
    assert fetched(point, url.replace("X-Amz-Region-Set=%2A", "X-Amz-Region-Set=us-east-1"))[0] == 403


def test_sigv4_and_unsigned_requests(point: Point) -> None:
    point.s3().put_object(Bucket=point.arn, Key="k", Body=b"hello")
    keys = Credentials(point.keys["aws_access_key_id"], point.keys["aws_secret_access_key"])
    url = f"https://{point.host}/k"
    assert "AccessDenied" in fetched(point, url)[1]
    for region, status in (("us-east-1", 200), (IRELAND, 400)):
        signed = AWSRequest("GET", url)
        S3SigV4Auth(keys, "s3", region).add_auth(signed)
        answer = fetched(point, url, dict(signed.headers.items()))
        assert answer[0] == status
        presigned = AWSRequest("GET", url)
        S3SigV4QueryAuth(keys, "s3", region, expires=60).add_auth(presigned)
        answer = fetched(point, str(presigned.url))
        assert answer[0] == status
    assert "the region &apos;eu-west-1&apos; is wrong" in answer[1] or "the region 'eu-west-1' is wrong" in answer[1]
    assert "<Region>us-east-1</Region>" in answer[1]


@pytest.mark.parametrize(("host", "regions", "status"), [
    ("localhost", "*", 200), ("localhost", "eu-west-1", 200), ("sqs.eu-west-1.amazonaws.com", "eu-*", 200),
    ("sqs.eu-west-1.amazonaws.com", "us-east-1,us-west-2", 403), ("localhost", "eu-*", 403),
])  # fmt: skip
def test_other_services_take_it_too(point: Point, host: str, regions: str, status: int) -> None:
    iam = point.account.client("iam")
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    keys = Credentials(point.keys["aws_access_key_id"], point.keys["aws_secret_access_key"])
    port = urlsplit(point.account.running.endpoint).port
    headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    signed = AWSRequest("POST", f"http://{host}:{port}/", data=b"{}", headers=headers)
    CrtSigV4AsymAuth(keys, "sqs", regions).add_auth(signed)
    request = urllib.request.Request(
        f"{point.account.running.endpoint}/",
        data=b"{}",
        headers={**dict(signed.headers.items()), "Host": f"{host}:{port}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            assert answer.status == status
    except urllib.error.HTTPError as error:
        assert error.code == status


@pytest.mark.parametrize(
    ("host", "regions", "status"),
    [("{bucket}.s3.eu-west-1.amazonaws.com", "*", 200), ("{bucket}.s3.eu-west-1.localhost", "eu-*,us-east-1", 200),
     ("s3.eu-west-1.amazonaws.com", "eu-west-1", 200), ("localhost", "eu-west-1", 200),
     ("{bucket}.s3.eu-west-1.amazonaws.com", "us-east-1", 400), ("localhost", "*", 301)],
)  # fmt: skip
def test_buckets_themselves_take_it(point: Point, host: str, regions: str, status: int) -> None:
    """Where neither the host's name nor the signature says a Region, it is us-east-1, and the bucket is elsewhere."""
    bucket = point.buckets[1]
    point.ireland.put_object(Bucket=bucket, Key="k", Body=b"hello")
    path = "/k" if "{bucket}" in host else f"/{bucket}/k"
    port = urlsplit(point.account.running.endpoint).port
    named = f"{host.format(bucket=bucket)}:{port}"
    signed = AWSRequest("GET", f"http://{named}{path}")
    keys = Credentials(point.keys["aws_access_key_id"], point.keys["aws_secret_access_key"])
    CrtS3SigV4AsymAuth(keys, "s3", regions).add_auth(signed)
    request = urllib.request.Request(
        f"{point.account.running.endpoint}{path}", headers={**dict(signed.headers.items()), "Host": named}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            assert (answer.status, answer.read()) == (status, b"hello")
    except urllib.error.HTTPError as error:
        assert error.code == status, error.read()


# The AWS CLI, through a proxy that leads every connection here


def carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def tunnel(client: socket.socket, port: int) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(65536)
    here = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    back = threading.Thread(target=carry, args=(here, client), daemon=True)
    back.start()
    carry(client, here)
    back.join(10)
    here.close()
    client.close()


@pytest.fixture
def proxy(account: Account) -> Iterator[str]:
    port = urlsplit(account.running.endpoint).port
    assert port is not None
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=tunnel, args=(client, port), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def test_the_aws_cli(point: Point, proxy: str, tmp_path: Path) -> None:
    running = point.account.running
    authority = running.call(lambda: running.cloud.edge.authority().certificate_path)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "HOME": str(tmp_path), "HTTPS_PROXY": proxy, "AWS_CA_BUNDLE": str(authority),
        "AWS_ACCESS_KEY_ID": point.keys["aws_access_key_id"], "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": point.keys["aws_secret_access_key"],
    }  # fmt: skip

    def aws(*words: str) -> str:
        done = subprocess.run([str(AWS), *words], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "in").write_text("hello")
    aws("s3", "cp", str(tmp_path / "in"), f"s3://{point.arn}/folder/k")
    assert "k" in aws("s3", "ls", f"s3://{point.arn}/folder/")
    aws("s3api", "get-object", "--bucket", point.arn, "--key", "folder/k", str(tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "hello"
    listed = aws(
        "s3control", "list-multi-region-access-points", "--region", "us-west-2", "--account-id", point.account.number
    )
    assert json.loads(listed)["AccessPoints"][0]["Alias"] == point.alias
