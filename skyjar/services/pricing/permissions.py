"""What the Price List API's operations need: their own action. An endpoint is in three Regions only."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import limits
from .errors import InvalidSignatureException


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if call.region not in limits.REGIONS:
        raise InvalidSignatureException(
            f"Credential should be scoped to a valid region. The Price List API is in {', '.join(limits.REGIONS)}, not in "
            f"{call.region}."
        )
    return ["*"]
