"""Manifests that S3 makes: what a filter lets through of a bucket, listed as the job's role.

Jobs that replicate are about every version, others about the current ones.
"""

from __future__ import annotations

from typing import Any

_ARN = "arn:aws:s3:::"
_REPLICATING = "S3ReplicateObject"


def read(
    s3: Any, wanted: dict[str, Any], operation: dict[str, Any], at: dict[str, Any]
) -> tuple[list[tuple[str, str, str]], dict[str, Any] | None]:
    """A page of rows (bucket, key, version), and where the next begins."""
    bucket = wanted["SourceBucket"].removeprefix(_ARN)
    owner = {"expected_bucket_owner": wanted["ExpectedBucketOwner"]} if wanted.get("ExpectedBucketOwner") else {}
    filtering = wanted.get("Filter") or {}
    found = s3.list_object_versions(bucket=bucket, **at, **owner)
    rules = _rules(s3, bucket) if filtering.get("EligibleForReplication") is not None else []
    rows = [
        (bucket, each["Key"], "" if each["VersionId"] == "null" else each["VersionId"])
        for each in found.get("Versions", ())
        if (each["IsLatest"] or _REPLICATING in operation)
        and _matches(filtering, each)
        and _is_replicated_so(s3, bucket, filtering, rules, each)
    ]
    rows.reverse()  # so that the older versions of a key come first
    if not found["IsTruncated"]:
        return rows, None
    return rows, {"key_marker": found["NextKeyMarker"], "version_id_marker": found["NextVersionIdMarker"]}


def _matches(filtering: dict[str, Any], each: dict[str, Any]) -> bool:
    key, size = each["Key"], each["Size"]
    names = filtering.get("KeyNameConstraint") or {}
    classes = filtering.get("MatchAnyStorageClass")
    return (
        (not names.get("MatchAnyPrefix") or key.startswith(tuple(names["MatchAnyPrefix"])))
        and (not names.get("MatchAnySuffix") or key.endswith(tuple(names["MatchAnySuffix"])))
        and (not names.get("MatchAnySubstring") or any(part in key for part in names["MatchAnySubstring"]))
        and (not classes or each["StorageClass"] in classes)
        and size > filtering.get("ObjectSizeGreaterThanBytes", -1)
        and (filtering.get("ObjectSizeLessThanBytes") is None or size < filtering["ObjectSizeLessThanBytes"])
        and each["LastModified"] > filtering.get("CreatedAfter", -1)
        and each["LastModified"] < filtering.get("CreatedBefore", 1e12)
    )


def _rules(s3: Any, bucket: str) -> list[dict[str, Any]]:
    rules = s3.get_bucket_replication(bucket=bucket)["ReplicationConfiguration"]["Rules"]
    return [rule for rule in rules if rule["Status"] == "Enabled"]


def _is_replicated_so(
    s3: Any, bucket: str, filtering: dict[str, Any], rules: list[dict[str, Any]], each: dict[str, Any]
) -> bool:
    """By the replication status that it must have, and by whether a rule concerns it."""
    statuses, eligible = filtering.get("ObjectReplicationStatuses"), filtering.get("EligibleForReplication")
    if not statuses and eligible is None:
        return True
    version = {"version_id": each["VersionId"]}
    status = s3.head_object(bucket=bucket, key=each["Key"], **version).get("ReplicationStatus", "NONE")
    if statuses and status not in statuses:
        return False
    if eligible is None:
        return True
    return bool(eligible) == (status != "REPLICA" and any(_concerns(s3, bucket, rule, each) for rule in rules))


def _concerns(s3: Any, bucket: str, rule: dict[str, Any], each: dict[str, Any]) -> bool:
    chosen = rule.get("Filter") or {}
    both = chosen.get("And") or chosen
    if not each["Key"].startswith(both.get("Prefix") or rule.get("Prefix") or ""):
        return False
    needed = [*both.get("Tags", ()), *([both["Tag"]] if "Tag" in both else ())]
    if not needed:
        return True
    held = s3.get_object_tagging(bucket=bucket, key=each["Key"], version_id=each["VersionId"])["TagSet"]
    return all(tag in held for tag in needed)
