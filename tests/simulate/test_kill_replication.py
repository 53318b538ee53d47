"""`kill -9` while a global table replicates: what was acknowledged in one Region comes to the other, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from .servers import Server, eventually

pytestmark = pytest.mark.client

FAR = "eu-central-1"
KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}


def client(server: Server, service: str, region: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def items(db: Any) -> dict[str, str]:
    pages = db.get_paginator("scan").paginate(TableName="orders", ConsistentRead=True)
    return {item["pk"]["S"]: item["v"]["N"] for page in pages for item in page["Items"]}


def status(db: Any) -> str:
    replicas = db.describe_table(TableName="orders")["Table"]["Replicas"]
    return str(replicas[0]["ReplicaStatus"])


def inserted(server: Server, region: str) -> list[str]:
    """The keys of the INSERT records of a stream."""
    streams = client(server, "dynamodbstreams", region)
    arn = streams.list_streams(TableName="orders")["Streams"][0]["StreamArn"]
    found: list[str] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        records = streams.get_records(ShardIterator=start)["Records"]
        found += [each["dynamodb"]["Keys"]["pk"]["S"] for each in records if each["eventName"] == "INSERT"]
    return found


def test_nothing_is_lost_on_the_way_to_a_replica(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    try:
        near, far = client(server, "dynamodb", "us-east-1"), client(server, "dynamodb", FAR)
        near.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", **KEYS)
        for n in range(250):
            near.put_item(TableName="orders", Item={"pk": {"S": f"old-{n}"}, "v": {"N": "1"}})
        near.update_table(TableName="orders", ReplicaUpdates=[{"Create": {"RegionName": FAR}}])
        server.kill()
        server.start()
        assert eventually(lambda: status(near) == "ACTIVE")
        for life in range(2):
            for n in range(150):
                near.put_item(TableName="orders", Item={"pk": {"S": f"new-{life}-{n}"}, "v": {"N": "2"}})
                far.put_item(TableName="orders", Item={"pk": {"S": f"back-{life}-{n}"}, "v": {"N": "3"}})
                near.delete_item(TableName="orders", Key={"pk": {"S": f"old-{n}"}})
            server.kill()
            server.start()
        assert eventually(lambda: items(near) == items(far))
        assert len(items(far)) == 100 + 600
        told = inserted(server, FAR)
        assert len(told) == len(set(told)), "no write was told of twice"
        assert {each for each in told if each.startswith("new")} == {each for each in items(far) if each[:3] == "new"}
    finally:
        server.stop()
