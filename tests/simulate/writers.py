"""What eight clients do until the server is killed under them, and what must be true afterwards.

Each client keeps a ledger: what was acknowledged is certain; what was asked when the server died is in doubt, and may
have happened or not. `check` compares the ledgers with what a restarted server has.
"""

from __future__ import annotations

import random
import threading
from typing import Any

from .servers import Gone, Server, Wire

QUEUE, FIFO, TABLE, BUCKET = "standard", "ordered.fifo", "things", "boxes"
LONG = 200_000  # bytes of an object that is streamed


class Ledger:
    """Of all clients together; guarded by one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.acknowledged = 0
        self.sent: set[str] = set()
        self.maybe_sent: set[str] = set()
        self.deleted: set[str] = set()
        self.maybe_deleted: set[str] = set()
        self.groups: dict[str, tuple[int, int]] = {}  # the last deleted for certain, and the last that may be
        self.problems: list[str] = []

    def wrote(self) -> None:
        with self.lock:
            self.acknowledged += 1

    def problem(self, text: str) -> None:
        with self.lock:
            self.problems.append(text)

    def delivered(self, group: str, numbers: list[int]) -> None:
        """FIFO messages of a group as one receive brought them: the next ones, none left out."""
        with self.lock:
            certain, possible = self.groups.get(group, (0, 0))
        first = numbers[0]
        if not certain < first <= possible + 1 or numbers != list(range(first, first + len(numbers))):
            self.problem(f"{group}: {numbers} came after {certain} (perhaps {possible}) was deleted")


class Writer(threading.Thread):
    """One client's life until the server dies; `state` is what it remembers from one life to the next."""

    def __init__(self, server: Server, ledger: Ledger, state: State) -> None:
        super().__init__(daemon=True)
        self.wire = Wire(server.port)
        self.endpoint = server.endpoint
        self.ledger = ledger
        self.state = state
        self.chance = state.chance

    def run(self) -> None:
        acts = (
            (self.send, 5), (self.send_batch, 1), (self.receive, 3), (self.send_in_order, 5), (self.receive_in_order, 3),
            (self.put_item, 4), (self.count, 3), (self.transact, 2), (self.put_object, 4), (self.remove_object, 1),
        )  # fmt: skip
        choices = [act for act, weight in acts for _ in range(weight)]
        try:
            while True:
                self.chance.choice(choices)()
        except Gone:
            pass
        except Exception as error:
            self.ledger.problem(f"a client failed: {error!r}")
        finally:
            self.wire.close()

    def url(self, queue: str) -> str:
        return f"{self.endpoint}/000000000000/{queue}"

    # SQS, standard

    def send(self) -> None:
        body = self.state.name("m")
        self._certain_or_not(
            [body], self.ledger.sent, self.ledger.maybe_sent,
            "AmazonSQS.SendMessage", {"QueueUrl": self.url(QUEUE), "MessageBody": body},
        )  # fmt: skip

    def send_batch(self) -> None:
        bodies = [self.state.name("b") for _ in range(5)]
        entries = [{"Id": body, "MessageBody": body} for body in bodies]
        self._certain_or_not(
            bodies, self.ledger.sent, self.ledger.maybe_sent,
            "AmazonSQS.SendMessageBatch", {"QueueUrl": self.url(QUEUE), "Entries": entries},
        )  # fmt: skip

    def _certain_or_not(
        self, names: list[str], certain: set[str], possible: set[str], target: str, body: dict[str, Any]
    ) -> None:
        try:
            answer = self.wire.done("sqs", target, body)
        except Gone:
            with self.ledger.lock:
                possible.update(names)
            raise
        assert not answer.get("Failed")
        with self.ledger.lock:
            certain.update(names)
        self.ledger.wrote()

    def receive(self) -> None:
        answer = self.wire.done(
            "sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": self.url(QUEUE), "MaxNumberOfMessages": 3}
        )
        for message in answer.get("Messages", ()):
            body = message["Body"]
            if body in self.ledger.deleted:
                self.ledger.problem(f"{body} was deleted and has come back")
            self._certain_or_not(
                [body], self.ledger.deleted, self.ledger.maybe_deleted,
                "AmazonSQS.DeleteMessage", {"QueueUrl": self.url(QUEUE), "ReceiptHandle": message["ReceiptHandle"]},
            )  # fmt: skip

    # SQS, FIFO: a group a client, sent with deduplication ids, so a doubtful one is simply sent again

    def send_in_order(self) -> None:
        number = self.state.sent_in_order + 1
        body = {
            "QueueUrl": self.url(FIFO), "MessageBody": f"{self.state.group} {number}", "MessageGroupId": self.state.group,
            "MessageDeduplicationId": f"{self.state.group}-{number}",
        }  # fmt: skip
        status, answer = self.wire.json("sqs", "AmazonSQS.SendMessage", body)
        if status == 200:
            self.state.sent_in_order = number
            self.ledger.wrote()
        elif answer.get("__type", "").rpartition("#")[2] != "RequestThrottled":
            raise AssertionError(answer)

    def receive_in_order(self) -> None:
        body = {"QueueUrl": self.url(FIFO), "MaxNumberOfMessages": 5}
        status, answer = self.wire.json("sqs", "AmazonSQS.ReceiveMessage", body)
        by_group: dict[str, list[tuple[int, str]]] = {}
        for message in answer.get("Messages", ()) if status == 200 else ():
            group, _, number = message["Body"].partition(" ")
            by_group.setdefault(group, []).append((int(number), message["ReceiptHandle"]))
        for group, messages in by_group.items():
            self.ledger.delivered(group, [number for number, _ in messages])
        for group, messages in by_group.items():
            for number, handle in messages:
                self._delete_in_order(group, number, handle)

    def _delete_in_order(self, group: str, number: int, handle: str) -> None:
        with self.ledger.lock:
            certain, possible = self.ledger.groups.get(group, (0, 0))
            self.ledger.groups[group] = (certain, max(possible, number))
        while True:
            status, answer = self.wire.json(
                "sqs", "AmazonSQS.DeleteMessage", {"QueueUrl": self.url(FIFO), "ReceiptHandle": handle}
            )
            if status == 200:
                break
            if answer.get("__type", "").rpartition("#")[2] != "RequestThrottled":
                raise AssertionError(answer)
        with self.ledger.lock:
            certain, possible = self.ledger.groups[group]  # another client may have gone on with the next by now
            self.ledger.groups[group] = (max(certain, number), max(possible, number))
        self.ledger.wrote()

    # DynamoDB

    def put_item(self) -> None:
        key, value = f"{self.state.group}-{self.chance.randrange(200)}", self.state.name("v")
        self.state.items.setdefault(key, {""}).add(value)
        item = {"id": {"S": key}, "value": {"S": value}, "padding": {"S": "p" * self.chance.randrange(2000)}}
        self.wire.done("dynamodb", "DynamoDB_20120810.PutItem", {"TableName": TABLE, "Item": item})
        self.state.items[key] = {value}
        self.ledger.wrote()

    def count(self) -> None:
        certain = self.state.counted[0]
        self.state.counted = (certain, certain + 1)
        self.wire.done(
            "dynamodb", "DynamoDB_20120810.UpdateItem",
            {
                "TableName": TABLE, "Key": {"id": {"S": f"{self.state.group}-count"}}, "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            },
        )  # fmt: skip
        self.state.counted = (certain + 1, certain + 1)
        self.ledger.wrote()

    def transact(self) -> None:
        value = self.state.name("t")
        self.state.both.add(value)
        puts = [
            {"Put": {"TableName": TABLE, "Item": {"id": {"S": f"{self.state.group}-{side}"}, "value": {"S": value}}}}
            for side in ("left", "right")
        ]
        self.wire.done("dynamodb", "DynamoDB_20120810.TransactWriteItems", {"TransactItems": puts})
        self.state.both = {value}
        self.ledger.wrote()

    # S3

    def put_object(self) -> None:
        key, value = f"{self.state.group}/{self.chance.randrange(60)}", self.state.name("o")
        content = value.encode() * (LONG // len(value) if self.chance.random() < 0.1 else 3)
        self.state.objects.setdefault(key, {None}).add(content)
        status, answer = self.wire.s3("PUT", f"/{BUCKET}/{key}", content)
        assert status == 200, answer
        self.state.objects[key] = {content}
        self.ledger.wrote()

    def remove_object(self) -> None:
        key = f"{self.state.group}/{self.chance.randrange(60)}"
        self.state.objects.setdefault(key, {None}).add(None)
        status, answer = self.wire.s3("DELETE", f"/{BUCKET}/{key}")
        assert status == 204, answer
        self.state.objects[key] = {None}
        self.ledger.wrote()


class State:
    """What a client knows across restarts: for each thing, the values that it may have now."""

    def __init__(self, number: int, seed: int) -> None:
        self.group = f"g{number}"
        self.chance = random.Random(f"{seed}/{number}")
        self._names = 0
        self.sent_in_order = 0
        self.items: dict[str, set[str]] = {}
        self.counted = (0, 0)
        self.both: set[str] = {""}
        self.objects: dict[str, set[bytes | None]] = {}

    def name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}-{self.group}-{self._names}"


def prepare(wire: Wire) -> None:
    wire.done("sqs", "AmazonSQS.CreateQueue", {"QueueName": QUEUE})
    attributes = {
        "FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
    }  # fmt: skip
    wire.done("sqs", "AmazonSQS.CreateQueue", {"QueueName": FIFO, "Attributes": attributes})
    definition = {
        "TableName": TABLE, "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }  # fmt: skip
    wire.done("dynamodb", "DynamoDB_20120810.CreateTable", definition)
    wire.advance(60)
    assert wire.s3("PUT", f"/{BUCKET}")[0] == 200


def check(wire: Wire, states: list[State], problems: list[str]) -> None:
    """Items, counters and objects are what was acknowledged, or what was in doubt; which settles the doubt."""
    for state in states:
        _check_items(wire, state, problems)
        for key, possible in state.objects.items():
            status, content = wire.s3("GET", f"/{BUCKET}/{key}")
            found = content if status == 200 else None
            if found not in possible:
                problems.append(f"object {key}: {status} {len(content)} bytes, not one of {len(possible)} possible")
            state.objects[key] = {found}


def _item(wire: Wire, key: str) -> dict[str, Any]:
    answer = wire.done(
        "dynamodb", "DynamoDB_20120810.GetItem", {"TableName": TABLE, "Key": {"id": {"S": key}}, "ConsistentRead": True}
    )
    found: dict[str, Any] = answer.get("Item", {})
    return found


def _check_items(wire: Wire, state: State, problems: list[str]) -> None:
    for key, values in state.items.items():
        value = _item(wire, key).get("value", {}).get("S", "")
        if value not in values:
            problems.append(f"item {key} is {value!r}, not one of {values}")
        state.items[key] = {value}
    count = int(_item(wire, f"{state.group}-count").get("n", {}).get("N", "0"))
    if not state.counted[0] <= count <= state.counted[1]:
        problems.append(f"{state.group} counted {count}, not {state.counted}")
    state.counted = (count, count)
    left, right = (_item(wire, f"{state.group}-{side}").get("value", {}).get("S", "") for side in ("left", "right"))
    if left != right or left not in state.both:
        problems.append(f"{state.group} has {left!r} and {right!r}, of {state.both}")
    state.both = {left}


def drain(server: Server, ledger: Ledger, states: list[State]) -> None:
    """Receive all that is left of both queues: nothing is missing, nothing twice, nothing that was deleted."""
    wire = Wire(server.port)
    wire.advance(60)  # what was in flight is visible again
    left: list[str] = []
    url = f"{server.endpoint}/000000000000/"
    while found := _take(wire, url + QUEUE):
        left += found
    missing = ledger.sent - ledger.deleted - ledger.maybe_deleted - set(left)
    if missing:
        ledger.problem(f"lost: {sorted(missing)[:10]} and more, {len(missing)} in all")
    for body in left:
        if body in ledger.deleted:
            ledger.problem(f"{body} was deleted and has come back")
        if body not in ledger.sent and body not in ledger.maybe_sent:
            ledger.problem(f"{body} was never sent")
    if len(left) != len(set(left)):
        ledger.problem("a message is there twice")
    ordered: dict[str, list[int]] = {}
    while found := _take(wire, url + FIFO):
        for body in found:
            group, _, number = body.partition(" ")
            ordered.setdefault(group, []).append(int(number))
    for state in states:
        numbers = ordered.get(state.group, [])
        possible = ledger.groups.get(state.group, (0, 0))[1]
        if numbers:
            ledger.delivered(state.group, numbers)
        last = numbers[-1] if numbers else possible
        if last not in (state.sent_in_order, state.sent_in_order + 1):
            ledger.problem(f"{state.group} ends with {last}, not {state.sent_in_order}")
    wire.close()


def _take(wire: Wire, url: str) -> list[str]:
    answer = wire.done("sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": 10})
    messages = answer.get("Messages", [])
    if messages:
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
        wire.done("sqs", "AmazonSQS.DeleteMessageBatch", {"QueueUrl": url, "Entries": entries})
    return [message["Body"] for message in messages]
