"""What of a bucket storage class analysis observes: kept and read back."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import named_configurations

_KIND = "analytics"


@operation
def get_bucket_analytics_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return {"AnalyticsConfiguration": named_configurations.get(call, bucket, _KIND, id)}


@operation
def list_bucket_analytics_configurations(
    call: Call, *, bucket: str, continuation_token: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return named_configurations.listed(call, bucket, _KIND, "AnalyticsConfigurationList", continuation_token)


@operation
def put_bucket_analytics_configuration(
    call: Call, *, bucket: str, id: str, analytics_configuration: dict[str, Any], expected_bucket_owner: str = ""
) -> None:
    _check(analytics_configuration)
    named_configurations.put(call, bucket, _KIND, id, analytics_configuration)


@operation
def delete_bucket_analytics_configuration(call: Call, *, bucket: str, id: str, expected_bucket_owner: str = "") -> None:
    named_configurations.delete(call, bucket, _KIND, id)


def _check(wanted: dict[str, Any]) -> None:
    named_configurations.check_filter(wanted)
    if wanted["StorageClassAnalysis"].get("DataExport"):
        raise NotImplementedHere("Skyjar does not implement DataExport of s3:PutBucketAnalyticsConfiguration.")
