"""Sessions that have ended are removed. Their tokens are still known by how they begin, and stay expired."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import limits, state
from .web_tokens import with_signer


@job()
def sweep(call: Call) -> None:
    for session in state.sessions.range(call, via="expires", end=(call.now,)):
        credentials.revoke(call, session.access_key)
        state.sessions.remove(call, session)
    state.sweeps.delete(call, "")
    left = state.sessions.first(call, via="expires")
    if left is not None:
        plan(call, left.expires_at)


@job()
def make_keys(call: Call, *, issuer: str) -> Any:
    """Both keys of an issuer, ahead of its first token."""

    def second(call: Call, signer: Any) -> Any:
        return with_signer(call, issuer, limits.WEB_TOKEN_ALGORITHMS[1], lambda call, signer: None)

    return with_signer(call, issuer, limits.WEB_TOKEN_ALGORITHMS[0], second)


def plan(call: Call, expires_at: float) -> None:
    """Have one sweep waiting, whenever a session exists."""
    if state.sweeps.get(call, "") is None:
        due = expires_at + limits.SWEEP_S
        state.sweeps.add(call, state.Sweep(id="", due=due))
        call.later(sweep, due=due, key="sweep")
