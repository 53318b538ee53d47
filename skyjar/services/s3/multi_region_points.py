"""What comes through a Multi-Region access point, and to which of its buckets.

Source: S3 User Guide, "Using Multi-Region Access Points with supported API operations", "Multi-Region Access Point restrictions and
limitations".
"""

from __future__ import annotations

from skyjar.kernel import region_sets
from skyjar.kernel.call import Call, CameIn

from . import multi_region_state
from .errors import (
    AccessDenied,
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchBucket,
)
from .multi_region_state import Replica
from .state import Bucket

OPERATIONS = frozenset(
    ("abort_multipart_upload", "complete_multipart_upload", "copy_object", "create_multipart_upload", "delete_object",
     "delete_object_tagging", "get_object", "get_object_acl", "get_object_legal_hold", "get_object_retention",
     "get_object_tagging", "head_object", "list_multipart_uploads", "list_objects_v2", "list_parts", "put_object",
     "put_object_acl", "put_object_legal_hold", "put_object_retention", "put_object_tagging", "restore_object",
     "upload_part")
)  # fmt: skip


def enter(call: Call, operation: str, name: str, bucket: Bucket) -> None:
    """Checks what has come through the point to this bucket, and goes on where the bucket is."""
    point = multi_region_state.meant(call, name)
    assert point is not None
    region, _, account, _ = replica = multi_region_state.routed(call.origin, point)
    if (bucket.region, bucket.account) != (region, account):
        raise NoSuchBucket(BucketName=bucket.name)  # it was deleted, and another has its name
    if call.caller.kind == "anonymous":
        raise AccessDenied
    if not call.parent:  # what S3 asks itself on the way is not asked by a client
        if operation not in OPERATIONS:
            raise MethodNotAllowed
        if call.origin.signature:
            _check_signature(call.origin, replica)
    call.region = region


def _check_signature(origin: CameIn, replica: Replica) -> None:
    """SigV4 is taken, as on AWS, only from a client that has guessed where its request goes."""
    if origin.signature.startswith("v2"):
        raise InvalidRequest(
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        )
    given, region = origin.region_set, replica[0]
    if region_sets.covers(given, region):
        return
    wrong = f"the region '{given}' is wrong; expecting '{region}'"
    if origin.signature.endswith("-query"):
        where = "X-Amz-Region-Set" if origin.signature.startswith("v4a") else "X-Amz-Credential"
        raise AuthorizationQueryParametersError(f"Error parsing the {where} parameter; {wrong}", Region=region)
    raise AuthorizationHeaderMalformed(f"The authorization header is malformed; {wrong}", Region=region)
