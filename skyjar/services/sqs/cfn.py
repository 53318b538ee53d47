"""AWS::SQS::Queue and AWS::SQS::QueuePolicy."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import attributes
from .errors import QueueDoesNotExist


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(properties: Properties) -> dict[str, str]:
    return {name: _text(value) for name, value in properties.items() if name in attributes.SETTABLE}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def _physical(call: Call, url: str) -> Physical:
    shown = call.ask("sqs").get_queue_attributes(queue_url=url, attribute_names=["QueueArn"])
    arn = shown["Attributes"]["QueueArn"]
    return Physical(url, {"Arn": arn, "QueueName": arn.rpartition(":")[2], "QueueUrl": url})


def create_queue(call: Call, resource: Resource, properties: Properties) -> Physical:
    given = _attributes(properties)
    if given.get("FifoQueue") == "false":
        del given["FifoQueue"]
    name = properties.get("QueueName")
    if name is None:
        name = f"{resource.name(75)}.fifo" if "FifoQueue" in given else resource.name(80)
    tags = _tags(resource, properties)
    answer = call.ask("sqs").create_queue(queue_name=name, attributes=given, tags=tags)
    return _physical(call, answer["QueueUrl"])


def update_queue(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    sqs = call.ask("sqs")
    given = _attributes(properties)
    for name in _attributes(before).keys() - given.keys():
        given[name] = _DEFAULTS.get(name, "")
    given.pop("FifoQueue", None)
    if given:
        sqs.set_queue_attributes(queue_url=old.id, attributes=given)
    wanted = _tags(resource, properties)
    gone = sorted(_tags(resource.before(), before).keys() - wanted.keys())
    if gone:
        sqs.untag_queue(queue_url=old.id, tag_keys=gone)
    if wanted:
        sqs.tag_queue(queue_url=old.id, tags=wanted)
    return _physical(call, old.id)


_DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "KmsDataKeyReusePeriodSeconds": "300",
    "SqsManagedSseEnabled": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}


def delete_queue(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("sqs").delete_queue(queue_url=physical.id)
    except QueueDoesNotExist:
        return


def put_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    for url in properties["Queues"]:
        policy = {"Policy": _text(properties["PolicyDocument"])}
        call.ask("sqs").set_queue_attributes(queue_url=url, attributes=policy)
    name = resource.name(128)
    return Physical(name, {"Id": name})


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _drop_policy(call, [url for url in before["Queues"] if url not in properties["Queues"]])
    put_policy(call, resource, properties)
    return old


def drop_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _drop_policy(call, properties["Queues"])


def _drop_policy(call: Call, urls: list[str]) -> None:
    for url in urls:
        try:
            call.ask("sqs").set_queue_attributes(queue_url=url, attributes={"Policy": ""})
        except QueueDoesNotExist:
            continue


_HANDLED = {"QueueName", "FifoQueue", "Tags", *attributes.SETTABLE} - {"Policy"}
RESOURCE_TYPES = {
    "AWS::SQS::Queue": ResourceType(create=create_queue, update=update_queue, delete=delete_queue, properties=_HANDLED),
    "AWS::SQS::QueuePolicy": ResourceType(
        create=put_policy, update=update_policy, delete=drop_policy, properties=("Queues", "PolicyDocument")
    ),
}
