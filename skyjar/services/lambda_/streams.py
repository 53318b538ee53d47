"""A mapping's stream of DynamoDB, read in its function's role."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import execution, limits, mapping_state
from .errors import InvalidParameterValueException
from .mapping_state import Mapping, Reader, readers

Record = dict[str, Any]
_NEEDED = ("get_records", "get_shard_iterator", "describe_stream", "list_streams")


class Stream:
    def __init__(self, call: Call, mapping: Mapping) -> None:
        self._call, self._mapping = call, mapping
        self._who = execution.principal(call, mapping.role, mapping.name)
        self._region = mapping.source.split(":")[3]
        self._streams = call.ask("dynamodbstreams", self._who, region=self._region)

    def check(self) -> None:
        """The stream is there, and the role may read it."""
        arn = self._mapping.source
        given: dict[str, dict[str, Any]] = {"describe_stream": {"stream_arn": arn}, "list_streams": {}}
        given["get_shard_iterator"] = {"stream_arn": arn, "shard_id": "", "shard_iterator_type": "LATEST"}
        given["get_records"] = {"shard_iterator": f"{arn}|1|"}
        for name in _NEEDED:
            if not self._call.may("dynamodbstreams", name, self._who, region=self._region, **given[name]):
                raise InvalidParameterValueException(
                    f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
                    "DescribeStream, and ListStreams Actions on your stream in IAM."
                )
        try:
            self.shards()
        except AWSError:
            raise InvalidParameterValueException(f"Stream not found: {arn}") from None

    def shards(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._streams.describe_stream(stream_arn=self._mapping.source, **start)["StreamDescription"]
            found += answer["Shards"]
            if "LastEvaluatedShardId" not in answer:
                return found
            start = {"exclusive_start_shard_id": answer["LastEvaluatedShardId"]}

    def iterator(self, shard: str, kind: str, **more: Any) -> str:
        answer = self._streams.get_shard_iterator(
            stream_arn=self._mapping.source, shard_id=shard, shard_iterator_type=kind, **more
        )
        text: str = answer["ShardIterator"]
        return text

    def position(self, reader: Reader) -> str:
        """An iterator for what a reader reads next. What was trimmed meanwhile is lost, as on AWS."""
        if reader.after:
            try:
                return self.iterator(reader.shard, "AFTER_SEQUENCE_NUMBER", sequence_number=reader.after)
            except AWSError as error:
                if error.code != "TrimmedDataAccessException":
                    raise
        elif reader.latest:
            if self._call.now < reader.began_s + limits.ITERATOR_S:
                return reader.latest
            return self.iterator(reader.shard, "AT_TIMESTAMP", timestamp=reader.began_s)
        return self.iterator(reader.shard, "TRIM_HORIZON")

    def pages(self, reader: Reader) -> Iterator[tuple[list[Record], bool]]:
        """The records that follow, a page at a time, and whether the shard is closed and has no more."""
        text: str | None = self.position(reader)
        while text is not None:
            answer = self._streams.get_records(shard_iterator=text)
            found, text = answer["Records"], answer.get("NextShardIterator")
            yield found, text is None
            if not found:
                return


def discover(call: Call, mapping: Mapping, *, is_new: bool = False) -> list[Reader]:
    """Begin to read the shards whose parents are done with; returns their new readers.

    A new mapping that wants only what comes reads no closed shard, and the open ones from now on.
    """
    stream = Stream(call, mapping)
    shards = {shard["ShardId"]: shard for shard in stream.shards()}
    made: list[Reader] = []
    for name, shard in shards.items():
        if readers.get(call, mapping.uuid, name, 0) is not None:
            continue
        reader = Reader(mapping=mapping.uuid, shard=name, lane=0)
        if is_new and mapping.starting == "LATEST":
            if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
                reader = mapping_state.replace(reader, is_done=True)
            else:
                reader = mapping_state.replace(reader, latest=stream.iterator(name, "LATEST"), began_s=call.now)
        elif shard.get("ParentShardId") in shards and not _is_done(call, mapping, shard["ParentShardId"]):
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


def shown(record: Record, source: str) -> Record:
    """A record as functions get it."""
    identity = record.get("userIdentity")
    event = {**record, "dynamodb": _plain(record["dynamodb"]), "eventSourceARN": source}
    if identity is not None:
        event["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return event


def _plain(value: Any) -> Any:
    """Binary values as base64, as JSON has them."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return b64encode(value).decode() if isinstance(value, bytes) else value
