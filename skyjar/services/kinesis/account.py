"""An account's limits and settings."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, state
from .errors import ValidationException
from .state import Settings

_ONLY = "commitment"


def is_committed(at: At) -> bool:
    """Whether the account has a minimum throughput billing commitment (On-demand Advantage)."""
    found = state.settings.get(at, _ONLY)
    return found is not None and bool(found.began_s) and not found.ended_s


@operation
def describe_limits(call: Call) -> dict[str, int]:
    found = state.streams.range(call)
    return {
        "ShardLimit": quotas.of(call, "kinesis", "shards", limits.QUOTAS),
        "OpenShardCount": sum(len(stream.open) for stream in found if not stream.is_on_demand),
        "OnDemandStreamCount": sum(stream.is_on_demand for stream in found),
        "OnDemandStreamCountLimit": quotas.of(call, "kinesis", "on-demand-streams", limits.QUOTAS),
    }


@operation
def describe_account_settings(call: Call) -> dict[str, Any]:
    return {"MinimumThroughputBillingCommitment": _shown(state.settings.get(call, _ONLY))}


@operation
def update_account_settings(call: Call, *, minimum_throughput_billing_commitment: dict[str, str]) -> dict[str, Any]:
    """A commitment lasts for at least 24 hours."""
    found = state.settings.get(call, _ONLY)
    is_on = is_committed(call)
    if minimum_throughput_billing_commitment["Status"] == "ENABLED":
        if not is_on:
            found = Settings(id=_ONLY, began_s=call.now)
            state.settings.put(call, found)
    elif is_on and found is not None:
        if call.now < found.began_s + limits.COMMITMENT_S:
            raise ValidationException(
                "MinimumThroughputBillingCommitment cannot be disabled before its earliest allowed end."
            )
        found = state.replace(found, ended_s=call.now)
        state.settings.put(call, found)
    return {"MinimumThroughputBillingCommitment": _shown(found)}


def _shown(found: Settings | None) -> dict[str, Any]:
    if found is None or not found.began_s:
        return {"Status": "DISABLED"}
    shown: dict[str, Any] = {"Status": "DISABLED" if found.ended_s else "ENABLED", "StartedAt": found.began_s}
    if found.ended_s:
        return shown | {"EndedAt": found.ended_s}
    return shown | {"EarliestAllowedEndAt": found.began_s + limits.COMMITMENT_S}
