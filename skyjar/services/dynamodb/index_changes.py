"""Changes of a table's global secondary indexes: GlobalSecondaryIndexUpdates."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import durations
from skyjar.kernel.call import Call

from . import definitions, jobs, on_demand, state
from .definitions import invalid
from .errors import LimitExceededException, ResourceNotFoundException
from .state import Definition, IndexDefinition


def change(
    call: Call, old: Definition, attributes: list[dict[str, str]] | None, updates: list[dict[str, Any]]
) -> Definition:
    definition = old
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
        elif "Update" in each:
            definition = _update_index(call, definition, each["Update"])
        else:
            raise invalid("Exactly one of GlobalSecondaryIndexUpdate's members must be given")
    return definition


def _create_index(
    call: Call, old: Definition, attributes: list[dict[str, str]] | None, given: dict[str, Any]
) -> Definition:
    index = definitions.index(given, call.chance.hex(12), True, old.billing == "PROVISIONED")
    types = {**old.types, **definitions.attribute_types(attributes or [])}
    for name, kind in old.types.items():
        if types[name] != kind:
            raise invalid(f"Attribute {name} is already defined with type {kind}")
    state_of = state.replace(on_demand.settled(call, index, old.billing, given), status="CREATING")
    created = state.replace(old, types=types, indexes=(*old.indexes, state_of))
    definitions.check_indexes(created)
    definitions.check_attributes(created)
    due = call.now + durations.of(call, "dynamodb.CreateIndex")
    call.later(jobs.backfill, due=due, table=old.name, index=index.space, start=b"")
    return created


def _global(definition: Definition, name: str) -> IndexDefinition:
    found = next((index for index in definition.indexes if index.is_global and index.name == name), None)
    if found is None:
        raise ResourceNotFoundException(f"Requested resource not found: GlobalSecondaryIndex: {name} not found")
    return found


def _delete_index(call: Call, old: Definition, name: str) -> Definition:
    gone = _global(old, name)
    indexes = tuple(index for index in old.indexes if index is not gone)
    used = {old.hash, old.range, *(each for index in indexes for each in index.key_names)}
    types = {attribute: kind for attribute, kind in old.types.items() if attribute in used}
    call.later(jobs.clear, key=gone.space, space=gone.space)
    kept = old.insights
    if kept:
        from . import insights

        kept = insights.without(call, old, name)
    return state.replace(old, indexes=indexes, types=types, insights=kept)


def _update_index(call: Call, old: Definition, given: dict[str, Any]) -> Definition:
    index = _global(old, given["IndexName"])
    throughput = given.get("ProvisionedThroughput")
    changed = index
    if throughput is not None or not given.keys() & {"OnDemandThroughput", "WarmThroughput"}:
        read, write = definitions.index_throughput(index.name, throughput, old.billing == "PROVISIONED")
        changed = state.replace(index, read_units=read, write_units=write)
    changed = on_demand.settled(call, changed, old.billing, given)
    return state.replace(old, indexes=tuple(changed if each is index else each for each in old.indexes))
