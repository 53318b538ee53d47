"""What is changed of a table's billing: its mode, its provisioned units, its class; and how often that may be."""

from __future__ import annotations

from datetime import UTC, datetime

from skyjar.kernel.call import Call

from . import definitions, descriptions, state
from .errors import LimitExceededException, ValidationException
from .quotas import quota
from .state import Definition

HOUR_S, DAY_S = 3_600, 86_400
CLASS_DAYS = 30
FREE_DECREASES = 4


def rebill(call: Call, old: Definition, billing: str, given: dict[str, int] | None) -> Definition:
    if billing == "PAY_PER_REQUEST":
        definitions.throughput(given, billing)
        if old.billing == billing:
            return old
        switches = _counted(call, old.switched_s, 1, "on-demand-switches", "Update to PayPerRequest mode are")
        none = {"read_units": 0, "write_units": 0, "has_own_reads": False}
        indexes = tuple(state.replace(index, **none) for index in old.indexes)
        return state.replace(
            old, billing=billing, on_demand_since_s=call.now, switched_s=switches, indexes=indexes, **none
        )
    read, write = (
        definitions.throughput(given, billing) if given or old.billing != billing else (old.read_units, old.write_units)
    )
    if (read, write) == (old.read_units, old.write_units) and given is not None:
        raise ValidationException(
            "The provisioned throughput for the table will not change. The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned for the table: {read}. Requested ReadCapacityUnits: {read}. Current "
            f"WriteCapacityUnits provisioned for the table: {write}. Requested WriteCapacityUnits: {write}. Refer to the "
            "Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
    changed = state.replace(old, billing=billing, read_units=read, write_units=write)
    if old.billing != billing:
        unlimited = {"max_reads": 0, "max_writes": 0, "has_own_maximum": False}
        indexes = tuple(state.replace(index, **unlimited) for index in old.indexes)
        changed = state.replace(changed, indexes=indexes, **unlimited)
    if old.billing == billing and (read < old.read_units or write < old.write_units):
        return _decrease(call, changed)
    return state.replace(changed, increased_s=call.now)


def _decrease(call: Call, definition: Definition) -> Definition:
    today = descriptions.decreases_today(definition, call.now)
    if today >= FREE_DECREASES and call.now < definition.decreased_s + HOUR_S:
        raise LimitExceededException(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
            f"first {FREE_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at most "
            f"once every {HOUR_S} seconds. Number of decreases today: {today}. Last decrease at "
            f"{_spoken(definition.decreased_s)}. Next decrease can be made at {_spoken(definition.decreased_s + HOUR_S)}"
        )
    return state.replace(definition, decreases=today + 1, decreased_s=call.now)


def _spoken(at_s: float) -> str:
    """As "Tuesday, November 13, 2018 7:45:39 PM UTC"."""
    at = datetime.fromtimestamp(at_s, UTC)
    return f"{at:%A, %B} {at.day}, {at.year} {at.hour % 12 or 12}:{at:%M:%S %p} UTC"


def check_indexes(definition: Definition) -> None:
    """A table that is PROVISIONED now has units for all its global indexes."""
    for index in definition.indexes:
        if index.is_global and not index.read_units:
            raise definitions.invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def reclassed(call: Call, old: Definition, table_class: str) -> Definition:
    """The table in another class, or as it is in its own."""
    changes = old.reclassed_s
    if table_class != (old.table_class or "STANDARD"):
        changes = _counted(call, changes, CLASS_DAYS, "table-class-changes", "Table class updates are")
    return state.replace(old, table_class=table_class, class_changed_s=call.now, reclassed_s=changes)


def _counted(call: Call, before: tuple[float, ...], days: int, name: str, what: str) -> tuple[float, ...]:
    """When it was changed within the last days, now included; or refused, where that is too often.

    Sources: Developer Guide, "Considerations when switching capacity modes" and "Considerations when choosing a table class"; for
    the sentence, as AWS said it when a mode could be changed once a day, github.com/aws-amplify/amplify-cli issue 1054."""
    recent = tuple(at for at in before if 0 <= call.now - at < days * DAY_S)
    most = quota(call, name)
    if len(recent) >= most:
        last, following = (
            datetime.fromtimestamp(at, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
            for at in (recent[-1], recent[-most] + days * DAY_S if most else call.now + days * DAY_S)
        )
        raise LimitExceededException(
            f"Subscriber limit exceeded: {what} limited to {most} times in {days} day(s). Last update at {last}. Next update "
            f"can be made at {following}"
        )
    return (*recent, call.now)
