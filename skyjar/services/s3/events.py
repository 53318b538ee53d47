"""What other services tell S3."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import bucket_tags, multi_region_state, object_lambda_state, point_state, replicas, state
from .errors import AccessDenied, InvalidRequest, NoSuchBucket


@on("s3control.AccountBlocksChanged")
def keep_blocks(call: Call, event: Any) -> None:
    """Block Public Access of a whole account; None: it has none."""
    if event.blocks is None:
        state.accounts.delete(call, event.account)
    else:
        state.accounts.put(call, state.Account(number=event.account, blocks=event.blocks))


@on("s3control.AccessPointChanged")
def keep_point(call: Call, event: Any) -> None:
    """Refuses one whose bucket is not there, not of the account it is said to be of, or elsewhere."""
    bucket = state.named(call, event.bucket)
    if bucket.account != event.owner or bucket.name != event.bucket:
        raise AccessDenied
    if bucket.region != event.region:
        raise InvalidRequest("The bucket is not in the Region of the access point.", BucketName=event.bucket)
    point_state.points.put(
        call,
        point_state.Point(
            arn=point_state.arn_of(event.region, event.account, event.name),
            alias=event.alias,
            account=event.account,
            bucket=event.bucket,
            is_vpc=event.is_vpc,
            policy=event.policy,
            is_public=event.is_public,
            blocks=event.blocks,
            tags=event.tags,
        ),
    )


@on("s3control.AccessPointDeleted")
def forget_point(call: Call, event: Any) -> None:
    point_state.points.delete(call, point_state.arn_of(event.region, event.account, event.name))


@on("s3control.BucketTagsChanged")
def keep_tags(call: Call, event: Any) -> None:
    at, bucket = state.bucket_of(call, event.bucket)
    if bucket.account != call.account:
        raise AccessDenied  # who may tag was judged in the account that asks
    if event.tags:
        bucket_tags.keep(at, bucket, event.tags)
    else:
        bucket_tags.forget(at, bucket)


@on("s3control.BucketsSought")
def find_buckets(call: Call, event: Any) -> None:
    """Tells in which Regions they are; refuses one that is not there, or not of the account it is said to be of."""
    for name, account in event.buckets:
        bucket = state.known(call, name)
        if bucket is None:
            raise NoSuchBucket(BucketName=name)
        if bucket.account != account:
            raise AccessDenied
        event.regions.append(bucket.region)


@on("s3control.MultiRegionPointChanged")
def keep_multi_region_point(call: Call, event: Any) -> None:
    multi_region_state.keep(
        call,
        multi_region_state.MultiRegionPoint(
            alias=event.alias,
            account=event.account,
            replicas=event.replicas,
            policy=event.policy,
            is_public=event.is_public,
            blocks=event.blocks,
        ),
    )


@on("s3control.MultiRegionPointDeleted")
def forget_multi_region_point(call: Call, event: Any) -> None:
    multi_region_state.forget(call, event.alias)


@on("s3control.ReplicationWanted")
def replicate_now(call: Call, event: Any) -> None:
    replicas.repeat(call, event.bucket, event.key, event.version)


@on("s3control.ObjectLambdaChanged")
def keep_object_lambda(call: Call, event: Any) -> None:
    object_lambda_state.object_lambdas.put(
        call,
        object_lambda_state.ObjectLambda(
            arn=object_lambda_state.arn_of(event.region, event.account, event.name),
            alias=event.alias,
            account=event.account,
            region=event.region,
            supporting=event.supporting,
            functions=event.functions,
            policy=event.policy,
        ),
    )


@on("s3control.ObjectLambdaDeleted")
def forget_object_lambda(call: Call, event: Any) -> None:
    arn = object_lambda_state.arn_of(event.region, event.account, event.name)
    object_lambda_state.object_lambdas.delete(call, arn)
