"""What of a bucket is measured for CloudWatch request metrics, which `request_counts.py` tells."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import named_configurations, watches

_KIND = watches.METRICS


@operation
def get_bucket_metrics_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return {"MetricsConfiguration": named_configurations.get(call, bucket, _KIND, id)}


@operation
def list_bucket_metrics_configurations(
    call: Call, *, bucket: str, continuation_token: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return named_configurations.listed(call, bucket, _KIND, "MetricsConfigurationList", continuation_token)


@operation
def put_bucket_metrics_configuration(
    call: Call, *, bucket: str, id: str, metrics_configuration: dict[str, Any], expected_bucket_owner: str = ""
) -> None:
    named_configurations.check_filter(metrics_configuration)
    named_configurations.put(call, bucket, _KIND, id, metrics_configuration)


@operation
def delete_bucket_metrics_configuration(call: Call, *, bucket: str, id: str, expected_bucket_owner: str = "") -> None:
    named_configurations.delete(call, bucket, _KIND, id)
