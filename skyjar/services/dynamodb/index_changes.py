"""The indexes of a new table, and changes of global ones: GlobalSecondaryIndexUpdates."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from skyjar.kernel import durations
from skyjar.kernel.call import Call

from . import definitions, jobs, limits, on_demand, state
from .definitions import invalid
from .errors import LimitExceededException, ResourceNotFoundException, ValidationException
from .state import Definition, IndexDefinition


def of_new_table(
    call: Call,
    table: tuple[str, str, str],
    defined: Collection[str],
    local: list[dict[str, Any]] | None,
    over_all: list[dict[str, Any]] | None,
) -> list[IndexDefinition]:
    """`table`: its partition key, its sort key (empty for none) and its billing mode; `defined` are the attributes that may be keys."""
    hash_name, range_name, billing = table
    definitions.check_list(local, "LocalSecondaryIndexes")
    definitions.check_ranged(local, range_name)
    found: list[IndexDefinition] = []
    for is_global, several in ((False, local), (True, over_all)):
        if is_global:
            definitions.check_counts(found)
            definitions.check_list(several, "GlobalSecondaryIndexes")
        for given in several or ():
            made = definitions.index(
                given, call.chance.hex(12), is_global, billing != "PAY_PER_REQUEST", defined, hash_name
            )  # fmt: skip
            found.append(on_demand.settled(call, made, billing, given, is_new=True))
    return found


def change(
    call: Call,
    old: Definition,
    attributes: list[dict[str, str]] | None,
    updates: list[dict[str, Any]],
    *,
    is_copy: bool = False,
) -> Definition:
    """`is_copy`: in another replica, which may be as it shall be already."""
    definition = old
    if not updates:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    online = [each for each in updates if "Create" in each or "Delete" in each]
    if len(online) > 1:
        raise LimitExceededException(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for each in updates:
        if "Create" in each:
            definition = _create_index(call, definition, attributes, each["Create"])
        elif "Delete" in each:
            definition = _delete_index(call, definition, each["Delete"]["IndexName"])
        else:
            definition = _update_index(call, definition, each["Update"], is_copy)
    return definition


def check_provisioned(definition: Definition, updates: list[dict[str, Any]] | None) -> None:
    """The global indexes of a table that becomes provisioned must be given their throughput."""
    named = {
        given["IndexName"]
        for each in updates or ()
        for kind, given in each.items()
        if kind == "Delete" or "ProvisionedThroughput" in given
    }
    missing = [index.name for index in definition.indexes if index.is_global and index.name not in named]
    if missing:
        raise invalid(f"ProvisionedThroughput must be specified for index: {','.join(missing)}")


def _create_index(
    call: Call, old: Definition, attributes: list[dict[str, str]] | None, given: dict[str, Any]
) -> Definition:
    if any(index.name == given["IndexName"] for index in old.indexes):
        raise ValidationException("Attempting to create an index which already exists")
    if sum(index.is_global for index in old.indexes) >= limits.GLOBAL_INDEXES:
        raise LimitExceededException(
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
            f"{limits.GLOBAL_INDEXES}"
        )
    index = definitions.index(given, call.chance.hex(12), True, old.billing == "PROVISIONED")
    types = {**old.types, **definitions.attribute_types(attributes or [])}
    for name, kind in old.types.items():
        if types[name] != kind:
            raise invalid(f"Attribute {name} is already defined with type {kind}")
    state_of = state.replace(on_demand.settled(call, index, old.billing, given), status="CREATING")
    created = state.replace(old, types=types, indexes=(*old.indexes, state_of))
    if any(name not in types for name in index.key_names):
        raise invalid(f"AttributeDefinitions is not specified for index: {index.name}")
    definitions.check_indexes(created)
    definitions.check_attributes(created)
    due = call.now + durations.of(call, "dynamodb.CreateIndex")
    call.later(jobs.backfill, due=due, table=old.name, index=index.space, start=b"")
    return created


def _global(definition: Definition, name: str, verb: str) -> IndexDefinition:
    found = next((index for index in definition.indexes if index.name == name), None)
    if found is None:
        raise ResourceNotFoundException(f"Requested resource not found: Index {name} for table {definition.name}")
    if not found.is_global:
        raise ValidationException(f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}")
    return found


def _delete_index(call: Call, old: Definition, name: str) -> Definition:
    gone = _global(old, name, "delete")
    indexes = tuple(index for index in old.indexes if index is not gone)
    used = {old.hash, old.range, *(each for index in indexes for each in index.key_names)}
    types = {attribute: kind for attribute, kind in old.types.items() if attribute in used}
    call.later(jobs.clear, key=gone.space, space=gone.space)
    kept = old.insights
    if kept:
        from . import insights

        kept = insights.without(call, old, name)
    return state.replace(old, indexes=indexes, types=types, insights=kept)


def _update_index(call: Call, old: Definition, given: dict[str, Any], is_copy: bool) -> Definition:
    index = _global(old, given["IndexName"], "update")
    throughput = given.get("ProvisionedThroughput")
    changed = index
    if throughput is not None or not given.keys() & {"OnDemandThroughput", "WarmThroughput"}:
        read, write = definitions.index_throughput(index.name, throughput, old.billing == "PROVISIONED")
        if read and not is_copy and (read, write) == (index.read_units, index.write_units):
            raise ValidationException(
                f"The provisioned throughput for the index {index.name} will not change. The requested value equals the "
                f"current value. Current ReadCapacityUnits provisioned for the index: {read}. Requested "
                f"ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the index: {write}. Requested "
                f"WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how "
                "to request higher limits."
            )
        changed = state.replace(index, read_units=read, write_units=write)
    changed = on_demand.settled(call, changed, old.billing, given)
    return state.replace(old, indexes=tuple(changed if each is index else each for each in old.indexes))
