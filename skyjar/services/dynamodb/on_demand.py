"""On-demand tables: the maximum that they may be given, and what they can do at once (warm throughput; how it grows: `growth.py`).
Source: Developer Guide, "DynamoDB on-demand capacity mode".
"""

from __future__ import annotations

from typing import Any, TypeVar

from skyjar.kernel.call import Call

from . import growth, paces, state
from .definitions import invalid
from .growth import Bought
from .state import Definition, IndexDefinition

_MAXIMA = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
_WARM = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
_INITIAL = (
    "initial throughput for OnDemand. See: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)


def maxima(
    given: dict[str, int] | None, billing: str, before: tuple[int, int] | None = None, what: str = "table"
) -> tuple[int, int]:
    """OnDemandThroughput as reads and writes; 0 for no maximum, which is asked for by -1 where there was something `before`."""
    if given is None:
        return (before or (0, 0)) if billing == "PAY_PER_REQUEST" else (0, 0)
    for member in _MAXIMA if billing != "PAY_PER_REQUEST" else ():
        if member in given:
            sentence = (
                f"{member} for OnDemandThroughput cannot be specified when {{}}table BillingMode is PROVISIONED{{}}"
            )
            raise invalid(sentence.format("", ".") if before is None else sentence.format("the ", ""))
    if not given and before is not None:
        raise invalid("At least one of MaxReadRequestUnits and MaxWriteRequestUnits is required in OnDemandThroughput")
    found = []
    for member, was in zip(_MAXIMA, before or (0, 0), strict=True):
        value = given.get(member, was)
        if member in given and value < 1 and (value != -1 or before is None):
            raise invalid(f"Requested {member} for OnDemandThroughput for {what} is outside of valid range")
        found.append(max(0, value))
    return found[0], found[1]


def warmed(
    call: Call, given: dict[str, int] | None, bought: Bought, is_provisioned: bool, what: str, *, is_new: bool = False
) -> tuple[int, int]:
    """WarmThroughput as it is asked for; it can only grow."""
    if given is None:
        return bought.warm_reads, bought.warm_writes
    if not given and not is_new:
        raise invalid(
            f"At least one of ReadUnitsPerSecond and WriteUnitsPerSecond is required in WarmThroughput for {what}"
        )
    present = growth.base(call, bought, is_provisioned)
    found = []
    for member, units, least in zip(_WARM, _UNITS, present, strict=True):
        value = given.get(member, least)
        if value < least:
            than = "current WarmThroughput, decreasing WarmThroughput is not supported"
            if is_new:
                than = f"{units} of ProvisionedThroughput" if is_provisioned else _INITIAL
            raise invalid(f"Requested {member} for WarmThroughput for {what} is lower than {than}")
        found.append(value)
    return found[0], found[1]


B = TypeVar("B", Definition, IndexDefinition)


def settled(call: Call, bought: B, billing: str, given: dict[str, Any], *, is_new: bool = False) -> B:
    """A table or index with what is asked for it by OnDemandThroughput and WarmThroughput. Of one that `is_new` AWS says other
    sentences (ack-api-quirks, findings DDB-TABLE-038, 039 and 059)."""
    what = f"index {bought.name}" if isinstance(bought, IndexDefinition) else "table"
    if (
        isinstance(bought, IndexDefinition)
        and not bought.is_global
        and given.keys() & {"OnDemandThroughput", "WarmThroughput"}
    ):
        raise invalid(f"Throughput cannot be specified for the local secondary index {bought.name}")
    before = None if is_new else (bought.max_reads, bought.max_writes)
    reads, writes = maxima(given.get("OnDemandThroughput"), billing, before, what.replace("index", "index :"))
    is_provisioned = billing == "PROVISIONED"
    warm_reads, warm_writes = warmed(call, given.get("WarmThroughput"), bought, is_provisioned, what, is_new=is_new)
    return state.replace(bought, max_reads=reads, max_writes=writes, warm_reads=warm_reads, warm_writes=warm_writes)


def warm(call: Call, bought: Bought, is_provisioned: bool) -> tuple[int, int]:
    """What it can do at once, after what it has done."""
    if is_provisioned:
        return growth.base(call, bought, True)
    return growth.rates(call, bought, paces.peak(call, call.memory, bought))


def shown(call: Call, bought: Bought, is_provisioned: bool) -> dict[str, Any]:
    """The members of a description."""
    reads, writes = warm(call, bought, is_provisioned)
    found: dict[str, Any] = {
        "WarmThroughput": {"ReadUnitsPerSecond": reads, "WriteUnitsPerSecond": writes, "Status": "ACTIVE"}
    }
    if not is_provisioned and (bought.max_reads or bought.max_writes):
        # as on AWS, what has no maximum is not there (github.com/go-to-k/cdkd issue 1434)
        maxima = {"MaxReadRequestUnits": bought.max_reads, "MaxWriteRequestUnits": bought.max_writes}
        found["OnDemandThroughput"] = {name: most for name, most in maxima.items() if most}
    return found
