"""AWS::KMS::Key, AWS::KMS::Alias and AWS::KMS::ReplicaKey."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside

from . import limits, policies
from .errors import KMSInvalidStateException, NotFoundException, ValidationException

_FIXED = ("KeySpec", "KeyUsage", "Origin", "MultiRegion")


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _text(document: Any) -> str:
    return document if isinstance(document, str) else orjson.dumps(document).decode()


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """KMS does not take CloudFormation's `aws:` tags from a request."""
    tags = resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}
    return {name: value for name, value in tags.items() if not name.startswith("aws:")}


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": value} for name, value in tags.items()]


def _of_both(call: Call, resource: Resource, properties: Properties) -> dict[str, Any]:
    """What a key and a replica are made with."""
    given: dict[str, Any] = {"description": properties.get("Description", "")}
    if "KeyPolicy" in properties:
        given["policy"] = _text(properties["KeyPolicy"])
    tags = _tag_list(_tags(resource, properties))
    return {**given, "tags": tags} if tags else given


def create_key(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    given = _of_both(call, resource, properties)
    given |= {
        parameter: properties[name]
        for name, parameter in (("KeySpec", "key_spec"), ("KeyUsage", "key_usage"), ("Origin", "origin"))
        if name in properties
    }
    given["multi_region"] = _truth(properties.get("MultiRegion"))
    given["bypass_policy_lockout_safety_check"] = _truth(properties.get("BypassPolicyLockoutSafetyCheck"))
    made = call.ask("kms").create_key(**given)

    def finish(then: Call, answer: Any) -> Physical:
        physical = _physical(answer["KeyMetadata"])
        _sync_rotation(then, physical.id, properties, {})
        _sync_enabled(then, physical.id, properties, {})
        return physical

    return made.map(finish) if isinstance(made, Outside) else finish(call, made)


def _physical(metadata: dict[str, Any]) -> Physical:
    return Physical(metadata["KeyId"], {"Arn": metadata["Arn"], "KeyId": metadata["KeyId"]})


def _sync_rotation(call: Call, key_id: str, new: Properties, old: Properties) -> None:
    kms = call.ask("kms")
    if _truth(new.get("EnableKeyRotation")):
        days = int(new.get("RotationPeriodInDays", limits.ROTATION_DEFAULT_DAYS))
        kms.enable_key_rotation(key_id=key_id, rotation_period_in_days=days)
    elif _truth(old.get("EnableKeyRotation")):
        kms.disable_key_rotation(key_id=key_id)


def _sync_enabled(call: Call, key_id: str, new: Properties, old: Properties) -> None:
    is_on, was_on = (_truth(each.get("Enabled", True)) for each in (new, old))
    if is_on != was_on:
        kms = call.ask("kms")
        (kms.enable_key if is_on else kms.disable_key)(key_id=key_id)


def update_key(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    if any(properties.get(name) != before.get(name) for name in _FIXED):
        raise ValidationException(
            "You cannot change the KeySpec, KeyUsage, Origin or MultiRegion property of an existing KMS key."
        )
    # Rotation can be changed only while the key is enabled: so switch it on first, or off last.
    is_on = _truth(properties.get("Enabled", True))
    if is_on:
        _sync_enabled(call, old.id, properties, before)
    _sync_settings(call, resource, old, properties, before)
    if _rotation(properties) != _rotation(before):
        _sync_rotation(call, old.id, properties, before)
    if not is_on:
        _sync_enabled(call, old.id, properties, before)
    return old


def _rotation(properties: Properties) -> tuple[bool, str]:
    return _truth(properties.get("EnableKeyRotation")), str(properties.get("RotationPeriodInDays", ""))


def _sync_settings(call: Call, resource: Resource, old: Physical, new: Properties, before: Properties) -> None:
    """Description, policy and tags."""
    kms, where = call.ask("kms"), {"key_id": old.id}
    if new.get("Description", "") != before.get("Description", ""):
        kms.update_key_description(**where, description=new.get("Description", ""))
    if new.get("KeyPolicy") != before.get("KeyPolicy"):
        policy = _text(new["KeyPolicy"]) if "KeyPolicy" in new else policies.default(call.account)
        bypass = _truth(new.get("BypassPolicyLockoutSafetyCheck"))
        kms.put_key_policy(**where, policy=policy, bypass_policy_lockout_safety_check=bypass)
    wanted, had = _tags(resource, new), _tags(resource.before(), before)
    gone = sorted(had.keys() - wanted.keys())
    if gone:
        kms.untag_resource(**where, tag_keys=gone)
    if wanted != had:
        kms.tag_resource(**where, tags=_tag_list(wanted))


def delete_key(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """The waiting period begins; the stack does not wait for its end."""
    days = int(properties.get("PendingWindowInDays", limits.DELETION_DEFAULT_DAYS))
    try:
        call.ask("kms").schedule_key_deletion(key_id=physical.id, pending_window_in_days=days)
    except (NotFoundException, KMSInvalidStateException):
        return


def create_replica(call: Call, resource: Resource, properties: Properties) -> Physical:
    primary = str(properties["PrimaryKeyArn"])
    given = _of_both(call, resource, properties)
    kms = call.ask("kms", region=primary.split(":")[3] if primary.count(":") >= 5 else "")
    made = kms.replicate_key(key_id=primary, replica_region=call.region, **given)["ReplicaKeyMetadata"]
    _sync_enabled(call, made["KeyId"], properties, {})
    return _physical(made)


def update_replica(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _sync_settings(call, resource, old, properties, before)
    _sync_enabled(call, old.id, properties, before)
    return old


def create_alias(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = str(properties["AliasName"])
    call.ask("kms").create_alias(alias_name=name, target_key_id=properties["TargetKeyId"])
    return Physical(name)


def update_alias(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    call.ask("kms").update_alias(alias_name=old.id, target_key_id=properties["TargetKeyId"])
    return old


def delete_alias(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("kms").delete_alias(alias_name=physical.id)
    except NotFoundException:
        return


_OF_BOTH = ("Description", "Enabled", "KeyPolicy", "PendingWindowInDays", "Tags")
_OF_KEYS = (*_OF_BOTH, *_FIXED, "BypassPolicyLockoutSafetyCheck", "EnableKeyRotation", "RotationPeriodInDays")
RESOURCE_TYPES = {
    "AWS::KMS::Key": ResourceType(create=create_key, update=update_key, delete=delete_key, properties=_OF_KEYS),
    "AWS::KMS::ReplicaKey": ResourceType(
        create=create_replica, update=update_replica, delete=delete_key, properties=(*_OF_BOTH, "PrimaryKeyArn")
    ),
    "AWS::KMS::Alias": ResourceType(
        create=create_alias, update=update_alias, delete=delete_alias, properties=("AliasName", "TargetKeyId")
    ),
}
