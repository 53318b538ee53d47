"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import state
from .errors import BucketAlreadyExists, NoSuchBucket, NoSuchBucketPolicy

_HAVE = frozenset(
    {
        "BucketName",
        "VersioningConfiguration",
        "BucketEncryption",
        "PublicAccessBlockConfiguration",
        "LifecycleConfiguration",
        "Tags",
        "OwnershipControls",
        "CorsConfiguration",
        "AccessControl",
    }
)


def _check(properties: Properties) -> None:
    if properties.get("AccessControl", "Private") != "Private":
        raise NotImplementedHere(
            f"Skyjar does not implement AccessControl {properties['AccessControl']} of AWS::S3::Bucket: ACLs are off."
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


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def create_bucket(call: Call, resource: Resource, properties: Properties) -> Physical:
    _check(properties)
    name = properties.get("BucketName") or resource.name(63, is_lower=True)
    if state.buckets.get(call, name) is not None:  # which CreateBucket in us-east-1 would accept from the owner
        raise BucketAlreadyExists(BucketName=name)
    place = {} if call.region == "us-east-1" else {"create_bucket_configuration": {"LocationConstraint": call.region}}
    call.ask("s3").create_bucket(bucket=name, **place)
    _configure(call, resource, name, properties, {})
    return _physical(call, name)


def update_bucket(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _check(properties)
    _configure(call, resource, old.id, properties, before)
    return _physical(call, old.id)


def _configure(call: Call, resource: Resource, name: str, properties: Properties, before: Properties) -> None:
    s3 = call.ask("s3")
    tag_set = _tags(resource, properties)
    if tag_set:
        s3.put_bucket_tagging(bucket=name, tagging={"TagSet": tag_set})
    elif _tags(resource.before(), before):
        s3.delete_bucket_tagging(bucket=name)
    _versioning(s3, name, properties, before)
    _encryption(s3, name, properties, before)
    _public_access(s3, name, properties, before)
    _lifecycle(s3, name, properties, before)
    _cors(s3, name, properties, before)
    controls = properties.get("OwnershipControls")
    if controls:
        s3.put_bucket_ownership_controls(bucket=name, ownership_controls=controls)


def _versioning(s3: Any, name: str, properties: Properties, before: Properties) -> None:
    wanted = properties.get("VersioningConfiguration")
    if wanted:
        s3.put_bucket_versioning(bucket=name, versioning_configuration={"Status": wanted["Status"]})
    elif before.get("VersioningConfiguration"):
        s3.put_bucket_versioning(bucket=name, versioning_configuration={"Status": "Suspended"})


def _encryption(s3: Any, name: str, properties: Properties, before: Properties) -> None:
    wanted = properties.get("BucketEncryption")
    if not wanted:
        if before.get("BucketEncryption"):
            s3.delete_bucket_encryption(bucket=name)
        return
    rules = []
    for given in wanted["ServerSideEncryptionConfiguration"]:
        rule: dict[str, Any] = {}
        if "ServerSideEncryptionByDefault" in given:
            rule["ApplyServerSideEncryptionByDefault"] = given["ServerSideEncryptionByDefault"]
        if "BucketKeyEnabled" in given:
            rule["BucketKeyEnabled"] = _is_true(given["BucketKeyEnabled"])
        if "BlockedEncryptionTypes" in given:
            rule["BlockedEncryptionTypes"] = given["BlockedEncryptionTypes"]
        rules.append(rule)
    s3.put_bucket_encryption(bucket=name, server_side_encryption_configuration={"Rules": rules})


def _public_access(s3: Any, name: str, properties: Properties, before: Properties) -> None:
    wanted = properties.get("PublicAccessBlockConfiguration")
    if wanted:
        flags = {flag: _is_true(value) for flag, value in wanted.items()}
        s3.put_public_access_block(bucket=name, public_access_block_configuration=flags)
    elif before.get("PublicAccessBlockConfiguration"):
        s3.delete_public_access_block(bucket=name)


def _cors(s3: Any, name: str, properties: Properties, before: Properties) -> None:
    wanted = properties.get("CorsConfiguration")
    if not wanted:
        if before.get("CorsConfiguration"):
            s3.delete_bucket_cors(bucket=name)
        return
    named = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    rules = [{named.get(key, key): value for key, value in rule.items()} for rule in wanted["CorsRules"]]
    for rule in rules:
        if "MaxAgeSeconds" in rule:
            rule["MaxAgeSeconds"] = int(rule["MaxAgeSeconds"])
    s3.put_bucket_cors(bucket=name, cors_configuration={"CORSRules": rules})


def _lifecycle(s3: Any, name: str, properties: Properties, before: Properties) -> None:
    wanted = properties.get("LifecycleConfiguration")
    if wanted:
        rules = [_rule(given) for given in wanted["Rules"]]
        s3.put_bucket_lifecycle_configuration(bucket=name, lifecycle_configuration={"Rules": rules})
    elif before.get("LifecycleConfiguration"):
        s3.delete_bucket_lifecycle(bucket=name)


_RULE = frozenset(
    {
        "Id",
        "Status",
        "Prefix",
        "TagFilters",
        "ObjectSizeGreaterThan",
        "ObjectSizeLessThan",
        "ExpirationInDays",
        "ExpiredObjectDeleteMarker",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionExpirationInDays",
        "AbortIncompleteMultipartUpload",
    }
)


def _rule(given: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's form of a rule, in S3's."""
    for name in sorted(given.keys() - _RULE):
        raise NotImplementedHere(f"Skyjar does not implement {name} in LifecycleConfiguration of AWS::S3::Bucket.")
    within: dict[str, Any] = {}
    if "Prefix" in given:
        within["Prefix"] = given["Prefix"]
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if name in given:
            within[name] = int(given[name])
    if given.get("TagFilters"):
        within["Tags"] = given["TagFilters"]
    rule: dict[str, Any] = {"Status": given["Status"], "Filter": {"And": within} if within else {}}
    if "Id" in given:
        rule["ID"] = given["Id"]
    if "ExpirationInDays" in given:
        rule["Expiration"] = {"Days": int(given["ExpirationInDays"])}
    elif "ExpiredObjectDeleteMarker" in given:
        rule["Expiration"] = {"ExpiredObjectDeleteMarker": _is_true(given["ExpiredObjectDeleteMarker"])}
    if "NoncurrentVersionExpiration" in given:
        rule["NoncurrentVersionExpiration"] = {k: int(v) for k, v in given["NoncurrentVersionExpiration"].items()}
    elif "NoncurrentVersionExpirationInDays" in given:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(given["NoncurrentVersionExpirationInDays"])}
    if "AbortIncompleteMultipartUpload" in given:
        days = int(given["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return rule


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
