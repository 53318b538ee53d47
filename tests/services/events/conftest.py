"""Rules with queues as targets, at a desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Send, Sent

ACCOUNT = "111122223333"


def queue_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def allowing(action: str, resource: str, principal: Any, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(act: Callable[..., Any], **parameters: Any) -> str:
    """`code: sentence` of the error that it ends with."""
    with pytest.raises(AWSError) as caught:
        act(**parameters)
    return f"{caught.value.code}: {caught.value.message}"


class Events:
    """`rule(pattern)` makes a rule with a queue as its target and gives the queue's URL."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.events, self.sqs = desk, desk.ask("events"), desk.ask("sqs")
        self.posts: list[Send] = []
        self.answers: list[Sent] = []

    def queue(self, name: str, **attributes: str) -> str:
        policy = allowing("sqs:SendMessage", queue_arn(name), {"Service": "events.amazonaws.com"})
        url: str = self.sqs.create_queue(queue_name=name, attributes={"Policy": policy, **attributes})["QueueUrl"]
        return url

    def rule(
        self, name: str = "r", pattern: Any = None, bus: str = "default", schedule: str = "", **target: Any
    ) -> str:
        given: dict[str, Any] = {"schedule_expression": schedule} if schedule else {}
        if pattern is not None or not schedule:
            given["event_pattern"] = json.dumps(pattern if pattern is not None else {"source": ["app"]})
        self.events.put_rule(name=name, event_bus_name=bus, **given)
        queue = f"{name}-told"
        url = self.queue(queue)
        entry = {"Id": "1", "Arn": queue_arn(queue), **target}
        answer = self.events.put_targets(rule=name, event_bus_name=bus, targets=[entry])
        assert answer["FailedEntryCount"] == 0
        return url

    def put(self, detail: Any = None, source: str = "app", kind: str = "T", **more: Any) -> dict[str, Any]:
        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail or {}), **more}
        answer: dict[str, Any] = self.events.put_events(entries=[entry])
        self.desk.settle()
        found: dict[str, Any] = answer["Entries"][0]
        return found

    def messages(self, url: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self.sqs.receive_message(
            queue_url=url, max_number_of_messages=10, message_attribute_names=["All"]
        ).get("Messages"):
            for each in page:
                found.append(each)
                self.sqs.delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])
        return found

    def told(self, url: str) -> list[Any]:
        return [json.loads(each["Body"]) for each in self.messages(url)]

    async def _answer(self, request: Send) -> Sent:
        self.posts.append(request)
        return self.answers.pop(0) if self.answers else Sent(200, {}, b"")

    def listen(self) -> None:
        self.desk.pipeline.performers[Send] = self._answer


@pytest.fixture
def bridge(desk: Any) -> Events:
    return Events(desk)
