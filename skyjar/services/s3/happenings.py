"""What an event notification says, and which configurations want it. Pure.

Source: S3 User Guide, "Event message structure", "Configuring event notifications using object key name filtering".
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import Any
from urllib.parse import quote_plus

from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.principals import Principal

from .errors import InvalidArgument
from .object_state import Object
from .state import Bucket

KINDS = {"TopicConfigurations": "TopicArn", "QueueConfigurations": "QueueArn",
         "LambdaFunctionConfigurations": "LambdaFunctionArn"}  # fmt: skip
_EVENTS = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "ObjectTagging": ("Put", "Delete"),
    "ObjectAcl": ("Put",),
    "ObjectRetention": ("Put",),
    "Replication": (
        "OperationFailedReplication",
        "OperationNotTracked",
        "OperationMissedThreshold",
        "OperationReplicatedAfterThreshold",
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "LifecycleTransition": (),
    "IntelligentTiering": (),
    "ReducedRedundancyLostObject": (),
}
NOTHING = "d41d8cd98f00b204e9800998ecf8427e"  # the ETag of a delete marker: no bytes
VERSION = "2.6"  # of every kind of event, as they came in October 2026


def _known() -> frozenset[str]:
    names = {f"s3:{family}:{one}" for family, ones in _EVENTS.items() for one in ones}
    names |= {f"s3:{family}:*" for family, ones in _EVENTS.items() if len(ones) > 1}
    return frozenset(names | {f"s3:{family}" for family, ones in _EVENTS.items() if not ones})


KNOWN = _known()


def check(document: dict[str, Any]) -> None:
    """Whether these configurations can stand beside each other."""
    every = [each for kind in KINDS for each in document.get(kind, ())]
    ids = [each["Id"] for each in every if each.get("Id")]
    if len(set(ids)) != len(ids):
        raise InvalidArgument(
            "Same ID used for multiple configurations. IDs must be unique", ArgumentName="Id", ArgumentValue=ids[0]
        )
    for each in every:
        for event in each["Events"]:
            if event.startswith("s3:ObjectAnnotation:"):
                raise NotImplementedHere(f"Skyjar does not implement the event {event} of s3 notifications.")
            if event not in KNOWN:
                raise InvalidArgument(
                    "The event is not supported for notifications", ArgumentName="Event", ArgumentValue=event
                )
        affixes(each)
    for one, other in combinations(every, 2):
        _check_apart(one, other)


def _check_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    if not any(_meet(a, b) for a in one["Events"] for b in other["Events"]):
        return
    (start, end), (other_start, other_end) = affixes(one), affixes(other)
    if not (start.startswith(other_start) or other_start.startswith(start)):
        return
    if not (end.endswith(other_end) or other_end.endswith(end)):
        return
    if not (start or end or other_start or other_end):
        raise InvalidArgument(
            "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
            ArgumentName="Event",
            ArgumentValue=", ".join([*one["Events"], *other["Events"]]),
        )
    raise InvalidArgument(
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
        "overlapping for the same event type."
    )


def _meet(one: str, other: str) -> bool:
    family = one.removesuffix("*")
    return one == other or (one.endswith("*") and other.startswith(family)) or (
        other.endswith("*") and one.startswith(other.removesuffix("*"))
    )  # fmt: skip


def affixes(configuration: dict[str, Any]) -> tuple[str, str]:
    """The prefix and the suffix that a key must have."""
    found: dict[str, str] = {}
    for rule in ((configuration.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ():
        name = str(rule.get("Name", "")).lower()
        if name not in ("prefix", "suffix"):
            raise InvalidArgument(
                "filter rule name must be either prefix or suffix", ArgumentName="FilterRule.Name", ArgumentValue=name
            )
        if name in found:
            raise InvalidArgument(
                f"Cannot specify more than one {name} rule in a filter.",
                ArgumentName="FilterRule.Name",
                ArgumentValue=name,
            )
        found[name] = rule.get("Value", "")
    return found.get("prefix", ""), found.get("suffix", "")


def wants(configuration: dict[str, Any], event: str, key: str) -> bool:
    """`event` without its `s3:`."""
    start, end = affixes(configuration)
    return key.startswith(start) and key.endswith(end) and any(_meet(e, f"s3:{event}") for e in configuration["Events"])


def iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at_s * 1000) % 1000:03}Z"


def record(
    event: str,
    bucket: Bucket,
    found: Object,
    *,
    who: Principal,
    source_ip: str,
    request_id: str,
    now: float,
    sequencer: str,
    more: dict[str, Any],
) -> dict[str, Any]:
    """One member of Records, without its configurationId. `more` are members such as glacierEventData."""
    thing: dict[str, Any] = {"key": quote_plus(found.key, safe="/")}
    if not event.endswith(":Delete") or event == "ObjectTagging:Delete":
        if not found.is_marker:
            thing["size"] = found.size
        thing["eTag"] = found.etag or NOTHING
    if bucket.versioning:
        thing["versionId"] = found.version
    if event == "ObjectCreated:Copy":
        thing["hasObjectAnnotation"] = False
    if is_ordered(event):
        thing["sequencer"] = sequencer
    return {
        "eventVersion": VERSION,
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso(now),
        "eventName": event,
        "userIdentity": {"principalId": identity(who)},
        "requestParameters": {"sourceIPAddress": source_ip},
        "responseElements": {"x-amz-request-id": request_id, "x-amz-id-2": request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": bucket.account},
                "arn": f"arn:aws:s3:::{bucket.name}",
            },
            "object": thing,
        },
        **more,
    }


def is_ordered(event: str) -> bool:
    """Whether its place among the writes and deletions of the object is told."""
    return not event.startswith("ObjectRestore")


def identity(who: Principal) -> str:
    if who.kind == "anonymous":
        return "Anonymous"
    return who.name if who.kind == "service" else f"AWS:{who.id}"
