from __future__ import annotations

from typing import Any

import pytest


class Kinesis:
    """One stream of a desk, and short forms of what is asked of it."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.ask = desk.ask("kinesis")

    def stream(self, name: str = "s", count: int = 1, **more: Any) -> str:
        self.ask.create_stream(stream_name=name, shard_count=count, **more)
        return f"arn:aws:kinesis:{self.desk.region}:{self.desk.account}:stream/{name}"

    def put(self, data: bytes = b"x", key: str = "k", name: str = "s", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask.put_record(stream_name=name, data=data, partition_key=key, **more)
        return answer

    def iterator(self, kind: str = "TRIM_HORIZON", shard: int = 0, name: str = "s", **more: Any) -> str:
        shard_id = f"shardId-{shard:012}"
        answer = self.ask.get_shard_iterator(stream_name=name, shard_id=shard_id, shard_iterator_type=kind, **more)
        return str(answer["ShardIterator"])

    def get(self, kind: str = "TRIM_HORIZON", shard: int = 0, name: str = "s", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask.get_records(shard_iterator=self.iterator(kind, shard, name, **more))
        return answer

    def shards(self, name: str = "s", **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask.list_shards(stream_name=name, **more)["Shards"]
        return found

    def summary(self, name: str = "s") -> dict[str, Any]:
        found: dict[str, Any] = self.ask.describe_stream_summary(stream_name=name)["StreamDescriptionSummary"]
        return found


@pytest.fixture
def kinesis(desk: Any) -> Kinesis:
    return Kinesis(desk)
