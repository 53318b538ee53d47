"""What S3's operations need. Its actions have other names than its operations, and its ARNs name no account."""

from __future__ import annotations

from functools import cache
from typing import Any

from skyjar.kernel.call import Call

from . import (
    acceleration,
    attributes,
    blocks,
    condition_keys,
    encryption_updates,
    following,
    grants,
    multi_region_points,
    multi_region_state,
    object_lambda_replies,
    object_lambda_state,
    object_lambdas,
    object_state,
    payments,
    points,
    state,
    throttle,
)
from .errors import AccessDenied
from .object_lambda_state import ObjectLambda
from .object_state import Object
from .state import Bucket

_ACTIONS = {
    "list_buckets": "ListAllMyBuckets",
    "head_bucket": "ListBucket",
    "list_objects": "ListBucket",
    "list_objects_v2": "ListBucket",
    "list_object_versions": "ListBucketVersions",
    "list_multipart_uploads": "ListBucketMultipartUploads",
    "list_parts": "ListMultipartUploadParts",
    "abort_multipart_upload": "AbortMultipartUpload",
    "create_multipart_upload": "PutObject",
    "upload_part": "PutObject",
    "upload_part_copy": "PutObject",
    "complete_multipart_upload": "PutObject",
    "copy_object": "PutObject",
    "head_object": "GetObject",
    "select_object_content": "GetObject",
    "get_bucket_encryption": "GetEncryptionConfiguration",
    "put_bucket_encryption": "PutEncryptionConfiguration",
    "delete_bucket_encryption": "PutEncryptionConfiguration",
    "get_public_access_block": "GetBucketPublicAccessBlock",
    "put_public_access_block": "PutBucketPublicAccessBlock",
    "delete_public_access_block": "PutBucketPublicAccessBlock",
    "delete_bucket_tagging": "PutBucketTagging",
    "get_bucket_lifecycle_configuration": "GetLifecycleConfiguration",
    "put_bucket_lifecycle_configuration": "PutLifecycleConfiguration",
    "delete_bucket_lifecycle": "PutLifecycleConfiguration",
    "get_bucket_cors": "GetBucketCORS",
    "put_bucket_cors": "PutBucketCORS",
    "delete_bucket_cors": "PutBucketCORS",
    "delete_bucket_website": "DeleteBucketWebsite",
    "delete_bucket_ownership_controls": "PutBucketOwnershipControls",
    "get_bucket_notification_configuration": "GetBucketNotification",
    "put_bucket_notification_configuration": "PutBucketNotification",
    "get_bucket_accelerate_configuration": "GetAccelerateConfiguration",
    "put_bucket_accelerate_configuration": "PutAccelerateConfiguration",
    "get_bucket_replication": "GetReplicationConfiguration",
    "get_object_lock_configuration": "GetBucketObjectLockConfiguration",
    "put_object_lock_configuration": "PutBucketObjectLockConfiguration",
    "get_object_legal_hold": "GetObjectLegalHold",
    "put_object_legal_hold": "PutObjectLegalHold",
    "get_object_retention": "GetObjectRetention",
    "put_object_retention": "PutObjectRetention",
    "restore_object": "RestoreObject",
    "get_bucket_inventory_configuration": "GetInventoryConfiguration",
    "list_bucket_inventory_configurations": "GetInventoryConfiguration",
    "put_bucket_inventory_configuration": "PutInventoryConfiguration",
    "delete_bucket_inventory_configuration": "PutInventoryConfiguration",
    "get_bucket_metrics_configuration": "GetMetricsConfiguration",
    "list_bucket_metrics_configurations": "GetMetricsConfiguration",
    "put_bucket_metrics_configuration": "PutMetricsConfiguration",
    "delete_bucket_metrics_configuration": "PutMetricsConfiguration",
    "get_bucket_analytics_configuration": "GetAnalyticsConfiguration",
    "list_bucket_analytics_configurations": "GetAnalyticsConfiguration",
    "put_bucket_analytics_configuration": "PutAnalyticsConfiguration",
    "delete_bucket_analytics_configuration": "PutAnalyticsConfiguration",
    "get_bucket_intelligent_tiering_configuration": "GetIntelligentTieringConfiguration",
    "list_bucket_intelligent_tiering_configurations": "GetIntelligentTieringConfiguration",
    "put_bucket_intelligent_tiering_configuration": "PutIntelligentTieringConfiguration",
    "delete_bucket_intelligent_tiering_configuration": "PutIntelligentTieringConfiguration",
    "put_bucket_replication": "PutReplicationConfiguration",
    "delete_bucket_replication": "PutReplicationConfiguration",
    "read_for_replication": "GetObjectVersionForReplication",  # these five are what a replication's role does
    "read_tags_for_replication": "GetObjectVersionTagging",
    "take_over": "ObjectOwnerOverrideToBucketOwner",
    "replicate_object": "ReplicateObject",
    "replicate_delete": "ReplicateDelete",
    "initiate_replication": "InitiateReplication",  # what the role of a batch replication does
}
_OF_VERSIONS = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObjectAcl": "GetObjectVersionAcl",
    "PutObjectAcl": "PutObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
}
_READING_TAGS = frozenset(
    ("get_object", "head_object", "get_object_tagging", "put_object_tagging", "delete_object_tagging", "get_object_acl",
     "delete_object", "get_object_attributes")
)  # fmt: skip
_READING = frozenset(("get_object", "head_object", "list_objects_v2", "head_bucket"))  # which need one action
_ON_THE_OBJECT = _READING_TAGS - {"delete_object"} | {"put_object_acl", "restore_object"}
_GRANTING = ("put_object", "copy_object", "create_multipart_upload")
_HEADERS = ("grant_full_control", "grant_read", "grant_read_acp", "grant_write", "grant_write_acp")
_CHARGED = ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads", "delete_objects")
_EVERYWHERE = ("get_bucket_location", "list_buckets", "create_bucket")
_POLICY = ("get_bucket_policy", "put_bucket_policy", "delete_bucket_policy")
_NOTHING_GRANTED = '{"Version":"2012-10-17","Statement":[]}'


