"""Which changes one UpdateTable may make at once: hardly any two. Pure.

Source: what AWS answered to each pair of members (ack-api-quirks, findings DDB-TABLE-174, 382 and 442), as the comments of Terraform's provider
have it too (github.com/hashicorp/terraform-provider-aws pull 29816)."""

from __future__ import annotations

from typing import Any

from .definitions import invalid
from .errors import ValidationException

_ALONE = {
    "ReplicaUpdates": "Replica modification",
    "SSESpecification": "Server-Side Encryption modification",
    "DeletionProtectionEnabled": "DeletionProtection modification",
    "TableClass": "TableClass modification",
    "WarmThroughput": "WarmThroughput",
}
_NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, "
    "ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, "
    "OnDemandThroughput, WarmThroughput or TableClass is required"
)
_IOPS = "while updating table IOPS"


def check(given: dict[str, Any]) -> None:
    """Refuse members of UpdateTable that AWS does not take together; None is one that is not given."""
    names = {name for name, value in given.items() if value is not None}
    if not names:
        raise ValidationException(_NOTHING)
    if len(names) < 2 or _changes_keys(given, names):
        return
    updates = given.get("GlobalSecondaryIndexUpdates") or ()
    if "WarmThroughput" in names and any("Create" in each for each in updates):
        raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
    for name, what in _ALONE.items():
        if name == "WarmThroughput":
            _check_maximum(names)
        if name in names:
            raise invalid(f"{what} must be the only operation in the request")
    has_units = "ProvisionedThroughput" in names
    is_online = any("Create" in each or "Delete" in each for each in updates)
    if "StreamSpecification" in names and (has_units or given.get("BillingMode") == "PROVISIONED"):
        raise invalid(f"You cannot modify stream status {_IOPS}")
    if is_online and has_units:
        raise invalid(f"You cannot create or delete index {_IOPS}")
    if is_online and "StreamSpecification" in names:
        raise invalid("You cannot create or delete index while changing stream status")


def _changes_keys(given: dict[str, Any], names: set[str]) -> bool:
    """Encryption of a global table: each replica's key is named with it."""
    return names == {"ReplicaUpdates", "SSESpecification"} and all("Update" in each for each in given["ReplicaUpdates"])


def _check_maximum(names: set[str]) -> None:
    if "OnDemandThroughput" in names and names & {"StreamSpecification", "WarmThroughput"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
