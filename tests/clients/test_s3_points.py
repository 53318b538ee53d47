"""Access points with boto3: ARN, alias and host name, over HTTP."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client


@pytest.fixture
def clients(account: Account, found_names: None) -> tuple[Any, Any]:
    """S3 and S3 Control by a name whose subdomains boto3 makes up."""
    port = account.running.endpoint.rpartition(":")[2]
    made = [account.session().client(name, endpoint_url=f"http://localhost:{port}") for name in ("s3", "s3control")]
    made[0].create_bucket(Bucket=f"b-{account.number}")
    return made[0], made[1]


@pytest.mark.spec("s3control-001")
def test_one_object_by_every_name_of_a_point(account: Account, clients: tuple[Any, Any]) -> None:
    s3, control = clients
    made = control.create_access_point(AccountId=account.number, Name="front", Bucket=f"b-{account.number}")
    for name in (made["AccessPointArn"], made["Alias"]):
        s3.put_object(Bucket=name, Key="a/k é", Body=b"hello")
        assert s3.get_object(Bucket=name, Key="a/k é")["Body"].read() == b"hello"
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=name)["Contents"]] == ["a/k é"]
    listed = control.list_access_points(AccountId=account.number)["AccessPointList"]
    assert [each["Alias"] for each in listed] == [made["Alias"]]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{made['AccessPointArn']}/object/*",
    }
    control.put_access_point_policy(
        AccountId=account.number, Name="front", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=made["AccessPointArn"], Key="a/k é")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert s3.get_object(Bucket=f"b-{account.number}", Key="a/k é")["Body"].read() == b"hello"


def test_the_host_name_of_aws(account: Account, clients: tuple[Any, Any]) -> None:
    s3, control = clients
    control.create_access_point(AccountId=account.number, Name="front", Bucket=f"b-{account.number}")
    s3.put_object(Bucket=f"b-{account.number}", Key="k", Body=b"hello")
    port = account.running.endpoint.rpartition(":")[2]
    url = f"http://front-{account.number}.s3-accesspoint.us-east-1.amazonaws.com:{port}/k"
    signed = AWSRequest("GET", url)
    S3SigV4Auth(account.session().get_credentials(), "s3", "us-east-1").add_auth(signed)
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(signed.headers.items()))) as answer:
        assert answer.read() == b"hello"


@pytest.mark.spec("s3control-002")
def test_a_point_belongs_to_the_internet_or_to_one_vpc(account: Account, clients: tuple[Any, Any]) -> None:
    """Every request here comes from outside of all VPCs."""
    s3, control = clients
    bucket = f"b-{account.number}"
    inner = control.create_access_point(
        AccountId=account.number, Name="inner", Bucket=bucket, VpcConfiguration={"VpcId": "vpc-0123456789abcdef0"}
    )
    outer = control.create_access_point(AccountId=account.number, Name="outer", Bucket=bucket)
    origins = [control.get_access_point(AccountId=account.number, Name=name) for name in ("inner", "outer")]
    assert [each["NetworkOrigin"] for each in origins] == ["VPC", "Internet"]
    s3.put_object(Bucket=outer["AccessPointArn"], Key="k", Body=b"x")
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=inner["AccessPointArn"], Key="k")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
