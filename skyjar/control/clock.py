"""Showing and turning the cloud's clock. Its state is kept in the store, so a restart does not move it, and one
in the middle of a turn does not turn it back: what happened in between carries its time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel import keys
from skyjar.kernel.clock import Clock
from skyjar.kernel.store import Store

if TYPE_CHECKING:
    from skyjar.app import Cloud

_KEY = keys.text("kernel.clock")
LONGEST_S = 20 * 366 * 86_400.0


def show(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    now = cloud.clock.now()
    return {"now": now, "time": _text(now), "is_frozen": cloud.clock.is_frozen}


async def turn(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """`action`: freeze | resume | advance (`seconds`) | set (`at`, seconds since the epoch or ISO 8601)."""
    clock, action = cloud.clock, parameters.get("action")
    moments = 0
    if action == "freeze":
        clock.freeze(_moment(parameters["at"]) if "at" in parameters else None)
    elif action == "resume":
        clock.resume()
    elif action == "advance":
        seconds = float(parameters["seconds"])
        if not 0 <= seconds <= LONGEST_S:
            raise ValueError("The clock is advanced by 0 seconds to 20 years at a time; `set` can turn it back.")
        moments = await cloud.pipeline.runner.advance(clock.now() + seconds, lambda: keep(cloud.store, clock))
    elif action == "set":
        at = _moment(parameters["at"])
        if at >= clock.now():
            moments = await cloud.pipeline.runner.advance(at, lambda: keep(cloud.store, clock))
        else:
            clock.set(at)
    else:
        raise ValueError("The clock's actions are freeze, resume, advance and set.")
    keep(cloud.store, clock)
    return {**show(cloud, {}), "moments": moments}


def _moment(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value)
    except ValueError:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def keep(store: Store, clock: Clock) -> None:
    value = msgspec.msgpack.encode((clock.frozen_at, clock.offset_s))
    store.transact(lambda tx: tx.put(_KEY, value))


def recall(store: Store, clock: Clock) -> None:
    """Set the clock as it was kept; one that was given a frozen time stays so."""
    value = store.driver.get(_KEY)
    if value is not None and clock.frozen_at is None:
        clock.frozen_at, clock.offset_s = msgspec.msgpack.decode(value)
