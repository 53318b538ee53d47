"""The in-process form that users test with."""

from __future__ import annotations

from pathlib import Path

import skyjar as package
from skyjar.testing.running import Account


def test_each_account_is_empty_and_alone(skyjar: Account) -> None:
    other = skyjar.running.account()
    skyjar.client("sqs").create_queue(QueueName="jobs")
    assert len(skyjar.client("sqs").list_queues()["QueueUrls"]) == 1
    assert "QueueUrls" not in other.client("sqs").list_queues()
    assert skyjar.client("sts").get_caller_identity()["Account"] == skyjar.number


def test_the_environment_is_all_that_tools_need(skyjar: Account) -> None:
    assert skyjar.environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert skyjar.environment["AWS_ACCESS_KEY_ID"] == skyjar.number


def test_time_is_turned() -> None:
    with package.running(frozen_at=1_800_000_000) as cloud:
        sqs = cloud.client("sqs")
        url = sqs.create_queue(QueueName="later")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello", DelaySeconds=600)
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
        cloud.advance(601)
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_state_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    for there in (False, True):
        with package.running(data=tmp_path / "state") as cloud:
            sqs = cloud.client("sqs")
            assert ("QueueUrls" in sqs.list_queues()) == there
            sqs.create_queue(QueueName="kept")
