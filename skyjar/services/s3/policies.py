"""Bucket policies and Block Public Access."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.planes import named_principals
from skyjar.policy import errors as language
from skyjar.policy import publicity
from skyjar.policy.documents import validate
from skyjar.policy.statements import Statement

from . import blocks, limits, policy_actions, state
from .errors import (
    AccessDenied,
    MalformedPolicy,
    NoSuchBucketPolicy,
    NoSuchPublicAccessBlockConfiguration,
    PolicyTooLarge,
)


@operation
def get_bucket_policy(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    if not where.policy:
        raise NoSuchBucketPolicy(BucketName=bucket)
    return {"Policy": where.policy}


@operation
def put_bucket_policy(
    call: Call,
    *,
    bucket: str,
    policy: str,
    content_md5: str = "",
    checksum_algorithm: str = "",
    confirm_remove_self_bucket_access: bool = False,
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    _check_json(policy)
    try:
        document = validate(policy, "resource", size_limit=limits.POLICY_BYTES)
    except language.PolicyTooLarge:
        raise PolicyTooLarge from None
    except language.MalformedPolicy as error:
        sentence = str(error)
        detail = {"Detail": sentence.partition(": ")[2].strip()} if sentence.startswith("Invalid principal") else {}
        raise MalformedPolicy("Invalid principal in policy" if detail else sentence, **detail) from None
    arn = state.bucket_arn(bucket)
    for statement in document.statements:
        _check_principals(call, statement)
        if statement.effect == "Allow" and statement.principal is not None and statement.principal.is_not:
            raise MalformedPolicy("Allow with NotPrincipal is not allowed")
        if not statement.resources:
            raise MalformedPolicy("Missing required field Resource")
        for resource in statement.resources:
            if not _is_within(resource, arn):
                raise MalformedPolicy("Policy has invalid resource")
        policy_actions.check(statement)
    is_public = publicity.is_public(document.text)
    if is_public and blocks.of(call, where)[blocks.BLOCK_POLICY]:
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"{arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.'
        )
    state.buckets.replace(call, where, state.replace(where, policy=policy, is_policy_public=is_public))


def _check_principals(call: Call, statement: Statement) -> None:
    """That there is everybody whom it names; CloudFront's identities (of the account `cloudfront`) are not looked for."""
    for arn in sorted(statement.principal.named) if statement.principal is not None else ():
        if ":iam::cloudfront:" not in arn and not named_principals.exists(call, arn):
            raise MalformedPolicy("Invalid principal in policy", Detail=f'"AWS" : "{arn}"')


def _check_json(policy: str) -> None:
    if not policy.startswith("{"):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    try:
        orjson.loads(policy)
    except orjson.JSONDecodeError:
        raise MalformedPolicy("This policy contains invalid Json") from None


def _is_within(resource: str, arn: str) -> bool:
    """Whether a resource of the policy means the bucket or something in it; variables stand for anything."""
    return resource == arn or resource.startswith((arn + "/", arn + "*")) or resource in ("*", "arn:aws:s3:::*")


@operation
def delete_bucket_policy(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    _, where = state.bucket_of(call, bucket)
    state.buckets.replace(call, where, state.replace(where, policy="", is_policy_public=False))


@operation
def get_bucket_policy_status(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    if not where.policy:
        raise NoSuchBucketPolicy(BucketName=bucket)
    return {"PolicyStatus": {"IsPublic": where.is_policy_public}}


@operation
def get_public_access_block(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    if where.blocks is None:
        raise NoSuchPublicAccessBlockConfiguration(BucketName=bucket)
    return {"PublicAccessBlockConfiguration": dict(zip(blocks.FLAGS, where.blocks, strict=True))}


@operation
def put_public_access_block(
    call: Call,
    *,
    bucket: str,
    public_access_block_configuration: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    acls, ignored, policy, restricted = (
        bool(public_access_block_configuration.get(flag, False)) for flag in blocks.FLAGS
    )
    state.buckets.replace(call, where, state.replace(where, blocks=(acls, ignored, policy, restricted)))


@operation
def delete_public_access_block(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    _, where = state.bucket_of(call, bucket)
    state.buckets.replace(call, where, state.replace(where, blocks=None))
