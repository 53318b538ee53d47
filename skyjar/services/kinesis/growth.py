"""On-demand streams that are used much have twice as many shards soon."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At, Place

from . import limits, state
from .resharding import Resharding
from .state import Stream


def plan(call: Call, at: At, stream: Stream) -> None:
    if len(stream.open) >= limits.ON_DEMAND_SHARDS_MOST or stream.grows_at > call.now:
        return
    due = call.now + limits.GROWTH_S
    state.streams.replace(at, stream, state.replace(stream, grows_at=due + 1))
    call.later(
        grow,
        due=due,
        key=f"{at.account}/{at.region}/{stream.space}",
        account=at.account,
        region=at.region,
        name=stream.name,
        space=stream.space,
    )


@job()
def grow(call: Call, *, account: str, region: str, name: str, space: str) -> None:
    at = Place(call.tx, account, region)
    stream = state.streams.get(at, name)
    if stream is None or stream.space != space or not stream.is_on_demand:
        return
    change = Resharding(call, at, stream)
    change.even(min(2 * len(stream.open), limits.ON_DEMAND_SHARDS_MOST))
    state.update(call, at, stream, "Reshard", grows_at=0.0, **change.finish())
