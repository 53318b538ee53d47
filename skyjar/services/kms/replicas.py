"""Multi-Region keys: replicas with the same id and material in other Regions, and which key is the primary one."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import Place

from . import jobs, policies, references, showing, state, states, tags
from .errors import AlreadyExistsException, NotFoundException, UnsupportedOperationException
from .state import Family, Found
from .tags import Tags

_merged = tags.merged
_CREATING = "Creating"  # what AWS answers; here the replica can be used at once


def _primary(call: Call, key_id: str) -> tuple[Found, Family]:
    found = references.find(call, key_id, takes_alias=False)
    family = state.families.get(found.at, found.key.id) if found.key.is_multi_region else None
    if family is None or family.primary != found.at.region:
        raise UnsupportedOperationException(f"{found.arn} is not a multi-region primary key.")
    states.check_usable(found.key, found.arn)
    return found, family


@operation
def replicate_key(
    call: Call,
    *,
    key_id: str,
    replica_region: str,
    policy: str = "",
    bypass_policy_lockout_safety_check: bool = False,
    description: str = "",
    tags: Tags | None = None,
) -> dict[str, Any]:
    found, family = _primary(call, key_id)
    at, key, _ = found
    place = Place(call.tx, at.account, replica_region)
    if state.keys.get(place, key.id) is not None:
        raise AlreadyExistsException(f"Unable to replicate key to region {replica_region}, as it already exists there")
    if policy:
        policies.check(call, policy)
    is_imported = key.origin == state.EXTERNAL
    replica = state.replace(
        key,
        created_at=call.now,
        policy=policy or policies.default(at.account),
        state=state.PENDING_IMPORT if is_imported else state.ENABLED,
        description=description,
        tags=_merged({}, tags or []),
        rotates=False,
        period_days=0,
        next_rotation_at=0.0,
        grants=0,
    )
    state.keys.add(place, replica)
    usage.begin(call)
    state.count(place, 1)
    for material in state.materials.range(at, key.id):
        copied = state.replace(material, secret=b"", expires_at=0.0) if is_imported else material
        state.materials.add(place, copied)
    joined = tuple(sorted((*family.replicas, replica_region)))
    state.families.replace(at, family, state.replace(family, replicas=joined))
    if policy and not bypass_policy_lockout_safety_check:
        policies.check_lockout(call, place, replica)
    shown = {
        "ReplicaKeyMetadata": showing.metadata(place, state.replace(replica, state=_CREATING)),
        "ReplicaPolicy": replica.policy,
    }
    made = [{"TagKey": name, "TagValue": value} for name, value in replica.tags.items()]
    return {**shown, "ReplicaTags": made} if made else shown


@operation
def update_primary_region(call: Call, *, key_id: str, primary_region: str) -> None:
    """The rotation of the set goes with the primary key."""
    found, family = _primary(call, key_id)
    at, key, _ = found
    if primary_region not in family.replicas:
        place = Place(call.tx, at.account, primary_region)
        raise NotFoundException(f"Key '{state.arn_of(place, key.id)}' does not exist")
    place = Place(call.tx, at.account, primary_region)
    replica = state.keys.get(place, key.id)
    assert replica is not None
    states.check_usable(replica, state.arn_of(place, key.id))
    regions = sorted({*family.replicas, at.region} - {primary_region})
    state.families.replace(at, family, state.replace(family, primary=primary_region, replicas=tuple(regions)))
    moved = {name: getattr(key, name) for name in ("rotates", "period_days", "next_rotation_at", "on_demand_rotations")}
    state.change(place, replica, **moved)
    state.change(at, key, rotates=False, period_days=0, next_rotation_at=0.0)
    if key.rotates:
        where = {"account": at.account, "region": primary_region, "key_id": key.id}
        call.later(jobs.rotate, key=jobs.name(place, key.id), due=key.next_rotation_at, **where)
