"""Operations on buckets."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas, sites, usage
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import (
    access_logs,
    acls,
    bucket_tags,
    grants,
    jobs,
    limits,
    multi_region_state,
    names,
    object_state,
    ownership,
    paging,
    point_state,
    state,
    waiting_state,
)
from .errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    BucketHasAccessPointsAttached,
    BucketNotEmpty,
    IllegalLocationConstraint,
    InvalidArgument,
    InvalidBucketAclWithBlockPublicAccess,
    InvalidBucketAclWithObjectOwnership,
    InvalidLocationConstraint,
    TooManyBuckets,
    VersionedBucketNotEmpty,
)
from .state import Bucket

FIRST_REGION = "us-east-1"


@operation
def create_bucket(
    call: Call,
    *,
    bucket: str,
    acl: str = "",
    bucket_namespace: str = "global",
    create_bucket_configuration: dict[str, Any] | None = None,
    grant_full_control: str = "",
    grant_read: str = "",
    grant_read_acp: str = "",
    grant_write: str = "",
    grant_write_acp: str = "",
    object_lock_enabled_for_bucket: bool = False,
    object_ownership: str = "BucketOwnerEnforced",
) -> dict[str, Any]:
    names.check_bucket(bucket)
    wanted = create_bucket_configuration or {}
    region = _region(call, wanted.get("LocationConstraint", ""))
    names.check_namespace(bucket, bucket_namespace, call.account, region)
    if object_ownership not in ownership.KINDS:
        raise InvalidArgument(
            "Invalid x-amz-object-ownership header: " + object_ownership, ArgumentName="x-amz-object-ownership"
        )
    given = grants.given(grant_full_control, grant_read, grant_read_acp, grant_write_acp, grant_write)
    if object_ownership == grants.ENFORCED and (given or acl not in ("", "private")):
        raise InvalidBucketAclWithObjectOwnership
    for member in ("Location", "Bucket"):
        if wanted.get(member):
            raise NotImplementedHere(f"Skyjar does not implement {member} of s3:CreateBucket (directory buckets).")
    existing = state.buckets.get(call, bucket)
    if existing is not None:
        if existing.account != call.account:
            raise BucketAlreadyExists(BucketName=bucket)
        if existing.region == region == FIRST_REGION:
            return {"Location": f"/{bucket}"}
        raise BucketAlreadyOwnedByYou(BucketName=bucket)
    most = quotas.of(call, "s3", "buckets", limits.QUOTAS)
    if state.buckets.count(call, call.account, via="owner", limit=most) >= most:
        raise TooManyBuckets
    made = Bucket(
        name=bucket,
        account=call.account,
        region=region,
        space=call.chance.hex(12),
        created_s=int(call.now),
        ownership=object_ownership,
        has_lock=object_lock_enabled_for_bucket,
        versioning="Enabled" if object_lock_enabled_for_bucket else "",
    )
    if object_ownership != grants.ENFORCED:
        made = state.replace(made, grants=grants.of_bucket(made, acl, None, given))
        if grants.is_public(made.grants):
            raise InvalidBucketAclWithBlockPublicAccess
    state.buckets.add(call, made)
    usage.begin(call)
    if wanted.get("Tags"):
        bucket_tags.keep(state.place(call, made), made, wanted["Tags"])
    return {"Location": f"/{bucket}", "BucketArn": state.bucket_arn(bucket)}


def _region(call: Call, constraint: str) -> str:
    """The Region to make the bucket in: that of the endpoint, which the constraint must name outside us-east-1."""
    if not constraint:
        if call.region != FIRST_REGION:
            raise IllegalLocationConstraint(
                "The unspecified location constraint is incompatible for the region specific endpoint this request was "
                "sent to."
            )
        return FIRST_REGION
    wanted = "eu-west-1" if constraint == "EU" else constraint
    if wanted == FIRST_REGION or wanted.count("-") < 2:
        raise InvalidLocationConstraint(LocationConstraint=constraint)
    if call.region not in (wanted, FIRST_REGION):
        raise IllegalLocationConstraint(
            f"The {constraint} location constraint is incompatible for the region specific endpoint this request was "
            "sent to."
        )
    return wanted


@operation
def delete_bucket(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    at, where = state.bucket_of(call, bucket)
    if not object_state.is_empty(at, where):
        raise (VersionedBucketNotEmpty if where.versioning else BucketNotEmpty)(BucketName=bucket)
    if point_state.points.first(call, where.name, where.account, via="bucket") is not None or multi_region_state.holds(
        call, where.name, where.account
    ):
        raise BucketHasAccessPointsAttached(BucketName=bucket)
    state.buckets.remove(call, where)
    access_logs.switch(call, where, False)
    waiting_state.forget(at, where)
    sites.drop(call.tx, where.name)
    for kept in state.configurations.range(at, where.space):
        state.configurations.remove(at, kept)
    if where.account == call.account and where.region == call.region:
        call.later(jobs.clear, space=where.space)


@operation
def head_bucket(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    told = {"BucketRegion": where.region, "AccessPointAlias": bucket.endswith("-s3alias")}
    return {**told, "BucketArn": state.bucket_arn(bucket)} if bucket == where.name else told


@operation
def list_buckets(
    call: Call,
    *,
    max_buckets: int | None = None,
    continuation_token: str = "",
    prefix: str = "",
    bucket_region: str = "",
) -> dict[str, Any]:
    if max_buckets is not None and not 1 <= max_buckets <= limits.BUCKETS_PAGE:
        raise InvalidArgument(
            f"Argument max-buckets must be an integer between 1 and {limits.BUCKETS_PAGE}",
            ArgumentName="max-buckets",
            ArgumentValue=max_buckets,
        )
    behind = paging.behind(continuation_token) if continuation_token else ""
    found = state.buckets.range(call, call.account, via="owner")
    chosen = [
        one
        for one in found
        if one.name.startswith(prefix) and (not bucket_region or one.region == bucket_region)
        if one.name > behind
    ]
    most = max_buckets or limits.BUCKETS_PAGE
    answer: dict[str, Any] = {
        "Buckets": [
            {
                "Name": one.name,
                "CreationDate": one.created_s,
                "BucketRegion": one.region,
                "BucketArn": state.bucket_arn(one.name),
            }
            for one in chosen[:most]
        ],
        "Owner": acls.owner(call.account),
    }
    if prefix:
        answer["Prefix"] = prefix
    if len(chosen) > most:
        answer["ContinuationToken"] = paging.token(chosen[most - 1].name)
    return answer


@operation
def get_bucket_location(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    """The one operation that every Region answers for every bucket; us-east-1 has no name here."""
    where = state.named(call, bucket)
    return {"LocationConstraint": where.region} if where.region != FIRST_REGION else {}
