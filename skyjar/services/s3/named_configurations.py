"""Configurations of which a bucket has many, each with an id: inventories, metrics, analytics, tierings.

They lie beside a bucket's other configurations, under a kind and their id.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import limits, state, watches
from .errors import InvalidArgument, MalformedXML, NoSuchConfiguration, TooManyConfigurations
from .state import Bucket

_ARN = "arn:aws:s3:::"
_PARTS = ("Prefix", "Tag", "AccessPointArn", "And")


def get(call: Call, bucket: str, kind: str, identity: str) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found: dict[str, Any] | None = state.configuration(at, where, f"{kind}/{identity}")
    if found is None:
        raise NoSuchConfiguration
    return found


def listed(call: Call, bucket: str, kind: str, member: str, token: str) -> dict[str, Any]:
    """A page, in the order of the ids; `token` is the last id of the page before."""
    at, where = state.bucket_of(call, bucket)
    left = [name for name in names(at, where, kind) if name > token]
    shown = left[: limits.CONFIGURATIONS_PAGE]
    answer: dict[str, Any] = {
        member: [state.configuration(at, where, f"{kind}/{name}") for name in shown],
        "IsTruncated": len(left) > len(shown),
    }
    if token:
        answer["ContinuationToken"] = token
    return {**answer, "NextContinuationToken": shown[-1]} if len(left) > len(shown) else answer


def names(at: At, bucket: Bucket, kind: str) -> list[str]:
    kept = state.configurations.range(at, bucket.space, start=(f"{kind}/",), end=(f"{kind}0",))
    return [each.kind.removeprefix(f"{kind}/") for each in kept]


def put(call: Call, bucket: str, kind: str, identity: str, wanted: dict[str, Any]) -> Bucket:
    at, where = state.bucket_of(call, bucket)
    if wanted["Id"] != identity:
        raise InvalidArgument("The id of the request and of its configuration differ", ArgumentName="Id")
    held = names(at, where, kind)
    if identity not in held and len(held) >= limits.NAMED_CONFIGURATIONS:
        raise TooManyConfigurations
    state.configure(at, where, f"{kind}/{identity}", wanted)
    return _watched(call, where, kind, identity, wanted)


def delete(call: Call, bucket: str, kind: str, identity: str) -> None:
    get(call, bucket, kind, identity)
    at, where = state.bucket_of(call, bucket)
    state.configure(at, where, f"{kind}/{identity}", None)
    _watched(call, where, kind, identity, None)


def _watched(call: Call, bucket: Bucket, kind: str, identity: str, wanted: dict[str, Any] | None) -> Bucket:
    """The bucket, which says now what of its requests is counted."""
    if kind not in (watches.METRICS, watches.ANALYTICS):
        return bucket
    made = watches.of(kind, wanted) if wanted is not None else None
    changed: Bucket = state.replace(bucket, watches=watches.changed(bucket.watches, kind, identity, made))
    state.buckets.replace(call, bucket, changed)
    return changed


def named_in(arn: str) -> str:
    """The bucket whose ARN a destination has."""
    if not arn.startswith(_ARN):
        raise InvalidArgument("Invalid bucket ARN.", ArgumentName="Bucket", ArgumentValue=arn)
    return arn.removeprefix(_ARN)


def check_filter(wanted: dict[str, Any]) -> None:
    """One criterion, or two and more joined by And."""
    chosen = wanted.get("Filter")
    if chosen is None:
        return
    both = chosen.get("And")
    if len([part for part in _PARTS if chosen.get(part) is not None]) != 1:
        raise MalformedXML
    if both is not None and len(both.get("Tags") or ()) + ("Prefix" in both) + ("AccessPointArn" in both) < 2:
        raise MalformedXML
