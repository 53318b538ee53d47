"""AWS::DynamoDB::Table."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere, Wait
from skyjar.kernel.outside import Compute, Outside

from . import state
from .errors import ResourceNotFoundException
from .state import StackTable

SUPPORTED = frozenset(
    (
        "TableName",
        "AttributeDefinitions",
        "KeySchema",
        "LocalSecondaryIndexes",
        "GlobalSecondaryIndexes",
        "BillingMode",
        "ProvisionedThroughput",
        "TableClass",
        "DeletionProtectionEnabled",
        "TimeToLiveSpecification",
        "Tags",
        "SSESpecification",
        "PointInTimeRecoverySpecification",
        "StreamSpecification",
        "KinesisStreamSpecification",
        "ResourcePolicy",
        "OnDemandThroughput",
        "WarmThroughput",
        "ContributorInsightsSpecification",
    )
)


_OF_INDEX = {"IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"}
_INSIGHTS = "ContributorInsightsSpecification"
_ALONE = ("sse_specification", "table_class", "deletion_protection_enabled", "warm_throughput")
_THROUGHPUTS = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")


def _truth(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _units(given: dict[str, Any] | None) -> dict[str, int] | None:
    return {name: int(value) for name, value in given.items()} if given else None


def _index(given: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in given.items() if name != _INSIGHTS}
    unknown = sorted(given.keys() - _OF_INDEX)
    if unknown:
        raise NotImplementedHere(
            f"Skyjar does not implement these properties of an index of AWS::DynamoDB::Table: {', '.join(unknown)}."
        )
    return {**given, **{name: _units(given[name]) for name in _THROUGHPUTS if given.get(name)}}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def described(call: Call, name: str) -> Physical:
    table = call.ask("dynamodb").describe_table(table_name=name)["Table"]
    stream = {"StreamArn": table["LatestStreamArn"]} if "StreamSpecification" in table else {}
    return Physical(name, {"Arn": table["TableArn"], **stream})


def create_table(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    """Run again until the table is there, where that takes AWS's time; what it made is found by its token."""
    dynamodb = call.ask("dynamodb")
    made = state.stack_tables.get(call, resource.token)
    if made is None:
        name = properties.get("TableName") or resource.name(255)
        dynamodb.create_table(**_creation(resource, properties, name))
        state.stack_tables.add(call, StackTable(token=resource.token, table=name))
        if durations.of(call, "dynamodb.CreateTable"):
            return Outside(Compute(str), lambda call, _: wait(call))
    else:
        name = made.table
    if dynamodb.describe_table(table_name=name)["Table"]["TableStatus"] == "CREATING":
        return wait(call)
    _update_recovery(dynamodb, name, properties, {})
    _update_destination(dynamodb, name, properties, {})
    update_insights(dynamodb, name, properties, {})
    lifetime = properties.get("TimeToLiveSpecification")
    if lifetime and _truth(lifetime.get("Enabled")):
        dynamodb.update_time_to_live(table_name=name, time_to_live_specification=_lifetime(lifetime))
    return described(call, name)


def wait(call: Call) -> Physical:
    raise Wait(on=state.tables.watched(call), until=call.now + 1)


