"""What queues tell CloudWatch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOON

MINUTE = 60


def read(desk: Any, name: str, statistic: str = "Sum", queue: str = "q", until: float = 0.0) -> list[float]:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/SQS",
        metric_name=name,
        dimensions=[{"Name": "QueueName", "Value": queue}],
        start_time=NOON,
        end_time=until or desk.clock.now() + MINUTE,
        period=MINUTE,
        statistics=[statistic],
    )
    return [point[statistic] for point in found["Datapoints"]]


@pytest.mark.spec("cloudwatch-014")
def test_a_queue_tells_how_it_stands(desk: Any) -> None:
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(queue_url=url, message_body="hello")
    sqs.send_message(queue_url=url, message_body="later", delay_seconds=600)
    sqs.receive_message(queue_url=url)
    desk.advance(MINUTE)
    assert read(desk, "ApproximateNumberOfMessagesVisible", until=NOON + MINUTE) == [3.0]  # the hidden one is back
    assert read(desk, "ApproximateNumberOfMessagesNotVisible", until=NOON + MINUTE) == [0.0]
    assert read(desk, "ApproximateNumberOfMessagesDelayed", until=NOON + MINUTE) == [1.0]
    assert read(desk, "ApproximateAgeOfOldestMessage", until=NOON + MINUTE) == [60.0]


def test_a_reader_sees_how_it_stands_now(desk: Any) -> None:
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    sqs.send_message(queue_url=url, message_body="hello")
    assert read(desk, "ApproximateNumberOfMessagesVisible", "Average") == [1.0]
    sqs.send_message(queue_url=url, message_body="hello")
    assert read(desk, "ApproximateNumberOfMessagesVisible", "Average") == [2.0]
    assert read(desk, "NumberOfMessagesSent") == [2.0]


def test_what_is_sent_received_and_deleted_is_counted(desk: Any) -> None:
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": "x" * (number + 1)} for number in range(3)]
    sqs.send_message_batch(queue_url=url, entries=entries)
    sqs.send_message(queue_url=url, message_body="four")
    got = sqs.receive_message(queue_url=url, max_number_of_messages=10)["Messages"]
    sqs.receive_message(queue_url=url)
    sqs.delete_message(queue_url=url, receipt_handle=got[0]["ReceiptHandle"])
    rest = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(got[1:3])]
    sqs.delete_message_batch(queue_url=url, entries=rest)
    assert read(desk, "NumberOfMessagesSent") == [4.0]
    assert (read(desk, "SentMessageSize"), read(desk, "SentMessageSize", "SampleCount")) == ([10.0], [4.0])
    assert read(desk, "NumberOfMessagesReceived") == [4.0]
    assert read(desk, "NumberOfEmptyReceives") == [1.0]
    assert read(desk, "NumberOfMessagesDeleted") == [3.0]


def test_an_idle_queue_tells_zeros_for_six_hours(desk: Any) -> None:
    desk.ask("sqs").create_queue(queue_name="q")
    desk.pipeline.metrics.flush()
    moments = desk.loop.run_until_complete(desk.pipeline.runner.advance(NOON + 20 * 3600))
    found = read(desk, "NumberOfMessagesSent")
    assert found == [0.0] * len(found)
    assert len(found) == 360
    assert moments < 400


def test_a_call_that_is_refused_does_not_count(desk: Any) -> None:
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    with pytest.raises(Exception, match="MaxNumberOfMessages"):
        sqs.receive_message(queue_url=url, max_number_of_messages=11)
    assert read(desk, "NumberOfEmptyReceives") == [0.0]


@pytest.mark.spec("cloudwatch-006")
def test_an_alarm_watches_a_queue(desk: Any) -> None:
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    desk.ask("cloudwatch").put_metric_alarm(
        alarm_name="deep", namespace="AWS/SQS", metric_name="ApproximateNumberOfMessagesVisible", statistic="Maximum",
        dimensions=[{"Name": "QueueName", "Value": "q"}], period=60, evaluation_periods=1, threshold=2.0,
        comparison_operator="GreaterThanOrEqualToThreshold",
    )  # fmt: skip

    def state() -> str:
        return str(desk.ask("cloudwatch").describe_alarms()["MetricAlarms"][0]["StateValue"])

    sqs.send_message(queue_url=url, message_body="1")
    desk.advance(MINUTE)
    assert state() == "OK"
    sqs.send_message(queue_url=url, message_body="2")
    desk.advance(MINUTE)
    assert state() == "ALARM"
    sqs.purge_queue(queue_url=url)
    desk.advance(2 * MINUTE)
    assert state() == "OK"
