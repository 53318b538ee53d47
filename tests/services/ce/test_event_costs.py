"""What EventBridge costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .conftest import Bill


def test_custom_events(february: Any, bill: Bill) -> None:
    def entry(detail: str) -> dict[str, str]:
        return {"Source": "app", "DetailType": "t", "Detail": detail}

    events = february.ask("events")
    events.put_events(entries=[entry("{}") for _ in range(9)])
    events.put_events(entries=[entry('{"a": "' + "x" * 70_000 + '"}'), entry("no json")])
    found = bill("Amazon EventBridge")
    assert found == {"USE1-Event-64K-Chunks": (11, Decimal("0.000011"))}
