"""CloudWatch Logs with boto3 and the AWS CLI."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client


def test_events_travel(skyjar):
    logs = skyjar.client("logs")
    logs.create_log_group(logGroupName="/my/app", tags={"a": "b"})
    logs.create_log_stream(logGroupName="/my/app", logStreamName="one")
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms, "message": "hello"}, {"timestamp": now_ms + 1, "message": "wörld"}]
    assert logs.put_log_events(logGroupName="/my/app", logStreamName="one", logEvents=events)["nextSequenceToken"]
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName="/my/app")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(logGroupName="/none", logStreamName="one")
    found = logs.get_log_events(logGroupName="/my/app", logStreamName="one", startFromHead=True)
    assert [event["message"] for event in found["events"]] == ["hello", "wörld"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/my/app", filterPattern="hello")
    assert [event["message"] for page in pages for event in page["events"]] == ["hello"]


def test_aws_cli(skyjar):
    logs = skyjar.client("logs")
    logs.create_log_group(logGroupName="tailed")
    logs.create_log_stream(logGroupName="tailed", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "a line"}
    logs.put_log_events(logGroupName="tailed", logStreamName="s", logEvents=[event])
    tool = Path(sys.executable).with_name("aws")
    ask = [
        tool,
        "logs",
        "filter-log-events",
        "--log-group-name",
        "tailed",
        "--query",
        "events[].message",
        "--output",
        "text",
    ]
    done = subprocess.run(ask, env=os.environ | skyjar.environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "a line"), done.stderr


@pytest.mark.spec("logs-003", "logs-004", "logs-005")
def test_a_group_has_a_key_that_logs_may_use(account: Account) -> None:
    kms, logs = account.client("kms"), account.client("logs")
    arn = f"arn:aws:logs:us-east-1:{account.number}:log-group:/app"
    key = kms.create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="/app")
    with pytest.raises(logs.exceptions.InvalidParameterException, match="is not allowed to be used with Arn"):
        logs.associate_kms_key(logGroupName="/app", kmsKeyId=key)
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"{arn}*"}},
    }
    policy["Statement"].append(statement)
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    command = [sys.executable, "-m", "awscli", "logs", "associate-kms-key"]
    command += ["--log-group-name", "/app", "--kms-key-id", key]
    subprocess.run(command, env={**os.environ, **account.environment}, check=True)
    logs.create_log_group(logGroupName="/app/made-with-it", kmsKeyId=key)
    logs.create_log_group(logGroupName="/app/without")
    shown = logs.describe_log_groups(logGroupNamePrefix="/app")["logGroups"]
    assert [group.get("kmsKeyId") for group in shown] == [key, key, None]
    logs.create_log_stream(logGroupName="/app", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "sealed"}
    logs.put_log_events(logGroupName="/app", logStreamName="s", logEvents=[event])
    found = logs.get_log_events(logGroupName="/app", logStreamName="s")["events"]
    assert [each["message"] for each in found] == ["sealed"]
