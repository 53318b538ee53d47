"""What may come through an access point, and how that is judged: the point's policy must allow it, and the bucket's too.

Source: S3 User Guide, "Access point compatibility", "Configuring IAM policies for using access points".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import blocks, point_state, state
from .errors import AccessDenied, MethodNotAllowed
from .point_state import Point

OPERATIONS = frozenset(
    ("abort_multipart_upload", "complete_multipart_upload", "copy_object", "create_multipart_upload", "delete_object",
     "delete_objects", "delete_object_tagging", "get_bucket_acl", "get_bucket_cors", "get_bucket_location",
     "get_bucket_notification_configuration", "get_bucket_policy", "get_object", "get_object_acl",
     "get_object_attributes", "get_object_legal_hold", "get_object_retention", "get_object_tagging", "head_bucket",
     "head_object", "list_multipart_uploads", "list_object_versions", "list_objects", "list_objects_v2", "list_parts",
     "put_object", "put_object_acl", "put_object_legal_hold", "put_object_retention", "put_object_tagging",
     "restore_object", "update_object_encryption", "upload_part", "upload_part_copy")
)  # fmt: skip
_NOTHING_GRANTED = '{"Version":"2012-10-17","Statement":[]}'


def through(call: Call, parameters: dict[str, Any]) -> Point | None:
    """The access point that a request came through; asked when its bucket has been looked up."""
    name = parameters.get("bucket")
    seen = call.looked_up
    if name is None or type(seen) is not state.Bucket or seen.name == name:
        return None
    return point_state.meant(call, name)


def check(call: Call, operation: str, parameters: dict[str, Any]) -> None:
    """There are no VPC endpoints, so nothing reaches what only these lead to."""
    if operation not in OPERATIONS:
        raise MethodNotAllowed
    point = through(call, parameters)
    if point is None or point.is_vpc:
        raise AccessDenied


def resource(point: Point, parameters: dict[str, Any]) -> str:
    key = parameters.get("key")
    return f"{point.arn}/object/{key}" if key is not None else point.arn


def policy(call: Call, point: Point) -> str:
    """The point's policy; one that is public counts for strangers only while RestrictPublicBuckets is off."""
    is_strange = call.caller.account != point.account and call.caller.kind != "service"
    if point.is_public and is_strange:
        account = state.accounts.get(call, point.account)
        restricts = point.blocks[blocks.RESTRICT_BUCKETS]
        if restricts or (account is not None and account.blocks[blocks.RESTRICT_BUCKETS]):
            return _NOTHING_GRANTED
    return point.policy


def conditions(point: Point) -> dict[str, str]:
    return {
        "s3:DataAccessPointArn": point.arn,
        "s3:DataAccessPointAccount": point.account,
        "s3:AccessPointNetworkOrigin": "VPC" if point.is_vpc else "Internet",
        **{f"s3:AccessPointTag/{key}": value for key, value in point.tags.items()},
    }


def own_conditions(point: Point, of_bucket: dict[str, Any]) -> dict[str, Any]:
    """What holds of the point, where it is judged and not its bucket, of which the rest holds too."""
    found = {name: value for name, value in of_bucket.items() if not name.startswith("aws:ResourceTag/")}
    found |= {f"aws:ResourceTag/{key}": value for key, value in point.tags.items()}
    return {**found, "s3:ResourceAccount": point.account, "aws:ResourceAccount": point.account}
