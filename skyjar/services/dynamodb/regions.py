"""What a Region says of itself."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from .quotas import quota


@operation
def describe_limits(call: Call) -> dict[str, Any]:
    return {
        "AccountMaxReadCapacityUnits": quota(call, "account-read-units"),
        "AccountMaxWriteCapacityUnits": quota(call, "account-write-units"),
        "TableMaxReadCapacityUnits": quota(call, "table-read-units"),
        "TableMaxWriteCapacityUnits": quota(call, "table-write-units"),
    }


@operation
def describe_endpoints(call: Call) -> dict[str, Any]:
    return {"Endpoints": [{"Address": call.endpoint.partition("://")[2], "CachePeriodInMinutes": 1440}]}
