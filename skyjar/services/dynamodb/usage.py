"""What DynamoDB bills: units of on-demand tables, capacity of provisioned ones, storage. Source: DynamoDB Developer Guide, "Best practices for
understanding your AWS billing and usage reports in DynamoDB".

Units are those that are added up for CloudWatch anyway (`metrics.py`), so that a request pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Tallies
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import At, Place
from skyjar.kernel.usage import GIB, HOUR_S, Held

from . import item_rows, state
from .schemas import Schema
from .state import Definition, IndexDefinition

ITEM_BYTES = (
    100  # of indexing data, that each item and index row takes beside its size ("DynamoDB pricing", data storage)
)
INFREQUENT = "STANDARD_INFREQUENT_ACCESS"
ON_DEMAND, PROVISIONED, STORAGE = "PayPerRequestThroughput", "CommittedThroughput", "StandardStorage"


def _named(definition: Definition, usage_type: str) -> str:
    return f"IA-{usage_type}" if definition.table_class == INFREQUENT else usage_type


def taken(
    schema: Schema, account: str, region: str, tallies: Tallies, at: float, units: Mapping[str, dict[float, float]]
) -> None:
    """Units of a minute: by "Read" or "Write", how often so many were taken."""
    if schema.is_provisioned:
        return
    for kind, several in units.items():
        total = sum(each * times for each, times in several.items())
        if total:
            usage_type = _named(schema.definition, f"{kind}RequestUnits")
            usage.count(tallies, at, (account, region, "dynamodb", usage_type, ON_DEMAND), total)


def taken_of_index(call: Call, schema: Schema, units: float, *, is_write: bool) -> None:
    """Units of a global index, once the transaction is in."""
    if not schema.is_provisioned:
        usage_type = _named(schema.definition, "WriteRequestUnits" if is_write else "ReadRequestUnits")
        usage.use(call, "dynamodb", usage_type, ON_DEMAND, units)


def held(tx: Transaction, since: float, until: float) -> Iterable[Held]:
    """Hours of capacity, and GB-hours of what is in tables and their indexes, from when a table was made."""
    for account, region, definition in state.tables.anywhere(tx):
        begins = max(since, definition.created_s)
        if begins >= until:
            continue
        for usage_type, operation, amount in _of_table(Place(tx, account, region), definition, begins, until):
            yield Held(account, region, "dynamodb", _named(definition, usage_type), operation, amount)


def _of_table(at: At, definition: Definition, since: float, until: float) -> Iterable[tuple[str, str, float]]:
    if definition.billing == "PROVISIONED":
        hours = usage.clock_hours(since, until)
        bought: list[Definition | IndexDefinition] = [
            definition,
            *definition.indexes,
        ]  # local ones have none of their own
        yield "ReadCapacityUnit-Hrs", PROVISIONED, hours * sum(each.read_units for each in bought)
        yield "WriteCapacityUnit-Hrs", PROVISIONED, hours * sum(each.write_units for each in bought)
    size = 0
    for space in (definition.space, *(each.space for each in definition.indexes)):
        items, held_bytes = item_rows.counts(at, space)
        size += held_bytes + items * ITEM_BYTES
    yield "TimedStorage-ByteHrs", STORAGE, size / GIB * (until - since) / HOUR_S
