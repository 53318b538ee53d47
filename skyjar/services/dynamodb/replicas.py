"""ReplicaUpdates: replicas of a table in other Regions are made, changed and deleted; and what all replicas share is kept alike.

Global tables of version 2019.11.21, eventually consistent. How items travel: `replication.py`.
"""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel import durations, principals, usage
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere

from . import auto_scaling, change_capture, encryption, limits, replica_settings, replication, schemas, state
from .errors import ResourceInUseException, ValidationException
from .replication import others
from .state import Definition

VERSION = "2019.11.21"
ROLE, PRINCIPAL = "AWSServiceRoleForDynamoDBReplication", "replication.dynamodb.amazonaws.com"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-[1-9]")
_OWN = ("KMSMasterKeyId", "TableClassOverride", "ProvisionedThroughputOverride", "OnDemandThroughputOverride",
        "GlobalSecondaryIndexes")  # fmt: skip
_MEMBERS = {
    "Create": {"RegionName", *_OWN},
    "Update": {"RegionName", *_OWN},
    "Delete": {"RegionName"},
}


def check(updates: list[dict[str, Any]] | None, consistency: str | None) -> None:
    """Refuse what is not there."""
    if consistency == "STRONG":
        raise NotImplementedHere("Skyjar does not implement MultiRegionConsistency STRONG in dynamodb:UpdateTable.")
    if consistency is not None and not any("Create" in each for each in updates or ()):
        raise ValidationException(
            "MultiRegionConsistency can only be specified when creating a global table with ReplicaUpdates"
        )
    for each in updates or ():
        kind, given = _only(each)
        if kind not in _MEMBERS:
            raise NotImplementedHere(f"Skyjar does not implement ReplicaUpdates.{kind} in dynamodb:UpdateTable.")
        for member in sorted(given.keys() - _MEMBERS[kind]):
            raise NotImplementedHere(
                f"Skyjar does not implement ReplicaUpdates.{kind}.{member} in dynamodb:UpdateTable."
            )


