"""What a trail does by itself: wait for something to happen, deliver it five minutes later, and sign a digest every hour."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.history import everywhere, rows
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.tables import Place

from . import limits, state
from .state import Trail

LONG_S = 365 * limits.DAY_S


def _trail(call: Call, arn: str) -> tuple[Place, Trail] | None:
    at, name = state.split(call, arn)
    found = state.trails.get(at, name)
    return (at, found) if found is not None else None


@job()
def listen(call: Call, *, arn: str) -> None:
    """Wait for an event that the trail wants; what comes within five minutes is delivered with it."""
    from . import delivery

    found = _trail(call, arn)
    if found is None or not found[1].is_logging:
        return
    wanted, position = delivery.upcoming(call, *found)
    if delivery.is_worthwhile(wanted):
        call.later(deliver, key=arn, due=call.now + limits.DELIVERY_S, arn=arn)
    elif position > found[1].position and not wanted:
        at, trail = found
        state.trails.replace(at, trail, state.replace(trail, position=position))
        call.later(listen, key=arn, arn=arn)
    else:
        raise Wait(on=rows.watched(everywhere(call.tx)), until=call.now + LONG_S)


@job()
def deliver(call: Call, *, arn: str) -> None:
    from . import delivery

    call.keep_history()
    found = _trail(call, arn)
    if found is None:
        return
    at, trail = found
    done = delivery.deliver(call, at, trail)
    state.trails.replace(at, trail, done)
    if done.is_logging:
        call.later(listen, key=arn, arn=arn)


def plan_digest(call: Call, at: Place, trail: Trail) -> None:
    arn = state.arn_of(at, trail.name)
    call.later(digest, key=arn, due=call.now + limits.DIGEST_S, arn=arn)


@job()
def digest(call: Call, *, arn: str) -> Outside | None:
    found = _trail(call, arn)
    if found is None or not found[1].is_validated:
        return None
    if not state.signing_keys.range(found[0], limit=1):
        from .digests import new_key

        return Outside(Compute(new_key), lambda then, made: _with_key(then, arn, made))
    _digest(call, arn)
    return None


def _with_key(call: Call, arn: str, made: tuple[bytes, bytes] | Failed) -> None:
    from . import digests

    found = _trail(call, arn)
    if isinstance(made, Failed):
        raise RuntimeError(str(made))
    if found is not None:
        if not state.signing_keys.range(found[0], limit=1):
            digests.keep_key(call, found[0], made, found[1].started_at)
        _digest(call, arn)


def _digest(call: Call, arn: str) -> None:
    from . import digests

    found = _trail(call, arn)
    if found is None:
        return
    at, trail = found
    (key,) = state.signing_keys.range(at, limit=1)
    done = digests.write_all(call, at, trail, key)
    state.trails.replace(at, trail, done)
    if trail.is_logging:
        plan_digest(call, at, trail)
