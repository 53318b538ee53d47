"""The properties of AWS::S3::Bucket that are lists of configurations with an id, in S3's own form. Pure. Source: AWS's CloudFormation
schema of the type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .templates import Document, is_true


def metrics(given: Document) -> Document:
    return {"Id": given["Id"], **_filter(given)}


def analytics(given: Document) -> Document:
    export = given["StorageClassAnalysis"].get("DataExport")
    analysis: Document = {}
    if export is not None:
        version = export.get("OutputSchemaVersion", "V_1")
        analysis["DataExport"] = {"OutputSchemaVersion": version, "Destination": _destination(export["Destination"])}
    return {"Id": given["Id"], **_filter(given), "StorageClassAnalysis": analysis}


def inventory(given: Document) -> Document:
    destination = _destination(given["Destination"])["S3BucketDestination"]
    if "BucketAccountId" in destination:
        destination["AccountId"] = destination.pop("BucketAccountId")
    found: Document = {
        "Id": given["Id"],
        "IsEnabled": is_true(given["Enabled"]),
        "IncludedObjectVersions": given["IncludedObjectVersions"],
        "Schedule": {"Frequency": given["ScheduleFrequency"]},
        "Destination": {"S3BucketDestination": destination},
    }
    if given.get("Prefix"):
        found["Filter"] = {"Prefix": given["Prefix"]}
    if given.get("OptionalFields"):
        found["OptionalFields"] = given["OptionalFields"]
    return found


def tiering(given: Document) -> Document:
    tierings = [{"AccessTier": each["AccessTier"], "Days": int(each["Days"])} for each in given["Tierings"]]
    return {"Id": given["Id"], "Status": given["Status"], "Tierings": tierings, **_filter(given)}


def _filter(given: Document) -> Document:
    """One criterion by itself, several joined."""
    single = {name: given[name] for name in ("Prefix", "AccessPointArn") if given.get(name)}
    tags = given.get("TagFilters") or []
    if len(single) + len(tags) > 1:
        return {"Filter": {"And": {**single, **({"Tags": tags} if tags else {})}}}
    if tags:
        return {"Filter": {"Tag": tags[0]}}
    return {"Filter": single} if single else {}


def _destination(given: Document) -> Document:
    """A bucket, by its ARN."""
    named = {"BucketArn": "Bucket"}
    return {"S3BucketDestination": {named.get(name, name): value for name, value in given.items()}}


LISTS: tuple[tuple[str, str, Callable[[Any], Document]], ...] = (
    ("MetricsConfigurations", "metrics", metrics),
    ("AnalyticsConfigurations", "analytics", analytics),
    ("InventoryConfigurations", "inventory", inventory),
    ("IntelligentTieringConfigurations", "intelligent_tiering", tiering),
)
