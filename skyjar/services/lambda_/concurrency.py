"""Reserved concurrency, and what the account has."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, state
from .errors import InvalidParameterValueException
from .state import Function, Reservation


@operation
def put_function_concurrency(call: Call, *, function_name: str, reserved_concurrent_executions: int) -> dict[str, int]:
    at, function = state.head(call, function_name)
    others = state.reserved_total(at) - max(function.reserved, 0)
    if state.concurrency(call) - others - reserved_concurrent_executions < limits.UNRESERVED_LEAST:
        raise InvalidParameterValueException(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
            f"its minimum value of [{limits.UNRESERVED_LEAST}]."
        )
    _reserve(at, function, reserved_concurrent_executions)
    return {"ReservedConcurrentExecutions": reserved_concurrent_executions}


def _reserve(at: At, function: Function, count: int) -> None:
    """-1 reserves none."""
    total = state.reserved_total(at) - max(function.reserved, 0) + max(count, 0)
    state.reservations.put(at, Reservation(name="all", total=total))
    state.functions.replace(at, function, state.replace(function, reserved=count))


@operation
def get_function_concurrency(call: Call, *, function_name: str) -> dict[str, int]:
    _, function = state.head(call, function_name)
    return {"ReservedConcurrentExecutions": function.reserved} if function.reserved >= 0 else {}


@operation
def delete_function_concurrency(call: Call, *, function_name: str) -> None:
    at, function = state.head(call, function_name)
    _reserve(at, function, -1)


@operation
def get_account_settings(call: Call) -> dict[str, Any]:
    everything = state.versions.range(call)
    used = sum(version.code_size for version in everything)
    used += sum(layer.code_size for layer in state.layers.range(call))
    return {
        "AccountLimit": {
            "TotalCodeSize": limits.STORAGE_BYTES,
            "CodeSizeUnzipped": limits.UNZIPPED_BYTES,
            "CodeSizeZipped": limits.ZIPPED_BYTES,
            "ConcurrentExecutions": state.concurrency(call),
            "UnreservedConcurrentExecutions": state.concurrency(call) - state.reserved_total(call),
        },
        "AccountUsage": {
            "TotalCodeSize": used,
            "FunctionCount": sum(1 for version in everything if version.number == 0),
        },
    }
