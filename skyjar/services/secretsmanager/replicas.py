"""Replicas in other Regions. What changes in the primary secret is in its replicas with the same transaction; each seals its
values with its own Region's key."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Place

from . import ciphering, state
from .errors import InvalidParameterException, InvalidRequestException
from .state import Replica, Secret, Version


def show(secret: Secret) -> list[dict[str, Any]]:
    return [_show_one(each) for each in secret.replicas]


def _show_one(replica: Replica) -> dict[str, Any]:
    shown = {"Region": replica.region, "Status": replica.status, "StatusMessage": replica.message}
    if replica.kms_key:
        shown["KmsKeyId"] = replica.kms_key
    return {name: value for name, value in shown.items() if value}


def spread(call: Call, at: At, secret: Secret, written: Version | None = None, value: bytes = b"") -> None:
    """Bring every replica up to date. `written` is a version that is new, with its value."""
    for replica in secret.replicas:
        if replica.status == "InSync":
            _copy(call, Place(call.tx, at.account, replica.region), secret, replica)
            _copy_versions(call, at, replica.region, secret, written, value)


def _copy(call: Call, there: Place, secret: Secret, replica: Replica) -> None:
    before = state.secrets.get(there, secret.name)
    copied = state.replace(
        secret,
        replicas=(),
        kms_key=replica.kms_key,
        policy=before.policy if before is not None else "",
        accessed_at=before.accessed_at if before is not None else 0.0,
    )
    state.secrets.put(there, copied)
    usage.begin(call)


def _copy_versions(call: Call, at: At, region: str, secret: Secret, written: Version | None, value: bytes) -> None:
    there = Place(call.tx, at.account, region)
    replica = state.secrets.get(there, secret.name)
    assert replica is not None
    held = {each.id: each for each in state.versions.range(there, secret.id)}
    for version in state.versions.range(at, secret.id):
        present = held.pop(version.id, None)
        if present is not None and bool(present.sealed) == bool(version.sealed):
            state.versions.replace(there, present, state.replace(present, stages=version.stages))
        elif version.sealed:
            is_written = written is not None and written.id == version.id
            plain = value if is_written else ciphering.unseal(call, at, secret, version)
            state.versions.put(there, ciphering.seal(call, there, replica, version, plain))
        else:
            state.versions.put(there, version)
    for version in held.values():
        state.versions.remove(there, version)


def add(call: Call, at: At, secret: Secret, wanted: list[dict[str, str]], overwrites: bool) -> Secret:
    regions = [each.get("Region", "") for each in wanted]
    if at.region in regions or len(set(regions)) < len(regions) or any(not region for region in regions):
        raise InvalidParameterException("Invalid replica region.")
    if set(regions) & {each.region for each in secret.replicas if each.status == "InSync"}:
        raise InvalidParameterException("The secret is already replicated to one of the Regions.")
    kept = tuple(each for each in secret.replicas if each.region not in regions)
    made = tuple(_placed(call, at, secret, each, overwrites) for each in wanted)
    changed: Secret = state.replace(secret, primary_region=at.region, replicas=(*kept, *made))
    state.secrets.put(at, changed)
    spread(call, at, changed)
    return changed


def _placed(call: Call, at: At, secret: Secret, wanted: dict[str, str], overwrites: bool) -> Replica:
    region = wanted["Region"]
    there = Place(call.tx, at.account, region)
    present = state.secrets.get(there, secret.name)
    if present is not None and not overwrites:
        reason = f"Replication failed: Secret name {secret.name} already exists in region {region}."
        return Replica(region, wanted.get("KmsKeyId", ""), "Failed", reason)
    if present is not None:
        state.drop(there, present)
    return Replica(region, wanted.get("KmsKeyId", ""))


@operation
def replicate_secret_to_regions(
    call: Call,
    *,
    secret_id: str,
    add_replica_regions: list[dict[str, str]],
    force_overwrite_replica_secret: bool = False,
) -> dict[str, Any]:
    at, secret = state.changeable(call, secret_id)
    changed = add(call, at, secret, add_replica_regions, force_overwrite_replica_secret)
    return {"ARN": state.arn_of(at, changed), "ReplicationStatus": show(changed)}


@operation
def remove_regions_from_replication(call: Call, *, secret_id: str, remove_replica_regions: list[str]) -> dict[str, Any]:
    """The replicas in these Regions are deleted at once."""
    at, secret = state.changeable(call, secret_id)
    unknown = sorted(set(remove_replica_regions) - {each.region for each in secret.replicas})
    if unknown:
        raise InvalidParameterException(f"The secret has no replica in the Region {unknown[0]}.")
    for each in secret.replicas:
        there = Place(call.tx, at.account, each.region)
        replica = state.secrets.get(there, secret.name)
        if each.region in remove_replica_regions and each.status == "InSync" and replica is not None:
            state.drop(there, replica)
    changed = _without(secret, remove_replica_regions)
    state.secrets.replace(at, secret, changed)
    return {"ARN": state.arn_of(at, changed), "ReplicationStatus": show(changed)}


def _without(secret: Secret, regions: list[str]) -> Secret:
    left = tuple(each for each in secret.replicas if each.region not in regions)
    changed: Secret = state.replace(secret, replicas=left, primary_region=secret.primary_region if left else "")
    return changed


@operation
def stop_replication_to_replica(call: Call, *, secret_id: str) -> dict[str, Any]:
    """Called in the replica's Region: it is a secret of its own from now on."""
    at, secret = state.living(call, secret_id)
    if not state.is_a_replica(at, secret):
        raise InvalidRequestException("Operation is only permitted on a replica secret.")
    home = Place(call.tx, at.account, secret.primary_region)
    primary = state.secrets.get(home, secret.name)
    if primary is not None and primary.suffix == secret.suffix:
        state.secrets.replace(home, primary, _without(primary, [at.region]))
    alone = state.replace(secret, primary_region="", rotates=False, function="", rules=None, next_rotation=0.0)
    state.secrets.replace(at, secret, alone)
    return {"ARN": state.arn_of(at, alone)}
