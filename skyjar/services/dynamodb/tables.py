"""Operations on tables. States pass at once, unless AWS's times are asked for (`kernel/durations.py`)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import durations, usage
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation

from . import (
    change_capture,
    changes,
    definitions,
    descriptions,
    encryption,
    index_changes,
    jobs,
    on_demand,
    policies,
    quotas,
    replica_settings,
    replicas,
    replication,
    schemas,
    state,
    tags,
)
from .errors import LimitExceededException, ResourceInUseException, ResourceNotFoundException, ValidationException
from .state import Definition

HOUR_S = 3_600
FREE_DECREASES = 4


@operation
def create_table(
    call: Call,
    *,
    table_name: str,
    attribute_definitions: list[dict[str, str]] | None = None,
    key_schema: list[dict[str, str]] | None = None,
    local_secondary_indexes: list[dict[str, Any]] | None = None,
    global_secondary_indexes: list[dict[str, Any]] | None = None,
    billing_mode: str | None = None,
    provisioned_throughput: dict[str, int] | None = None,
    stream_specification: dict[str, Any] | None = None,
    sse_specification: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
    table_class: str | None = None,
    deletion_protection_enabled: bool = False,
    resource_policy: str | None = None,
    on_demand_throughput: dict[str, int] | None = None,
    warm_throughput: dict[str, int] | None = None,
) -> dict[str, Any]:
    name = schemas.name_of(call, table_name)
    definitions.check_table_name(name)
    if key_schema is None or attribute_definitions is None:
        member = "keySchema" if key_schema is None else "attributeDefinitions"
        raise ValidationException(
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        )
    key_id = encryption.wanted(sse_specification)
    change_capture.check(stream_specification, is_new=True)
    read, write = definitions.throughput(provisioned_throughput, billing_mode)
    definitions.check_count(key_schema, attribute_definitions)
    types = definitions.attribute_types(attribute_definitions)
    hash_name, range_name = definitions.key_names(key_schema, types)
    is_provisioned = billing_mode != "PAY_PER_REQUEST"
    billing = billing_mode or "PROVISIONED"
    table = (hash_name, range_name, billing)
    indexes = index_changes.of_new_table(call, table, types, local_secondary_indexes, global_secondary_indexes)
    definition = Definition(
        name=name,
        id=call.new_id(),
        space=call.chance.hex(12),
        created_s=call.now,
        types=types,
        hash=hash_name,
        range=range_name,
        indexes=tuple(indexes),
        billing=billing,
        on_demand_since_s=0.0 if is_provisioned else call.now,
        read_units=read,
        write_units=write,
        is_protected=deletion_protection_enabled,
        table_class=table_class or "",
        tags=given_tags(tags),
    )
    throughput = _given(on_demand_throughput, warm_throughput)
    definition = on_demand.settled(call, definition, definition.billing, throughput, is_new=True)
    _check_new(call, definition)
    takes = durations.of(call, "dynamodb.CreateTable")
    if takes:
        definition = state.replace(definition, status="CREATING")
        call.later(jobs.activate, due=call.now + takes, table=name, space=definition.space)
    if key_id:
        definition = encryption.changed(call, definition, key_id)
    if stream_specification is not None and stream_specification["StreamEnabled"]:
        definition = change_capture.begin(call, definition, stream_specification["StreamViewType"])
    state.tables.add(call, definition)
    usage.begin(call)
    if resource_policy is not None:
        policies.check(resource_policy)
        policies.set_policy(call, schemas.arn_of(call, name), resource_policy)
    return {"TableDescription": descriptions.describe(call, definition, "CREATING")}


def _check_new(call: Call, definition: Definition) -> None:
    definitions.check_indexes(definition)
    definitions.check_attributes(definition)
    if state.tables.get(call, definition.name) is not None:
        raise ResourceInUseException(f"Table already exists: {definition.name}")
    quotas.check_tables(call)
    quotas.check_throughput(call, definition)


def _given(on_demand_throughput: dict[str, int] | None, warm_throughput: dict[str, int] | None) -> dict[str, Any]:
    """As the members of an index have it."""
    both = {"OnDemandThroughput": on_demand_throughput, "WarmThroughput": warm_throughput}
    return {name: value for name, value in both.items() if value is not None}


def given_tags(given: list[dict[str, str]] | None) -> dict[str, str]:
    return tags.merge({}, given or [])


def described(call: Call, table_name: str) -> Definition:
    """The table, for the operations that say its name when there is none."""
    name = schemas.name_of(call, table_name)
    definition = state.tables.get(call, name)
    if definition is None:
        definitions.check_table_name(name)
        raise ResourceNotFoundException(f"Requested resource not found: Table: {name} not found")
    return definition


@operation
def describe_table(call: Call, *, table_name: str) -> dict[str, Any]:
    call = schemas.owned(call, table_name)
    definition = encryption.looked_at(call, described(call, table_name))
    return {"Table": descriptions.describe(call, definition, definition.status)}


def check_ready(definition: Definition) -> None:
    """A table that is being restored cannot be changed, nor one deleted that is being copied."""
    if definition.status != "ACTIVE":
        doing = "deleted" if definition.status == "DELETING" else "created"
        raise ResourceInUseException(
            f"Attempt to change a resource which is still in use: Table is being {doing}: {definition.name}"
        )


def check_settled(call: Call, definition: Definition) -> None:
    """A table that is UPDATING, as when a replica is being made, cannot be changed."""
    if descriptions.is_updating(call, definition):
        raise ResourceInUseException(
            "Attempt to change a resource which is still in use: Table: "
            f"{definition.name} is in the process of being updated."
        )


@operation
def delete_table(call: Call, *, table_name: str) -> dict[str, Any]:
    definition = described(call, table_name)
    if definition.is_protected:
        raise ValidationException(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
            "first."
        )
    check_ready(definition)
    if definition.copies:
        raise ResourceInUseException(
            f"Attempt to change a resource which is still in use: Table is being backed up: {definition.name}"
        )
    shown = descriptions.describe(call, definition, "DELETING")
    replicas.leave(call, definition)
    arn = schemas.arn_of(call, definition.name)
    policies.forget(call, arn)
    if definition.stream_label:
        policies.forget(call, f"{arn}/stream/{definition.stream_label}")
    takes = durations.of(call, "dynamodb.DeleteTable")
    if takes:
        state.tables.replace(call, definition, state.replace(definition, status="DELETING"))
        call.later(remove, due=call.now + takes, table=definition.name, space=definition.space)
    else:
        drop(call, definition)
    kept = ("TableName", "TableStatus", "ProvisionedThroughput", "TableSizeBytes", "ItemCount", "TableArn", "TableId",
            "BillingModeSummary", "DeletionProtectionEnabled", "TableClassSummary")  # fmt: skip
    return {"TableDescription": {name: shown[name] for name in kept if name in shown}}


@job()
def remove(call: Call, *, table: str, space: str) -> None:
    """The end of a table that was DELETING."""
    definition = state.tables.get(call, table)
    if definition is not None and definition.space == space:
        drop(call, definition)


def drop(call: Call, definition: Definition) -> None:
    """Remove a table at once."""
    if definition.insights:
        from . import insights

        insights.forget(call, definition)
    state.tables.delete(call, definition.name)
    change_capture.end(call, definition)
    for index in definition.indexes:
        call.later(jobs.clear, key=index.space, space=index.space)
    if definition.recovery_since_s:
        from . import backups

        backups.keep_deleted(call, definition)
    else:
        call.later(jobs.clear, key=definition.space, space=definition.space)


@operation
def list_tables(call: Call, *, exclusive_start_table_name: str | None = None, limit: int = 100) -> dict[str, Any]:
    start = (exclusive_start_table_name + "\0",) if exclusive_start_table_name is not None else ()
    found = state.tables.range(call, start=start, limit=limit + 1)
    names = [definition.name for definition in found[:limit]]
    answer: dict[str, Any] = {"TableNames": names}
    if len(found) > limit:
        answer["LastEvaluatedTableName"] = names[-1]
    return answer


@operation
def update_table(
    call: Call,
    *,
    table_name: str,
    attribute_definitions: list[dict[str, str]] | None = None,
    billing_mode: str | None = None,
    provisioned_throughput: dict[str, int] | None = None,
    global_secondary_index_updates: list[dict[str, Any]] | None = None,
    stream_specification: dict[str, Any] | None = None,
    sse_specification: dict[str, Any] | None = None,
    table_class: str | None = None,
    deletion_protection_enabled: bool | None = None,
    replica_updates: list[dict[str, Any]] | None = None,
    multi_region_consistency: str | None = None,
    on_demand_throughput: dict[str, int] | None = None,
    warm_throughput: dict[str, int] | None = None,
) -> dict[str, Any]:
    key_id = encryption.wanted(sse_specification)
    replicas.check(replica_updates, multi_region_consistency)
    given = {
        "BillingMode": billing_mode,
        "ProvisionedThroughput": provisioned_throughput,
        "GlobalSecondaryIndexUpdates": global_secondary_index_updates,
        "DeletionProtectionEnabled": deletion_protection_enabled,
        "TableClass": table_class,
        "StreamSpecification": stream_specification,
        "SSESpecification": sse_specification,
        "ReplicaUpdates": replica_updates,
        "OnDemandThroughput": on_demand_throughput,
        "WarmThroughput": warm_throughput,
    }
    changes.check(given, multi_region_consistency is not None)
    old = definition = described(call, table_name)
    check_ready(definition)
    check_settled(call, definition)
    replicas.check_change(call, definition, billing_mode, stream_specification)
    replica_settings.check_keys(definition, call.region, key_id, replica_updates)
    if deletion_protection_enabled is not None:
        definition = state.replace(definition, is_protected=deletion_protection_enabled)
    if table_class is not None:
        definition = changes.classed(definition, table_class, call.now, quotas.quota(call, "table-class-changes"))
        _share_class(call, definition)
    if billing_mode is not None or provisioned_throughput is not None:
        if billing_mode == "PROVISIONED" != definition.billing:
            index_changes.check_provisioned(definition, global_secondary_index_updates)
        definition = _rebill(call, definition, billing_mode or definition.billing, provisioned_throughput)
        _share_throughput(call, definition)
    definition = _settled(call, definition, _given(on_demand_throughput, warm_throughput))
    if global_secondary_index_updates is not None:
        definition = _reindex(call, definition, attribute_definitions, global_secondary_index_updates)
    if key_id is not None:
        encryption.check_other(definition, key_id, replica_updates)
        definition = encryption.changed(call, encryption.counted(call, definition), key_id)
        replica_settings.encrypt(call, definition, key_id, replica_updates)
    if stream_specification is not None:
        definition = change_capture.changed(call, definition, stream_specification)
    quotas.check_throughput(call, definition, old)
    takes = durations.of(call, "dynamodb.UpdateTable")
    if takes:
        definition = state.replace(definition, updating_until_s=call.now + takes)
    state.tables.replace(call, old, definition)
    if not replica_updates:
        return {"TableDescription": descriptions.describe(call, definition, "UPDATING")}
    replicas.change(call, definition.name, replica_updates)
    shown = descriptions.describe(call, described(call, table_name), "UPDATING")
    gone = [{"RegionName": each["Delete"]["RegionName"], "ReplicaStatus": "DELETING"}
            for each in replica_updates if "Delete" in each]  # fmt: skip
    if gone:
        shown["Replicas"] = [*shown.get("Replicas", ()), *gone]
    return {"TableDescription": shown}


def _settled(call: Call, definition: Definition, throughput: dict[str, Any]) -> Definition:
    for other, each in replication.others(call, definition) if throughput else ():
        theirs = replica_settings.of_table(each, throughput)
        state.tables.replace(other, each, on_demand.settled(other, each, each.billing, theirs))
    return on_demand.settled(call, definition, definition.billing, throughput)


def _reindex(
    call: Call, definition: Definition, attributes: list[dict[str, str]] | None, updates: list[dict[str, Any]]
) -> Definition:
    """The table with other global indexes, which its replicas have as well."""
    changed = index_changes.change(call, definition, attributes, updates)
    for other, each in replication.others(call, changed):
        taken = replica_settings.of_index(each, updates)
        state.tables.replace(other, each, index_changes.change(other, each, attributes, taken, is_copy=True))
    return changed


def _share_class(call: Call, definition: Definition) -> None:
    """Replicas have the same table class, but for those to which one was given."""
    for other, each in replication.others(call, definition):
        if not each.has_own_class:
            changed = state.replace(
                each,
                table_class=definition.table_class,
                class_changed_s=call.now,
                classed_s=definition.classed_s,
            )
            state.tables.replace(other, each, changed)


def _share_throughput(call: Call, definition: Definition) -> None:
    """Replicas are billed alike and have the same write capacity; how much is read is each one's own."""
    for other, each in replication.others(call, definition):
        if (each.billing, each.write_units) != (definition.billing, definition.write_units):
            units = {"ReadCapacityUnits": each.read_units or definition.read_units,
                     "WriteCapacityUnits": definition.write_units}  # fmt: skip
            given = units if definition.billing == "PROVISIONED" else None
            state.tables.replace(other, each, _rebill(other, each, definition.billing, given))


def _rebill(call: Call, old: Definition, billing: str, given: dict[str, int] | None) -> Definition:
    if billing == "PAY_PER_REQUEST":
        definitions.throughput(given, billing)
        if old.billing == billing:
            return old
        old = changes.switched(old, call.now, quotas.quota(call, "on-demand-switches"))
        none = {"read_units": 0, "write_units": 0, "has_own_reads": False}
        indexes = tuple(state.replace(index, **none) for index in old.indexes)
        return state.replace(old, billing=billing, on_demand_since_s=call.now, indexes=indexes, **none)
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
            f"{changes.spoken(definition.decreased_s)}. Next decrease can be made at "
            f"{changes.spoken(definition.decreased_s + HOUR_S)}"
        )
    return state.replace(definition, decreases=today + 1, decreased_s=call.now)
