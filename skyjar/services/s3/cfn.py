"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import names, state, template_lists, templates
from .errors import BucketAlreadyExists, NoSuchBucket, NoSuchBucketPolicy

# What sets a property, what takes it away (nothing: it is set to what it was not), and its form in S3's terms.
_SETTINGS: tuple[tuple[str, str, str, str, Callable[[Any], Any]], ...] = (
    ("VersioningConfiguration", "put_bucket_versioning", "versioning_configuration", "", templates.versioning),
    ("ObjectLockConfiguration", "put_object_lock_configuration", "object_lock_configuration", "", templates.lock),
    ("BucketEncryption", "put_bucket_encryption", "server_side_encryption_configuration", "delete_bucket_encryption",
     templates.encryption),
    ("PublicAccessBlockConfiguration", "put_public_access_block", "public_access_block_configuration",
     "delete_public_access_block", templates.flags),
    ("LifecycleConfiguration", "put_bucket_lifecycle_configuration", "lifecycle_configuration",
     "delete_bucket_lifecycle", templates.lifecycle),
    ("CorsConfiguration", "put_bucket_cors", "cors_configuration", "delete_bucket_cors", templates.cors),
    ("OwnershipControls", "put_bucket_ownership_controls", "ownership_controls", "delete_bucket_ownership_controls",
     templates.same),
    ("WebsiteConfiguration", "put_bucket_website", "website_configuration", "delete_bucket_website",
     templates.website),
    ("NotificationConfiguration", "put_bucket_notification_configuration", "notification_configuration", "",
     templates.notification),
    ("AccelerateConfiguration", "put_bucket_accelerate_configuration", "accelerate_configuration", "",
     templates.acceleration),
    ("ReplicationConfiguration", "put_bucket_replication", "replication_configuration", "delete_bucket_replication",
     templates.replication),
    ("AbacStatus", "put_bucket_abac", "abac_status", "", templates.status),
)  # fmt: skip
_WITHOUT: dict[str, dict[str, str]] = {
    "VersioningConfiguration": {"Status": "Suspended"},
    "NotificationConfiguration": {},
    "AccelerateConfiguration": {"Status": "Suspended"},
    "AbacStatus": {"Status": "Disabled"},
    "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"},
}
_HAVE = frozenset(
    {
        "BucketName",
        "BucketNamePrefix",
        "BucketNamespace",
        "Tags",
        "AccessControl",
        "ObjectLockEnabled",
        "LoggingConfiguration",
        *(each[0] for each in _SETTINGS),
        *(each[0] for each in template_lists.LISTS),
    }
)


def _physical(call: Call, name: str) -> Physical:
    region = call.region
    website = f"http://{name}.s3-website{'-' if region == 'us-east-1' else '.'}{region}.amazonaws.com"
    return Physical(
        name,
        {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
            "WebsiteURL": website,
        },
    )


