"""The properties of AWS::S3::Bucket, in S3's own form. Pure. Source: AWS's CloudFormation schema of the type."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyjar.kernel.errors import NotImplementedHere

Document = dict[str, Any]


def is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def same(given: Document) -> Document:
    return given


def flags(given: Document) -> Document:
    return {flag: is_true(value) for flag, value in given.items()}


def canned(acl: str) -> str:
    """`PublicRead` is `public-read`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in acl)[1:]


def _refuse(given: Document, known: tuple[str, ...], place: str) -> None:
    for name in sorted(given.keys() - set(known)):
        raise NotImplementedHere(f"Skyjar does not implement {name} in {place} of AWS::S3::Bucket.")


def versioning(given: Document) -> Document:
    return {"Status": given["Status"]}


def acceleration(given: Document) -> Document:
    return {"Status": given["AccelerationStatus"]}


def status(given: str) -> Document:
    return {"Status": given}


def lock(given: Document) -> Document:
    found: Document = {"ObjectLockEnabled": given.get("ObjectLockEnabled", "Enabled")}
    retention = (given.get("Rule") or {}).get("DefaultRetention")
    if retention is not None:
        numbers = {name: int(retention[name]) for name in ("Days", "Years") if name in retention}
        found["Rule"] = {"DefaultRetention": {"Mode": retention.get("Mode"), **numbers}}
    return found


def encryption(given: Document) -> Document:
    rules = []
    for each in given["ServerSideEncryptionConfiguration"]:
        rule: Document = {}
        if "ServerSideEncryptionByDefault" in each:
            rule["ApplyServerSideEncryptionByDefault"] = each["ServerSideEncryptionByDefault"]
        if "BucketKeyEnabled" in each:
            rule["BucketKeyEnabled"] = is_true(each["BucketKeyEnabled"])
        if "BlockedEncryptionTypes" in each:
            rule["BlockedEncryptionTypes"] = each["BlockedEncryptionTypes"]
        rules.append(rule)
    return {"Rules": rules}


def cors(given: Document) -> Document:
    named = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    rules = [{named.get(key, key): value for key, value in rule.items()} for rule in given["CorsRules"]]
    for rule in rules:
        if "MaxAgeSeconds" in rule:
            rule["MaxAgeSeconds"] = int(rule["MaxAgeSeconds"])
    return {"CORSRules": rules}


def website(given: Document) -> Document:
    found: Document = {}
    if "IndexDocument" in given:
        found["IndexDocument"] = {"Suffix": given["IndexDocument"]}
    if "ErrorDocument" in given:
        found["ErrorDocument"] = {"Key": given["ErrorDocument"]}
    if "RedirectAllRequestsTo" in given:
        found["RedirectAllRequestsTo"] = given["RedirectAllRequestsTo"]
    rules = [
        {
            "Redirect": rule["RedirectRule"],
            **({"Condition": rule["RoutingRuleCondition"]} if "RoutingRuleCondition" in rule else {}),
        }
        for rule in given.get("RoutingRules", ())
    ]
    for rule in rules:
        for part, name in (("Redirect", "HttpRedirectCode"), ("Condition", "HttpErrorCodeReturnedEquals")):
            if name in rule.get(part, {}):
                rule[part] = {**rule[part], name: str(rule[part][name])}
    return {**found, "RoutingRules": rules} if rules else found


def notification(given: Document) -> Document:
    found: Document = {}
    for theirs, ours, target, member in (
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    ):
        every = []
        for each in given.get(theirs, ()):
            one: Document = {member: each[target], "Events": [each["Event"]]}
            if each.get("Filter"):
                one["Filter"] = {"Key": {"FilterRules": each["Filter"]["S3Key"]["Rules"]}}
            every.append(one)
        if every:
            found[ours] = every
    bridge = given.get("EventBridgeConfiguration")
    if bridge is not None and is_true(bridge.get("EventBridgeEnabled", True)):
        found["EventBridgeConfiguration"] = {}
    return found


