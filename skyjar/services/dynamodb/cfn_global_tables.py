"""AWS::DynamoDB::GlobalTable: a table in the stack's Region, with the settings that the template gives that Region's replica, and
its replicas elsewhere. It is complete when all replicas are ACTIVE."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.outside import Compute, Outside

from . import cfn_auto_scaling, cfn_changes, cfn_settings, cfn_tables, replication, state
from .cfn_properties import sse
from .errors import ResourceNotFoundException, ValidationException

_SHARED = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "TimeToLiveSpecification",
    "SSESpecification",
    "StreamSpecification",
    "WarmThroughput",
)
_MAXIMA = {
    "ReadOnDemandThroughputSettings": "MaxReadRequestUnits",
    "WriteOnDemandThroughputSettings": "MaxWriteRequestUnits",
}
_SCALED = ("ReadProvisionedThroughputSettings", "WriteProvisionedThroughputSettings")
SUPPORTED = frozenset((*_SHARED, *_MAXIMA, *_SCALED, "Replicas", "MultiRegionConsistency"))
_OWN = ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "Tags", "ResourcePolicy",
        "KinesisStreamSpecification")  # fmt: skip
_OF_REPLICA = frozenset(
    (*_OWN, "Region", "TableClass", "SSESpecification", "ReadProvisionedThroughputSettings", "GlobalSecondaryIndexes",
     "ContributorInsightsSpecification", "ReadOnDemandThroughputSettings", "ReplicaStreamSpecification")
)  # fmt: skip
_OF_INDEX = {"IndexName", "ReadProvisionedThroughputSettings", "ContributorInsightsSpecification",
             "ReadOnDemandThroughputSettings"}  # fmt: skip


def _replicas(properties: Properties) -> dict[str, Properties]:
    """The template's replicas by Region."""
    if properties.get("MultiRegionConsistency") == "STRONG":
        raise NotImplementedHere("Skyjar does not implement MultiRegionConsistency STRONG of global tables.")
    found: dict[str, Properties] = {}
    for each in properties["Replicas"]:
        unknown = sorted(name for name in each.keys() - _OF_REPLICA if not _is_off(each[name]))
        if unknown:
            raise NotImplementedHere(
                "Skyjar does not implement these properties of a replica of AWS::DynamoDB::GlobalTable: "
                f"{', '.join(unknown)}."
            )
        for index in each.get("GlobalSecondaryIndexes", ()):
            unknown = sorted(name for name in index.keys() - _OF_INDEX if not _is_off(index[name]))
            if unknown:
                raise NotImplementedHere(
                    "Skyjar does not implement these properties of an index of a replica of AWS::DynamoDB::GlobalTable: "
                    f"{', '.join(unknown)}."
                )
        found[each["Region"]] = each
    return found


def _is_off(given: Any) -> bool:
    """A feature that is said to be off needs not be there."""
    return isinstance(given, dict) and str(given.get("Enabled")).lower() == "false"


def _local(region: str, properties: Properties) -> Properties:
    """The same as an AWS::DynamoDB::Table of one Region."""
    replicas = _replicas(properties)
    if region not in replicas:
        raise ValidationException(f"Replicas must have the Region of the stack: {region}")
    own = replicas[region]
    shared = {name: properties[name] for name in _SHARED if name in properties}
    maxima = _maxima({**properties, **_reading(own)})
    if maxima:
        shared["OnDemandThroughput"] = maxima
    if "GlobalSecondaryIndexes" in properties:
        theirs = {each["IndexName"]: each for each in own.get("GlobalSecondaryIndexes", ())}
        indexes = [_index(each, theirs.get(each["IndexName"], {})) for each in properties["GlobalSecondaryIndexes"]]
        properties = {**properties, "GlobalSecondaryIndexes": indexes}
        shared["GlobalSecondaryIndexes"] = indexes
    shared |= cfn_auto_scaling.first_units(properties, own)
    found = shared | {name: own[name] for name in (*_OWN, "TableClass") if name in own}
    key = (own.get("SSESpecification") or {}).get("KMSMasterKeyId")
    if key and "SSESpecification" in found:
        found["SSESpecification"] = {**found["SSESpecification"], "KMSMasterKeyId": key}
    if _stream_policy(own) and "StreamSpecification" in found:
        found["StreamSpecification"] = {**found["StreamSpecification"], "ResourcePolicy": _stream_policy(own)}
    return found


