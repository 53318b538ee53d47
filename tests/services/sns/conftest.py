"""A topic and queues that let SNS in, at a desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Send, Sent

ACCOUNT = "111122223333"


def arn_of(name: str, account: str = ACCOUNT, region: str = "us-east-1") -> str:
    return f"arn:aws:sqs:{region}:{account}:{name}"


def letting_in(queue: str, **condition: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        **({"Condition": condition} if condition else {}),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(act: Callable[..., Any], **parameters: Any) -> str:
    """`code: sentence` of the error that it ends with."""
    with pytest.raises(AWSError) as caught:
        act(**parameters)
    return f"{caught.value.code}: {caught.value.message}"


class Topics:
    """`queue(name)` makes a queue that SNS may send to; `taken(url)` takes all messages out of it."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.sns, self.sqs = desk, desk.ask("sns"), desk.ask("sqs")
        self.posts: list[Send] = []
        self.statuses: list[int] = []

    def topic(self, name: str = "t", **attributes: str) -> str:
        arn: str = self.sns.create_topic(name=name, attributes=attributes)["TopicArn"]
        return arn

    def queue(self, name: str = "q", **attributes: str) -> str:
        given = {"Policy": letting_in(arn_of(name)), **attributes}
        url: str = self.sqs.create_queue(queue_name=name, attributes=given)["QueueUrl"]
        return url

    def subscribed(self, topic: str, name: str = "q", **attributes: str) -> str:
        """The URL of a queue that is subscribed to the topic."""
        url = self.queue(name, **({"FifoQueue": "true"} if name.endswith(".fifo") else {}))
        self.sns.subscribe(topic_arn=topic, protocol="sqs", endpoint=arn_of(name), attributes=attributes)
        return url

    def publish(self, topic: str, message: str = "hello", **more: Any) -> dict[str, str]:
        answer: dict[str, str] = self.sns.publish(topic_arn=topic, message=message, **more)
        self.desk.settle()
        return answer

    def taken(self, url: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.sqs.receive_message(
                queue_url=url,
                max_number_of_messages=10,
                message_attribute_names=["All"],
                message_system_attribute_names=["All"],
            ).get("Messages", [])
            if not page:
                return found
            for each in page:
                found.append(each)
                self.sqs.delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])

    def bodies(self, url: str) -> list[str]:
        return [each["Body"] for each in self.taken(url)]

    async def answer(self, request: Send) -> Sent:
        """An HTTP endpoint: it keeps what it gets and answers with the next of `statuses`, or 200."""
        self.posts.append(request)
        return Sent(self.statuses.pop(0) if self.statuses else 200, {}, b"")

    def listen(self) -> None:
        self.desk.pipeline.performers[Send] = self.answer


@pytest.fixture
def topics(desk: Any) -> Topics:
    return Topics(desk)
