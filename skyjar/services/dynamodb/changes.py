"""What one UpdateTable may change: which parameters go together, and how often a table may change its mode and class. Pure.

Sources: Developer Guide, "Considerations when switching capacity modes" and "Quotas"; what AWS answered to pairs of parameters, in the notes on
DynamoDB of the project ack-api-quirks (DDB-TABLE-174, 224, 382, 433, 442, 443); the sentence about modes is of 2019, when the limit was one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from . import limits, state
from .definitions import invalid, units
from .errors import LimitExceededException, ValidationException
from .state import Definition

_ALONE = (
    ("ReplicaUpdates", "Replica modification"),
    ("SSESpecification", "Server-Side Encryption modification"),
    ("TableClass", "TableClass modification"),
    ("DeletionProtectionEnabled", "DeletionProtection modification"),
    ("WarmThroughput", "WarmThroughput"),
)
_LARGEST = frozenset(("BillingMode", "OnDemandThroughput", "GlobalSecondaryIndexUpdates"))


def check(given: dict[str, Any], has_consistency: bool) -> None:
    """`given` are the changes that are asked for, by parameter. A global table's keys are changed with its encryption."""
    names = {name for name, value in given.items() if value is not None}
    if not names - {"GlobalSecondaryIndexUpdates"} and not given.get("GlobalSecondaryIndexUpdates"):
        consistency = "" if has_consistency else "MultiRegionConsistency, "
        raise ValidationException(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            f"SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, {consistency}"
            "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
        )
    _check_actions(given.get("GlobalSecondaryIndexUpdates") or [])
    _check_together(given, names)
    throughput = given.get("ProvisionedThroughput")
    if throughput is not None:
        units(throughput)
    elif given.get("BillingMode") == "PROVISIONED":
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")


def _check_actions(updates: list[dict[str, Any]]) -> None:
    """What is wrong with the updates whatever the table is."""
    seen: set[str] = set()
    for each in updates:
        if not each:
            raise invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(each) > 1:
            raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
        (given,) = each.values()
        name = given["IndexName"]
        if name in seen:
            raise invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {name}")
        seen.add(name)


def _check_together(given: dict[str, Any], names: set[str]) -> None:
    if len(names) < 2 or names == {"SSESpecification", "ReplicaUpdates"}:
        return
    is_online = any("Create" in each or "Delete" in each for each in given.get("GlobalSecondaryIndexUpdates") or ())
    if names == {"WarmThroughput", "GlobalSecondaryIndexUpdates"} and is_online:
        raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
    if names == {"WarmThroughput", "OnDemandThroughput"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    for name, shown in _ALONE:
        if name in names:
            raise invalid(f"{shown} must be the only operation in the request")
    if "OnDemandThroughput" in names and not names <= _LARGEST:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    is_paced = "ProvisionedThroughput" in names or given.get("BillingMode") == "PROVISIONED"
    if "StreamSpecification" in names and is_paced:
        raise invalid("You cannot modify stream status while updating table IOPS")
    if is_online and "ProvisionedThroughput" in names:
        raise invalid("You cannot create or delete index while updating table IOPS")
    if is_online and "StreamSpecification" in names:
        raise invalid("You cannot create or delete index while changing stream status")


def switched(definition: Definition, now: float, most: int) -> Definition:
    """A provisioned table that goes to on-demand, if it may once more; the other way is always open. `most`: how often in a day."""
    recent = tuple(at for at in definition.switched_s if 0 <= now - at < limits.SWITCH_S)
    if len(recent) >= most:
        last, following = (recent[-1], recent[-most]) if most else (now, now)
        raise LimitExceededException(
            f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to {most} times in 1 day(s). "
            f"Last update at {_shown(last)}. Next update can be made at {_shown(following + limits.SWITCH_S)}"
        )
    return state.replace(definition, switched_s=(*recent, now))


def classed(definition: Definition, table_class: str, now: float, most: int) -> Definition:
    """The table in that class, if it may change it once more. `most`: how often in 30 days."""
    recent = tuple(at for at in definition.classed_s if 0 <= now - at < limits.CLASS_S)
    if table_class != (definition.table_class or "STANDARD"):
        if len(recent) >= most:
            raise LimitExceededException(
                f"Subscriber limit exceeded: Updates to TableClass are limited to {most} times in 30 day(s)."
            )
        recent = (*recent, now)
    return state.replace(definition, table_class=table_class, class_changed_s=now, classed_s=recent)


def _shown(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def spoken(at_s: float) -> str:
    """As "Tuesday, November 13, 2018 7:45:39 PM UTC", which is how AWS tells when units were decreased."""
    at = datetime.fromtimestamp(at_s, UTC)
    return f"{at:%A, %B} {at.day}, {at.year} {at.hour % 12 or 12}:{at:%M:%S %p} UTC"
