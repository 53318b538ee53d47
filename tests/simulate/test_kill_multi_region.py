"""`kill -9` with a Multi-Region access point that was failed over, tags that decide, and a request that is not done yet: all is found as
it was, and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from .servers import Server, Wire, eventually

pytestmark = pytest.mark.client
ACCOUNT = "111122223333"
IRELAND = "eu-west-1"
CREATING_S = 300  # kernel/durations.py


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data", options=("--aws-timing",))
    made.start()
    yield made
    made.stop()


class Owner:
    """Clients of the account, each of whose requests is led to the server with the host name that it was meant for."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.s3, self.ireland = self.client("s3", "us-east-1"), self.client("s3", IRELAND)
        self.control, self.home = self.client("s3control", "us-west-2"), self.client("s3control", "us-east-1")

    def client(self, service: str, region: str) -> Any:
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "test"}
        made = boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}), **keys)
        made.meta.events.register("before-send", self.lead)
        return made

    def lead(self, request: Any, **_: Any) -> None:
        host = request.url.split("/")[2]
        request.headers["Host"] = host
        request.url = request.url.replace(f"https://{host}", self.server.endpoint)

    def begin(self, name: str, *buckets: str) -> str:
        regions = [{"Bucket": bucket} for bucket in buckets]
        token: str = self.control.create_multi_region_access_point(
            AccountId=ACCOUNT, Details={"Name": name, "Regions": regions}, ClientToken=name
        )["RequestTokenARN"]
        return token

    def status(self, token: str) -> str:
        described = self.control.describe_multi_region_access_point_operation(AccountId=ACCOUNT, RequestTokenARN=token)
        return str(described["AsyncOperation"]["RequestStatus"])

    def arn(self, name: str) -> str:
        shown = self.control.get_multi_region_access_point(AccountId=ACCOUNT, Name=name)["AccessPoint"]
        assert shown["Status"] == "READY"
        return f"arn:aws:s3::{ACCOUNT}:accesspoint/{shown['Alias']}"

    def finish(self, token: str) -> None:
        Wire(self.server.port).advance(CREATING_S + 1)
        assert eventually(lambda: self.status(token) == "SUCCEEDED"), self.status(token)


def tagged(owner: Owner) -> None:
    """The bucket in Virginia has a tag, for which alone nobody is told of its versioning."""
    owner.home.tag_resource(AccountId=ACCOUNT, ResourceArn="arn:aws:s3:::va-1", Tags=[{"Key": "keep", "Value": "yes"}])
    owner.s3.put_bucket_abac(Bucket="va-1", AbacStatus={"Status": "Enabled"})
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetBucketVersioning", "Resource": "arn:aws:s3:::va-1",
        "Condition": {"StringEquals": {"aws:ResourceTag/keep": "yes"}},
    }  # fmt: skip
    owner.s3.put_bucket_policy(Bucket="va-1", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def check(owner: Owner, arn: str) -> None:
    routes = owner.control.get_multi_region_access_point_routes(AccountId=ACCOUNT, Mrap=arn)["Routes"]
    assert [each["TrafficDialPercentage"] for each in routes] == [0, 100]
    assert owner.s3.get_object(Bucket=arn, Key="k")["Body"].read() == b"in ireland"
    told = owner.home.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn="arn:aws:s3:::va-1")["Tags"]
    assert told == [{"Key": "keep", "Value": "yes"}]
    assert owner.s3.get_bucket_abac(Bucket="va-1")["AbacStatus"] == {"Status": "Enabled"}
    with pytest.raises(ClientError, match="AccessDenied"):
        owner.s3.get_bucket_versioning(Bucket="va-1")


def test_everything_is_found_as_it_was(server: Server) -> None:
    owner = Owner(server)
    owner.s3.create_bucket(Bucket="va-1")
    owner.ireland.create_bucket(Bucket="ie-1", CreateBucketConfiguration={"LocationConstraint": IRELAND})
    owner.finish(owner.begin("front", "va-1", "ie-1"))
    arn = owner.arn("front")
    owner.control.submit_multi_region_access_point_routes(
        AccountId=ACCOUNT, Mrap=arn, RouteUpdates=[{"Region": "us-east-1", "TrafficDialPercentage": 0}]
    )
    owner.s3.put_object(Bucket=arn, Key="k", Body=b"in ireland")
    tagged(owner)
    token = owner.begin("second", "ie-1")
    check(owner, arn)
    before = owner.status(token)
    assert before == "INPROGRESS"

    server.kill()
    server.start()

    check(owner, arn)
    assert owner.status(token) == before
    assert owner.begin("second", "ie-1") == token, "the same client token makes nothing again"
    owner.finish(token)
    second = owner.arn("second")
    assert owner.s3.get_object(Bucket=second, Key="k")["Body"].read() == b"in ireland"

    server.kill()
    server.start()

    check(owner, arn)
    assert (owner.arn("second"), owner.status(token)) == (second, "SUCCEEDED")
    assert "Traceback" not in server.errors()
