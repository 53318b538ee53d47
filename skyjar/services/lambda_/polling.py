"""What an event source mapping does by itself.

One job per mapping waits for messages, at no cost while there are none. What it receives becomes a `Batch` with a job of
its own, in the transaction that hid the messages, and the waiting goes on, until as many batches are under way as may be.
A batch whose messages the queue would show again, after a crash for instance, is not ours any more and is dropped.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal
from skyjar.runtime.invocations import Outcome, Throttled

from . import execution, filters, invoking, limits, state
from .mapping_state import Batch, Mapping, batches, gatherings, mappings

PROBLEM_S = 10.0
FETCH = 10
Message = dict[str, Any]


class Queue:
    """A mapping's queue, used in its function's role."""

    def __init__(self, call: Call, mapping: Mapping, who: Principal) -> None:
        _, _, _, region, account, name = mapping.source.split(":", 5)
        self._call, self._who, self._region = call, who, region
        self._url = f"{call.endpoint}/{account}/{name}"
        self._sqs = call.ask("sqs", who, region=region)

    def may(self, operation: str) -> bool:
        return self._call.may("sqs", operation, self._who, region=self._region, queue_url=self._url)

    def visibility_s(self) -> int:
        found = self._sqs.get_queue_attributes(queue_url=self._url, attribute_names=["VisibilityTimeout"])
        return int(found["Attributes"]["VisibilityTimeout"])

    def receive(self, most: int) -> list[Message]:
        """Raises Wait when there is nothing."""
        answer = self._sqs.receive_message(
            queue_url=self._url,
            max_number_of_messages=min(most, FETCH),
            wait_time_seconds=limits.WAIT_S,
            message_system_attribute_names=["All"],
            message_attribute_names=["All"],
        )
        found: list[Message] = answer.get("Messages", [])
        return found

    def delete(self, messages: list[Message]) -> None:
        for start in range(0, len(messages), FETCH):
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(messages[start : start + FETCH])
            ]
            self._sqs.delete_message_batch(queue_url=self._url, entries=entries)


@job()
def poll(call: Call, *, mapping: str) -> None:
    """Receive once, pass it on, and come again."""
    found = mappings.get(call, mapping)
    if found is None or not found.is_enabled:
        return
    most = found.concurrency or limits.POLLERS
    if batches.count(call, mapping, limit=most) >= most:
        raise Wait(on=(batches.watched(call, mapping), mappings.watched(call, mapping)), until=call.now + 60)
    try:
        _fetch(call, found)
    except AWSError as error:
        note(call, found, f"PROBLEM: {error.message}")
        call.later(poll, due=call.now + PROBLEM_S, key=mapping, mapping=mapping)
        return
    call.later(poll, key=mapping, mapping=mapping)


def _fetch(call: Call, mapping: Mapping) -> None:
    gathered = gatherings.get(call, mapping.uuid)
    if gathered is not None and call.now_ms >= gathered.closes_ms:
        _send_off(call, gathered)
        return
    queue = Queue(call, mapping, execution.principal(call, mapping.role, mapping.name))
    held = len(gathered.messages) if gathered is not None else 0
    try:
        messages = queue.receive(mapping.batch_size - held)
    except Wait as wait:
        until = wait.until if gathered is None else min(wait.until, gathered.closes_ms / 1000)
        raise Wait(on=(*wait.on, mappings.watched(call, mapping.uuid)), until=until) from None
    if not messages:
        return
    hidden_until_ms = call.now_ms + queue.visibility_s() * 1000
    wanted = filters.matching(mapping.filters, messages)
    if len(wanted) < len(messages):
        queue.delete([message for message in messages if message not in wanted])
    for part in _parts(wanted):
        _gather(call, mapping, gathered, part, hidden_until_ms)
        gathered = None


def _parts(messages: list[Message]) -> list[list[Message]]:
    """As many of them together as fit into one invocation."""
    parts: list[list[Message]] = []
    size = limits.BATCH_BYTES
    for message in messages:
        length = len(orjson.dumps(_plain(message))) + 1024
        if size + length > limits.BATCH_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(message)
        size += length
    return parts


def _gather(call: Call, mapping: Mapping, before: Batch | None, messages: list[Message], hidden_until_ms: int) -> None:
    size = sum(len(message["Body"]) for message in messages)
    if before is not None and before.size_bytes + size > limits.BATCH_BYTES * 9 // 10:
        _send_off(call, before)
        before = None
    if before is None:
        batch = Batch(
            mapping=mapping.uuid,
            id=call.new_id(),
            messages=tuple(messages),
            hidden_until_ms=hidden_until_ms,
            closes_ms=call.now_ms + mapping.window_s * 1000,
            size_bytes=size,
        )
    else:
        batch = state.replace(before, messages=before.messages + tuple(messages), size_bytes=before.size_bytes + size)
    if not mapping.window_s or len(batch.messages) >= mapping.batch_size:
        _send_off(call, batch)
    else:
        gatherings.put(call, batch)


def _send_off(call: Call, batch: Batch) -> None:
    gatherings.delete(call, batch.mapping)
    batches.add(call, batch)
    call.later(work, mapping=batch.mapping, batch=batch.id)


@job()
def work(call: Call, *, mapping: str, batch: str) -> Outside | None:
    """Invoke the function with a batch; then delete what it has done."""
    found, held = mappings.get(call, mapping), batches.get(call, mapping, batch)
    if held is None:
        return None
    if found is None or call.now_ms >= held.hidden_until_ms:
        batches.remove(call, held)
        return None
    try:
        at, reference = state.refer(call, found.function)
        version = invoking.choose(call, at, reference)
    except AWSError as error:
        batches.remove(call, held)
        note(call, found, f"PROBLEM: {error.message}")
        return None
    payload = orjson.dumps({"Records": [_record(found, message) for message in held.messages]})
    request = invoking.request_of(call, at, reference, version, payload, call.new_id())

    def then(call: Call, answer: Any) -> None:
        _conclude(call, found, held, answer)

    return Outside(request, then)


def _conclude(call: Call, mapping: Mapping, batch: Batch, answer: Any) -> None:
    try:
        outcome = invoking.conclude(call, answer)
    except AWSError as error:
        batches.remove(call, batch)
        note(call, mapping, f"PROBLEM: {error.message}")
        return
    if isinstance(outcome, Throttled):
        batches.put(call, state.replace(batch, throttles=batch.throttles + 1))
        pause_s = min(0.1 * 2**batch.throttles, 10.0)
        call.later(work, due=call.now + pause_s, mapping=mapping.uuid, batch=batch.id)
        return
    batches.remove(call, batch)
    done = _done(mapping, batch, outcome)
    if done:
        try:
            Queue(call, mapping, execution.principal(call, mapping.role, mapping.name)).delete(done)
        except AWSError as error:
            note(call, mapping, f"PROBLEM: {error.message}")
            return
    note(call, mapping, "OK" if len(done) == len(batch.messages) else "PROBLEM: Function call failed")


def _done(mapping: Mapping, batch: Batch, outcome: Outcome) -> list[Message]:
    """The messages that need not come again. A response that cannot be read means that all failed."""
    messages = list(batch.messages)
    if outcome.result.error:
        return []
    if not mapping.reports_failures:
        return messages
    try:
        answer = orjson.loads(outcome.result.payload or b"null")
        failures = (answer or {}).get("batchItemFailures") or []
        failed = {failure["itemIdentifier"] for failure in failures}
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return []
    if not failed <= {message["MessageId"] for message in messages}:
        return []
    return [message for message in messages if message["MessageId"] not in failed]


def note(call: Call, mapping: Mapping, result: str) -> None:
    current = mappings.get(call, mapping.uuid)
    if current is not None and current.last_result != result:
        mappings.replace(call, current, state.replace(current, last_result=result))


def _plain(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "MessageAttributes"}


def _record(mapping: Mapping, message: Message) -> dict[str, Any]:
    """A message as functions get it."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": mapping.source.split(":")[3],
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        shown["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        shown["binaryValue"] = b64encode(value["BinaryValue"]).decode()
    return shown
