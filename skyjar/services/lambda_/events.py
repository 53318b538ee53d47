"""A stream has a new record: whoever reads its shard is woken."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import stream_polling
from .mapping_state import mappings, readers


@on("dynamodbstreams.RecordAdded")
def read_on(call: Call, event: Any) -> None:
    for mapping in mappings.range(call, event.stream, via="source"):
        if not mapping.is_enabled:
            continue
        lanes = readers.range(call, mapping.uuid, event.shard)
        if not lanes:
            call.later(stream_polling.look_for_shards, key=mapping.uuid, mapping=mapping.uuid)
        for reader in lanes:
            if not reader.is_busy:
                stream_polling.wake(call, reader)
