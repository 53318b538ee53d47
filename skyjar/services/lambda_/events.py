"""A stream has new records: whoever reads their shards is woken."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import stream_polling
from .mapping_state import Mapping, mappings, readers


@on("dynamodbstreams.RecordAdded")
def read_on(call: Call, event: Any) -> None:
    for mapping in mappings.range(call, event.stream, via="source"):
        _wake(call, mapping, event.shard)


@on("kinesis.RecordsAdded")
def read_on_in_kinesis(call: Call, event: Any) -> None:
    """By mappings of the stream, and of its consumers, whose ARNs begin with the stream's."""
    consumers = f"{event.stream}/consumer/", f"{event.stream}/consumer0"
    found = mappings.range(call, event.stream, via="source")
    found += mappings.range(call, via="source", start=consumers[:1], end=consumers[1:])
    for mapping in found:
        for shard in event.shards:
            _wake(call, mapping, shard)


def _wake(call: Call, mapping: Mapping, shard: str) -> None:
    if not mapping.is_enabled:
        return
    lanes = readers.range(call, mapping.uuid, shard)
    if not lanes:
        call.later(stream_polling.look_for_shards, key=mapping.uuid, mapping=mapping.uuid)
    for reader in lanes:
        if not reader.is_busy:
            stream_polling.wake(call, reader)
