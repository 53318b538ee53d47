"""What a replica has of its own, whatever the others have: how much is read there, and its KMS key.

Reading of provisioned units is each replica's own anyway; an override sets it from another Region, and is shown. The maximum of on-demand
reads is alike in all replicas until one has an override, which can be changed and not taken back, as on AWS (-1 is no maximum there).
Sources: botocore's model, UpdateReplicationGroupMemberAction; what AWS answered in github.com/go-to-k/cdkd issues 1434 and 1436 (overrides)
and github.com/hashicorp/terraform-provider-aws pull 29102 (keys).
"""

from __future__ import annotations

from typing import Any, TypeVar

from skyjar.kernel.call import Call

from . import encryption, on_demand, quotas, replication, state
from .definitions import invalid
from .errors import ResourceNotFoundException
from .state import Definition, IndexDefinition

B = TypeVar("B", Definition, IndexDefinition)
_MAXIMUM = "MaxReadRequestUnits"


def plain(definition: Definition) -> Definition:
    """A table that has no throughput of its own, as one that is no replica yet."""
    none = {"has_own_reads": False, "has_own_maximum": False}
    indexes = tuple(state.replace(index, **none) for index in definition.indexes)
    return state.replace(definition, indexes=indexes, **none)


def overridden(there: Call, replica: Definition, given: dict[str, Any]) -> Definition:
    """A replica with the throughput that is asked for it alone, and for its global indexes."""
    changed = _overridden(replica, replica.billing, given)
    several = given.get("GlobalSecondaryIndexes") or ()
    names = [each["IndexName"] for each in several]
    if len(set(names)) < len(names):
        raise invalid("An index may occur only once in GlobalSecondaryIndexes")
    for each in several:
        name = each["IndexName"]
        if not any(index.is_global and index.name == name for index in replica.indexes):
            raise ResourceNotFoundException(f"Requested resource not found: GlobalSecondaryIndex: {name} not found")
        indexes = tuple(
            _overridden(index, replica.billing, each) if index.name == name else index for index in changed.indexes
        )
        changed = state.replace(changed, indexes=indexes)
    quotas.check_throughput(there, changed, replica)
    return changed


def _overridden(bought: B, billing: str, given: dict[str, Any]) -> B:
    provisioned, maximum = given.get("ProvisionedThroughputOverride"), given.get("OnDemandThroughputOverride")
    if provisioned is not None:
        if billing != "PROVISIONED":
            raise invalid("ProvisionedThroughputOverride cannot be specified when BillingMode is PAY_PER_REQUEST")
        if "ReadCapacityUnits" not in provisioned:
            raise invalid("ReadCapacityUnits is required in ProvisionedThroughputOverride")
        bought = state.replace(bought, read_units=provisioned["ReadCapacityUnits"], has_own_reads=True)
    if maximum is not None:
        asked = {_MAXIMUM: maximum[_MAXIMUM]} if _MAXIMUM in maximum else {}
        reads, _ = on_demand.maxima(asked, billing, (bought.max_reads, bought.max_writes))
        bought = state.replace(bought, max_reads=reads, has_own_maximum=True)
    return bought


def of_table(each: Definition, throughput: dict[str, Any]) -> dict[str, Any]:
    """OnDemandThroughput and WarmThroughput as another replica takes them."""
    return _without_maximum(throughput) if each.has_own_maximum else throughput


def of_index(each: Definition, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes of global indexes as another replica takes them: how much is read there is its own."""
    indexes = {index.name: index for index in each.indexes}
    return [_as_taken(update, indexes) for update in updates]


def _as_taken(update: dict[str, Any], indexes: dict[str, IndexDefinition]) -> dict[str, Any]:
    changed = update.get("Update") or {}
    index = indexes.get(changed.get("IndexName", ""))
    if index is None:
        return update
    if index.has_own_maximum:
        changed = _without_maximum(changed)
    if changed.get("ProvisionedThroughput"):
        own = {**changed["ProvisionedThroughput"], "ReadCapacityUnits": index.read_units}
        changed = {**changed, "ProvisionedThroughput": own}
    return {"Update": changed}


def _without_maximum(given: dict[str, Any]) -> dict[str, Any]:
    left = {name: value for name, value in (given.get("OnDemandThroughput") or {}).items() if name != _MAXIMUM}
    others = {name: value for name, value in given.items() if name != "OnDemandThroughput"}
    return {**others, "OnDemandThroughput": left} if left else others


def check_keys(definition: Definition, region: str, key_id: str | None, updates: list[dict[str, Any]] | None) -> None:
    """A customer's key is changed in all Regions at once, and named for each of them."""
    named = _keys(updates)
    others = {each for each in definition.replicas if each != region}
    if key_id == "" and named:
        raise invalid("KMSMasterKeyId must not be specified for a replica of a table that is not encrypted with KMS")
    is_customers = key_id not in (None, "", encryption.MANAGED)
    if (named and key_id is None) or (is_customers and others - named.keys()):
        raise invalid("KMSMasterKeyId must be specified for each replica.")


def encrypt(call: Call, definition: Definition, key_id: str, updates: list[dict[str, Any]] | None) -> None:
    """Bring the other replicas under their keys."""
    named = _keys(updates)
    for there, each in replication.others(call, definition):
        state.tables.replace(there, each, encryption.changed(there, each, named.get(there.region, key_id)))


def _keys(updates: list[dict[str, Any]] | None) -> dict[str, str]:
    """The keys that are named for replicas that there are, by Region."""
    given = [each["Update"] for each in updates or () if "Update" in each]
    return {each["RegionName"]: each["KMSMasterKeyId"] for each in given if each.get("KMSMasterKeyId")}


def shown(each: Definition) -> dict[str, Any]:
    """The members of a replica's description."""
    found = _shown(each, each.billing)
    indexes = [(index.name, _shown(index, each.billing)) for index in each.indexes]
    own = [{"IndexName": name, **overrides} for name, overrides in indexes if overrides]
    return found | ({"GlobalSecondaryIndexes": own} if own else {})


def _shown(bought: Definition | IndexDefinition, billing: str) -> dict[str, Any]:
    if billing == "PROVISIONED":
        return (
            {"ProvisionedThroughputOverride": {"ReadCapacityUnits": bought.read_units}} if bought.has_own_reads else {}
        )
    return {"OnDemandThroughputOverride": {_MAXIMUM: bought.max_reads or -1}} if bought.has_own_maximum else {}
