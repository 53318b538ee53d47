"""What AWS::DynamoDB::GlobalTable says of provisioned throughput: how much there is to begin with, and how it is scaled.

Writing is scaled in all replicas alike. Reading is each replica's: a fixed number of units, or scaled.
"""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Properties
from skyjar.kernel.call import Call

from . import auto_scaling, replication, tables

Settings = dict[str, Any]
_NUMBERS = {"TargetValue": float, "ScaleInCooldown": int, "ScaleOutCooldown": int}
OFF = {"AutoScalingDisabled": True}


def _writing(given: Properties) -> Settings:
    """Of a table's or an index's properties."""
    found: Settings = (given.get("WriteProvisionedThroughputSettings") or {}).get(
        "WriteCapacityAutoScalingSettings"
    ) or {}
    return found


def _reading(given: Properties) -> Settings:
    found: Settings = given.get("ReadProvisionedThroughputSettings") or {}
    return found


def _named(given: list[Properties] | None, name: str) -> Properties:
    return next((each for each in given or [] if each["IndexName"] == name), {})


def _seed(settings: Settings) -> int:
    return int(settings.get("SeedCapacity") or settings["MinCapacity"])


def _units(writing: Settings, reading: Settings) -> dict[str, int]:
    scaled = reading.get("ReadCapacityAutoScalingSettings")
    read = _seed(scaled) if scaled else int(reading.get("ReadCapacityUnits", 1))
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": _seed(writing)}


def first_units(properties: Properties, own: Properties) -> Properties:
    """The throughputs that a replica begins with, as properties of AWS::DynamoDB::Table."""
    if not _writing(properties):
        return {}
    reading = _reading(own) or _reading(properties)
    found: Properties = {"ProvisionedThroughput": _units(_writing(properties), reading)}
    indexes = []
    for each in properties.get("GlobalSecondaryIndexes", []):
        plain = {name: value for name, value in each.items() if not name.endswith("ProvisionedThroughputSettings")}
        index_reading = _reading(_named(own.get("GlobalSecondaryIndexes"), each["IndexName"])) or _reading(each)
        units = _units(_writing(each) or _writing(properties), index_reading)
        indexes.append({**plain, "ProvisionedThroughput": units})
    return found | ({"GlobalSecondaryIndexes": indexes} if indexes else {})


def kept(now: Properties, was: Properties) -> Properties:
    """What was before, with the throughputs that are now: what is scaled is not set again by an update."""
    if now.get("BillingMode") != was.get("BillingMode"):
        return was
    found = {**was}
    if "ProvisionedThroughput" in now and "ProvisionedThroughput" in was:
        found["ProvisionedThroughput"] = now["ProvisionedThroughput"]
    if "GlobalSecondaryIndexes" in was:
        found["GlobalSecondaryIndexes"] = [
            {**each, **{name: units for name, units in _named(now.get("GlobalSecondaryIndexes"), each["IndexName"]).items()
                        if name == "ProvisionedThroughput"}}
            for each in was["GlobalSecondaryIndexes"]
        ]  # fmt: skip
    return found


def _update(settings: Settings, before: Settings) -> Settings | None:
    """As UpdateTableReplicaAutoScaling takes it; None where nothing is said and nothing was."""
    if not settings:
        return OFF if before else None
    tracking = settings["TargetTrackingScalingPolicyConfiguration"]
    typed: Settings = {name: kind(tracking[name]) for name, kind in _NUMBERS.items() if name in tracking}
    if "DisableScaleIn" in tracking:
        typed["DisableScaleIn"] = str(tracking["DisableScaleIn"]).lower() == "true"
    return {
        "MinimumUnits": int(settings["MinCapacity"]),
        "MaximumUnits": int(settings["MaxCapacity"]),
        "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": typed},
    }


def scale_writing(call: Call, name: str, properties: Properties, before: Properties) -> None:
    given: dict[str, Any] = {}
    update = _update(_writing(properties), _writing(before))
    if update:
        given["provisioned_write_capacity_auto_scaling_update"] = update
    indexes = []
    for each in properties.get("GlobalSecondaryIndexes", []):
        was = _named(before.get("GlobalSecondaryIndexes"), each["IndexName"])
        update = _update(_writing(each), _writing(was))
        if update:
            indexes.append({"IndexName": each["IndexName"], "ProvisionedWriteCapacityAutoScalingUpdate": update})
    if indexes:
        given["global_secondary_index_updates"] = indexes
    if given:
        call.ask("dynamodb").update_table_replica_auto_scaling(table_name=name, **given)


def scale_reading(call: Call, name: str, region: str, own: Properties, was: Properties) -> None:
    """Of one replica, which is there."""
    given: dict[str, Any] = {"RegionName": region}
    settings, before = (_reading(each).get("ReadCapacityAutoScalingSettings") or {} for each in (own, was))
    update = _update(settings, before)
    if update:
        given["ReplicaProvisionedReadCapacityAutoScalingUpdate"] = update
    indexes = []
    for each in own.get("GlobalSecondaryIndexes", []):
        old = _named(was.get("GlobalSecondaryIndexes"), each["IndexName"])
        settings, before = (_reading(one).get("ReadCapacityAutoScalingSettings") or {} for one in (each, old))
        update = _update(settings, before)
        if update:
            indexes.append({"IndexName": each["IndexName"], "ProvisionedReadCapacityAutoScalingUpdate": update})
    if indexes:
        given["ReplicaGlobalSecondaryIndexUpdates"] = indexes
    if len(given) > 1:
        call.ask("dynamodb").update_table_replica_auto_scaling(table_name=name, replica_updates=[given])
    _fix_reading(call, name, region, own)


def _fix_reading(call: Call, name: str, region: str, own: Properties) -> None:
    asked = replication.elsewhere(call, region).ask("dynamodb", region=region)
    table = asked.describe_table(table_name=name)["Table"]
    changes: dict[str, Any] = {}
    now = _fixed(own, table.get("ProvisionedThroughput", {}))
    if now:
        changes["provisioned_throughput"] = now
    updates = []
    for index in table.get("GlobalSecondaryIndexes", ()):
        given = _named(own.get("GlobalSecondaryIndexes"), index["IndexName"])
        now = _fixed(given, index.get("ProvisionedThroughput", {}))
        if now:
            updates.append({"Update": {"IndexName": index["IndexName"], "ProvisionedThroughput": now}})
    if updates:
        changes["global_secondary_index_updates"] = updates
    if changes:
        asked.update_table(table_name=name, **changes)


def _fixed(given: Properties, there: dict[str, Any]) -> dict[str, int]:
    """The throughput with the fixed reading that is wanted; empty where it is so already."""
    wanted = int(_reading(given).get("ReadCapacityUnits", 0))
    if not wanted or wanted == there.get("ReadCapacityUnits"):
        return {}
    return {"ReadCapacityUnits": wanted, "WriteCapacityUnits": there["WriteCapacityUnits"]}


def give_up(call: Call, name: str) -> None:
    """A table is about to be deleted: nothing of this name is to be scaled any more."""
    found = call.ask("dynamodb").describe_table_replica_auto_scaling(table_name=name)["TableAutoScalingDescription"]
    for replica in found["Replicas"]:
        asked = call.ask(auto_scaling.SCALING, region=replica["RegionName"])
        for target in auto_scaling.targets_of(asked, tables.described(call, name)):
            asked.deregister_scalable_target(
                service_namespace="dynamodb",
                resource_id=target["ResourceId"],
                scalable_dimension=target["ScalableDimension"],
            )
