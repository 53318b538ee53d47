"""On-demand tables: the maximum that they may be given, what they can do at once (warm throughput), and how that grows.

A new one does 4,000 writes and 12,000 reads in a second; one that was used does twice its peak of the half hours before. An index
has the same by itself. It binds only where AWS's timing is asked for. Source: Developer Guide, "DynamoDB on-demand capacity mode".
"""

from __future__ import annotations

from typing import Any, TypeVar

from skyjar.kernel.call import Call

from . import limits, quotas, schemas, state
from .definitions import invalid
from .errors import RequestLimitExceeded, Throttled, ThrottlingException
from .schemas import IndexSchema, Schema
from .state import Definition, IndexDefinition, Peak

Bought = Definition | IndexDefinition
TOO_FAST = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so "
    "please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
OVER_QUOTA = (
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at "
    "https://aws.amazon.com/support request a limit increase"
)


def maxima(given: dict[str, int] | None, billing: str, before: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """OnDemandThroughput as reads and writes; 0 for no maximum, which is asked for by -1."""
    if given is None:
        return before if billing == "PAY_PER_REQUEST" else (0, 0)
    if billing != "PAY_PER_REQUEST":
        raise invalid(
            "Neither MaxReadRequestUnits nor MaxWriteRequestUnits can be specified when BillingMode is PROVISIONED"
        )
    if not given:
        raise invalid("At least one of MaxReadRequestUnits and MaxWriteRequestUnits is required in OnDemandThroughput")
    found = []
    for member, was in zip(("MaxReadRequestUnits", "MaxWriteRequestUnits"), before, strict=True):
        value = given.get(member, was or -1)
        if value != -1 and value < 1:
            raise invalid(f"{member} must be at least 1, or -1 for no maximum")
        found.append(0 if value == -1 else value)
    return found[0], found[1]


def warmed(given: dict[str, int] | None, bought: Bought, is_provisioned: bool, what: str) -> tuple[int, int]:
    """WarmThroughput as it is asked for; it can only grow."""
    if given is None:
        return bought.warm_reads, bought.warm_writes
    if not given:
        raise invalid(
            f"At least one of ReadUnitsPerSecond and WriteUnitsPerSecond is required in WarmThroughput for {what}"
        )
    present = _base(bought, is_provisioned)
    found = []
    for member, least in zip(("ReadUnitsPerSecond", "WriteUnitsPerSecond"), present, strict=True):
        value = given.get(member, least)
        if value < least:
            raise invalid(
                f"Requested {member} for WarmThroughput for {what} is lower than current WarmThroughput, decreasing "
                "WarmThroughput is not supported"
            )
        found.append(value)
    return found[0], found[1]


B = TypeVar("B", Definition, IndexDefinition)


def settled(bought: B, billing: str, given: dict[str, Any]) -> B:
    """A table or index with what is asked for it by OnDemandThroughput and WarmThroughput."""
    what = f"index {bought.name}" if isinstance(bought, IndexDefinition) else "table"
    if (
        isinstance(bought, IndexDefinition)
        and not bought.is_global
        and given.keys() & {"OnDemandThroughput", "WarmThroughput"}
    ):
        raise invalid(f"Throughput cannot be specified for the local secondary index {bought.name}")
    reads, writes = maxima(given.get("OnDemandThroughput"), billing, (bought.max_reads, bought.max_writes))
    warm_reads, warm_writes = warmed(given.get("WarmThroughput"), bought, billing == "PROVISIONED", what)
    return state.replace(bought, max_reads=reads, max_writes=writes, warm_reads=warm_reads, warm_writes=warm_writes)


def _base(bought: Bought, is_provisioned: bool) -> tuple[int, int]:
    least = (bought.read_units, bought.write_units) if is_provisioned else limits.ON_DEMAND_UNITS
    return max(least[0], bought.warm_reads), max(least[1], bought.warm_writes)


def warm(call: Call, bought: Bought, is_provisioned: bool) -> tuple[int, int]:
    """What it can do at once, after what it has done."""
    reads, writes = _base(bought, is_provisioned)
    peak = state.peaks.get(call, bought.space)
    if peak is None or is_provisioned:
        return reads, writes
    peak = _now(call, peak)
    return max(reads, peak.grown_reads), max(writes, peak.grown_writes)


def shown(call: Call, bought: Bought, is_provisioned: bool) -> dict[str, Any]:
    """The members of a description."""
    reads, writes = warm(call, bought, is_provisioned)
    found: dict[str, Any] = {
        "WarmThroughput": {"ReadUnitsPerSecond": reads, "WriteUnitsPerSecond": writes, "Status": "ACTIVE"}
    }
    if not is_provisioned and (bought.max_reads or bought.max_writes):
        found["OnDemandThroughput"] = {
            "MaxReadRequestUnits": bought.max_reads or -1,
            "MaxWriteRequestUnits": bought.max_writes or -1,
        }
    return found


def partitions(call: Call, schema: Schema) -> int:
    reads, writes = warm(call, schema.definition, False)
    return max(-(-reads // limits.PARTITION_READ_UNITS), -(-writes // limits.PARTITION_WRITE_UNITS))


def take(call: Call, schema: Schema, index: IndexSchema | None, read: float, write: float) -> Throttled | None:
    """Count it; or why it is too much."""
    bought = index.definition if index is not None else schema.definition
    peak = _now(call, state.peaks.get(call, bought.space) or Peak(space=bought.space, window=_window(call)))
    for kind, used, most in zip(
        ("read", "write"),
        (peak.reads if read else 0.0, peak.writes if write else 0.0),
        warm(call, bought, False),
        strict=True,
    ):
        quota = quotas.quota(call, f"table-{kind}-units")
        if used >= quota:
            return RequestLimitExceeded(
                OVER_QUOTA, ThrottlingReasons=reason(call, schema, index, kind == "write", "AccountLimitExceeded")
            )
        if used >= most:
            return too_fast(reason(call, schema, index, kind == "write", "KeyRangeThroughputExceeded"))
    reads, writes = peak.reads + read, peak.writes + write
    most_reads, most_writes = max(peak.most_reads, reads), max(peak.most_writes, writes)
    changed = state.replace(peak, reads=reads, writes=writes, most_reads=most_reads, most_writes=most_writes)
    state.peaks.put(call, changed)
    return None


def has_writes(call: Call, schema: Schema) -> bool:
    several: list[Bought] = [schema.definition, *(index.definition for index in schema.indexes if index.is_global)]
    for bought in several:
        peak = state.peaks.get(call, bought.space)
        if peak is not None and _now(call, peak).writes >= warm(call, bought, False)[1]:
            return False
    return True


def _window(call: Call) -> int:
    return int(call.now // limits.PEAK_WINDOW_S)


def _now(call: Call, peak: Peak) -> Peak:
    """As it is in this second, and in this half hour."""
    second, window = int(call.now), _window(call)
    if second != peak.second:
        peak = state.replace(peak, second=second, reads=0.0, writes=0.0)
    if window != peak.window:
        reads, writes = int(2 * peak.most_reads), int(2 * peak.most_writes)
        grown_reads, grown_writes = max(peak.grown_reads, reads), max(peak.grown_writes, writes)
        peak = state.replace(peak, window=window, grown_reads=grown_reads, grown_writes=grown_writes)
        peak = state.replace(peak, most_reads=0.0, most_writes=0.0)
    return peak


def too_fast(reasons: list[dict[str, str]]) -> ThrottlingException:
    return ThrottlingException(TOO_FAST, throttlingReasons=reasons)


def reason(call: Call, schema: Schema, index: IndexSchema | None, is_write: bool, limit: str) -> list[dict[str, str]]:
    """A list of the one ThrottlingReason: what was throttled, doing what, by which limit."""
    arn = schemas.arn_of(call, schema.name)
    if index is not None:
        arn = f"{arn}/index/{index.name}"
    what = "Table" if index is None else "Index"
    return [{"reason": f"{what}{'Write' if is_write else 'Read'}{limit}", "resource": arn}]
