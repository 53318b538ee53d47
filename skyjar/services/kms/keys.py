"""Keys: creating, describing, listing, switching on and off."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation

from . import key_pairs, limits, materials, policies, references, rotating, showing, specs, state, states, tags
from .errors import LimitExceededException, UnsupportedOperationException
from .state import Family, Key
from .tags import Tags


@operation
def create_key(
    call: Call,
    *,
    policy: str = "",
    description: str = "",
    key_usage: str = "",
    customer_master_key_spec: str = "",
    key_spec: str = "",
    origin: str = state.AWS_KMS,
    bypass_policy_lockout_safety_check: bool = False,
    tags: Tags | None = None,
    multi_region: bool = False,
) -> dict[str, Any] | Outside:
    spec, usage = specs.choose(key_spec, customer_master_key_spec, key_usage)
    if origin not in (state.AWS_KMS, state.EXTERNAL):
        raise NotImplementedHere(f"Skyjar does not implement the origin {origin} of kms:CreateKey.")
    _check_origin(spec, origin)
    key = Key(
        id="mrk-" + call.chance.hex(32) if multi_region else call.new_id(),
        created_at=call.now,
        policy=policy or policies.default(call.account),
        spec=spec,
        usage=usage,
        state=state.PENDING_IMPORT if origin == state.EXTERNAL else state.ENABLED,
        origin=origin,
        description=description,
        tags=_tags({}, tags or []),
        is_multi_region=multi_region,
    )
    if policy:
        policies.check(call, policy)
    is_safe = not policy or bypass_policy_lockout_safety_check
    if origin == state.EXTERNAL:
        return _finish(call, key, None, is_safe)
    if not key_pairs.is_slow(spec):
        return _finish(call, key, materials.fresh(call, spec), is_safe)
    return Outside(Compute(key_pairs.make_rsa, spec), lambda then, secret: _finish(then, key, secret, is_safe))


_tags = tags.merged


def _check_origin(spec: str, origin: str) -> None:
    if origin == state.EXTERNAL and spec.startswith("ML_"):
        raise UnsupportedOperationException(f"KeySpec {spec} is not supported for Origin {origin}")


def _finish(call: Call, key: Key, secret: bytes | Failed | None, is_safe: bool) -> dict[str, Any]:
    if isinstance(secret, Failed):
        raise secret
    if state.count(call, 1) > limits.KEYS:
        raise LimitExceededException("You have reached the limit of KMS keys in this account and Region.")
    if secret is None:
        state.keys.add(call, key)
    else:
        key = materials.first(call, key, secret)
    usage.begin(call)
    if key.is_multi_region:
        state.families.add(call, Family(key_id=key.id, primary=call.region))
    if not is_safe:
        policies.check_lockout(call, call, key)
    return {"KeyMetadata": showing.metadata(call, key)}


@operation
def describe_key(call: Call, *, key_id: str, grant_tokens: list[str] | None = None) -> dict[str, Any]:
    at, key, _ = references.find(call, key_id)
    return {"KeyMetadata": showing.metadata(at, key)}


@operation
def list_keys(call: Call, *, limit: int = limits.LISTED_KEYS, marker: str = "") -> dict[str, Any]:
    found = ((key.id, key) for key in state.keys.each(call))
    return showing.page(
        "Keys", found, marker, limit, lambda key: {"KeyId": key.id, "KeyArn": state.arn_of(call, key.id)}
    )


@operation
def update_key_description(call: Call, *, key_id: str, description: str) -> None:
    found = references.find(call, key_id, takes_alias=False)
    states.check_not_deleted(found.key, found.arn)
    state.change(found.at, found.key, description=description)


@operation
def enable_key(call: Call, *, key_id: str) -> None:
    found = references.find(call, key_id, takes_alias=False)
    states.check_not_deleted(found.key, found.arn)
    states.check_imported(found.key, found.arn)
    enabled = state.change(found.at, found.key, state=state.ENABLED)
    rotating.catch_up(call, found.at, enabled)


@operation
def disable_key(call: Call, *, key_id: str) -> None:
    found = references.find(call, key_id, takes_alias=False)
    states.check_not_deleted(found.key, found.arn)
    states.check_imported(found.key, found.arn)
    state.change(found.at, found.key, state=state.DISABLED)