def _only(update: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if len(update) != 1:
        raise ValidationException(
            "One or more parameter values were invalid: Only one action may be set in a ReplicaUpdate"
        )
    return next(iter(update.items()))


def change(call: Call, name: str, updates: list[dict[str, Any]]) -> None:
    """Make, change and delete replicas of a table."""
    regions = [_only(each)[1]["RegionName"] for each in updates]
    if call.region in regions:
        raise ValidationException(
            "Cannot add, delete, or update the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or "
            "UpdateTable as required."
        )
    if len(set(regions)) < len(regions):
        raise ValidationException(
            "One or more parameter values were invalid: A Region may occur only once in ReplicaUpdates"
        )
    for each in updates:
        kind, given = _only(each)
        definition = state.tables.get(call, name)
        assert definition is not None
        if kind == "Create":
            _create(call, definition, given)
        elif given["RegionName"] not in definition.replicas:
            raise ValidationException(
                "Replica specified in the Replica Update or Replica Delete action of the request was not found."
            )
        elif kind == "Delete":
            _delete(call, definition, given["RegionName"])
        else:
            _update(call, definition, given)


def _create(call: Call, old: Definition, given: dict[str, Any]) -> None:
    region = given["RegionName"]
    if not _REGION.fullmatch(region):
        raise ValidationException(f"One or more parameter values were invalid: Unsupported Region: {region}")
    there = replication.elsewhere(call, region)
    if old.billing == "PROVISIONED" and not auto_scaling.is_scaled(call, old):
        raise ValidationException("Table write capacity should either be Pay-Per-Request or AutoScaled.")
    if any(index.status != "ACTIVE" for index in old.indexes):
        raise ResourceInUseException(
            f"Attempt to change a resource which is still in use: Table is being updated: {old.name}"
        )
    if state.tables.get(there, old.name) is not None:
        raise ValidationException(
            f"Failed to create a the new replica of table with name: '{old.name}' because one or more replicas already "
            "existed as tables."
        )
    key = _key(old, given)
    _ensure_role(call)
    source = old if old.stream_view else change_capture.begin(call, old, "NEW_AND_OLD_IMAGES")
    plain = replica_settings.plain(source)
    if not old.replicas:
        source = plain
    members = (*(old.replicas or (call.region,)), region)
    made = state.replace(
        plain,
        id=call.new_id(),
        space=call.chance.hex(12),
        created_s=call.now,
        indexes=tuple(state.replace(index, space=call.chance.hex(12)) for index in plain.indexes),
        on_demand_since_s=call.now,
        increased_s=0.0,
        decreased_s=0.0,
        decreases=0,
        is_protected=False,
        table_class=given.get("TableClassOverride", source.table_class),
        has_own_class="TableClassOverride" in given,
        class_changed_s=0.0,
        encrypted_s=(),
        switched_s=(),
        classed_s=(),
        tags={},
        has_policy=False,
        status="CREATING",
        copies=(),
        recovery_since_s=0.0,
        restored=None,
        kms_key="",
        data_keys=(),
        sealing=-1,
        replicas=members,
        sourced_s=0.0,
        destinations=(),
        insights=(),
    )
    made = replica_settings.overridden(there, made, given)
    if key:
        made = encryption.changed(there, made, key)
    state.tables.add(there, change_capture.begin(there, made, source.stream_view))
    usage.begin(call)
    state.tables.replace(call, old, state.replace(source, replicas=members, sourced_s=call.now))
    _tell(call, old, members)
    due = call.now + durations.of(call, "dynamodb.CreateReplica")
    if old.billing == "PROVISIONED":
        auto_scaling.copy(call, region, old)
    there.later(replication.fill, due=due, table=old.name, source=call.region, space=made.space, start=b"")


def _key(old: Definition, given: dict[str, Any]) -> str:
    """The KMS key of a new replica: as AWS, a customer's key must be named for each Region."""
    named: str = given.get("KMSMasterKeyId", "")
    if not old.kms_key:
        if named:
            raise ValidationException(
                "One or more parameter values were invalid: KMSMasterKeyId must not be specified for a replica of a table "
                "that is not encrypted with KMS"
            )
        return ""
    is_managed = old.data_keys[old.sealing].is_managed
    if not named and not is_managed:
        raise ValidationException(
            "One or more parameter values were invalid: KMSMasterKeyId must be specified for each replica."
        )
    return named or encryption.MANAGED


def _ensure_role(call: Call) -> None:
    """The service-linked role of replication; whoever makes the first replica must be allowed to make it."""
    try:
        call.ask("iam", principals.root(call.account)).get_role(role_name=ROLE)
    except AWSError as error:
        if error.status != 404:
            raise
        call.ask("iam").create_service_linked_role(aws_service_name=PRINCIPAL)


def _tell(call: Call, old: Definition, members: tuple[str, ...]) -> None:
    """Let the other replicas that there were know who belongs to the table now; one alone is no global table."""
    kept = members if len(members) > 1 else ()
    for other, each in others(call, old):
        if other.region in members:
            state.tables.replace(other, each, state.replace(each, replicas=kept))


def _delete(call: Call, definition: Definition, region: str) -> None:
    from . import tables

    there = replication.elsewhere(call, region)
    tables.delete_table(there, table_name=definition.name)


def _update(call: Call, definition: Definition, given: dict[str, Any]) -> None:
    there = replication.elsewhere(call, given["RegionName"])
    replica = state.tables.get(there, definition.name)
    if replica is None:
        return
    changed = replica_settings.overridden(there, replica, given)
    if "TableClassOverride" in given:
        changed = state.replace(
            changed, table_class=given["TableClassOverride"], has_own_class=True, class_changed_s=call.now
        )
    takes = durations.of(call, "dynamodb.UpdateTable")
    if takes:
        changed = state.replace(changed, updating_until_s=call.now + takes)
    state.tables.replace(there, replica, changed)


def leave(call: Call, definition: Definition) -> None:
    """A replica is about to be deleted."""
    if not definition.replicas:
        return
    if call.now < definition.sourced_s + limits.REPLICA_SOURCE_S:
        raise ValidationException(
            "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table "
            "in the last 24 hours."
        )
    schema = schemas.find(call, definition.name)
    if schema is not None:
        replication.send_rest(call, schema)
    _tell(call, definition, tuple(region for region in definition.replicas if region != call.region))


def check_change(call: Call, definition: Definition, billing: str | None, stream: dict[str, Any] | None) -> None:
    """What cannot be changed of a replica."""
    if not definition.replicas:
        return
    if billing == "PROVISIONED" and not auto_scaling.is_scaled(call, definition):
        raise ValidationException("Table write capacity should either be Pay-Per-Request or AutoScaled.")
    if stream is not None and not stream["StreamEnabled"]:
        raise ValidationException(
            "One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica."
        )


def is_changing(call: Call, definition: Definition) -> bool:
    return any(_status(call, each) != "ACTIVE" for _, each in others(call, definition))


def _status(call: Call, replica: Definition) -> str:
    return "UPDATING" if replica.status == "ACTIVE" and call.now < replica.updating_until_s else replica.status


def class_of(definition: Definition) -> dict[str, Any]:
    changed = {"LastUpdateDateTime": definition.class_changed_s} if definition.class_changed_s else {}
    return {"TableClass": definition.table_class, **changed}


def shown(call: Call, definition: Definition) -> dict[str, Any]:
    """The members of a table's description. Its own Region is not among the replicas."""
    if not definition.replicas:
        return {}
    found = []
    for other, each in others(call, definition):
        described: dict[str, Any] = {
            "RegionName": other.region,
            "ReplicaStatus": _status(call, each),
            "ReplicaArn": schemas.arn_of(other, each.name),
        }
        if each.kms_key:
            described["KMSMasterKeyId"] = each.kms_key
        if each.table_class:
            described["ReplicaTableClassSummary"] = class_of(each)
        found.append(described | replica_settings.shown(each))
    return {"GlobalTableVersion": VERSION, "Replicas": found, "MultiRegionConsistency": "EVENTUAL"}
