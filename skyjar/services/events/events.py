"""What other services tell of themselves becomes events of the account's default bus."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on
from skyjar.kernel.tables import Place

from . import archives, deliveries, state


@on("service_events.ServiceEvent")
def hear(call: Call, event: Any) -> None:
    account, region = event.account or call.account, event.region or call.region
    at = Place(call.tx, account, region)
    if not state.rules_of(at, state.DEFAULT) and not archives.has_any(at, state.DEFAULT):
        return
    acting = state.acting(call, at)
    body = deliveries.event(
        acting, event.source, event.detail_type, event.detail, list(event.resources), event.at or call.now
    )
    deliveries.accept(acting, at, state.DEFAULT, body, is_read_only=event.is_read_only)
