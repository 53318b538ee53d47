"""What a Region says of itself."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits


@operation
def describe_limits(call: Call) -> dict[str, Any]:
    return {
        "AccountMaxReadCapacityUnits": limits.READ_UNITS_ACCOUNT,
        "AccountMaxWriteCapacityUnits": limits.WRITE_UNITS_ACCOUNT,
        "TableMaxReadCapacityUnits": limits.READ_UNITS_TABLE,
        "TableMaxWriteCapacityUnits": limits.WRITE_UNITS_TABLE,
    }


@operation
def describe_endpoints(call: Call) -> dict[str, Any]:
    return {"Endpoints": [{"Address": call.endpoint.partition("://")[2], "CachePeriodInMinutes": 1440}]}
