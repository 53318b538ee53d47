"""Tags of buckets by ARN: S3 keeps them, and its own tagging operations show them as well. Terraform's provider reads a bucket's tags by
nothing else."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import BucketTagsChanged, state

_BUCKET = "arn:aws:s3:::"


def is_bucket(arn: str) -> bool:
    return arn.startswith(_BUCKET) and "/" not in arn


def of(call: Call, account: str, arn: str) -> list[dict[str, str]]:
    state.check_account(call, account)
    try:
        return list(_s3(call).get_bucket_tagging(bucket=arn.removeprefix(_BUCKET))["TagSet"])
    except AWSError as error:
        if error.code != "NoSuchTagSet":
            raise
        return []


def add(call: Call, account: str, arn: str, tags: list[dict[str, str]]) -> None:
    """New tags, and new values of those that there are."""
    found = {each["Key"]: each for each in (*of(call, account, arn), *tags)}
    _set(call, arn, list(found.values()))


def remove(call: Call, account: str, arn: str, keys: list[str]) -> None:
    _set(call, arn, [each for each in of(call, account, arn) if each["Key"] not in keys])


def _set(call: Call, arn: str, tags: list[dict[str, str]]) -> None:
    call.emit(BucketTagsChanged(arn.removeprefix(_BUCKET), tags))


def conditions(call: Call, arn: str) -> dict[str, str]:
    """The condition keys of the tags that a bucket has, where they count."""
    try:
        is_enabled = _s3(call).get_bucket_abac(bucket=arn.removeprefix(_BUCKET))["AbacStatus"]["Status"] == "Enabled"
        found = of(call, call.account, arn) if is_enabled else []
    except AWSError:
        return {}
    return {f"{name}/{tag['Key']}": tag["Value"] for tag in found for name in ("aws:ResourceTag", "s3:BucketTag")}


def policy(call: Call, arn: str) -> str | None:
    """The bucket's policy, where there is one."""
    if not is_bucket(arn):
        return None
    try:
        return str(_s3(call).get_bucket_policy(bucket=arn.removeprefix(_BUCKET))["Policy"])
    except AWSError:
        return None


def _s3(call: Call) -> Any:
    """As the account itself: the caller has been judged for the tags by their own actions."""
    return call.ask("s3", principals.root(call.account))
