"""What Cost Explorer's operations need: their own action, on all that is billed."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    return ["*"]
