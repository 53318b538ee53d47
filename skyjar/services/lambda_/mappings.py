"""Event source mappings: a queue or stream that Lambda reads, handing what it finds to a function."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.service import operation

from . import execution, filters, limits, mapping_state, paging, polling, state, stream_mappings, stream_records, tags
from .errors import InvalidParameterValueException, ResourceConflictException
from .mapping_state import Mapping, mappings
from .state import Version


@operation
def create_event_source_mapping(
    call: Call,
    *,
    function_name: str,
    event_source_arn: str | None = None,
    enabled: bool = True,
    batch_size: int | None = None,
    filter_criteria: dict[str, Any] | None = None,
    scaling_config: dict[str, Any] | None = None,
    maximum_batching_window_in_seconds: int = 0,
    function_response_types: list[str] | None = None,
    starting_position: str | None = None,
    starting_position_timestamp: float | None = None,
    bisect_batch_on_function_error: bool | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_record_age_in_seconds: int | None = None,
    parallelization_factor: int | None = None,
    tumbling_window_in_seconds: int | None = None,
    destination_config: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    _, reference, version = state.find(call, function_name)
    arn = event_source_arn or ""
    check_source(arn)
    for other in mappings.range(call, arn, via="source"):
        if other.function == reference.arn:
            raise ResourceConflictException(
                f'The event source arn (" {arn} ") and function (" {reference.name} ") provided mapping already exists. '
                f"Please update or delete the existing mapping with UUID {other.uuid}"
            )
    _check_tags(tags or {})
    settings = stream_mappings.settings(
        arn,
        {
            "bisect_batch_on_function_error": bisect_batch_on_function_error,
            "maximum_retry_attempts": maximum_retry_attempts,
            "maximum_record_age_in_seconds": maximum_record_age_in_seconds,
            "parallelization_factor": parallelization_factor,
            "tumbling_window_in_seconds": tumbling_window_in_seconds,
            "destination_config": destination_config,
        },
    )
    mapping = Mapping(
        uuid=call.new_id(),
        function=reference.arn,
        name=reference.name,
        source=arn,
        role=version.role,
        modified=call.now,
        is_enabled=enabled,
        batch_size=batch_size or _default_size(arn),
        window_s=maximum_batching_window_in_seconds,
        reports_failures=bool(function_response_types),
        filters=_filters(filter_criteria),
        concurrency=_concurrency(scaling_config),
        tags=tags or {},
        starting=stream_mappings.starting(arn, starting_position, starting_position_timestamp),
        starting_at=starting_position_timestamp or 0.0,
        last_result="No records processed" if stream_records.is_stream(arn) else "",
        **settings,
    )
    _check(call, mapping, version)
    mappings.add(call, mapping)
    if mapping.is_stream:
        stream_mappings.begin(call, mapping)
    elif enabled:
        call.later(polling.poll, key=mapping.uuid, mapping=mapping.uuid)
    return show(call, mapping, "Creating")


def _check_tags(given: dict[str, str]) -> None:
    tags.check(given)


def _default_size(arn: str) -> int:
    return limits.STREAM_BATCH_SIZE_DEFAULT if stream_records.is_stream(arn) else limits.BATCH_SIZE_DEFAULT


def _check(call: Call, mapping: Mapping, version: Version) -> None:
    if mapping.is_stream:
        stream_mappings.check(call, mapping)
        if mapping.concurrency:
            raise InvalidParameterValueException("ScalingConfig is only supported for SQS event sources.")
        return
    _check_sizes(mapping)
    _check_queue(call, mapping, version)


def check_source(arn: str) -> None:
    if stream_records.is_stream(arn):
        return
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service in ("kafka", "mq", "rds"):
        raise NotImplementedHere(
            f"Skyjar does not implement event source mappings of {service} for lambda ({arn}); of sqs, dynamodb and kinesis it does."
        )
    if service != "sqs":
        raise InvalidParameterValueException("Unrecognized event source, must be kinesis, dynamodb stream or sqs.")


def _filters(given: dict[str, Any] | None) -> tuple[str, ...]:
    found = tuple(each.get("Pattern", "{}") for each in (given or {}).get("Filters") or ())
    for pattern in found:
        filters.compile(pattern)
    return found


def _concurrency(given: dict[str, Any] | None) -> int:
    wanted = int((given or {}).get("MaximumConcurrency") or 0)
    least, most = limits.MAPPING_CONCURRENCY
    if wanted and not least <= wanted <= most:
        raise InvalidParameterValueException(f"MaximumConcurrency must be between {least} and {most}.")
    return wanted


def _check_sizes(mapping: Mapping) -> None:
    if mapping.batch_size > limits.BATCH_SIZE_WITHOUT_WINDOW:
        if mapping.source.endswith(".fifo"):
            raise InvalidParameterValueException("Maximum batch size for SQS FIFO queues is 10.")
        if mapping.window_s < 1:
            raise InvalidParameterValueException(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            )
    if mapping.window_s and mapping.source.endswith(".fifo"):
        raise InvalidParameterValueException("Batching window is not supported for FIFO queues")


def _check_queue(call: Call, mapping: Mapping, version: Version) -> None:
    """The queue is there, the role may use it, and it hides messages long enough."""
    who = execution.principal(call, mapping.role, mapping.name)
    queue = polling.Queue(call, mapping, who)
    for operation_name, action in (
        ("receive_message", "ReceiveMessage"),
        ("delete_message", "DeleteMessage"),
        ("get_queue_attributes", "GetQueueAttributes"),
    ):
        if not queue.may(operation_name):
            raise InvalidParameterValueException(
                f"The function execution role does not have permissions to call {action} on SQS"
            )
    try:
        visibility_s = queue.visibility_s()
    except AWSError as error:
        raise InvalidParameterValueException(
            f"Error occurred while ReceiveMessage. SQS Error Code: {error.code}. SQS Error Message: {error.message}"
        ) from error
    if visibility_s < version.timeout_s:
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {visibility_s} seconds is less than Function timeout: {version.timeout_s} seconds"
        )


@operation
def get_event_source_mapping(call: Call, *, uuid: str) -> dict[str, Any]:
    return show(call, mapping_state.find(call, uuid))


@operation
def update_event_source_mapping(
    call: Call,
    *,
    uuid: str,
    function_name: str | None = None,
    enabled: bool | None = None,
    batch_size: int | None = None,
    filter_criteria: dict[str, Any] | None = None,
    scaling_config: dict[str, Any] | None = None,
    maximum_batching_window_in_seconds: int | None = None,
    function_response_types: list[str] | None = None,
    bisect_batch_on_function_error: bool | None = None,
    maximum_retry_attempts: int | None = None,
    maximum_record_age_in_seconds: int | None = None,
    parallelization_factor: int | None = None,
    tumbling_window_in_seconds: int | None = None,
    destination_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    old = mapping_state.find(call, uuid)
    changes: dict[str, Any] = {"modified": call.now} | stream_mappings.settings(
        old.source,
        {
            "bisect_batch_on_function_error": bisect_batch_on_function_error,
            "maximum_retry_attempts": maximum_retry_attempts,
            "maximum_record_age_in_seconds": maximum_record_age_in_seconds,
            "parallelization_factor": parallelization_factor,
            "tumbling_window_in_seconds": tumbling_window_in_seconds,
            "destination_config": destination_config,
        },
    )
    if enabled is not None:
        changes["is_enabled"] = enabled
    if batch_size is not None:
        changes["batch_size"] = batch_size
    if filter_criteria is not None:
        changes["filters"] = _filters(filter_criteria)
    if scaling_config is not None:
        changes["concurrency"] = _concurrency(scaling_config)
    if maximum_batching_window_in_seconds is not None:
        changes["window_s"] = maximum_batching_window_in_seconds
    if function_response_types is not None:
        changes["reports_failures"] = bool(function_response_types)
    if function_name is not None:
        _, reference, version = state.find(call, function_name)
        changes |= {"function": reference.arn, "name": reference.name, "role": version.role}
    new = state.replace(old, **changes)
    if function_name is not None:
        _check(call, new, state.find(call, new.function)[2])
    elif not new.is_stream:
        _check_sizes(new)
    mappings.replace(call, old, new)
    if new.is_stream and new.lanes != old.lanes:
        stream_mappings.spread(call, new)
    elif new.is_enabled and not old.is_enabled:
        if new.is_stream:
            stream_mappings.resume(call, new)
        else:
            call.later(polling.poll, key=uuid, mapping=uuid)
    transition = "Updating" if new.is_enabled == old.is_enabled else "Enabling" if new.is_enabled else "Disabling"
    return show(call, new, transition)


@operation
def delete_event_source_mapping(call: Call, *, uuid: str) -> dict[str, Any]:
    mapping = mapping_state.find(call, uuid)
    mappings.remove(call, mapping)
    mapping_state.gatherings.delete(call, uuid)
    stream_mappings.end(call, mapping)
    return show(call, mapping, "Deleting")


@operation
def list_event_source_mappings(
    call: Call,
    *,
    event_source_arn: str | None = None,
    function_name: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    found = mappings.range(call)
    if event_source_arn:
        found = [mapping for mapping in found if mapping.source == event_source_arn]
    if function_name:
        _, reference, _ = state.find(call, function_name)
        found = [mapping for mapping in found if mapping.function == reference.arn]
    page, after = paging.page(found, lambda mapping: mapping.uuid, marker, max_items)
    shown = {"EventSourceMappings": [show(call, mapping) for mapping in page]}
    return shown | ({"NextMarker": after} if after else {})


def show(call: Call, mapping: Mapping, transition: str = "") -> dict[str, Any]:
    """`transition` is the state that AWS answers with while a change takes its time."""
    shown: dict[str, Any] = {
        "UUID": mapping.uuid,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window_s,
        "EventSourceArn": mapping.source,
        "FunctionArn": mapping.function,
        "LastModified": mapping.modified,
        "State": transition or ("Enabled" if mapping.is_enabled else "Disabled"),
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.reports_failures else [],
        "EventSourceMappingArn": mapping_state.arn_of(call, mapping.uuid),
    }
    if mapping.is_stream:
        shown |= stream_mappings.shown(mapping)
    if mapping.last_result:
        shown["LastProcessingResult"] = mapping.last_result
    if mapping.filters:
        shown["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in mapping.filters]}
    if mapping.concurrency:
        shown["ScalingConfig"] = {"MaximumConcurrency": mapping.concurrency}
    return shown
