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


def maxima(
    given: dict[str, int] | None, billing: str, before: tuple[int, int] = (0, 0), what: str = "table"
) -> tuple[int, int]:
    """OnDemandThroughput as reads and writes; 0 for no maximum, which is asked for by -1."""
    if given is None:
        return before if billing == "PAY_PER_REQUEST" else (0, 0)
    if billing != "PAY_PER_REQUEST":
        name = next(iter(given), "MaxReadRequestUnits")
        raise invalid(f"{name} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED")
    if not given:
        raise invalid("At least one of MaxReadRequestUnits and MaxWriteRequestUnits is required in OnDemandThroughput")
    found = []
    for member, was in zip(("MaxReadRequestUnits", "MaxWriteRequestUnits"), before, strict=True):
        value = given.get(member, was or -1)
        if value != -1 and value < 1:
            raise invalid(f"Requested {member} for OnDemandThroughput for {what} is outside of valid range")
        found.append(0 if value == -1 else value)
    return found[0], found[1]


def warmed(
    call: Call, given: dict[str, int] | None, bought: Bought, is_provisioned: bool, what: str
) -> tuple[int, int]:
    """WarmThroughput as it is asked for; it can only grow."""
    if given is None:
        return bought.warm_reads, bought.warm_writes
    if not given:
        raise invalid(
            f"At least one of ReadUnitsPerSecond and WriteUnitsPerSecond is required in WarmThroughput for {what}"
        )
    present = growth.base(call, bought, is_provisioned)
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


def settled(call: Call, bought: B, billing: str, given: dict[str, Any]) -> B:
    """A table or index with what is asked for it by OnDemandThroughput and WarmThroughput."""
    what = f"index {bought.name}" if isinstance(bought, IndexDefinition) else "table"
    if (
        isinstance(bought, IndexDefinition)
        and not bought.is_global
        and given.keys() & {"OnDemandThroughput", "WarmThroughput"}
    ):
        raise invalid(f"Throughput cannot be specified for the local secondary index {bought.name}")
    of = what.replace("index ", "index : ")
    reads, writes = maxima(given.get("OnDemandThroughput"), billing, (bought.max_reads, bought.max_writes), of)
    warm_reads, warm_writes = warmed(call, given.get("WarmThroughput"), bought, billing == "PROVISIONED", what)
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