def _tags(resource: Resource, properties: Properties) -> list[dict[str, str]]:
    merged = resource.tags | {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return [{"Key": key, "Value": value} for key, value in merged.items()]


def _is_own(properties: Properties) -> bool:
    """Whether the bucket is to have a name of the account's own; one whose prefix is said has."""
    return bool(properties.get("BucketNamespace", names.OWN if "BucketNamePrefix" in properties else "") == names.OWN)


def _name(call: Call, resource: Resource, properties: Properties) -> str:
    if properties.get("BucketName"):
        return str(properties["BucketName"])
    if not _is_own(properties):
        return resource.name(63, is_lower=True)
    suffix = names.own_suffix(call.account, call.region)
    return (properties.get("BucketNamePrefix") or resource.name(63 - len(suffix), is_lower=True)) + suffix


def create_bucket(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = _name(call, resource, properties)
    if state.buckets.get(call, name) is not None:  # which CreateBucket in us-east-1 would accept from the owner
        raise BucketAlreadyExists(BucketName=name)
    place = {} if call.region == "us-east-1" else {"create_bucket_configuration": {"LocationConstraint": call.region}}
    more: dict[str, Any] = {}
    if templates.is_true(properties.get("ObjectLockEnabled", False)):
        more["object_lock_enabled_for_bucket"] = True
    if _is_own(properties):
        more["bucket_namespace"] = names.OWN
    call.ask("s3").create_bucket(bucket=name, **place, **more)
    _configure(call, resource, name, properties, {})
    return _physical(call, name)


def update_bucket(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _configure(call, resource, old.id, properties, before)
    return _physical(call, old.id)


def _configure(call: Call, resource: Resource, name: str, properties: Properties, before: Properties) -> None:
    s3 = call.ask("s3")
    _tag(call, name, _tags(resource, properties), _tags(resource.before(), before))
    for given, put, member, delete, _ in reversed(_SETTINGS):  # a replication goes before the versioning that it needs
        if before.get(given) and not properties.get(given):
            if delete:
                getattr(s3, delete)(bucket=name)
            else:
                getattr(s3, put)(bucket=name, **{member: _WITHOUT[given]})
    for given, put, member, _, form in _SETTINGS:
        if properties.get(given):
            getattr(s3, put)(bucket=name, **{member: form(properties[given])})
    _list(call, name, properties, before)
    logging = properties.get("LoggingConfiguration")
    if logging is not None or before.get("LoggingConfiguration") is not None:
        s3.put_bucket_logging(bucket=name, bucket_logging_status=templates.logging(name, logging))
    acl, was = (given.get("AccessControl", "Private") for given in (properties, before))
    if acl != was:
        s3.put_bucket_acl(bucket=name, acl=templates.canned(acl))


def _tag(call: Call, name: str, wanted: list[dict[str, str]], before: list[dict[str, str]]) -> None:
    """By the bucket's ARN, which works whether its tags are its attributes or not."""
    control, arn = call.ask("s3control"), state.bucket_arn(name)
    kept = {tag["Key"] for tag in wanted}
    gone = [tag["Key"] for tag in before if tag["Key"] not in kept]
    if wanted:
        control.tag_resource(account_id=call.account, resource_arn=arn, tags=wanted)
    if gone:
        control.untag_resource(account_id=call.account, resource_arn=arn, tag_keys=gone)


def _list(call: Call, name: str, properties: Properties, before: Properties) -> None:
    """Configurations with an id, of which those that are not as they were are put, and those that are gone deleted."""
    s3 = call.ask("s3")
    for given, noun, form in template_lists.LISTS:
        had = {each["Id"]: form(each) for each in before.get(given) or ()}
        wanted = {each["Id"]: form(each) for each in properties.get(given) or ()}
        for identity, document in wanted.items():
            if had.get(identity) != document:
                put = getattr(s3, f"put_bucket_{noun}_configuration")
                put(bucket=name, id=identity, **{f"{noun}_configuration": document})
        for identity in had.keys() - wanted.keys():
            getattr(s3, f"delete_bucket_{noun}_configuration")(bucket=name, id=identity)


def delete_bucket(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("s3").delete_bucket(bucket=physical.id)
    except NoSuchBucket:
        return


def put_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    bucket = properties["Bucket"]
    document = properties["PolicyDocument"]
    text = document if isinstance(document, str) else orjson.dumps(document).decode()
    call.ask("s3").put_bucket_policy(bucket=bucket, policy=text)
    return Physical(bucket, {})


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return put_policy(call, resource, properties)


def drop_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("s3").delete_bucket_policy(bucket=physical.id)
    except (NoSuchBucket, NoSuchBucketPolicy):
        return


RESOURCE_TYPES = {
    "AWS::S3::Bucket": ResourceType(create=create_bucket, update=update_bucket, delete=delete_bucket, properties=_HAVE),
    "AWS::S3::BucketPolicy": ResourceType(
        create=put_policy,
        update=update_policy,
        delete=drop_policy,
        properties=("Bucket", "PolicyDocument"),
        replaced_by=frozenset({"Bucket"}),
    ),
}
