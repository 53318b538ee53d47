"""What an account has set for all of its certificates."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .state import Configuration


@operation
def get_account_configuration(call: Call) -> dict[str, Any]:
    found = state.configurations.get(call, "") or Configuration(id="")
    return {"ExpiryEvents": {"DaysBeforeExpiry": found.expiry_days}}


@operation
def put_account_configuration(
    call: Call, *, idempotency_token: str, expiry_events: dict[str, int] | None = None
) -> None:
    """The same token within an hour is the same request, which has been done."""
    found = state.configurations.get(call, "") or Configuration(id="")
    if found.token == idempotency_token and call.now < found.at + limits.TOKEN_S:
        return
    days = (expiry_events or {}).get("DaysBeforeExpiry", found.expiry_days)
    state.configurations.put(call, Configuration(id="", expiry_days=days, token=idempotency_token, at=call.now))
