"""Item collections: tables with local indexes have at most 10 GB under one partition key."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import limits, schemas, state
from .errors import ItemCollectionSizeLimitExceededException
from .schemas import Schema
from .state import Collection
from .values import Item


def grow(call: Call, schema: Schema, item: Item | None, grown: int) -> None:
    """Count a write of an item; refused when its collection would grow beyond the limit."""
    assert item is not None
    partition = schemas.KEY_ENCODERS[schema.hash_type](item[schema.hash][schema.hash_type])
    held = state.collection_sizes.get(call, schema.space, partition)
    size = (held.size_bytes if held is not None else 0) + grown
    if grown > 0 and size > limits.COLLECTION_BYTES:
        raise ItemCollectionSizeLimitExceededException
    state.collection_sizes.put(call, Collection(space=schema.space, partition=partition, size_bytes=size))


def metrics(call: Call, schema: Schema, item: Item | None, mode: str) -> dict[str, Any] | None:
    """ItemCollectionMetrics, where they are asked for and there are collections."""
    if mode != "SIZE" or item is None or not schema.has_local:
        return None
    value = item[schema.hash]
    partition = schemas.KEY_ENCODERS[schema.hash_type](value[schema.hash_type])
    held = state.collection_sizes.get(call, schema.space, partition)
    gigabytes = (held.size_bytes if held is not None else 0) // 1024**3
    return {"ItemCollectionKey": {schema.hash: value}, "SizeEstimateRangeGB": [float(gigabytes), gigabytes + 1.0]}