def _creation(resource: Resource, properties: Properties, name: str) -> dict[str, Any]:
    """The parameters of CreateTable."""
    given: dict[str, Any] = {
        "table_name": name,
        "attribute_definitions": properties.get("AttributeDefinitions", []),
        "key_schema": properties["KeySchema"],
        "billing_mode": properties.get("BillingMode"),
        "provisioned_throughput": _units(properties.get("ProvisionedThroughput")),
        "on_demand_throughput": _units(properties.get("OnDemandThroughput")),
        "warm_throughput": _units(properties.get("WarmThroughput")),
        "table_class": properties.get("TableClass"),
        "deletion_protection_enabled": _truth(properties.get("DeletionProtectionEnabled")),
    }
    if sse(properties)["Enabled"]:
        given["sse_specification"] = sse(properties)
    if properties.get("ResourcePolicy"):
        given["resource_policy"] = _policy(properties)
    if properties.get("StreamSpecification"):
        given["stream_specification"] = _stream(properties["StreamSpecification"])
    for member, label in (
        ("local_secondary_indexes", "LocalSecondaryIndexes"),
        ("global_secondary_indexes", "GlobalSecondaryIndexes"),
    ):
        if properties.get(label):
            given[member] = [_index(each) for each in properties[label]]
    tags = _tags(resource, properties)
    if tags:
        given["tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return given


def _lifetime(given: dict[str, Any]) -> dict[str, Any]:
    return {"Enabled": _truth(given.get("Enabled")), "AttributeName": given["AttributeName"]}


def _stream(given: dict[str, Any]) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": given["StreamViewType"]}


def sse(properties: Properties) -> dict[str, Any]:
    given = properties.get("SSESpecification") or {}
    if not _truth(given.get("SSEEnabled")):
        return {"Enabled": False}
    named = {name: given[name] for name in ("SSEType", "KMSMasterKeyId") if given.get(name)}
    return {"Enabled": True, **({"SSEType": "KMS"} if named else {}), **named}


def _policy(properties: Properties) -> str:
    document = properties["ResourcePolicy"]["PolicyDocument"]
    return document if isinstance(document, str) else msgspec.json.encode(document).decode()


def _update_policy(dynamodb: Any, arn: str, properties: Properties, before: Properties) -> None:
    now, was = properties.get("ResourcePolicy"), before.get("ResourcePolicy")
    if now == was:
        return
    if now:
        dynamodb.put_resource_policy(resource_arn=arn, policy=_policy(properties))
    else:
        dynamodb.delete_resource_policy(resource_arn=arn)


def _update_recovery(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    now = properties.get("PointInTimeRecoverySpecification") or {}
    was = before.get("PointInTimeRecoverySpecification") or {}
    if now == was:
        return
    given: dict[str, Any] = {"PointInTimeRecoveryEnabled": _truth(now.get("PointInTimeRecoveryEnabled"))}
    if given["PointInTimeRecoveryEnabled"] and now.get("RecoveryPeriodInDays"):
        given["RecoveryPeriodInDays"] = int(now["RecoveryPeriodInDays"])
    if given["PointInTimeRecoveryEnabled"] or _truth(was.get("PointInTimeRecoveryEnabled")):
        dynamodb.update_continuous_backups(table_name=name, point_in_time_recovery_specification=given)


def _update_destination(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    now, was = properties.get("KinesisStreamSpecification") or {}, before.get("KinesisStreamSpecification") or {}
    if now == was:
        return
    precision = {key: value for key, value in now.items() if key != "StreamArn"}
    if now and now["StreamArn"] == was.get("StreamArn"):
        wanted = precision or {"ApproximateCreationDateTimePrecision": "MILLISECOND"}
        dynamodb.update_kinesis_streaming_destination(
            table_name=name, stream_arn=now["StreamArn"], update_kinesis_streaming_configuration=wanted
        )
        return
    if was:
        dynamodb.disable_kinesis_streaming_destination(table_name=name, stream_arn=was["StreamArn"])
    if now:
        given = {"enable_kinesis_streaming_configuration": precision} if precision else {}
        dynamodb.enable_kinesis_streaming_destination(table_name=name, stream_arn=now["StreamArn"], **given)


def update_insights(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    """Contributor insights of the table and its global indexes; an index that is gone has taken its own away."""
    wanted, there = _insights(properties), _insights(before)
    for index, now in wanted.items():
        was = there.get(index) or {}
        if now == was or not (_truth(now.get("Enabled")) or _truth(was.get("Enabled"))):
            continue
        given = {"index_name": index} if index else {}
        if now.get("Mode"):
            given["contributor_insights_mode"] = now["Mode"]
        action = "ENABLE" if _truth(now.get("Enabled")) else "DISABLE"
        dynamodb.update_contributor_insights(table_name=name, contributor_insights_action=action, **given)


def _insights(properties: Properties) -> dict[str, dict[str, Any]]:
    """By index; the table's own under an empty name."""
    found = {"": properties.get(_INSIGHTS) or {}}
    for index in properties.get("GlobalSecondaryIndexes", ()):
        found[index["IndexName"]] = index.get(_INSIGHTS) or {}
    return found


def _update_stream(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    """Another view type is another stream."""
    now, was = properties.get("StreamSpecification"), before.get("StreamSpecification")
    if now == was:
        return
    if was:
        dynamodb.update_table(table_name=name, stream_specification={"StreamEnabled": False})
    if now:
        dynamodb.update_table(table_name=name, stream_specification=_stream(now))


def update_table(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    dynamodb = call.ask("dynamodb")
    changes: dict[str, Any] = {}
    billing = properties.get("BillingMode", "PROVISIONED")
    if billing != before.get("BillingMode", "PROVISIONED"):
        changes["billing_mode"] = billing
    if properties.get("ProvisionedThroughput") != before.get("ProvisionedThroughput"):
        changes["provisioned_throughput"] = _units(properties.get("ProvisionedThroughput"))
    if properties.get("OnDemandThroughput") != before.get("OnDemandThroughput"):
        none = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
        changes["on_demand_throughput"] = {**none, **(_units(properties.get("OnDemandThroughput")) or {})}
    if properties.get("WarmThroughput") != before.get("WarmThroughput"):
        changes["warm_throughput"] = _units(properties.get("WarmThroughput"))
    if properties.get("TableClass") != before.get("TableClass"):
        changes["table_class"] = properties.get("TableClass", "STANDARD")
    protection = _truth(properties.get("DeletionProtectionEnabled"))
    if protection != _truth(before.get("DeletionProtectionEnabled")):
        changes["deletion_protection_enabled"] = protection
    if sse(properties) != sse(before):
        changes["sse_specification"] = sse(properties)
    if changes.get("billing_mode") == "PROVISIONED":
        changes["global_secondary_index_updates"] = _provisioned(properties, before)
        before = _with_units_of(properties, before)
    _change(dynamodb, old.id, changes)
    _update_indexes(dynamodb, old.id, properties, before)
    _update_stream(dynamodb, old.id, properties, before)
    _update_recovery(dynamodb, old.id, properties, before)
    _update_destination(dynamodb, old.id, properties, before)
    update_insights(dynamodb, old.id, properties, before)
    _update_policy(dynamodb, old.attributes["Arn"], properties, before)
    _update_lifetime(dynamodb, old.id, properties, before)
    _update_tags(call, dynamodb, resource, old, properties, before)
    return described(call, old.id)


def _change(dynamodb: Any, name: str, changes: dict[str, Any]) -> None:
    """UpdateTable takes some changes one by one only."""
    given = {member: value for member, value in changes.items() if value is not None}
    for member in _ALONE:
        if member in given:
            dynamodb.update_table(table_name=name, **{member: given.pop(member)})
    if given:
        dynamodb.update_table(table_name=name, **given)


def _provisioned(properties: Properties, before: Properties) -> list[dict[str, Any]] | None:
    """What a table that becomes provisioned says of the global indexes that it has."""
    kept = {each["IndexName"] for each in before.get("GlobalSecondaryIndexes", ())}
    return [
        {"Update": {"IndexName": each["IndexName"], "ProvisionedThroughput": _units(each["ProvisionedThroughput"])}}
        for each in properties.get("GlobalSecondaryIndexes", ())
        if each["IndexName"] in kept and each.get("ProvisionedThroughput")
    ] or None


def _with_units_of(properties: Properties, before: Properties) -> Properties:
    """What was before, with the units of global indexes that are wanted."""
    wanted = {each["IndexName"]: each for each in properties.get("GlobalSecondaryIndexes", ())}
    indexes = []
    for each in before.get("GlobalSecondaryIndexes", ()):
        given = wanted.get(each["IndexName"], {}).get("ProvisionedThroughput")
        indexes.append({**each, "ProvisionedThroughput": given} if given else each)
    return {**before, "GlobalSecondaryIndexes": indexes} if indexes else before


def _update_indexes(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    """Like CloudFormation, at most one index is created or deleted by an update; UpdateTable refuses more at once."""
    wanted = {each["IndexName"]: each for each in properties.get("GlobalSecondaryIndexes", [])}
    there = {each["IndexName"]: each for each in before.get("GlobalSecondaryIndexes", [])}
    updates: list[dict[str, Any]] = [{"Delete": {"IndexName": each}} for each in there if each not in wanted]
    updates += [{"Create": _index(each)} for index, each in wanted.items() if index not in there]
    for index, each in wanted.items():
        was = there.get(index)
        if was is None or was == each:
            continue
        rest = dict.fromkeys((*_THROUGHPUTS, _INSIGHTS))
        if {**was, **rest} != {**each, **rest}:
            updates += [{"Delete": {"IndexName": index}}, {"Create": _index(each)}]
        elif given := {name: _units(each[name]) for name in _THROUGHPUTS if each.get(name)}:
            updates.append({"Update": {"IndexName": index, **given}})
    if updates:
        dynamodb.update_table(
            table_name=name,
            attribute_definitions=properties.get("AttributeDefinitions", []),
            global_secondary_index_updates=updates,
        )


def _update_lifetime(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    now, was = properties.get("TimeToLiveSpecification"), before.get("TimeToLiveSpecification")
    if now == was:
        return
    given = _lifetime(now) if now else {"Enabled": False, "AttributeName": (was or {})["AttributeName"]}
    if given["Enabled"] or (was and _truth(was.get("Enabled"))):
        dynamodb.update_time_to_live(table_name=name, time_to_live_specification=given)


def _update_tags(
    call: Call, dynamodb: Any, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> None:
    wanted, there = _tags(resource, properties), _tags(resource.before(), before)
    arn = described(call, old.id).attributes["Arn"]
    gone = sorted(there.keys() - wanted.keys())
    if gone:
        dynamodb.untag_resource(resource_arn=arn, tag_keys=gone)
    if wanted != there and wanted:
        dynamodb.tag_resource(resource_arn=arn, tags=[{"Key": key, "Value": value} for key, value in wanted.items()])


def delete_table(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    state.stack_tables.delete(call, resource.token)
    try:
        call.ask("dynamodb").delete_table(table_name=physical.id)
    except ResourceNotFoundException:
        return
