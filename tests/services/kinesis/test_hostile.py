"""Whatever is handed in as a position or a token is refused in Kinesis's words, and harms no shard."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest

from .test_records import refused

HUGE = 2**63


@pytest.mark.parametrize("place", [4, 5, 6])
def test_forged_iterators(kinesis: Any, place: int) -> None:
    kinesis.stream()
    for wrong in (HUGE, -1, 2**64 - 1):
        parts: list[Any] = [kinesis.desk.account, "us-east-1", "s", "x", 0, 0, 1_800_000_000_000]
        parts[place] = wrong
        forged = urlsafe_b64encode(msgspec.msgpack.encode(parts)).decode()
        refused("InvalidArgumentException", lambda forged=forged: kinesis.ask.get_records(shard_iterator=forged))
    for text in ("", "é", "=", "A" * 512):
        refused("InvalidArgumentException", lambda text=text: kinesis.ask.get_records(shard_iterator=text))


def test_forged_tokens(kinesis: Any) -> None:
    kinesis.stream()
    for after in (HUGE, -2):
        parts = [kinesis.desk.account, "us-east-1", "s", "x", after, {}, 1_800_000_000_000]
        forged = urlsafe_b64encode(msgspec.msgpack.encode(parts)).decode()
        refused("InvalidArgumentException", lambda forged=forged: kinesis.ask.list_shards(next_token=forged))
    refused("InvalidArgumentException", lambda: kinesis.ask.list_shards(next_token="é"))


def test_sequence_numbers_from_nowhere(kinesis: Any) -> None:
    kinesis.stream()
    good = kinesis.put()["SequenceNumber"]
    ahead = f"{good[:15]}{'9' * 19}{good[34:]}"
    soon = f"{good[:15]}{int(good[15:34]) + 10**9:019}{good[34:]}"
    elsewhere = f"{good[:34]}{'9' * 22}"
    for number in (ahead, soon, elsewhere, "0", "9" * 129, good[:-1] + "7", f"48{good[2:]}"):
        refused("InvalidArgumentException", lambda number=number: kinesis.put(sequence_number_for_ordering=number))
    for number in (ahead, elsewhere, "0", "9" * 129):
        refused(
            "InvalidArgumentException",
            lambda number=number: kinesis.iterator("AT_SEQUENCE_NUMBER", starting_sequence_number=number),
        )
    assert kinesis.get("AT_SEQUENCE_NUMBER", starting_sequence_number=soon)["Records"] == []
    assert int(kinesis.put()["SequenceNumber"]) < int(soon)


def test_shards_and_hash_keys_from_nowhere(kinesis: Any) -> None:
    kinesis.stream()
    for name in ("x", "shardId-", "shardId-x", "shardId-" + "9" * 18, "shardId-" + "9" * 100, "shardId-٣"):
        refused(
            "ResourceNotFoundException",
            lambda name=name: kinesis.ask.get_shard_iterator(
                stream_name="s", shard_id=name, shard_iterator_type="LATEST"
            ),
        )
    refused(
        "InvalidArgumentException",
        lambda: kinesis.ask.split_shard(
            stream_name="s", shard_to_split="shardId-000000000000", new_starting_hash_key="9" * 39
        ),
    )
    refused("InvalidArgumentException", lambda: kinesis.put(explicit_hash_key="9" * 39))
