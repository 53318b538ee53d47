"""The bucket configurations that are set, read back and deleted whole."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import cors, deliveries, encryption, jobs, lifecycle, limits, state
from .errors import (
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    NoSuchCORSConfiguration,
    NoSuchLifecycleConfiguration,
)
from .state import Bucket

_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
_OLD_MINIMUM = "all_storage_classes_128K"


# Encryption


@operation
def get_bucket_encryption(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    default: dict[str, Any] = {"SSEAlgorithm": where.encryption}
    if where.kms_key:
        default["KMSMasterKeyID"] = where.kms_key
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": where.has_bucket_key,
        "BlockedEncryptionTypes": {"EncryptionType": [encryption.CUSTOMER if where.blocks_customer_keys else "NONE"]},
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@operation
def put_bucket_encryption(
    call: Call,
    *,
    bucket: str,
    server_side_encryption_configuration: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    rules = server_side_encryption_configuration.get("Rules") or []
    if len(rules) != 1:
        raise MalformedXML
    rule = rules[0]
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": encryption.AES}
    algorithm, key = default["SSEAlgorithm"], default.get("KMSMasterKeyID", "")
    if algorithm not in encryption.METHODS:
        raise MalformedXML
    if algorithm == encryption.AES and key:
        raise InvalidArgument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ArgumentName="ApplyServerSideEncryptionByDefault",
        )
    changed = state.replace(
        where,
        encryption=algorithm,
        kms_key=key,
        has_bucket_key=bool(rule.get("BucketKeyEnabled", False)),
        blocks_customer_keys=_blocks(where, rule.get("BlockedEncryptionTypes")),
    )
    state.buckets.replace(call, where, changed)


def _blocks(bucket: Bucket, given: dict[str, Any] | None) -> bool:
    """Whether customers' keys are blocked; what a configuration does not say stays as it is."""
    types = (given or {}).get("EncryptionType") or []
    if not types:
        return bucket.blocks_customer_keys
    if types not in (["NONE"], [encryption.CUSTOMER]):
        raise MalformedXML
    return encryption.CUSTOMER in types


@operation
def delete_bucket_encryption(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    """Back to SSE-S3: there is no bucket without encryption."""
    _, where = state.bucket_of(call, bucket)
    changed = state.replace(
        where, encryption=encryption.AES, kms_key="", has_bucket_key=False, blocks_customer_keys=True
    )
    state.buckets.replace(call, where, changed)


# Lifecycle


@operation
def get_bucket_lifecycle_configuration(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found = state.configuration(at, where, lifecycle.KIND)
    if found is None:
        raise NoSuchLifecycleConfiguration(BucketName=bucket)
    return {"Rules": found["Rules"], "TransitionDefaultMinimumObjectSize": found["Minimum"]}


@operation
def put_bucket_lifecycle_configuration(
    call: Call,
    *,
    bucket: str,
    lifecycle_configuration: dict[str, Any] | None = None,
    checksum_algorithm: str = "",
    transition_default_minimum_object_size: str = _OLD_MINIMUM,
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    rules = [dict(rule) for rule in (lifecycle_configuration or {}).get("Rules") or []]
    lifecycle.check(rules)
    for rule in rules:
        if not rule.get("ID"):
            rule["ID"] = call.new_id()
    state.configure(at, where, lifecycle.KIND, {"Rules": rules, "Minimum": transition_default_minimum_object_size})
    state.buckets.replace(call, where, state.replace(where, has_lifecycle=True))
    own = state.acting(call, where, deliveries.PRINCIPAL)
    own.later(jobs.tidy, key=bucket, due=lifecycle.midnight(call.now + 1), bucket=bucket)
    return {"TransitionDefaultMinimumObjectSize": transition_default_minimum_object_size}


@operation
def delete_bucket_lifecycle(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    at, where = state.bucket_of(call, bucket)
    state.configure(at, where, lifecycle.KIND, None)
    state.buckets.replace(call, where, state.replace(where, has_lifecycle=False))


# CORS


@operation
def get_bucket_cors(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found = state.configuration(at, where, cors.KIND)
    if found is None:
        raise NoSuchCORSConfiguration(BucketName=bucket)
    return {"CORSRules": found["CORSRules"]}


@operation
def put_bucket_cors(
    call: Call,
    *,
    bucket: str,
    cors_configuration: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    rules = cors_configuration.get("CORSRules") or []
    if not 1 <= len(rules) <= limits.CORS_RULES:
        raise MalformedXML
    for rule in rules:
        _check_cors(rule)
    state.configure(at, where, cors.KIND, {"CORSRules": rules})
    state.buckets.replace(call, where, state.replace(where, has_cors=True))


def _check_cors(rule: dict[str, Any]) -> None:
    if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
        raise MalformedXML
    for method in rule["AllowedMethods"]:
        if method not in _METHODS:
            raise InvalidRequest(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
    for origin in rule["AllowedOrigins"]:
        if origin.count("*") > 1:
            raise InvalidRequest(f'AllowedOrigin "{origin}" can not have more than one wildcard.')
    for header in rule.get("AllowedHeaders", ()):
        if header.count("*") > 1:
            raise InvalidRequest(f'AllowedHeader "{header}" can not have more than one wildcard.')
    for header in rule.get("ExposeHeaders", ()):
        if not re.fullmatch(r"[A-Za-z0-9_-]+", header):
            raise InvalidRequest(
                f'ExposeHeader "{header}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
            )


@operation
def delete_bucket_cors(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    at, where = state.bucket_of(call, bucket)
    state.configure(at, where, cors.KIND, None)
    state.buckets.replace(call, where, state.replace(where, has_cors=False))
