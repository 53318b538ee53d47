"""What CloudTrail may do: write into a trail's bucket as the service, and into its log group in its role."""

from __future__ import annotations

from skyjar.kernel import credentials, principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At

from . import state
from .errors import (
    InsufficientS3BucketPolicyException,
    InvalidCloudWatchLogsLogGroupArnException,
    InvalidCloudWatchLogsRoleArnException,
    S3BucketDoesNotExistException,
)
from .state import Trail

PRINCIPAL = "cloudtrail.amazonaws.com"
ACL = "bucket-owner-full-control"


def stated(at: At, trail: Trail) -> dict[str, str]:
    """The condition keys of what CloudTrail does for a trail."""
    return {"aws:SourceArn": state.arn_of(at, trail.name), "aws:SourceAccount": at.account}


def put(call: Call, at: At, trail: Trail, key: str, body: bytes, metadata: dict[str, str] | None = None) -> None:
    """Write an object into the trail's bucket; raises what S3 answers."""
    who = principals.service(PRINCIPAL, at.account)
    call.ask("s3", who, account=at.account, region=at.region, context=stated(at, trail)).put_object(
        bucket=trail.bucket,
        key=key,
        body=body,
        acl=ACL,
        content_type="application/json",
        content_encoding="gzip",
        metadata=metadata,
    )


def check_bucket(call: Call, at: At, trail: Trail) -> None:
    """The bucket is there, and its policy lets CloudTrail see its ACL and write."""
    try:
        call.ask("s3", principals.root(at.account), account=at.account, region=at.region).head_bucket(
            bucket=trail.bucket
        )
    except AWSError as error:
        if error.code == "NoSuchBucket":
            raise S3BucketDoesNotExistException(trail.bucket) from None
    who = principals.service(PRINCIPAL, at.account)
    asking = call.acting(who, stated(at, trail))
    for account in [at.account, trail.organization] if trail.organization else [at.account]:
        key = f"{trail.prefix}/AWSLogs/{account}/CloudTrail".lstrip("/") + "/x"
        may_write = asking.may("s3", "put_object", who, bucket=trail.bucket, key=key, acl=ACL)
        if not may_write or not asking.may("s3", "get_bucket_acl", who, bucket=trail.bucket):
            raise InsufficientS3BucketPolicyException(trail.bucket)


def check_logs(call: Call, at: At, trail: Trail) -> None:
    """The log group is there, and CloudTrail can act in the role."""
    parts = trail.log_group.split(":")
    if len(parts) < 7 or parts[2] != "logs" or parts[5] != "log-group":
        raise InvalidCloudWatchLogsLogGroupArnException
    name = parts[6]
    logs = call.ask("logs", principals.root(at.account), account=at.account, region=parts[3])
    groups = logs.describe_log_groups(log_group_name_prefix=name)["logGroups"]
    if parts[4] != at.account or all(each["logGroupName"] != name for each in groups):
        raise InvalidCloudWatchLogsLogGroupArnException
    role_of(call, at, trail)


def role_of(call: Call, at: At, trail: Trail) -> Principal:
    """A session of the trail's role."""
    sts = call.ask("sts", principals.service(PRINCIPAL, at.account), account=at.account, context=stated(at, trail))
    try:
        made = sts.assume_role(role_arn=trail.log_role, role_session_name=f"CLOUDTRAIL-{trail.name}"[:64])
    except AWSError:
        raise InvalidCloudWatchLogsRoleArnException from None
    held = credentials.find(call.tx, made["Credentials"]["AccessKeyId"])
    assert held is not None
    return held.principal
