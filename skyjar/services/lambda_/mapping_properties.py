"""The properties of AWS::Lambda::EventSourceMapping as parameters of its operations. Pure."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Properties

from . import limits

_OF_STREAMS = {
    "BisectBatchOnFunctionError": "bisect_batch_on_function_error",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "MaximumRecordAgeInSeconds": "maximum_record_age_in_seconds",
    "ParallelizationFactor": "parallelization_factor",
    "TumblingWindowInSeconds": "tumbling_window_in_seconds",
    "DestinationConfig": "destination_config",
}
_STREAM_DEFAULTS: dict[str, Any] = {
    "batch_size": limits.STREAM_BATCH_SIZE_DEFAULT,
    "bisect_batch_on_function_error": False,
    "maximum_retry_attempts": -1,
    "maximum_record_age_in_seconds": -1,
    "parallelization_factor": 1,
    "tumbling_window_in_seconds": 0,
    "destination_config": {},
}
NAMES = {
    "FunctionName": "function_name",
    "Enabled": "enabled",
    "BatchSize": "batch_size",
    "FilterCriteria": "filter_criteria",
    "ScalingConfig": "scaling_config",
    "MaximumBatchingWindowInSeconds": "maximum_batching_window_in_seconds",
    "FunctionResponseTypes": "function_response_types",
    **_OF_STREAMS,
}
_DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "batch_size": limits.BATCH_SIZE_DEFAULT,
    "filter_criteria": {},
    "scaling_config": {},
    "maximum_batching_window_in_seconds": 0,
    "function_response_types": [],
}
_NUMBERS = (
    "batch_size",
    "maximum_batching_window_in_seconds",
    "maximum_retry_attempts",
    "maximum_record_age_in_seconds",
    "parallelization_factor",
    "tumbling_window_in_seconds",
)


def given(properties: Properties) -> dict[str, Any]:
    found = {NAMES[name]: value for name, value in properties.items() if name in NAMES}
    for name in _NUMBERS:
        if name in found:
            found[name] = int(found[name])
    for name in ("enabled", "bisect_batch_on_function_error"):
        if name in found:
            found[name] = str(found[name]).lower() == "true"
    return found


def changed(properties: Properties) -> dict[str, Any]:
    """The parameters of an update: what is not given goes back to its default."""
    defaults = _DEFAULTS
    if "StartingPosition" in properties:
        defaults = {**defaults, **_STREAM_DEFAULTS}
        del defaults["scaling_config"]
    return defaults | given(properties)
