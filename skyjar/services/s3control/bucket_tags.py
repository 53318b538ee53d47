"""Tags by ARN: those of buckets, which S3 keeps and its own tagging operations show as well. Deployment tools use these here: Terraform's
provider reads a bucket's tags by nothing else.

Source: S3 API reference, ListTagsForResource, TagResource, UntagResource.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.service import operation

from . import state

_BUCKET = "arn:aws:s3:::"


@operation
def list_tags_for_resource(call: Call, *, account_id: str, resource_arn: str) -> dict[str, Any]:
    return {"Tags": _tags(call, account_id, resource_arn)}


@operation
def tag_resource(call: Call, *, account_id: str, resource_arn: str, tags: list[dict[str, str]]) -> None:
    """New tags, and new values of those that there are."""
    found = {each["Key"]: each for each in (*_tags(call, account_id, resource_arn), *tags)}
    _set(call, resource_arn, list(found.values()))


@operation
def untag_resource(call: Call, *, account_id: str, resource_arn: str, tag_keys: list[str]) -> None:
    _set(call, resource_arn, [each for each in _tags(call, account_id, resource_arn) if each["Key"] not in tag_keys])


def policy(call: Call, arn: str) -> str | None:
    """The bucket's policy, where there is one."""
    try:
        return str(_s3(call).get_bucket_policy(bucket=arn.removeprefix(_BUCKET))["Policy"])
    except AWSError:
        return None


def _tags(call: Call, account: str, arn: str) -> list[dict[str, str]]:
    state.check_account(call, account)
    if not arn.startswith(_BUCKET) or "/" in arn:
        raise NotImplementedHere(f"Skyjar does not implement tags of {arn} by s3control; it has those of buckets.")
    try:
        return list(_s3(call).get_bucket_tagging(bucket=arn.removeprefix(_BUCKET))["TagSet"])
    except AWSError as error:
        if error.code != "NoSuchTagSet":
            raise
        return []


def _set(call: Call, arn: str, tags: list[dict[str, str]]) -> None:
    bucket = arn.removeprefix(_BUCKET)
    if tags:
        _s3(call).put_bucket_tagging(bucket=bucket, tagging={"TagSet": tags})
    else:
        _s3(call).delete_bucket_tagging(bucket=bucket)


def _s3(call: Call) -> Any:
    """As the account itself: the caller has been judged for the tags by their own actions."""
    return call.ask("s3", principals.root(call.account))
