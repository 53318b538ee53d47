"""What SQS costs, against bills worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .conftest import Bill

SQS = "Amazon Simple Queue Service"


def test_requests(february: Any, bill: Bill) -> None:
    sqs = february.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    for number in range(10):
        sqs.send_message(queue_url=url, message_body=str(number))
    sqs.send_message_batch(queue_url=url, entries=[{"Id": str(n), "MessageBody": "x"} for n in range(10)])
    february.advance(90)
    got = []
    for _ in range(20):
        got += sqs.receive_message(queue_url=url).get("Messages", [])
    sqs.receive_message(queue_url=url)  # an empty one costs as well
    for each in got[:5]:
        sqs.delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])
    entries = [{"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(got[5:15])]
    sqs.delete_message_batch(queue_url=url, entries=entries)
    sqs.get_queue_attributes(queue_url=url, attribute_names=["All"])
    operations = {name: amount for name, (amount, _) in bill(SQS, by="OPERATION").items()}
    assert operations == {
        "CreateQueue": 1, "SendMessage": 11, "ReceiveMessage": 21, "DeleteMessage": 6, "GetQueueAttributes": 1
    }  # fmt: skip
    assert bill(SQS) == {"Requests-RBP": (40, Decimal("0.000016"))}
    assert bill(SQS) == {"Requests-RBP": (40, Decimal("0.000016"))}


def test_each_64_kb_is_a_request(february: Any, bill: Bill) -> None:
    sqs = february.ask("sqs")
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    sqs.send_message(queue_url=url, message_body="x" * 65_536)
    sqs.send_message(queue_url=url, message_body="x" * 65_537)
    sqs.send_message(queue_url=url, message_body="x" * 200_000)
    sqs.send_message_batch(queue_url=url, entries=[{"Id": str(n), "MessageBody": "x" * 13_200} for n in range(5)])
    february.advance(90)
    assert bill(SQS, by="OPERATION")["SendMessage"][0] == 1 + 2 + 4 + 2
    got = sum(len(sqs.receive_message(queue_url=url)["Messages"]) for _ in range(8))
    assert got == 8
    assert bill(SQS, by="OPERATION")["ReceiveMessage"][0] == 1 + 2 + 4 + 5


def test_fifo_queues_cost_more(february: Any, bill: Bill) -> None:
    sqs = february.ask("sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(queue_name="q.fifo", attributes=attributes)["QueueUrl"]
    for number in range(9):
        sqs.send_message(queue_url=url, message_body=str(number), message_group_id="g")
    assert bill(SQS) == {"Requests-FIFO-RBP": (10, Decimal("0.000005"))}
