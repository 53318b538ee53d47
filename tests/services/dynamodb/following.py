"""The table's stream, read on from where it was left: what it told of each item, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Place, place_of, tidy

Told = tuple[str, dict[str, Any] | None, dict[str, Any] | None]  # eventName, the old image, the new one


class Follower:
    def __init__(self, send: Callable[..., dict[str, Any]]) -> None:
        self._send = send
        self._arn = ""
        self._open: list[str] = []
        self._ended: set[str] = set()
        self._last: dict[str, str] = {}
        self.told: dict[Place, list[Told]] = {}

    def read(self) -> None:
        """Everything that is new."""
        self._arn = self._arn or self._send("ListStreams", TableName="tab")["Streams"][0]["StreamArn"]
        while True:
            if not self._open:
                self._open = self._shards()
            before = len(self._ended)
            for shard in self._open:
                self._read(self._arn, shard)
            if len(self._ended) == before:
                return
            self._open = []  # a shard that has ended has children

    def _shards(self) -> list[str]:
        """Those that have not been read to their end, parents before their children."""
        found: list[str] = []
        start: dict[str, Any] = {}
        while True:
            page = self._send("DescribeStream", StreamArn=self._arn, **start)["StreamDescription"]
            found += [each["ShardId"] for each in page["Shards"] if each["ShardId"] not in self._ended]
            if "LastEvaluatedShardId" not in page:
                return found
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _read(self, arn: str, shard: str) -> None:
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self._last:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last[shard]}
        iterator = self._send("GetShardIterator", StreamArn=arn, ShardId=shard, **where)["ShardIterator"]
        while True:
            page = self._send("GetRecords", ShardIterator=iterator, Limit=7)
            for record in page["Records"]:
                self._note(record, shard)
            if "NextShardIterator" not in page:
                self._ended.add(shard)
                return
            if not page["Records"]:
                return
            iterator = page["NextShardIterator"]

    def _note(self, record: dict[str, Any], shard: str) -> None:
        change = record["dynamodb"]
        assert change["SequenceNumber"] > self._last.get(shard, ""), "in the order of the shard"
        self._last[shard] = change["SequenceNumber"]
        told = (record["eventName"], tidy(change.get("OldImage")), tidy(change.get("NewImage")))
        self.told.setdefault(place_of(change["Keys"]), []).append(told)
