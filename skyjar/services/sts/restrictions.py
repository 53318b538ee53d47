"""What a session is limited by: policies, tags. Checked, and ready for the principal."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits
from .errors import (
    InvalidParameterValue,
    MalformedPolicyDocumentException,
    PackedPolicyTooLargeException,
    ValidationError,
)

Tags = list[dict[str, str]]
Arns = list[dict[str, str]]


def session_policies(call: Call, account: str, policy: str, arns: Arns | None) -> tuple[str, ...]:
    """The documents of the session: the one given, and the default versions of the managed ones as they are now."""
    found = []
    if policy:
        try:
            validate(policy, "session", size_limit=limits.SESSION_POLICY_CHARS)
        except PolicyTooLarge as error:
            raise PackedPolicyTooLargeException(100 * error.size // error.limit) from None
        except MalformedPolicy as error:
            raise MalformedPolicyDocumentException(error.message) from None
        found.append(policy)
    if len(arns or []) > limits.SESSION_POLICY_ARNS:
        raise ValidationError(f"The number of session policy ARNs exceeds the limit of {limits.SESSION_POLICY_ARNS}.")
    return (*found, *(_managed(call, account, each.get("arn", "")) for each in arns or []))


def _managed(call: Call, account: str, arn: str) -> str:
    iam = call.ask("iam", root(account), account=account)
    try:
        version = iam.get_policy(policy_arn=arn)["Policy"]["DefaultVersionId"]
        shown = iam.get_policy_version(policy_arn=arn, version_id=version)["PolicyVersion"]
    except AWSError as error:
        raise MalformedPolicyDocumentException(f"Session policy {arn} cannot be used: {error.message}") from None
    return unquote(shown["Document"])


def session_tags(given: Tags | None, inherited: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The given tags with those that the calling session hands on, which cannot be replaced."""
    tags: dict[str, str] = {}
    held = {key.lower() for key in inherited}
    for tag in given or []:
        key = tag["Key"]
        if key.lower() in {each.lower() for each in tags}:
            raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if key.lower() in held:
            raise InvalidParameterValue(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                "from the calling session."
            )
        tags[key] = tag["Value"]
    return tuple({**inherited, **tags}.items())


def packed_size(policies: tuple[str, ...], tags: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """PackedPolicySize, where there is anything to pack. AWS packs in a way of its own; here it is the plain length."""
    chars = sum(map(len, policies)) + sum(len(key) + len(value) for key, value in tags)
    return {"PackedPolicySize": max(1, 100 * chars // limits.PACKED_CHARS)} if chars else {}


def shown_tags(tags: Tags | None) -> dict[str, Any]:
    """The condition keys that follow from the tags of a request."""
    if not tags:
        return {}
    return {"aws:TagKeys": [tag["Key"] for tag in tags]} | {
        f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags
    }
