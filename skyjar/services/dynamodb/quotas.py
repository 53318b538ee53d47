"""Quotas of an account in a Region: how many tables, and how much provisioned throughput."""

from __future__ import annotations

from skyjar.kernel import quotas
from skyjar.kernel.call import Call

from . import limits, state
from .errors import LimitExceededException
from .state import Definition

HIGHER = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


def quota(call: Call, name: str) -> int:
    """What holds now. What nobody has set is not looked for, since a request that is throttled asks for all of them."""
    if ("dynamodb", name) not in call.behaviour.set_quotas:
        return limits.QUOTAS[name][0]
    return quotas.of(call, "dynamodb", name, limits.QUOTAS)


def check_tables(call: Call) -> None:
    """Whether there may be one more table."""
    most = quota(call, "tables")
    if state.tables.count(call, limit=most) >= most:
        raise LimitExceededException(f"Subscriber limit exceeded: There is a limit of {most} tables per subscriber")


def check_throughput(call: Call, new: Definition, old: Definition | None = None) -> None:
    """Whether a table may have its provisioned units, by itself and beside all others.

    Source of the sentences: ack-api-quirks, finding DDB-TABLE-171."""
    if new.billing != "PROVISIONED":
        return
    for kind in ("read", "write"):
        label = f"{kind.title()}CapacityUnits"
        most = quota(call, f"table-{kind}-units")
        for index, value in _units(new, kind).items():
            if value > most:
                of, what = (f" for index {index}", "index") if index else ("", "table")
                raise LimitExceededException(
                    f"The requested {label}{of}, {value}, is above the per {what} maximum for the account in "
                    f"{call.region}. Per {what} maximum: {most}. {HIGHER}"
                )
        wanted = sum(_units(new, kind).values())
        had = sum(_units(old, kind).values()) if old is not None and old.billing == "PROVISIONED" else 0
        if wanted <= had:
            continue
        most = quota(call, f"account-{kind}-units")
        others = sum(sum(_units(each, kind).values()) for each in state.tables.range(call) if each.name != new.name)
        if others + wanted > most:
            raise LimitExceededException(
                f"This request would have caused the {label} limit to be exceeded for the account in {call.region}. Current "
                f"{label} reserved by the account: {others + had}. Limit: {most}. Requested: {wanted}. {HIGHER}"
            )


def _units(definition: Definition, kind: str) -> dict[str, int]:
    """By global index; the table's own under an empty name."""
    units: dict[str, int] = {"": getattr(definition, f"{kind}_units")}
    return units | {index.name: getattr(index, f"{kind}_units") for index in definition.indexes if index.is_global}