def _bucket(call: Call, operation: str, parameters: dict[str, Any]) -> Bucket | None:
    """Looked for once in a call; the operation takes it from there (`state.bucket_of`)."""
    name = parameters.get("bucket")
    if name is None or operation == "create_bucket":
        return None
    seen = call.looked_up
    if type(seen) is Bucket and seen.name == name:
        return seen
    found = state.known(call, name)  # almost always: what else a name may mean is asked afterwards
    if found is None:
        if name.startswith("arn:aws:s3-object-lambda:") or name.endswith("--ol-s3"):
            call.looked_up = object_lambda_state.meant(call, name)
            if call.looked_up is not None:
                return None
        found = state.named(call, name)
        if name.startswith(multi_region_state.PREFIX):
            multi_region_points.enter(call, operation, name, found)
    call.looked_up = found
    return found


def _object_lambda(call: Call, operation: str, parameters: dict[str, Any]) -> ObjectLambda | None:
    """The Object Lambda access point that is judged, instead of a bucket; asked when `_bucket` has been."""
    if type(call.looked_up) is ObjectLambda and "bucket" in parameters:
        return call.looked_up
    return None


_SINGLE = frozenset(("get_object", "head_object", "put_object"))
_JUDGED = frozenset(
    ("acl", "bypass_governance_retention", "expected_bucket_owner", "object_lock_legal_hold_status", "object_lock_mode",
     "request_payer", "tagging", "version_id", *_HEADERS)
)  # fmt: skip


