"""A mapping's stream, of DynamoDB or of Kinesis, read in its function's role; and its records as functions get them.

All that differs between the two is here and in `stream_records.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import execution, limits, mapping_state, stream_records
from .errors import InvalidParameterValueException
from .mapping_state import Mapping, Reader, readers
from .stream_records import Event

Record = dict[str, Any]
Needed = dict[str, dict[str, Any]]


class Stream:
    """What both kinds of stream have in common. `arn` is the stream's, also where a consumer of it is read."""

    service = ""
    needs = ""
    trimmed_code = ""

    def __init__(self, call: Call, mapping: Mapping) -> None:
        self._call, self._mapping = call, mapping
        self._who = execution.principal(call, mapping.role, mapping.name)
        self._region = mapping.source.split(":")[3]
        self._streams = call.ask(self.service, self._who, region=self._region)
        self.arn = mapping.source.partition("/consumer/")[0]

    def _needed(self) -> Needed:
        """The operations that the role must be able to do, with what they are asked about."""
        raise NotImplementedError

    def shards(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def _page(self, iterator: str) -> dict[str, Any]:
        raise NotImplementedError

    def _event(self, record: Record, shard: str) -> Event:
        raise NotImplementedError

    def iterator(self, shard: str, kind: str, number: str | None = None, timestamp: float | None = None) -> str:
        raise NotImplementedError

    def check(self) -> None:
        """The stream is there, and the role may read it."""
        for name, given in self._needed().items():
            if not self._call.may(self.service, name, self._who, region=self._region, **given):
                raise InvalidParameterValueException(
                    f"Cannot access stream {self.arn}. Please ensure the role can perform the {self.needs} Actions on "
                    "your stream in IAM."
                )
        try:
            self.shards()
        except AWSError:
            raise InvalidParameterValueException(f"Stream not found: {self._mapping.source}") from None

    def position(self, reader: Reader) -> str:
        """An iterator for what a reader reads next. What was trimmed meanwhile is lost, as on AWS."""
        if reader.after:
            try:
                return self.iterator(reader.shard, "AFTER_SEQUENCE_NUMBER", number=reader.after)
            except AWSError as error:
                if error.code != self.trimmed_code:
                    raise
        elif reader.latest:
            if self._call.now < reader.began_s + limits.ITERATOR_S[self.service]:
                return reader.latest
            return self.iterator(reader.shard, "AT_TIMESTAMP", timestamp=reader.began_s)
        elif self._mapping.starting == "AT_TIMESTAMP":
            return self.iterator(reader.shard, "AT_TIMESTAMP", timestamp=self._mapping.starting_at)
        return self.iterator(reader.shard, "TRIM_HORIZON")

    def pages(self, reader: Reader) -> Iterator[tuple[list[Event], bool]]:
        """The records that follow, a page at a time, and whether the shard is closed and has no more."""
        text: str | None = self.position(reader)
        while text is not None:
            answer = self._page(text)
            text = answer.get("NextShardIterator")
            found = [self._event(record, reader.shard) for record in answer["Records"]]
            yield found, text is None
            if not found:
                return


class DynamoDBStream(Stream):
    service = "dynamodbstreams"
    needs = "GetRecords, GetShardIterator, DescribeStream, and ListStreams"
    trimmed_code = "TrimmedDataAccessException"

    def _needed(self) -> Needed:
        return {
            "get_records": {"shard_iterator": f"{self.arn}|1|"},
            "get_shard_iterator": {"stream_arn": self.arn, "shard_id": "", "shard_iterator_type": "LATEST"},
            "describe_stream": {"stream_arn": self.arn},
            "list_streams": {},
        }

    def shards(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._streams.describe_stream(stream_arn=self.arn, **start)["StreamDescription"]
            found += answer["Shards"]
            if "LastEvaluatedShardId" not in answer:
                return found
            start = {"exclusive_start_shard_id": answer["LastEvaluatedShardId"]}

    def iterator(self, shard: str, kind: str, number: str | None = None, timestamp: float | None = None) -> str:
        given: dict[str, Any] = {"sequence_number": number} if number else {}
        if timestamp is not None:
            given["timestamp"] = timestamp
        answer = self._streams.get_shard_iterator(
            stream_arn=self.arn, shard_id=shard, shard_iterator_type=kind, **given
        )
        text: str = answer["ShardIterator"]
        return text

    def _page(self, iterator: str) -> dict[str, Any]:
        found: dict[str, Any] = self._streams.get_records(shard_iterator=iterator)
        return found

    def _event(self, record: Record, shard: str) -> Event:
        return stream_records.of_dynamodb(record, self._mapping.source)


class KinesisStream(Stream):
    service = "kinesis"
    needs = "GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams"

    def _needed(self) -> Needed:
        needed: Needed = {
            "get_records": {"stream_arn": self.arn, "shard_iterator": "-"},
            "get_shard_iterator": {"stream_arn": self.arn, "shard_id": "-", "shard_iterator_type": "LATEST"},
            "describe_stream": {"stream_arn": self.arn},
            "list_shards": {"stream_arn": self.arn},
        }
        if self.arn != self._mapping.source:
            position = {"Type": "LATEST"}
            needed["subscribe_to_shard"] = {
                "consumer_arn": self._mapping.source,
                "shard_id": "-",
                "starting_position": position,
            }
        return needed

    def shards(self) -> list[dict[str, Any]]:
        if self.arn != self._mapping.source:
            self._streams.describe_stream_consumer(consumer_arn=self._mapping.source)
        answer = self._streams.list_shards(stream_arn=self.arn)
        found: list[dict[str, Any]] = answer["Shards"]
        while "NextToken" in answer:
            answer = self._streams.list_shards(next_token=answer["NextToken"])
            found += answer["Shards"]
        return found

    def iterator(self, shard: str, kind: str, number: str | None = None, timestamp: float | None = None) -> str:
        given: dict[str, Any] = {"starting_sequence_number": number} if number else {}
        if timestamp is not None:
            given["timestamp"] = timestamp
        answer = self._streams.get_shard_iterator(
            stream_arn=self.arn, shard_id=shard, shard_iterator_type=kind, **given
        )
        text: str = answer["ShardIterator"]
        return text

    def _page(self, iterator: str) -> dict[str, Any]:
        found: dict[str, Any] = self._streams.get_records(
            stream_arn=self.arn, shard_iterator=iterator, limit=max(self._mapping.batch_size, limits.KINESIS_PAGE)
        )
        return found

    def _event(self, record: Record, shard: str) -> Event:
        return stream_records.of_kinesis(record, shard, self._mapping.source, self._mapping.role)


def stream_of(call: Call, mapping: Mapping) -> Stream:
    return (KinesisStream if stream_records.is_kinesis(mapping.source) else DynamoDBStream)(call, mapping)


def discover(call: Call, mapping: Mapping, *, is_new: bool = False) -> list[Reader]:
    """Begin to read the shards whose parents are done with; returns their new readers.

    A new mapping that wants only what comes reads no closed shard, and the open ones from now on.
    """
    stream = stream_of(call, mapping)
    shards = {shard["ShardId"]: shard for shard in stream.shards()}
    made: list[Reader] = []
    for name, shard in shards.items():
        if readers.get(call, mapping.uuid, name, 0) is not None:
            continue
        reader = Reader(mapping=mapping.uuid, shard=name, lane=0)
        parents = [shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if shard.get(name) in shards]
        if is_new and mapping.starting == "LATEST":
            if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
                reader = mapping_state.replace(reader, is_done=True)
            else:
                reader = mapping_state.replace(reader, latest=stream.iterator(name, "LATEST"), began_s=call.now)
        elif any(not _is_done(call, mapping, parent) for parent in parents):
            continue
        for lane in range(mapping.lanes):
            made.append(mapping_state.replace(reader, lane=lane))
            readers.add(call, made[-1])
    for reader in readers.range(call, mapping.uuid):
        if reader.shard not in shards:
            readers.remove(call, reader)
    return [reader for reader in made if not reader.is_done]


def _is_done(call: Call, mapping: Mapping, shard: str) -> bool:
    lanes = readers.range(call, mapping.uuid, shard)
    return bool(lanes) and all(reader.is_done for reader in lanes)
