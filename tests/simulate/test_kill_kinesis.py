"""`kill -9` while producers put: every record that was acknowledged is there once it has its number, in its shard's order."""

from __future__ import annotations

import base64
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers import Gone, Server, Wire

KILLS = int(os.environ.get("SKYJAR_KILLS", "2"))
PRODUCERS = 4
STREAM = {"StreamName": "s"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.stop()


class Producer(threading.Thread):
    def __init__(self, server: Server, name: str, acknowledged: dict[tuple[str, str], str]) -> None:
        super().__init__()
        self._wire, self._name, self._acknowledged = Wire(server.port), name, acknowledged

    def run(self) -> None:
        for n in range(10_000):
            texts = [f"{self._name}-{n}-{each}" for each in range(20)]
            records = [{"Data": base64.b64encode(text.encode()).decode(), "PartitionKey": text} for text in texts]
            try:
                answer = self._wire.done("kinesis", "Kinesis_20131202.PutRecords", {**STREAM, "Records": records})
            except Gone:
                return
            for text, done in zip(texts, answer["Records"], strict=True):
                if "SequenceNumber" in done:
                    self._acknowledged[done["ShardId"], done["SequenceNumber"]] = text


def held(wire: Wire) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for shard in wire.done("kinesis", "Kinesis_20131202.ListShards", STREAM)["Shards"]:
        position = {**STREAM, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = wire.done("kinesis", "Kinesis_20131202.GetShardIterator", position)["ShardIterator"]
        last, records = "", [{}]
        while records:
            answer = wire.done("kinesis", "Kinesis_20131202.GetRecords", {"ShardIterator": iterator})
            records, iterator = answer["Records"], answer["NextShardIterator"]
            for record in records:
                assert record["SequenceNumber"] > last
                last = record["SequenceNumber"]
                found[shard["ShardId"], last] = base64.b64decode(record["Data"]).decode()
    return found


def test_no_acknowledged_record_is_lost(server: Server) -> None:
    acknowledged: dict[tuple[str, str], str] = {}
    wire = Wire(server.port)
    # On demand, so that nothing is throttled.
    wire.done("kinesis", "Kinesis_20131202.CreateStream", {**STREAM, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}})
    for life in range(KILLS):
        producers = [Producer(server, f"{life}-{n}", acknowledged) for n in range(PRODUCERS)]
        before = len(acknowledged)
        for producer in producers:
            producer.start()
        deadline = time.monotonic() + 30
        while len(acknowledged) < before + 400 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(random.random() * 0.05)
        server.kill()
        for producer in producers:
            producer.join(30)
        server.start()
        found = held(Wire(server.port))
        assert len(acknowledged) >= before + 400
        assert {place: found.get(place) for place in acknowledged} == acknowledged
    assert "Traceback" not in server.errors()
