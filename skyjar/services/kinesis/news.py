"""Who reads shards is told that there is something new: records, or their end."""

from __future__ import annotations

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import RecordsAdded, positions, state
from .state import Stream


def tell(call: Call, at: At, stream: Stream, shards: list[int]) -> None:
    """In the account that has the stream, whoever has put them."""
    owner = call if at is call else call.acting(principals.service("kinesis.amazonaws.com", at.account))
    owner.emit(RecordsAdded(stream=state.arn_of(at, stream.name), shards=tuple(map(positions.shard_id, shards))))
