"""Quotas of an account in a Region: how many tables, and how much provisioned throughput."""

from __future__ import annotations

from skyjar.kernel import quotas
from skyjar.kernel.call import Call

from . import limits, state
from .errors import LimitExceededException
from .state import Definition


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
    """Whether a table may have its provisioned units, by itself and beside all others."""
    if new.billing != "PROVISIONED":
        return
    for kind in ("read", "write"):
        label = f"{kind.title()}CapacityUnits"
        most = quota(call, f"table-{kind}-units")
        for value in _units(new, kind):
            if value > most:
                raise LimitExceededException(
                    f"Subscriber limit exceeded: Provisioned throughput exceeds the table limit. {label} requested: "
                    f"{value}, limit: {most}"
                )
        wanted = sum(_units(new, kind))
        if old is not None and wanted <= sum(_units(old, kind)):
            continue
        most = quota(call, f"account-{kind}-units")
        others = sum(sum(_units(each, kind)) for each in state.tables.range(call) if each.name != new.name)
        if others + wanted > most:
            raise LimitExceededException(
                f"Subscriber limit exceeded: Provisioned throughput exceeds the account limit. {label} requested: "
                f"{others + wanted}, limit: {most}"
            )


def _units(definition: Definition, kind: str) -> list[int]:
    units: list[int] = [getattr(definition, f"{kind}_units")]
    return units + [getattr(index, f"{kind}_units") for index in definition.indexes if index.is_global]
