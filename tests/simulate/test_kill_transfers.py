"""`kill -9` among transfers: money is neither made nor lost, and the table's stream tells of every change once.

Each transfer takes from one account, gives to another and leaves a receipt, in one transaction; an account counts its
transfers in `v`. So the receipts say what the accounts must hold, and the stream must bring each account's `v` as 1, 2, 3 …
to a consumer that goes on where it was. The long form: SKYJAR_KILLS=20 SKYJAR_WRITES=8000.
"""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .servers import Gone, Server, Wire

pytestmark = pytest.mark.client

KILLS = int(os.environ.get("SKYJAR_KILLS", "3"))
WRITES = int(os.environ.get("SKYJAR_WRITES", "450"))
SEED = int(os.environ.get("SKYJAR_SEED", str(random.randrange(1_000_000))))
CLIENTS, ACCOUNTS, EACH = 8, 10, 100
ALLOWED = {"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "None"}


def db(wire: Wire, operation: str, **members: Any) -> tuple[int, dict[str, Any]]:
    return wire.json("dynamodb", f"DynamoDB_20120810.{operation}", members)


def streams(wire: Wire, operation: str, **members: Any) -> dict[str, Any]:
    while True:
        status, answer = wire.json("dynamodb", f"DynamoDBStreams_20120810.{operation}", members)
        if status == 200:
            return answer
        assert "Throttling" in answer["__type"], answer
        time.sleep(0.05)


def key(name: str) -> dict[str, Any]:
    return {"id": {"S": name}}


def prepare(wire: Wire) -> str:
    status, answer = db(
        wire, "CreateTable", TableName="bank", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )  # fmt: skip
    assert status == 200, answer
    for number in range(ACCOUNTS):
        item = {**key(f"account {number}"), "sum": {"N": str(EACH)}, "v": {"N": "0"}}
        assert db(wire, "PutItem", TableName="bank", Item=item)[0] == 200
    return str(answer["TableDescription"]["LatestStreamArn"])


def side(number: int, by: int) -> dict[str, Any]:
    """One account's part of a transfer; nobody may owe anything."""
    values = {":by": {"N": str(by)}, ":one": {"N": "1"}, ":least": {"N": str(-by)}}
    return {
        "Update": {
            "TableName": "bank",
            "Key": key(f"account {number}"),
            "UpdateExpression": "ADD #s :by, v :one",
            "ConditionExpression": "#s >= :least",
            "ExpressionAttributeNames": {"#s": "sum"},
            "ExpressionAttributeValues": values,
        }
    }


class Client(threading.Thread):
    """Makes transfers until the server dies under it; `done` are those that it was told of."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(daemon=True)
        self.wire = Wire(server.port)
        self.chance = random.Random(f"{SEED} {name}")
        self.name_ = name
        self.done: dict[str, tuple[int, int, int]] = {}
        self.problems: list[Any] = []

    def run(self) -> None:
        try:
            for number in range(1_000_000):
                self.transfer(f"{self.name_} {number}")
        except Gone:
            pass
        except Exception as error:
            self.problems.append(error)
        finally:
            self.wire.close()

    def transfer(self, name: str) -> None:
        giver, taker = self.chance.sample(range(ACCOUNTS), 2)
        amount = self.chance.randrange(1, 60)
        receipt = {**key(name), **{what: {"N": str(n)} for what, n in zip("gta", (giver, taker, amount), strict=True)}}
        put = {"Put": {"TableName": "bank", "Item": receipt, "ConditionExpression": "attribute_not_exists(id)"}}
        status, answer = db(
            self.wire, "TransactWriteItems", TransactItems=[side(giver, -amount), put, side(taker, amount)]
        )
        if status == 200:
            self.done[name] = (giver, taker, amount)
            return
        assert "TransactionCanceledException" in answer["__type"], answer
        assert {"None"} < {each["Code"] for each in answer["CancellationReasons"]} <= ALLOWED, answer


class Consumer(threading.Thread):
    """Reads the stream and remembers, for each shard, the last sequence number: where it goes on in its next life."""

    def __init__(self, server: Server, arn: str, last: dict[str, str], seen: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self.wire = Wire(server.port)
        self.arn, self.last, self.seen = arn, last, seen
        self.ends = threading.Event()
        self.problems: list[Any] = []

    def run(self) -> None:
        try:
            while True:
                is_last = self.ends.is_set()
                came = self.round()
                if is_last and not came:
                    return
        except Gone:
            pass
        except Exception as error:
            self.problems.append(error)
        finally:
            self.wire.close()

    def round(self) -> int:
        """What is new in each shard."""
        came = 0
        for shard in streams(self.wire, "DescribeStream", StreamArn=self.arn)["StreamDescription"]["Shards"]:
            name = shard["ShardId"]
            start = (
                {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.last[name]}
                if name in self.last
                else {"ShardIteratorType": "TRIM_HORIZON"}
            )
            at = streams(self.wire, "GetShardIterator", StreamArn=self.arn, ShardId=name, **start)["ShardIterator"]
            records = streams(self.wire, "GetRecords", ShardIterator=at, Limit=100)["Records"]
            for record in records:
                number = record["dynamodb"]["SequenceNumber"]
                assert int(number) > int(self.last.get(name, "0")), (number, self.last)
                self.last[name] = number
                self.seen.append(record["dynamodb"]["NewImage"])
            came += len(records)
        return came


def check_accounts(wire: Wire, certain: dict[str, tuple[int, int, int]]) -> dict[str, dict[str, Any]]:
    """The accounts and receipts agree, and every receipt that was acknowledged is there."""
    found: dict[str, dict[str, Any]] = {}
    more: dict[str, Any] = {}
    while True:
        status, page = db(wire, "Scan", TableName="bank", ConsistentRead=True, **more)
        assert status == 200, page
        found.update({item["id"]["S"]: item for item in page["Items"]})
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    receipts = {name: item for name, item in found.items() if not name.startswith("account")}
    assert not certain.keys() - receipts.keys(), f"seed {SEED}"
    sums, counts = [EACH] * ACCOUNTS, [0] * ACCOUNTS
    for receipt in receipts.values():
        giver, taker, amount = (int(receipt[what]["N"]) for what in "gta")
        sums[giver] -= amount
        sums[taker] += amount
        counts[giver] += 1
        counts[taker] += 1
    held = [found[f"account {number}"] for number in range(ACCOUNTS)]
    assert [int(item["sum"]["N"]) for item in held] == sums, f"seed {SEED}"
    assert [int(item["v"]["N"]) for item in held] == counts, f"seed {SEED}"
    assert sum(sums) == EACH * ACCOUNTS
    assert min(sums) >= 0
    return found


def test_money_is_kept_and_its_stream_is_whole(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    chance = random.Random(SEED)
    certain: dict[str, tuple[int, int, int]] = {}
    last: dict[str, str] = {}
    seen: list[dict[str, Any]] = []
    try:
        arn = prepare(Wire(server.port))
        for life in range(KILLS):
            clients = [Client(server, f"{life} {number}") for number in range(CLIENTS)]
            consumer = Consumer(server, arn, last, seen)
            for thread in (*clients, consumer):
                thread.start()
            until, deadline = chance.randrange(1, 2 * WRITES // KILLS), time.monotonic() + 60
            while sum(len(client.done) for client in clients) < until and time.monotonic() < deadline:
                time.sleep(0.001)
            server.kill()
            for thread in (*clients, consumer):
                thread.join(60)
                assert not thread.problems, f"seed {SEED}: {thread.problems}"
            for client in clients:
                certain.update(client.done)
            server.start()
            check_accounts(Wire(server.port), certain)
        found = check_accounts(Wire(server.port), certain)
        consumer = Consumer(server, arn, last, seen)
        consumer.ends.set()
        consumer.start()
        consumer.join(60)
        assert not consumer.problems, f"seed {SEED}: {consumer.problems}"
        told: dict[str, list[int]] = {}
        for image in seen:
            told.setdefault(image["id"]["S"], []).append(int(image.get("v", {"N": "0"})["N"]))
        assert told == {
            name: list(range(int(item["v"]["N"]) + 1)) if "v" in item else [0] for name, item in found.items()
        }, f"seed {SEED}"
        assert len(certain) >= KILLS
        assert "Traceback" not in server.errors()
    finally:
        server.stop()