def _stream_policy(own: Properties) -> Properties | None:
    """The ResourcePolicy of a replica's stream."""
    given: Properties = own.get("ReplicaStreamSpecification") or {}
    return given.get("ResourcePolicy")


def _maxima(given: Properties) -> Properties:
    """OnDemandThroughput, of what is said of writing and of reading."""
    return {member: given[name][member] for name, member in _MAXIMA.items() if given.get(name)}


def _reading(own: Properties) -> Properties:
    return {name: own[name] for name in _MAXIMA if name in own}


def _index(shared: Properties, own: Properties) -> Properties:
    """An index as an AWS::DynamoDB::Table has it, with what the replica says of it."""
    maxima = _maxima({**shared, **_reading(own)})
    plain = {name: value for name, value in shared.items() if name not in _MAXIMA}
    return {**plain, "OnDemandThroughput": maxima} if maxima else plain


def create_table(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    """Run again until the replicas are there; what it made is found by its token."""
    local = _local(call.region, properties)
    found = state.stack_tables.get(call, resource.token)
    if found is not None and _shown(call, found.table):
        return _complete(call, resource, found.table, properties, {})
    made = cfn_tables.create_table(call, resource, local)
    return made if isinstance(made, Outside) else _complete(call, resource, made.id, properties, {})


def update_table(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical | Outside:
    if _shown(call, old.id).keys() == _others(call, before).keys():  # or else it is run again, and did this already
        now = _local(call.region, properties)
        was = cfn_auto_scaling.kept(now, _local(call.region, before))
        encryption = _encryption(call, old.id, now, was, properties, before)
        token = _of(resource, "encryption")
        waiting = cfn_changes.make(call, token, old.id, [before, properties], encryption)
        if waiting is not None:
            return waiting
        was = {**was, "SSESpecification": now.get("SSESpecification")}
        changed = cfn_changes.update_table(call, resource, old, now, was)
        if isinstance(changed, Outside):
            return changed
    return _complete(call, resource, old.id, properties, before)


def _of(resource: Resource, what: str) -> str:
    """Under which token calls of UpdateTable are known that are not the table's own."""
    return f"{resource.token} {what}"


def _encryption(
    call: Call, name: str, now: Properties, was: Properties, properties: Properties, before: Properties
) -> list[dict[str, Any]]:
    """What changes the encryption of all replicas at once, if anything does."""
    keys = {region: _key(each) for region, each in _others(call, properties).items() if _key(each)}
    were = {region: _key(each) for region, each in _others(call, before).items() if _key(each)}
    there = _shown(call, name)
    if sse(now) == sse(was) and all(were.get(region) == keys.get(region) for region in there):
        return []
    named = [{"Update": {"RegionName": region, "KMSMasterKeyId": keys[region]}} for region in there if region in keys]
    return [{"sse_specification": sse(now), **({"replica_updates": named} if named else {})}]


def _key(replica: Properties) -> str:
    found: str = (replica.get("SSESpecification") or {}).get("KMSMasterKeyId") or ""
    return found


def _others(call: Call, properties: Properties) -> dict[str, Properties]:
    return (
        {region: each for region, each in _replicas(properties).items() if region != call.region} if properties else {}
    )


def _shown(call: Call, name: str) -> dict[str, str]:
    """The states of the replicas that there are, by Region."""
    table = call.ask("dynamodb").describe_table(table_name=name)["Table"]
    return {each["RegionName"]: each["ReplicaStatus"] for each in table.get("Replicas", ())}


def _complete(
    call: Call, resource: Resource, name: str, properties: Properties, before: Properties
) -> Physical | Outside:
    wanted, there = _others(call, properties), _shown(call, name)
    cfn_auto_scaling.scale_writing(call, name, properties, before)
    updates = [{"Delete": {"RegionName": region}} for region in there if region not in wanted]
    updates += [{"Create": _made(region, each)} for region, each in wanted.items() if region not in there]
    if updates:
        call.ask("dynamodb").update_table(table_name=name, replica_updates=updates)
        return Outside(Compute(str), lambda call, _: cfn_tables.wait(call))
    if any(status != "ACTIVE" for status in there.values()):
        return cfn_tables.wait(call)
    were = _others(call, before)
    updates = [
        {"Update": {"RegionName": region, **_overrides(each)}}
        for region, each in wanted.items()
        if region in were and _overrides(each) and _overrides(each) != _overrides(were[region])
    ]
    token, steps = _of(resource, "overrides"), [{"replica_updates": updates}] if updates else []
    waiting = cfn_changes.make(call, token, name, [before, properties], steps)
    if waiting is not None:
        return waiting
    for region, each in wanted.items():
        at, was = replication.elsewhere(call, region), were.get(region)
        known = resource if was is not None else msgspec.structs.replace(resource, tags_before={})
        now = {key: each[key] for key in _OWN if key in each}
        physical = cfn_tables.described(at, name)
        earlier = {key: was[key] for key in _OWN if key in was} if was else {}
        changed = cfn_changes.update_table(at, known, physical, now, earlier)
        if isinstance(changed, Outside):
            return changed
        arn = physical.attributes["StreamArn"]
        cfn_settings.update_policy(at.ask("dynamodb"), arn, _stream_policy(each), _stream_policy(was or {}))
    before_all = _replicas(before) if before else {}
    for region, each in _replicas(properties).items():
        cfn_auto_scaling.scale_reading(call, name, region, each, before_all.get(region, {}))
        at = call if region == call.region else replication.elsewhere(call, region)
        cfn_settings.update_insights(at.ask("dynamodb"), name, each, before_all.get(region, {}))
    shown = call.ask("dynamodb").describe_table(table_name=name)["Table"]
    physical = cfn_tables.described(call, name)
    return Physical(name, {**physical.attributes, "TableId": shown["TableId"]})


def _made(region: str, given: Properties) -> dict[str, Any]:
    made = {"RegionName": region, **_overrides(given)}
    if given.get("TableClass"):
        made["TableClassOverride"] = given["TableClass"]
    return {**made, "KMSMasterKeyId": _key(given)} if _key(given) else made


def _overrides(given: Properties) -> dict[str, Any]:
    """The maxima of reading that a replica has of its own; taking one away changes nothing, as AWS has no way to do it."""
    found = _override(given)
    indexes = [{"IndexName": each["IndexName"], **_override(each)} for each in given.get("GlobalSecondaryIndexes", ())]
    own = [each for each in indexes if len(each) > 1]
    return found | ({"GlobalSecondaryIndexes": own} if own else {})


def _override(given: Properties) -> dict[str, Any]:
    maxima = _maxima(_reading(given))
    return {"OnDemandThroughputOverride": {name: int(most) for name, most in maxima.items()}} if maxima else {}


def delete_table(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    dynamodb = call.ask("dynamodb")
    try:
        if properties.get("WriteProvisionedThroughputSettings"):
            cfn_auto_scaling.give_up(call, physical.id)
        gone = [{"Delete": {"RegionName": region}} for region in _shown(call, physical.id)]
        if gone:
            dynamodb.update_table(table_name=physical.id, replica_updates=gone)
        dynamodb.delete_table(table_name=physical.id)
    except ResourceNotFoundException:
        pass
    for region in _others(call, properties):
        state.stack_tables.delete(replication.elsewhere(call, region), resource.token)
    for token in (resource.token, _of(resource, "encryption"), _of(resource, "overrides")):
        state.stack_tables.delete(call, token)