def logging(bucket: str, given: Document | None) -> Document:
    """A bucket logs into itself unless another is named."""
    if given is None:
        return {}
    found: Document = {
        "TargetBucket": given.get("DestinationBucketName", bucket),
        "TargetPrefix": given.get("LogFilePrefix", ""),
    }
    if "TargetObjectKeyFormat" in given:
        found["TargetObjectKeyFormat"] = given["TargetObjectKeyFormat"]
    return {"LoggingEnabled": found}


def replication(given: Document) -> Document:
    rules = []
    for each in given["Rules"]:
        rule = {("ID" if name == "Id" else name): value for name, value in each.items()}
        if "Priority" in rule:
            rule["Priority"] = int(rule["Priority"])
        chosen = rule.get("Filter")
        if chosen:
            rule["Filter"] = _filter(chosen)
        rules.append(rule)
    return {"Role": given["Role"], "Rules": rules}


def _filter(chosen: Document) -> Document:
    if "And" in chosen:
        within = chosen["And"]
        return {"And": {**{k: v for k, v in within.items() if k == "Prefix"}, "Tags": within.get("TagFilters", [])}}
    return {"Tag": chosen["TagFilter"]} if "TagFilter" in chosen else chosen


def lifecycle(given: Document) -> Document:
    return {"Rules": [_rule(rule) for rule in given["Rules"]]}


_RULE = (
    "Id", "Status", "Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "ExpirationInDays",
    "ExpirationDate", "ExpiredObjectDeleteMarker", "NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays",
    "AbortIncompleteMultipartUpload", "Transition", "Transitions", "NoncurrentVersionTransition",
    "NoncurrentVersionTransitions",
)  # fmt: skip


def _rule(given: Document) -> Document:
    _refuse(given, _RULE, "LifecycleConfiguration")
    within: Document = {}
    if "Prefix" in given:
        within["Prefix"] = given["Prefix"]
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if name in given:
            within[name] = int(given[name])
    if given.get("TagFilters"):
        within["Tags"] = given["TagFilters"]
    rule: Document = {"Status": given["Status"], "Filter": {"And": within} if within else {}}
    if "Id" in given:
        rule["ID"] = given["Id"]
    if "ExpirationInDays" in given:
        rule["Expiration"] = {"Days": int(given["ExpirationInDays"])}
    elif "ExpirationDate" in given:
        rule["Expiration"] = {"Date": _seconds(given["ExpirationDate"])}
    elif "ExpiredObjectDeleteMarker" in given:
        rule["Expiration"] = {"ExpiredObjectDeleteMarker": is_true(given["ExpiredObjectDeleteMarker"])}
    if "NoncurrentVersionExpiration" in given:
        rule["NoncurrentVersionExpiration"] = {k: int(v) for k, v in given["NoncurrentVersionExpiration"].items()}
    elif "NoncurrentVersionExpirationInDays" in given:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(given["NoncurrentVersionExpirationInDays"])}
    if "AbortIncompleteMultipartUpload" in given:
        days = int(given["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return rule | _transitions(given)


def _transitions(given: Document) -> Document:
    found: Document = {}
    for name, days in (("Transition", "Days"), ("NoncurrentVersionTransition", "NoncurrentDays")):
        every = [*given.get(f"{name}s", ()), *([given[name]] if name in given else ())]
        if not every:
            continue
        found[f"{name}s"] = [
            {
                "StorageClass": each["StorageClass"],
                **({days: int(each["TransitionInDays"])} if "TransitionInDays" in each else {}),
                **({"Date": _seconds(each["TransitionDate"])} if "TransitionDate" in each else {}),
                **({"NewerNoncurrentVersions": int(each["NewerNoncurrentVersions"])}
                   if "NewerNoncurrentVersions" in each else {}),
            }
            for each in every
        ]  # fmt: skip
    return found


def _seconds(text: Any) -> float:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
