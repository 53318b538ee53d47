"""CloudWatch Logs with boto3 and the AWS CLI."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
