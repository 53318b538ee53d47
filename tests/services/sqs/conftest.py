"""Queues to work on, without sockets: `queue(DelaySeconds="3")`, `queue(is_fifo=True)`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError


class Queue:
    """One queue and what tests do to it. Ids of messages to a FIFO queue are made from their bodies unless given."""

    def __init__(self, desk: Any, name: str, attributes: dict[str, str]) -> None:
        self.desk, self.sqs, self.name = desk, desk.ask("sqs"), name
        self.url: str = self.sqs.create_queue(queue_name=name, attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{desk.region}:{desk.account}:{name}"

    def send(self, body: str, group: str = "", **more: Any) -> Any:
        if self.name.endswith(".fifo"):
            more = {"message_group_id": group or "g", "message_deduplication_id": f"{group}-{body}", **more}
        return self.sqs.send_message(queue_url=self.url, message_body=body, **more)

    def take(self, most: int = 10, **more: Any) -> list[dict[str, Any]]:
        given = {"max_number_of_messages": most, "message_system_attribute_names": ["All"], **more}
        found: list[dict[str, Any]] = self.sqs.receive_message(queue_url=self.url, **given).get("Messages", [])
        return found

    def bodies(self, most: int = 10, **more: Any) -> list[str]:
        return [message["Body"] for message in self.take(most, **more)]

    def delete(self, handle: str) -> None:
        self.sqs.delete_message(queue_url=self.url, receipt_handle=handle)

    def hide(self, handle: str, seconds: int) -> None:
        self.sqs.change_message_visibility(queue_url=self.url, receipt_handle=handle, visibility_timeout=seconds)

    def set(self, **attributes: str) -> None:
        self.sqs.set_queue_attributes(queue_url=self.url, attributes=attributes)

    def shown(self) -> dict[str, str]:
        found: dict[str, str] = self.sqs.get_queue_attributes(queue_url=self.url, attribute_names=["All"])["Attributes"]
        return found

    def counts(self) -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        shown, start = self.shown(), "ApproximateNumberOfMessages"
        return int(shown[start]), int(shown[start + "NotVisible"]), int(shown[start + "Delayed"])

    def dies_into(self, dead: Queue, after: int = 1) -> None:
        self.set(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": after}))


Make = Callable[..., Queue]


@pytest.fixture
def queue(desk: Any) -> Make:
    def make(name: str = "q", *, is_fifo: bool = False, **attributes: str) -> Queue:
        if is_fifo:
            attributes["FifoQueue"] = "true"
        return Queue(desk, f"{name}.fifo" if is_fifo else name, attributes)

    return make


def refusal(act: Callable[..., Any], *given: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the sentence with which AWS's error answers."""
    with pytest.raises(AWSError) as error:
        act(*given, **parameters)
    return error.value.code, error.value.message
