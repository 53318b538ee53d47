"""EventBridge with boto3: a real endpoint, a function on a schedule, S3's events, a server that is killed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account
from tests.simulate.servers import Server

pytestmark = pytest.mark.client


def allow(action: str, resource: str, service: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Principal": {"Service": service}, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(service: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def api() -> Iterator[tuple[str, list[tuple[str, dict[str, str], Any]]]]:
    """The address of an HTTP server, and what it was posted."""
    posts: list[tuple[str, dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", posts
    server.shutdown()
    server.server_close()


def test_an_api_destination_is_called_with_its_key(skyjar: Account, api: tuple[str, list[Any]]) -> None:
    address, posts = api
    events, iam = skyjar.client("events"), skyjar.client("iam")
    connection = events.create_connection(
        Name="c",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}},
    )["ConnectionArn"]
    destination = events.create_api_destination(
        Name="d", ConnectionArn=connection, InvocationEndpoint=f"{address}/hook/*", HttpMethod="POST"
    )["ApiDestinationArn"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trusting("events.amazonaws.com"))["Role"]["Arn"]
    policy = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": destination}
    iam.put_role_policy(
        RoleName="r", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    )
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["app"]}))
    transformer = {"InputPathsMap": {"n": "$.detail.name"}, "InputTemplate": '{"hello": <n>}'}
    target = {
        "Id": "1",
        "Arn": destination,
        "RoleArn": role,
        "InputTransformer": transformer,
        "HttpParameters": {"PathParameterValues": ["$.detail.name"]},
    }
    assert events.put_targets(Rule="r", Targets=[target])["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": "app", "DetailType": "T", "Detail": json.dumps({"name": "blue"})}])
    skyjar.running.settle()
    [(path, headers, body)] = posts
    assert (path, headers["x-key"], body) == ("/hook/blue", "k", {"hello": "blue"})


@pytest.mark.spec("events-010")
def test_a_function_runs_on_a_schedule(
    still: Account, sending_function: Callable[[Account, str], tuple[str, str]]
) -> None:
    events, sqs, functions = still.client("events"), still.client("sqs"), still.client("lambda")
    function, url = sending_function(still, 'event["source"] + " " + event["time"]')
    rule = events.put_rule(Name="r", ScheduleExpression="rate(30 minutes)")["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": function}])
    functions.add_permission(
        FunctionName="f",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    still.running.advance(2 * 1_800 + 1)
    bodies: list[str] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [each["Body"] for each in found]
    assert len(bodies) == 2
    assert all(body.startswith("aws.events ") for body in bodies)


@pytest.mark.spec("s3-156", "events-004", "events-006")
def test_an_upload_reaches_several_targets_by_size(skyjar: Account) -> None:
    events, sqs, s3 = skyjar.client("events"), skyjar.client("sqs"), skyjar.client("s3")
    bucket = f"bridged-{skyjar.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"size": [{"numeric": [">", 3]}]}},
    }
    events.put_rule(Name="r", EventPattern=json.dumps(pattern))
    urls = []
    for name in ("a", "b", "c"):
        arn = f"arn:aws:sqs:us-east-1:{skyjar.number}:{name}"
        policy = allow("sqs:SendMessage", arn, "events.amazonaws.com")
        urls.append(sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"])
        events.put_targets(Rule="r", Targets=[{"Id": name, "Arn": arn}])
    s3.put_object(Bucket=bucket, Key="small", Body=b"x")
    s3.put_object(Bucket=bucket, Key="large", Body=b"hello")
    for url in urls:
        [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MaxNumberOfMessages=10)["Messages"]
        assert json.loads(message["Body"])["detail"]["object"]["key"] == "large"


def test_errors_are_those_that_boto3_knows(skyjar: Account) -> None:
    events = skyjar.client("events")
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.describe_rule(Name="gone")
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="r", EventPattern='{"a": "b"}')
    with pytest.raises(ClientError) as caught:
        events.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}] * 11)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    with pytest.raises(ClientError) as caught:
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": "arn:aws:kinesis:us-east-1:1:stream/s"}])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_what_was_put_is_delivered_after_kill_9(tmp_path: Path) -> None:
    import boto3

    server = Server(tmp_path / "data")
    server.start()
    try:
        keys = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        events = boto3.client("events", endpoint_url=server.endpoint, **keys)
        sqs = boto3.client("sqs", endpoint_url=server.endpoint, **keys)
        arn = "arn:aws:sqs:us-east-1:111122223333:q"
        policy = allow("sqs:SendMessage", arn, "events.amazonaws.com")
        url = sqs.create_queue(QueueName="q", Attributes={"Policy": policy})["QueueUrl"]
        events.put_rule(Name="r", EventPattern='{"source": ["app"]}')
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
        ids: list[str] = []
        for _ in range(3):
            for _ in range(5):
                entries = [{"Source": "app", "DetailType": "T", "Detail": "{}"}] * 10
                ids += [each["EventId"] for each in events.put_events(Entries=entries)["Entries"]]
            server.kill()
            server.start()
        found: list[str] = []
        deadline = time.monotonic() + 20
        while len(found) < 150 and time.monotonic() < deadline:
            page = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            found += [json.loads(each["Body"])["id"] for each in page.get("Messages", [])]
        assert sorted(found) == sorted(ids)
    finally:
        server.stop()
