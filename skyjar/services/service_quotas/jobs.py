"""What becomes of a request: small ones are granted at once, large ones are a case for support first."""

from __future__ import annotations

from functools import partial

from skyjar.kernel import durations, quotas
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import catalogue, limits, state
from .state import Request


@job()
def decide(call: Call, *, id: str, may_open: bool) -> None:
    request = state.requests.get(call, id)
    if request is None or request.status != "PENDING":
        return
    known = catalogue.find(request.service, request.code)
    if request.value <= limits.SMALL * catalogue.applied(call, known):
        _grant(call, request)
        return
    if not may_open:
        _end(call, request, "NOT_APPROVED")
        return
    case = f"{int(call.now * 1000)}{call.chance.integer(10**6):06d}"
    state.requests.put(call, state.replace(request, status="CASE_OPENED", case=case, updated_at=call.now))
    due = call.now + (durations.of(call, "service-quotas.Case") or limits.PENDING_S)
    call.later(close, due=due, id=id)


@job()
def close(call: Call, *, id: str) -> None:
    """Support grants whatever AWS is known to grant."""
    request = state.requests.get(call, id)
    if request is None or request.status != "CASE_OPENED":
        return
    most = catalogue.find(request.service, request.code).published.most
    if most and request.value > most:
        _end(call, request, "DENIED")
    else:
        _grant(call, request)


def _grant(call: Call, request: Request) -> None:
    known = catalogue.find(request.service, request.code)
    region = "" if known.published.is_global else call.region
    quotas.change(call.tx, known.service, known.name, int(request.value), call.account, region)
    call.tx.after_commit.append(partial(call.behaviour.heed, known.service, known.name))
    _end(call, request, "APPROVED")


def _end(call: Call, request: Request, status: str) -> None:
    state.requests.put(call, state.replace(request, status=status, updated_at=call.now))