def question(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """The object, for plain reads and writes in a bucket of the caller's own without a policy and ACLs, by whose tags nobody is
    judged, and of which nobody counts the requests."""
    if operation not in _SINGLE or not _JUDGED.isdisjoint(parameters):
        return None
    bucket = _bucket(call, operation, parameters)
    if (
        bucket is None
        or bucket.policy
        or bucket.ownership != grants.ENFORCED
        or bucket.requester_pays
        or bucket.watches
        or bucket.has_abac
        or bucket.account != call.account
        or bucket.region != call.region
        or bucket.name != parameters["bucket"]
        or call.origin.is_accelerated
        or throttle.is_on(call.behaviour)
    ):
        return None
    return f"{bucket.name}/{parameters['key']}"


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    """Checks also what AWS checks before it judges: that the bucket is there, in this Region, and whose it is said to be."""
    bucket = _bucket(call, operation, parameters)
    if bucket is None:
        if operation == "write_get_object_response":
            return ["s3-object-lambda:WriteGetObjectResponse"]
        if _object_lambda(call, operation, parameters) is not None:
            return [object_lambdas.action(operation, parameters)]
    else:
        if bucket.watches:
            call.follower = following.follower(call, bucket, operation, parameters)
        if bucket.region != call.region and operation not in _EVERYWHERE:
            state.bucket_of(call, bucket.name)
        owner = parameters.get("expected_bucket_owner")
        if owner and owner != bucket.account:
            raise AccessDenied
        if bucket.requester_pays and ("key" in parameters or operation in _CHARGED):
            payments.check(call, bucket, parameters)
        if call.origin.is_accelerated:
            acceleration.check(bucket)
        if bucket.name != parameters["bucket"]:
            points.check(call, operation, parameters)
        if throttle.is_on(call.behaviour):
            throttle.check(call, bucket, operation, parameters)
    if operation in _READING:
        return [_named(operation, bool(parameters.get("version_id")))]
    return _needed(bucket, operation, parameters)


def _needed(bucket: Bucket | None, operation: str, parameters: dict[str, Any]) -> list[str]:
    """The actions of an operation, of those as well that need just one."""
    if operation == "delete_objects":
        return []
    if operation == "create_bucket":
        tags = (parameters.get("create_bucket_configuration") or {}).get("Tags")
        return ["s3:CreateBucket", "s3:TagResource"] if tags else ["s3:CreateBucket"]
    action = _ACTIONS.get(operation)
    has_version = bool(parameters.get("version_id"))
    named = [_named(operation, has_version)]
    if (parameters.get("tagging") and action == "PutObject") or (
        operation == "put_object" and parameters.get("tagging")
    ):
        named.append("s3:PutObjectTagging")
    if operation in _GRANTING:
        named += _granting(bucket, parameters)
    if parameters.get("bypass_governance_retention"):
        named.append("s3:BypassGovernanceRetention")
    if operation == "delete_object" and parameters.get("if_match", "*") != "*":
        named.append("s3:GetObject")  # by which the caller could find the ETag out
    if operation == "get_object_attributes":
        named.append("s3:GetObjectVersion" if has_version else "s3:GetObject")
    return named


@cache
def _named(operation: str, has_version: bool) -> str:
    name = _ACTIONS.get(operation) or operation.title().replace("_", "")
    return "s3:" + (_OF_VERSIONS.get(name, name) if has_version else name)


def _granting(bucket: Bucket | None, parameters: dict[str, Any]) -> list[str]:
    """What a write needs for the ACL and the lock that it gives its object."""
    needed: list[str] = []
    if bucket is not None and bucket.ownership != grants.ENFORCED:
        acl = parameters.get("acl") or ""
        if acl not in ("", "private", "bucket-owner-full-control") or any(parameters.get(name) for name in _HEADERS):
            needed.append("s3:PutObjectAcl")
    if "object_lock_mode" in parameters:
        needed.append("s3:PutObjectRetention")
    if "object_lock_legal_hold_status" in parameters:
        needed.append("s3:PutObjectLegalHold")
    return needed


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[Any]:
    """What comes through an access point is judged there too; the role of a replication is handed over."""
    if operation != "put_bucket_replication":
        seen = call.looked_up
        if type(seen) is not Bucket or seen.name == parameters.get("bucket"):
            return []
        point = points.through(call, parameters)
        if point is None:
            return []
        arn, policy = points.resource(point, parameters), points.policy(call, point)
        known = points.own_conditions(point, conditions(call, operation, parameters))
        needed = _needed(seen, operation, parameters)
        return [(action, arn, known, policy, "resource-based policy") for action in needed]
    role = (parameters.get("replication_configuration") or {}).get("Role", "")
    if not role.startswith("arn:"):
        return []
    return [("iam:PassRole", role, {"iam:PassedToService": "s3.amazonaws.com"})]


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    name, seen = parameters.get("bucket"), call.looked_up
    if name is None:
        if operation == "write_get_object_response":
            token, route = parameters["request_token"], parameters["request_route"]
            return [object_lambda_replies.expected(call, token, route).arn]
        return ["*"]
    if type(seen) is ObjectLambda:
        return [seen.arn]
    if type(seen) is Bucket:
        name = seen.name  # another than was said where an access point was
    key = parameters.get("key")
    return [f"arn:aws:s3:::{name}/{key}" if key is not None else f"arn:aws:s3:::{name}"]


def owner(call: Call, operation: str, parameters: dict[str, Any]) -> str:
    bucket = _bucket(call, operation, parameters)
    if bucket is None:
        transforming = _object_lambda(call, operation, parameters)
        return transforming.account if transforming is not None else call.account
    if bucket.ownership != grants.ENFORCED and operation in _ON_THE_OBJECT:
        found = _object(call, bucket, parameters)
        return grants.owns(bucket, found.owner) if found is not None else bucket.account
    return bucket.account


def _object(call: Call, bucket: Bucket, parameters: dict[str, Any]) -> Object | None:
    at = state.place(call, bucket)
    version = parameters.get("version_id")
    key = parameters["key"]
    return object_state.version_of(at, bucket, key, version) if version else object_state.latest(at, bucket, key)


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """The bucket policy; one that is public counts for strangers only while RestrictPublicBuckets is off. What the ACLs
    give is added to it, where there are any."""
    bucket = _bucket(call, operation, parameters)
    if bucket is None:
        transforming = _object_lambda(call, operation, parameters)
        return transforming.policy or None if transforming is not None else None
    policy = _policy(call, operation, bucket)
    if bucket.ownership == grants.ENFORCED:
        return policy or None
    found = _object(call, bucket, parameters) if operation in _ON_THE_OBJECT else None
    whose = grants.owns(bucket, found.owner) if found is not None else bucket.account
    if whose != bucket.account:
        policy = grants.denials_of(policy)
    granted = bucket.grants or ()
    on_object = found.grants if found is not None else ()
    if operation in ("get_object", "head_object") and (found is None or found.is_marker):
        on_object = grants.on_absent(granted)
    if not granted and not on_object:
        return policy or None
    ignores, is_new = blocks.of(call, bucket)[blocks.IGNORE_ACLS], operation in _GRANTING
    return grants.with_statements(policy, bucket.name, call.caller.account, granted, on_object, ignores, is_new)


def _policy(call: Call, operation: str, bucket: Bucket) -> str:
    if not bucket.policy:
        return ""
    is_own = call.caller.account == bucket.account
    if bucket.is_policy_public and not is_own and call.caller.kind != "service":
        if blocks.of(call, bucket)[blocks.RESTRICT_BUCKETS]:
            return _NOTHING_GRANTED
    elif operation in _POLICY and is_own and call.caller.kind == "root":
        return ""  # so that nobody can lock an account out of its own bucket
    return bucket.policy


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if type(call.looked_up) is ObjectLambda or operation == "write_get_object_response":
        return found  # whose condition keys are others
    found |= condition_keys.of_parameters(call, operation, parameters)
    found |= condition_keys.of_signature(call)
    if operation == "create_bucket":
        constraint = (parameters.get("create_bucket_configuration") or {}).get("LocationConstraint")
        if constraint:
            found["s3:LocationConstraint"] = constraint
        found |= attributes.requested(parameters.get("create_bucket_configuration") or {})
    bucket = _bucket(call, operation, parameters)
    if bucket is not None:
        found["s3:ResourceAccount"] = found["aws:ResourceAccount"] = bucket.account
        if bucket.name != parameters["bucket"]:
            point = points.through(call, parameters)
            found |= points.conditions(point) if point is not None else {}
        if bucket.has_abac:
            found |= attributes.conditions(call, bucket)
        if operation == "update_object_encryption":
            found |= encryption_updates.conditions(parameters)
        if operation in _READING_TAGS:
            found |= _existing_tags(call, bucket, parameters)
    return found


def _existing_tags(call: Call, bucket: Bucket, parameters: dict[str, Any]) -> dict[str, str]:
    thing = _object(call, bucket, parameters)
    return {f"s3:ExistingObjectTag/{key}": value for key, value in thing.tags.items()} if thing is not None else {}
