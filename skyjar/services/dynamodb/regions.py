"""What a Region says of itself and of a table's backups."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.service import operation

from . import limits, state


class TableNotFoundException(AWSError):
    code = "TableNotFoundException"


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


@operation
def describe_continuous_backups(call: Call, *, table_name: str) -> dict[str, Any]:
    name = state.name_of(call, table_name)
    if state.tables.get(call, name) is None:
        raise TableNotFoundException(f"Table not found: {name}")
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
    }
