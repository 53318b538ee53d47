"""Object Lambda with boto3: a real function that reads with the URL it is given and writes what the caller gets."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ResponseStreamingError
from urllib3.exceptions import ProtocolError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

FUNCTION = """
import base64
import hashlib
import json
import urllib.error
import urllib.request

import boto3

def handler(event, context):
    about = event["getObjectContext"]
    s3 = boto3.client("s3")
    to = {"RequestRoute": about["outputRoute"], "RequestToken": about["outputToken"]}
    try:
        with urllib.request.urlopen(about["inputS3Url"]) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        s3.write_get_object_response(**to, StatusCode=error.code, ErrorCode="NotForYou", ErrorMessage="no: " + str(error.code))
        return
    if body == b"raise":
        raise ValueError("no")
    if body == b"silent":
        return
    if body == b"event":
        body = json.dumps(event).encode()
    digest = base64.b64encode(hashlib.sha512(body.upper()).digest()).decode()
    s3.write_get_object_response(**to, Body=body.upper(), ContentType="text/loud", Metadata={"loud": "yes"}, ETag='"loud"', ChecksumSHA512=digest)
    if body == b"twice":
        try:
            s3.write_get_object_response(**to, Body=b"again")
        except Exception as error:
            print(error)
"""


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def archive(source: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.py", source)
    return made.getvalue()


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


class World:
    """A bucket, an access point, a function, and the Object Lambda access point `loud` over them."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.here = account.running.endpoint.replace("127.0.0.1", "localhost")
        self.s3, self.iam, functions = account.client("s3"), account.client("iam"), account.client("lambda")
        self.control = account.session().client("s3control", endpoint_url=self.here)
        self.bucket = f"b-{account.number}"
        self.s3.create_bucket(Bucket=self.bucket)
        trust = document({"Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
        role = self.iam.create_role(RoleName="f", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.let("f", "s3-object-lambda:WriteGetObjectResponse", "logs:*")
        self.function = functions.create_function(
            FunctionName="loud", Runtime="python3.11", Handler="index.handler", Role=role,
            Code={"ZipFile": archive(FUNCTION)},
        )["FunctionArn"]  # fmt: skip
        functions.get_waiter("function_active_v2").wait(FunctionName="loud")
        self.point = self.control.create_access_point(AccountId=account.number, Name="plain", Bucket=self.bucket)
        transformation = {
            "Actions": ["GetObject"],
            "ContentTransformation": {"AwsLambda": {"FunctionArn": self.function, "FunctionPayload": "p"}},
        }
        self.configuration = {
            "SupportingAccessPoint": self.point["AccessPointArn"],
            "TransformationConfigurations": [transformation],
        }
        self.made = self.control.create_access_point_for_object_lambda(
            AccountId=account.number, Name="loud", Configuration=self.configuration
        )
        self.arn, self.alias = self.made["ObjectLambdaAccessPointArn"], self.made["Alias"]["Value"]

    def let(self, role: str, *actions: str) -> None:
        policy = document({"Action": list(actions), "Resource": "*"})
        self.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy)

    def user(self, *statements: dict[str, Any]) -> Any:
        """S3 as a user who may do that."""
        self.iam.create_user(UserName="ann")
        self.may(*statements)
        keys = self.iam.create_access_key(UserName="ann")["AccessKey"]
        named = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"]}
        return self.account.client("s3", **named)

    def may(self, *statements: dict[str, Any]) -> None:
        self.iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(*statements))


@pytest.fixture
def world(account: Account, found_names: None) -> World:
    return World(account)


@pytest.mark.spec("s3control-004")
def test_the_function_writes_the_answer(world: World) -> None:
    s3 = world.s3
    for key, body in (
        ("a/k é", b"hello"),
        ("twice", b"twice"),
        ("raise", b"raise"),
        ("silent", b"silent"),
        ("event", b"event"),
    ):
        s3.put_object(Bucket=world.bucket, Key=key, Body=body)
    by_host = world.account.session().client("s3", endpoint_url=world.here)
    for client, name in ((s3, world.alias), (by_host, world.arn)):
        answer = client.get_object(Bucket=name, Key="a/k é")
        assert answer["Body"].read() == b"HELLO"
        assert (answer["ContentType"], answer["Metadata"], answer["ContentLength"]) == ("text/loud", {"loud": "yes"}, 5)
        assert base64.b64decode(answer["ChecksumSHA512"]) == hashlib.sha512(b"HELLO").digest()
        assert client.head_object(Bucket=name, Key="a/k é")["ContentType"] == "binary/octet-stream"
        assert client.list_objects_v2(Bucket=name)["KeyCount"] == 5
    assert s3.get_object(Bucket=world.alias, Key="twice")["Body"].read() == b"TWICE"
    assert code(s3.get_object, Bucket=world.alias, Key="absent") == "NotForYou"
    assert code(s3.get_object, Bucket=world.alias, Key="raise") == "LambdaRuntimeError"
    assert code(s3.get_object, Bucket=world.alias, Key="silent") == "LambdaResponseNotReceived"
    long = b"x" * 3_000_000
    s3.put_object(Bucket=world.bucket, Key="long", Body=long)
    answer = s3.get_object(Bucket=world.alias, Key="long")
    assert (answer["ContentLength"], answer["Body"].read()) == (len(long), long.upper())
    event = json.loads(s3.get_object(Bucket=world.alias, Key="event")["Body"].read().lower())
    assert event["configuration"] == {
        "accesspointarn": world.arn, "supportingaccesspointarn": world.point["AccessPointArn"], "payload": "p",
    }  # fmt: skip
    assert event["useridentity"]["arn"] == f"arn:aws:iam::{world.account.number}:root"


@pytest.mark.spec("s3control-004")
def test_the_caller_needs_the_point_the_function_and_the_object(world: World) -> None:
    world.s3.put_object(Bucket=world.bucket, Key="k", Body=b"hello")
    through = {"Action": "s3-object-lambda:GetObject", "Resource": world.arn}
    invoking = {
        "Action": "lambda:InvokeFunction",
        "Resource": world.function,
        "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["s3-object-lambda.amazonaws.com"]}},
    }
    reading = {"Action": "s3:GetObject", "Resource": "*"}
    s3 = world.user(invoking, reading)
    assert code(s3.get_object, Bucket=world.alias, Key="k") == "AccessDenied"
    world.may(through, reading)
    assert code(s3.get_object, Bucket=world.alias, Key="k") == "LambdaPermissionError"
    world.may(through, invoking)
    assert code(s3.get_object, Bucket=world.alias, Key="k") == "NotForYou"
    world.may(through, invoking, reading)
    assert s3.get_object(Bucket=world.alias, Key="k")["Body"].read() == b"HELLO"
    deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3-object-lambda:GetObject", "Resource": world.arn}
    world.control.put_access_point_policy_for_object_lambda(
        AccountId=world.account.number, Name="loud", Policy=document(deny)
    )
    assert code(s3.get_object, Bucket=world.alias, Key="k") == "AccessDenied"
    world.control.delete_access_point_policy_for_object_lambda(AccountId=world.account.number, Name="loud")
    world.let("f", "s3:GetObject")
    assert code(s3.get_object, Bucket=world.alias, Key="k") == "LambdaRuntimeError"


def test_what_is_kept_of_a_point(world: World) -> None:
    named = {"AccountId": world.account.number, "Name": "loud"}
    shown = world.control.get_access_point_for_object_lambda(**named)
    assert shown["Alias"] == {"Value": world.alias, "Status": "READY"}
    back = world.control.get_access_point_configuration_for_object_lambda(**named)["Configuration"]
    assert back == world.configuration
    listed = world.control.list_access_points_for_object_lambda(AccountId=world.account.number)
    assert [each["ObjectLambdaAccessPointArn"] for each in listed["ObjectLambdaAccessPointList"]] == [world.arn]
    assert code(world.control.get_access_point_policy_for_object_lambda, **named) == "NoSuchAccessPointPolicy"
    assert code(world.s3.put_object, Bucket=world.alias, Key="k", Body=b"") == "NotImplemented"
    assert code(world.s3.get_object, Bucket=world.alias, Key="k", Range="bytes=0-1") == "NotImplemented"
    world.control.delete_access_point_for_object_lambda(**named)
    assert code(world.s3.get_object, Bucket=world.alias, Key="k") == "NoSuchBucket"
    assert code(world.control.get_access_point_for_object_lambda, **named) == "NoSuchAccessPoint"


SLOW = """
import os
import time
import urllib.request

import boto3
from botocore.config import Config

class Body:
    \"\"\"Half of it, and the other half when the caller has said that the first has come.\"\"\"

    def __init__(self, table, halves):
        self.table = table
        self.halves = halves

    def read(self, size=-1):
        if not self.halves:
            return b""
        if len(self.halves) == 1:
            wait(self.table, "more")
        if self.halves[0] is None:
            raise ValueError("no more")
        return self.halves.pop(0)

def wait(s3, key):
    for _ in range(3000):
        try:
            s3.head_object(Bucket=os.environ["SIGNS"], Key=key)
            return
        except s3.exceptions.ClientError:
            time.sleep(0.01)
    raise TimeoutError(key)

def handler(event, context):
    about = event["getObjectContext"]
    s3 = boto3.client("s3", config=Config(s3={"payload_signing_enabled": False}))  # over HTTP boto3 reads bodies twice, else
    to = {"RequestRoute": about["outputRoute"], "RequestToken": about["outputToken"]}
    kind = event["userRequest"]["url"].rsplit("/", 1)[1]
    if kind == "whole":
        s3.write_get_object_response(**to, Body=b"whole", Metadata={"a": "b"})
        wait(s3, "more")
    elif kind == "halves":
        s3.write_get_object_response(**to, Body=Body(s3, [b"a" * 100_000, b"b" * 100_000]), ContentType="text/slow")
    elif kind == "cut":
        s3.write_get_object_response(**to, Body=Body(s3, [b"a" * 100_000, None]))
    s3.put_object(Bucket=os.environ["SIGNS"], Key="ended", Body=b"")
"""


@pytest.fixture
def slow(world: World) -> World:
    functions = world.account.client("lambda")
    functions.update_function_configuration(
        FunctionName="loud", Timeout=60, Environment={"Variables": {"SIGNS": world.bucket}}
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName="loud")
    functions.update_function_code(FunctionName="loud", ZipFile=archive(SLOW))
    functions.get_waiter("function_updated_v2").wait(FunctionName="loud")
    world.let("f", "s3-object-lambda:WriteGetObjectResponse", "logs:*", "s3:GetObject", "s3:PutObject", "s3:ListBucket")
    return world


def has_ended(world: World) -> bool:
    return "Contents" in world.s3.list_objects_v2(Bucket=world.bucket, Prefix="ended")


@pytest.mark.spec("s3control-004")
def test_the_answer_comes_while_the_function_still_waits(slow: World) -> None:
    answer = slow.s3.get_object(Bucket=slow.alias, Key="whole")
    assert (answer["Body"].read(), answer["Metadata"], answer["ContentLength"]) == (b"whole", {"a": "b"}, 5)
    assert not has_ended(slow)
    slow.s3.put_object(Bucket=slow.bucket, Key="more", Body=b"")
    slow.s3.get_waiter("object_exists").wait(Bucket=slow.bucket, Key="ended", WaiterConfig={"Delay": 0.05})


@pytest.mark.spec("s3control-004")
def test_a_body_is_passed_on_while_the_function_writes_it(slow: World) -> None:
    answer = slow.s3.get_object(Bucket=slow.alias, Key="halves")
    assert answer["ContentType"] == "text/slow"
    assert answer["Body"].read(100_000) == b"a" * 100_000
    assert not has_ended(slow)
    slow.s3.put_object(Bucket=slow.bucket, Key="more", Body=b"")
    assert answer["Body"].read() == b"b" * 100_000


def test_a_body_that_the_function_breaks_off_is_broken_off(slow: World) -> None:
    answer = slow.s3.get_object(Bucket=slow.alias, Key="cut")
    assert answer["Body"].read(1000) == b"a" * 1000
    slow.s3.put_object(Bucket=slow.bucket, Key="more", Body=b"")
    with pytest.raises((ProtocolError, HTTPClientError, ResponseStreamingError)):
        answer["Body"].read()
