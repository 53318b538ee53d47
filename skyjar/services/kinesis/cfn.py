"""AWS::Kinesis::Stream, AWS::Kinesis::StreamConsumer and AWS::Kinesis::ResourcePolicy.

A stream is brought to what a template says one change at a time, as it can only be changed while it is ACTIVE: where that takes
AWS's time, what was done is committed, and the function runs again when the stream may be ready.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.outside import Compute, Outside

from . import limits, state
from .errors import ResourceNotFoundException
from .state import StackStream

_DEFAULTS: Properties = {"RetentionPeriodHours": limits.RETENTION_H[0], "MaxRecordSizeInKiB": limits.RECORD_KIB}
_AT_ONCE = {
    "WarmThroughputMiBps": "warm_throughput_mi_bps",
    "MaxRecordSizeInKiB": "max_record_size_in_ki_b",
    "RecordDistributionStrategy": "record_distribution_strategy",
}


def _mode(properties: Properties) -> str:
    """A stream of which neither is said is on demand."""
    if "StreamModeDetails" in properties:
        return str(properties["StreamModeDetails"]["StreamMode"])
    return "PROVISIONED" if properties.get("ShardCount") else "ON_DEMAND"


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def create_stream(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    made = state.stack_streams.get(call, resource.token)
    if made is None:
        name = properties.get("Name") or resource.name(128)
        given: dict[str, Any] = {"stream_mode_details": {"StreamMode": _mode(properties)}}
        if properties.get("ShardCount"):
            given["shard_count"] = int(properties["ShardCount"])
        if tags := _tags(resource, properties):
            given["tags"] = tags
        for label, parameter in _AT_ONCE.items():
            if label in properties:
                value = properties[label]
                given[parameter] = value if label == "RecordDistributionStrategy" else int(value)
        call.ask("kinesis").create_stream(stream_name=name, **given)
        made = StackStream(token=resource.token, stream=name)
        state.stack_streams.add(call, made)
        return _converge(call, name, properties, has_begun=True)
    return _converge(call, made.stream, properties)


def update_stream(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical | Outside:
    kinesis = call.ask("kinesis")
    wanted, there = _tags(resource, properties), _tags(resource.before(), before)
    if gone := sorted(there.keys() - wanted.keys()):
        kinesis.remove_tags_from_stream(stream_name=old.id, tag_keys=gone)
    if wanted and wanted != there:
        kinesis.add_tags_to_stream(stream_name=old.id, tags=wanted)
    return _converge(call, old.id, properties, has_begun=wanted != there)


def _converge(call: Call, name: str, properties: Properties, *, has_begun: bool = False) -> Physical | Outside:
    kinesis = call.ask("kinesis")
    while True:
        shown = kinesis.describe_stream_summary(stream_name=name)["StreamDescriptionSummary"]
        if shown["StreamStatus"] != "ACTIVE":
            return Outside(Compute(str), lambda call, _: _wait(call)) if has_begun else _wait(call)
        change = _next(kinesis, shown, _DEFAULTS | properties)
        if change is None:
            return Physical(name, {"Arn": shown["StreamARN"]})
        change()
        has_begun = True


def _wait(call: Call) -> Physical:
    raise Wait(on=state.streams.watched(call), until=call.now + 1)


def _next(kinesis: Any, shown: dict[str, Any], wanted: Properties) -> Callable[[], object] | None:
    """The next change that brings a stream nearer to what is wanted."""
    name, arn, mode = shown["StreamName"], shown["StreamARN"], _mode(wanted)
    if mode != shown["StreamModeDetails"]["StreamMode"]:
        return lambda: kinesis.update_stream_mode(stream_arn=arn, stream_mode_details={"StreamMode": mode})
    count = int(wanted.get("ShardCount") or 0)
    if mode == "PROVISIONED" and count and count != shown["OpenShardCount"]:
        return lambda: kinesis.update_shard_count(
            stream_name=name, target_shard_count=count, scaling_type="UNIFORM_SCALING"
        )
    hours, now = int(wanted["RetentionPeriodHours"]), shown["RetentionPeriodHours"]
    if hours > now:
        return lambda: kinesis.increase_stream_retention_period(stream_name=name, retention_period_hours=hours)
    if hours < now:
        return lambda: kinesis.decrease_stream_retention_period(stream_name=name, retention_period_hours=hours)
    size = int(wanted["MaxRecordSizeInKiB"])
    if size != shown["MaxRecordSizeInKiB"]:
        return lambda: kinesis.update_max_record_size(stream_arn=arn, max_record_size_in_ki_b=size)
    return _next_encryption(kinesis, shown, wanted) or _next_of_throughput(kinesis, shown, wanted)


def _next_encryption(kinesis: Any, shown: dict[str, Any], wanted: Properties) -> Callable[[], object] | None:
    key, there = (wanted.get("StreamEncryption") or {}).get("KeyId"), shown.get("KeyId")
    if key == there:
        return None
    if key:
        return lambda: kinesis.start_stream_encryption(
            stream_name=shown["StreamName"], encryption_type="KMS", key_id=key
        )
    return lambda: kinesis.stop_stream_encryption(stream_name=shown["StreamName"], encryption_type="KMS", key_id=there)


def _next_of_throughput(kinesis: Any, shown: dict[str, Any], wanted: Properties) -> Callable[[], object] | None:
    name, arn = shown["StreamName"], shown["StreamARN"]
    metrics = set(wanted.get("DesiredShardLevelMetrics") or ())
    there = set(shown["EnhancedMonitoring"][0]["ShardLevelMetrics"])
    if more := sorted(metrics - there):
        return lambda: kinesis.enable_enhanced_monitoring(stream_name=name, shard_level_metrics=more)
    if gone := sorted(there - metrics):
        return lambda: kinesis.disable_enhanced_monitoring(stream_name=name, shard_level_metrics=gone)
    warm = wanted.get("WarmThroughputMiBps")
    if warm is not None and int(warm) != shown.get("WarmThroughput", {}).get("TargetMiBps"):
        return lambda: kinesis.update_stream_warm_throughput(stream_name=name, warm_throughput_mi_bps=int(warm))
    strategy = wanted.get("RecordDistributionStrategy", "USER_PARTITION_KEY")
    if strategy != shown.get("RecordDistributionStrategy", "USER_PARTITION_KEY"):
        return lambda: kinesis.update_stream_record_distribution_strategy(
            stream_arn=arn, record_distribution_strategy=strategy
        )
    return None


def delete_stream(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    state.stack_streams.delete(call, resource.token)
    try:
        call.ask("kinesis").delete_stream(stream_name=physical.id, enforce_consumer_deletion=True)
    except ResourceNotFoundException:
        return


def create_consumer(call: Call, resource: Resource, properties: Properties) -> Physical:
    given: dict[str, Any] = {"stream_arn": properties["StreamARN"], "consumer_name": properties["ConsumerName"]}
    if tags := _tags(resource, properties):
        given["tags"] = tags
    made = call.ask("kinesis").register_stream_consumer(**given)["Consumer"]
    attributes = {
        "ConsumerARN": made["ConsumerARN"],
        "ConsumerCreationTimestamp": str(int(made["ConsumerCreationTimestamp"])),
        "ConsumerName": made["ConsumerName"],
        "ConsumerStatus": made["ConsumerStatus"],
        "StreamARN": properties["StreamARN"],
    }
    return Physical(made["ConsumerARN"], attributes)


def delete_consumer(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("kinesis").deregister_stream_consumer(consumer_arn=physical.id)
    except ResourceNotFoundException:
        return


def put_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    document = properties["ResourcePolicy"]
    text = document if isinstance(document, str) else orjson.dumps(document).decode()
    call.ask("kinesis").put_resource_policy(resource_arn=properties["ResourceArn"], policy=text)
    return Physical(properties["ResourceArn"])


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return put_policy(call, resource, properties)


def delete_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("kinesis").delete_resource_policy(resource_arn=physical.id)
    except ResourceNotFoundException:
        return


RESOURCE_TYPES = {
    "AWS::Kinesis::Stream": ResourceType(
        create=create_stream,
        update=update_stream,
        delete=delete_stream,
        properties=(
            "Name",
            "RetentionPeriodHours",
            "ShardCount",
            "StreamEncryption",
            "StreamModeDetails",
            "Tags",
            "DesiredShardLevelMetrics",
            *_AT_ONCE,
        ),
    ),
    "AWS::Kinesis::StreamConsumer": ResourceType(
        create=create_consumer,
        update=None,
        delete=delete_consumer,
        properties=("ConsumerName", "StreamARN", "Tags"),
    ),
    "AWS::Kinesis::ResourcePolicy": ResourceType(
        create=put_policy, update=update_policy, delete=delete_policy, properties=("ResourceArn", "ResourcePolicy")
    ),
}
