"""What SQS bills: requests, one for each 64 KB that a request carries. Source: "Amazon SQS pricing".

Those that send, receive and delete are read off the queue's tally for CloudWatch when its minute is over, so that they cost nothing
more while they carry no more than 64 KB.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.metrics import Ended, Tallies, Tally

CHUNK_BYTES = 64 * 1024
_TOLD = {
    "SendMessage": ("NumberOfMessagesSent",),
    "ReceiveMessage": ("NumberOfMessagesReceived", "NumberOfEmptyReceives"),
    "DeleteMessage": ("NumberOfMessagesDeleted",),
}
_TALLIED = ("send_message", "send_message_batch", "receive_message", "delete_message", "delete_message_batch")


def _type(queue: str) -> str:
    return "Requests-FIFO-RBP" if queue.endswith(".fifo") else "Requests-RBP"


def follow(tally: Tally, tallies: Tallies, now: float, account: str, region: str, queue: str) -> None:
    """Have what a queue's tally tells counted, once in its minute."""
    known, key = tallies.known(now), ("sqs.usage", account, region, queue)
    if key not in known:
        known[key] = tally
        tallies.pull(now, partial(_pulled, tally, account, region, queue))


def _pulled(tally: Tally, account: str, region: str, queue: str, tallies: Tallies, at: float) -> None:
    """How often a value was told is how many requests told it."""
    for operation, names in _TOLD.items():
        requests = sum(sum(tally.told.get((name, "Count"), {}).values()) for name in names)
        if requests:
            usage.count(tallies, at, (account, region, "sqs", _type(queue), operation), requests)


def carried(ended: Ended, tallies: Tallies, operation: str, size_bytes: float) -> None:
    """A request that carries more than one chunk counts as several."""
    _, account, name = ended.parameters["queue_url"].rsplit("/", 2)
    more = -(-size_bytes // CHUNK_BYTES) - 1
    usage.count(tallies, ended.clock_began, (account, ended.region, "sqs", _type(name), operation), more)


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    if operation in _TALLIED:
        return None
    name = operation.title().replace("_", "")

    def asked(ended: Ended, tallies: Tallies) -> None:
        if not ended.error_code:
            account, queue = _queue(ended.account, ended.parameters)
            usage.count(tallies, ended.clock_began, (account, ended.region, "sqs", _type(queue), name))

    return asked


def _queue(caller: str, given: dict[str, Any]) -> tuple[str, str]:
    """Who pays, and the queue's name, if there is one."""
    if "queue_url" in given:
        _, account, name = given["queue_url"].rsplit("/", 2)
        return account, name
    return caller, given.get("queue_name") or given.get("source_arn") or ""
