"""AWS::Logs::LogGroup, AWS::Logs::LogStream and AWS::Logs::MetricFilter."""

from __future__ import annotations

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import state
from .errors import ResourceNotFoundException


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


_GROUP = {"LogGroupName", "RetentionInDays", "Tags", "LogGroupClass", "KmsKeyId"}


def create_group(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("LogGroupName") or resource.name(512)
    logs = call.ask("logs")
    logs.create_log_group(
        log_group_name=name,
        tags=_tags(resource, properties),
        log_group_class=properties.get("LogGroupClass", "STANDARD"),
        **({"kms_key_id": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}),
    )
    if properties.get("RetentionInDays") is not None:
        logs.put_retention_policy(log_group_name=name, retention_in_days=int(properties["RetentionInDays"]))
    return Physical(name, {"Arn": f"{state.arn_of(call, name)}:*"})


def update_group(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    logs = call.ask("logs")
    days, had = properties.get("RetentionInDays"), before.get("RetentionInDays")
    if days is not None and days != had:
        logs.put_retention_policy(log_group_name=old.id, retention_in_days=int(days))
    elif days is None and had is not None:
        logs.delete_retention_policy(log_group_name=old.id)
    key, had_key = properties.get("KmsKeyId"), before.get("KmsKeyId")
    if key and key != had_key:
        logs.associate_kms_key(log_group_name=old.id, kms_key_id=key)
    elif had_key and not key:
        logs.disassociate_kms_key(log_group_name=old.id)
    tags, gone = _tags(resource, properties), _tags(resource.before(), before).keys()
    if gone - tags.keys():
        logs.untag_log_group(log_group_name=old.id, tags=sorted(gone - tags.keys()))
    if tags:
        logs.tag_log_group(log_group_name=old.id, tags=tags)
    return old


def delete_group(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("logs").delete_log_group(log_group_name=physical.id)
    except ResourceNotFoundException:
        return


def create_stream(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("LogStreamName") or resource.name(512)
    call.ask("logs").create_log_stream(log_group_name=properties["LogGroupName"], log_stream_name=name)
    return Physical(name)


def delete_stream(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("logs").delete_log_stream(log_group_name=properties["LogGroupName"], log_stream_name=physical.id)
    except ResourceNotFoundException:
        return


_FILTER = ("FilterName", "FilterPattern", "LogGroupName", "MetricTransformations")


def put_filter(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("FilterName") or resource.name(512)
    made = {key[0].lower() + key[1:]: value for key, value in properties["MetricTransformations"][0].items()}
    made["metricValue"] = str(made["metricValue"])
    if "defaultValue" in made:
        made["defaultValue"] = float(made["defaultValue"])
    if "dimensions" in made:
        made["dimensions"] = {each["Key"]: each["Value"] for each in made["dimensions"]}
    call.ask("logs").put_metric_filter(
        log_group_name=properties["LogGroupName"],
        filter_name=name,
        filter_pattern=properties["FilterPattern"],
        metric_transformations=[made],
    )
    return Physical(name)


def update_filter(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return put_filter(call, resource, {**properties, "FilterName": old.id})


def delete_filter(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("logs").delete_metric_filter(log_group_name=properties["LogGroupName"], filter_name=physical.id)
    except ResourceNotFoundException:
        return


RESOURCE_TYPES = {
    "AWS::Logs::MetricFilter": ResourceType(
        create=put_filter, update=update_filter, delete=delete_filter, properties=_FILTER
    ),
    "AWS::Logs::LogGroup": ResourceType(
        create=create_group, update=update_group, delete=delete_group, properties=_GROUP
    ),
    "AWS::Logs::LogStream": ResourceType(
        create=create_stream, update=None, delete=delete_stream, properties=("LogGroupName", "LogStreamName")
    ),
}
