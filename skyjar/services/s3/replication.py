"""Replication: the configuration, and which of its rules concern an object.

Source: S3 API reference, PutBucketReplication; S3 User Guide, "Replication configuration file elements".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, state
from .errors import InvalidArgument, InvalidRequest, MalformedXML, NoSuchBucket, ReplicationConfigurationNotFound
from .object_state import Object
from .state import Bucket

KIND = "replication"
Rule = dict[str, Any]
_ARN = "arn:aws:s3:::"


@operation
def get_bucket_replication(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found = state.configuration(at, where, KIND)
    if found is None:
        raise ReplicationConfigurationNotFound(BucketName=bucket)
    return {"ReplicationConfiguration": found}


@operation
def put_bucket_replication(
    call: Call,
    *,
    bucket: str,
    replication_configuration: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    if where.versioning != "Enabled":
        raise InvalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    role = replication_configuration["Role"]
    if not role.startswith("arn:aws:iam::") or ":role/" not in role:
        raise InvalidArgument("Invalid Role ARN", ArgumentName="Role", ArgumentValue=role)
    rules = [dict(rule) for rule in replication_configuration["Rules"]]
    if not 1 <= len(rules) <= limits.REPLICATION_RULES:
        raise MalformedXML
    for rule in rules:
        _check(call, where, rule)
        rule["ID"] = rule.get("ID") or call.new_id()
    if len({rule["ID"] for rule in rules}) != len(rules):
        raise InvalidArgument("Rule Id must be unique", ArgumentName="ID")
    priorities = [rule["Priority"] for rule in rules if "Priority" in rule]
    if len(set(priorities)) != len(priorities):
        raise InvalidRequest("Found duplicate priority in rules. Priority must be unique for each rule")
    state.configure(at, where, KIND, {"Role": role, "Rules": rules})
    state.buckets.replace(call, where, state.replace(where, has_replication=True))


@operation
def delete_bucket_replication(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    at, where = state.bucket_of(call, bucket)
    state.configure(at, where, KIND, None)
    state.buckets.replace(call, where, state.replace(where, has_replication=False))


def _check(call: Call, bucket: Bucket, rule: Rule) -> None:
    if len(rule.get("ID", "")) > limits.RULE_ID:
        raise InvalidArgument(f"ID length should not exceed allowed limit of {limits.RULE_ID}")
    _check_absent(rule)
    _check_encryption(rule)
    _check_time(rule)
    if rule["Status"] not in ("Enabled", "Disabled") or ("Filter" in rule and "Prefix" in rule):
        raise MalformedXML
    if "Filter" in rule:
        if "Priority" not in rule:
            raise InvalidRequest("Priority must be specified for this version of replication configuration.")
        marked = rule.get("DeleteMarkerReplication")
        if marked is None:
            raise InvalidRequest(
                "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration "
                "schema. Please refer to S3 Developer Guide for more information."
            )
        if marked.get("Status") == "Enabled" and tags_of(rule):
            raise InvalidRequest(
                "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer "
                "Guide for more information."
            )
    _check_destination(call, bucket, rule["Destination"])


def _check_destination(call: Call, bucket: Bucket, destination: dict[str, Any]) -> None:
    if destination.get("StorageClass", "STANDARD") not in limits.STORAGE_CLASSES:
        raise MalformedXML
    arn = destination["Bucket"]
    if not arn.startswith(_ARN):
        raise InvalidArgument("Invalid bucket ARN.", ArgumentName="Bucket", ArgumentValue=arn)
    name = arn.removeprefix(_ARN)
    if name == bucket.name:
        raise InvalidRequest("Destination bucket cannot be the same as the source bucket.")
    try:
        there = state.named(call, name)
    except NoSuchBucket:
        raise InvalidRequest("Destination bucket must exist.") from None
    if there.versioning != "Enabled":
        raise InvalidRequest("Destination bucket must have versioning enabled: Versioning must be Enabled.")
    account = destination.get("Account")
    if destination.get("AccessControlTranslation") and not account:
        raise InvalidRequest("Account must be specified to use AccessControlTranslation.")
    if account and account != there.account:
        raise InvalidRequest("Account of the destination does not own the destination bucket")


def _check_absent(rule: Rule) -> None:
    if (rule.get("ExistingObjectReplication") or {}).get("Status") == "Enabled":
        raise NotImplementedHere("Skyjar does not implement ExistingObjectReplication of s3:PutBucketReplication.")


def _selects(rule: Rule, what: str) -> bool:
    """Whether a member of SourceSelectionCriteria is on."""
    return ((rule.get("SourceSelectionCriteria") or {}).get(what) or {}).get("Status") == "Enabled"


def _has(rule: Rule, what: str) -> bool:
    """Whether a member of Destination that has a status is on."""
    return (rule["Destination"].get(what) or {}).get("Status") == "Enabled"


def is_timed(rule: Rule) -> bool:
    return _has(rule, "ReplicationTime")


def has_metrics(rule: Rule) -> bool:
    return _has(rule, "Metrics")


def _check_encryption(rule: Rule) -> None:
    key = (rule["Destination"].get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    if _selects(rule, "SseKmsEncryptedObjects"):
        if not key:
            raise InvalidRequest("ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.")
    elif key and "SseKmsEncryptedObjects" not in (rule.get("SourceSelectionCriteria") or {}):
        raise InvalidRequest("SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.")


def _check_time(rule: Rule) -> None:
    if not (is_timed(rule) or has_metrics(rule)):
        return
    if "Filter" not in rule:
        raise InvalidRequest("Replication destination must contain both ReplicationTime and Metrics or neither.")
    destination = rule["Destination"]
    if is_timed(rule) and not has_metrics(rule):
        raise InvalidRequest("Replication destination must contain both ReplicationTime and Metrics or neither.")
    for minutes in (
        ((destination.get("ReplicationTime") or {}).get("Time") or {}).get("Minutes"),
        ((destination.get("Metrics") or {}).get("EventThreshold") or {}).get("Minutes"),
    ):
        if minutes not in (None, limits.REPLICATION_MINUTES):
            raise InvalidArgument("Replication time must be 15 minutes.", ArgumentName="Minutes", ArgumentValue=minutes)


def tags_of(rule: Rule) -> list[dict[str, str]]:
    chosen = rule.get("Filter") or {}
    within = chosen.get("And") or chosen
    return [*within.get("Tags", ()), *([within["Tag"]] if "Tag" in within else ())]


def _covers(rule: Rule, found: Object) -> bool:
    chosen = rule.get("Filter") or {}
    prefix = (chosen.get("And") or chosen).get("Prefix") or rule.get("Prefix") or ""
    return (
        rule["Status"] == "Enabled"
        and found.key.startswith(prefix)
        and all(found.tags.get(tag["Key"]) == tag["Value"] for tag in tags_of(rule))
    )


def _takes(rule: Rule, found: Object) -> bool:
    if found.replication == "REPLICA":
        return _selects(rule, "ReplicaModifications")
    return not found.encryption.startswith("aws:kms") or _selects(rule, "SseKmsEncryptedObjects")


def takes_markers(rule: Rule) -> bool:
    """Rules of the older form, without a filter, always replicate delete markers."""
    if "Filter" not in rule:
        return True
    return bool((rule.get("DeleteMarkerReplication") or {}).get("Status") == "Enabled")


def rules_for(at: At, bucket: Bucket, found: Object) -> dict[str, Rule]:
    """For each destination bucket the rule of the highest priority that concerns this version."""
    document = state.configuration(at, bucket, KIND) or {"Rules": ()}
    chosen: dict[str, Rule] = {}
    for rule in sorted(document["Rules"], key=lambda each: int(each.get("Priority", 0))):
        if _covers(rule, found) and _takes(rule, found) and (not found.is_marker or takes_markers(rule)):
            chosen[rule["Destination"]["Bucket"].removeprefix(_ARN)] = rule
    return chosen
