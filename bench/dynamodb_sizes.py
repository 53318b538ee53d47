"""What GetItem, Query and PutItem cost in tables of a thousand to several million items, and what an index adds.

python bench/dynamodb_sizes.py [--sizes 1000,100000,1000000,4000000] [--calls 4000]

Tables are filled by imports from S3. CPU of the server's process per call, over HTTP with `test` keys; medians of five rounds
that are spread over all tables, so that a busy machine disturbs all alike.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from claims import Up

SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
DATE = "20260101T000000Z"
A_PARTITION = 10
GROUPS = 1000
BODY = "x" * 100
ROUNDS = 5


class Client:
    def __init__(self, up: Up) -> None:
        self.up = up
        self.connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=600)

    def s3(self, path: str, body: bytes = b"") -> None:
        headers = {"authorization": SCOPE.format("s3"), "x-amz-date": DATE, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
        self.connection.request("PUT", path, body, headers)
        answer = self.connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()

    def ask(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "x-amz-date": DATE,
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "authorization": SCOPE.format("dynamodb"),
        }
        self.connection.request("POST", "/", json.dumps(members), headers)
        answer = self.connection.getresponse()
        read: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, read
        return read


def name_of(size: int, has_index: bool) -> str:
    return f"t{size}{'.indexed' if has_index else ''}"


def fill(client: Client, size: int, has_index: bool) -> float:
    """Import a table; how long it took, in seconds."""
    chance, text = random.Random(size), io.StringIO()
    text.write("pk,sk,g,body\n")
    for n in range(size):
        text.write(f"p{n // A_PARTITION},{n % A_PARTITION},g{chance.randrange(GROUPS)},{BODY}\n")
    name = name_of(size, has_index)
    client.s3(f"/files/{name}/data.csv", text.getvalue().encode())
    types = {"pk": "S", "sk": "N", **({"g": "S"} if has_index else {})}
    creation: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": t} for a, t in types.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if has_index:
        schema = [{"AttributeName": "g", "KeyType": "HASH"}]
        projection = {"ProjectionType": "ALL"}
        creation["GlobalSecondaryIndexes"] = [{"IndexName": "by_g", "KeySchema": schema, "Projection": projection}]
    source = {"S3Bucket": "files", "S3KeyPrefix": f"{name}/"}
    began = time.monotonic()
    made = client.ask(
        "ImportTable", {"S3BucketSource": source, "InputFormat": "CSV", "TableCreationParameters": creation}
    )
    while True:
        found = client.ask("DescribeImport", {"ImportArn": made["ImportTableDescription"]["ImportArn"]})
        state = found["ImportTableDescription"]
        if state["ImportStatus"] != "IN_PROGRESS":
            assert (state["ImportStatus"], state["ImportedItemCount"]) == ("COMPLETED", size), state
            return time.monotonic() - began
        time.sleep(0.2)


def get(name: str, n: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    key = {"pk": {"S": f"p{n // A_PARTITION}"}, "sk": {"N": str(n % A_PARTITION)}}
    return "GetItem", {"TableName": name, "Key": key}


def query(name: str, n: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    values = {":p": {"S": f"p{n // A_PARTITION}"}}
    return "Query", {"TableName": name, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values}


def put(name: str, n: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    item = {
        "pk": {"S": f"p{n // A_PARTITION}"},
        "sk": {"N": str(n % A_PARTITION)},
        "g": {"S": f"g{chance.randrange(GROUPS)}"},
        "body": {"S": BODY},
    }
    return "PutItem", {"TableName": name, "Item": item}


Make = Callable[[str, int, random.Random], tuple[str, dict[str, Any]]]


def cost_us(client: Client, name: str, size: int, make: Make, calls: int, chance: random.Random) -> float:
    asked = [make(name, chance.randrange(size), chance) for _ in range(calls)]
    before = client.up.cpu_s()
    for operation, members in asked:
        client.ask(operation, members)
    return (client.up.cpu_s() - before) / calls * 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="1000,100000,1000000,4000000")
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    folder = Path(tempfile.mkdtemp(dir=given.data))
    up = Up(folder / "data")
    try:
        client, chance = Client(up), random.Random(1)
        client.s3("/files")
        tables = [(size, has_index) for size in sizes for has_index in (False, True)]
        for size, has_index in tables:
            print(f"{name_of(size, has_index):18} imported in {fill(client, size, has_index):.1f} s", flush=True)
        found: dict[tuple[int, bool, str], list[float]] = {}
        for _ in range(ROUNDS):
            for size, has_index in tables:
                for make in (get, query, put):
                    took = cost_us(client, name_of(size, has_index), size, make, given.calls, chance)
                    found.setdefault((size, has_index, make.__name__), []).append(took)
        for size, has_index in tables:
            shown = [f"{make} {median(found[size, has_index, make]):6.0f} us" for make in ("get", "query", "put")]
            print(f"{name_of(size, has_index):18} {', '.join(shown)}")
        print(f"resident {up.resident_mb():.0f} MB")
    finally:
        up.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
