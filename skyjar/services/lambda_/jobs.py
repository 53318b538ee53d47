"""Asynchronous invocation: events wait as jobs, are tried again, and go to a destination in the end."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.kernel.tables import At
from skyjar.runtime.invocations import Outcome, Throttled

from . import destinations, limits, names, state
from .destinations import Event
from .errors import ResourceNotFoundException
from .names import Reference
from .state import EventConfig


def enqueue(call: Call, at: At, reference: Reference, payload: bytes) -> None:
    """Queue an event for a function that exists."""
    call.later(
        deliver,
        event={
            "id": call.request_id or call.new_id(),
            "function": reference.arn,
            "payload": payload or b"{}",
            "queued_at": call.now,
            "attempts": 0,
            "throttles": 0,
        },
    )


def config_of(at: At, reference: Reference) -> EventConfig:
    qualifier = reference.qualifier or names.LATEST
    found = state.event_configs.get(at, reference.name, qualifier)
    return found or EventConfig(function=reference.name, qualifier=qualifier, modified=0.0)


@job()
def deliver(call: Call, *, event: dict[str, Any]) -> Outside | None:
    """Run the function once for an event. Outside effects of functions happen at least once, as on AWS."""
    from . import invoking

    found = Event(**event)
    try:
        at, reference = state.refer(call, found.function)
        version = invoking.choose(call, at, reference)
    except ResourceNotFoundException:
        return None  # deleted meanwhile; AWS drops its events too
    config = config_of(at, reference)
    if call.now - found.queued_at > (config.age_s or limits.EVENT_AGE_S[1]):
        destinations.give_up(call, found, config, version, "EventAgeExceeded", None)
        return None
    request = invoking.request_of(call, at, reference, version, found.payload, found.id)

    def then(call: Call, answer: Any) -> None:
        outcome: Outcome | Throttled | AWSError
        try:
            outcome = invoking.conclude(call, answer)
        except AWSError as error:
            outcome = error
        destinations.after(call, found, config, version, outcome, again)

    return Outside(request, then)


def again(call: Call, event: Event, due: float) -> None:
    call.later(deliver, due=due, event=event.stored())
