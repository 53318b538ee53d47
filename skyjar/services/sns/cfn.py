"""AWS::SNS::Topic, AWS::SNS::Subscription, AWS::SNS::TopicPolicy and AWS::SNS::TopicInlinePolicy."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from .errors import NotFoundException

_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "ContentBasedDeduplication", "FifoThroughputScope", "SignatureVersion",
               "TracingConfig", "ArchivePolicy")  # fmt: skip
_FEEDBACK = ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
_PROTOCOLS = {"http/s": "HTTP", "http": "HTTP", "sqs": "SQS", "lambda": "Lambda", "firehose": "Firehose",
              "application": "Application"}  # fmt: skip
_DEFAULTS = {"SignatureVersion": "1", "TracingConfig": "PassThrough", "ContentBasedDeduplication": "false",
             "FifoThroughputScope": "Topic"}  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(properties: Properties) -> dict[str, str]:
    found = {name: _text(properties[name]) for name in _ATTRIBUTES if name in properties}
    for logging in properties.get("DeliveryStatusLogging", []):
        prefix = _PROTOCOLS[str(logging["Protocol"]).lower()]
        found |= {f"{prefix}{name}": _text(logging[name]) for name in _FEEDBACK if name in logging}
    return found


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def _physical(arn: str) -> Physical:
    return Physical(arn, {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


def create_topic(call: Call, resource: Resource, properties: Properties) -> Physical:
    is_fifo = _text(properties.get("FifoTopic", False)) == "true"
    name = properties.get("TopicName") or resource.name(251) + (".fifo" if is_fifo else "")
    tags = [{"Key": key, "Value": value} for key, value in _tags(resource, properties).items()]
    attributes = _attributes(properties) | ({"FifoTopic": "true"} if is_fifo else {})
    arn = call.ask("sns").create_topic(name=name, attributes=attributes, tags=tags)["TopicArn"]
    for each in properties.get("Subscription", []):
        _subscribe(call, arn, each)
    return _physical(arn)


def _subscribe(call: Call, arn: str, given: dict[str, Any]) -> None:
    call.ask("sns").subscribe(topic_arn=arn, protocol=given["Protocol"], endpoint=_text(given["Endpoint"]))


def update_topic(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    sns = call.ask("sns")
    wanted, had = _attributes(properties), _attributes(before)
    changes = {name: value for name, value in wanted.items() if had.get(name) != value}
    changes |= {name: _DEFAULTS.get(name, "") for name in had.keys() - wanted.keys()}
    for name, value in changes.items():
        sns.set_topic_attributes(topic_arn=old.id, attribute_name=name, attribute_value=value)
    tags, had_tags = _tags(resource, properties), _tags(resource.before(), before)
    if had_tags.keys() - tags.keys():
        sns.untag_resource(resource_arn=old.id, tag_keys=sorted(had_tags.keys() - tags.keys()))
    if tags:
        sns.tag_resource(resource_arn=old.id, tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    _change_subscriptions(call, old.id, properties.get("Subscription", []), before.get("Subscription", []))
    return old


def _change_subscriptions(call: Call, arn: str, wanted: list[dict[str, Any]], had: list[dict[str, Any]]) -> None:
    for each in wanted:
        if each not in had:
            _subscribe(call, arn, each)
    gone = {(each["Protocol"], _text(each["Endpoint"])) for each in had if each not in wanted}
    token: dict[str, str] = {}
    while gone:
        page = call.ask("sns").list_subscriptions_by_topic(topic_arn=arn, **token)
        for found in page["Subscriptions"]:
            is_ours = (found["Protocol"], found["Endpoint"]) in gone
            if is_ours and found["SubscriptionArn"].startswith("arn:"):
                call.ask("sns").unsubscribe(subscription_arn=found["SubscriptionArn"])
        if "NextToken" not in page:
            return
        token = {"next_token": page["NextToken"]}


def delete_topic(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    call.ask("sns").delete_topic(topic_arn=physical.id)


_OF_SUBSCRIPTION = (
    "ReplayPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "DeliveryPolicy",
)


def _subscription_attributes(properties: Properties) -> dict[str, str]:
    return {name: _text(properties[name]) for name in _OF_SUBSCRIPTION if name in properties}


def _region(call: Call, arn: str) -> str:
    """The topic's, where the stack may not be."""
    parts = arn.split(":")
    return parts[3] if len(parts) == 6 else call.region


def create_subscription(call: Call, resource: Resource, properties: Properties) -> Physical:
    answer = call.ask("sns", region=_region(call, properties["TopicArn"])).subscribe(
        topic_arn=properties["TopicArn"],
        protocol=properties["Protocol"],
        endpoint=_text(properties.get("Endpoint", "")),
        attributes=_subscription_attributes(properties),
        return_subscription_arn=True,
    )
    return Physical(answer["SubscriptionArn"], {"Arn": answer["SubscriptionArn"]})


def update_subscription(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    wanted, had = _subscription_attributes(properties), _subscription_attributes(before)
    defaults = {"FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "false", "FilterPolicy": "{}"}
    changes = {name: defaults.get(name, "") for name in had.keys() - wanted.keys()}
    changes |= {name: value for name, value in wanted.items() if had.get(name) != value}
    sns = call.ask("sns", region=_region(call, properties["TopicArn"]))
    if changes.get("FilterPolicyScope") == "MessageAttributes" and "FilterPolicy" in changes:
        sns.set_subscription_attributes(subscription_arn=old.id, attribute_name="FilterPolicy", attribute_value="{}")
    for name in sorted(changes, reverse=True):  # the scope of a filter policy before the policy
        sns.set_subscription_attributes(subscription_arn=old.id, attribute_name=name, attribute_value=changes[name])
    return old


def delete_subscription(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("sns", region=_region(call, properties["TopicArn"])).unsubscribe(subscription_arn=physical.id)
    except NotFoundException:
        return


def _set_policy(call: Call, arn: str, document: Any) -> None:
    call.ask("sns", region=_region(call, arn)).set_topic_attributes(
        topic_arn=arn, attribute_name="Policy", attribute_value=_text(document) if document else ""
    )


def put_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    for arn in properties["Topics"]:
        _set_policy(call, arn, properties["PolicyDocument"])
    name = resource.name(128)
    return Physical(name, {"Id": name})


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _drop(call, [arn for arn in before["Topics"] if arn not in properties["Topics"]])
    put_policy(call, resource, properties)
    return old


def drop_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _drop(call, properties["Topics"])


def _drop(call: Call, arns: list[str]) -> None:
    for arn in arns:
        try:
            _set_policy(call, arn, None)
        except NotFoundException:
            continue


def put_inline_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    found = call.ask("sns", region=_region(call, properties["TopicArn"])).get_topic_attributes(
        topic_arn=properties["TopicArn"]
    )
    if "__default_policy_ID" not in found["Attributes"]["Policy"]:
        raise AlreadyExists(f"The topic {properties['TopicArn']} has a policy already.")
    _set_policy(call, properties["TopicArn"], properties["PolicyDocument"])
    return Physical(properties["TopicArn"])


class AlreadyExists(AWSError):
    code = "AlreadyExists"


def update_inline_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _set_policy(call, old.id, properties["PolicyDocument"])
    return old


def drop_inline_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _drop(call, [physical.id])


RESOURCE_TYPES = {
    "AWS::SNS::Topic": ResourceType(
        create=create_topic,
        update=update_topic,
        delete=delete_topic,
        properties=("TopicName", "FifoTopic", "Subscription", "Tags", "DeliveryStatusLogging", *_ATTRIBUTES),
    ),
    "AWS::SNS::Subscription": ResourceType(
        create=create_subscription,
        update=update_subscription,
        delete=delete_subscription,
        properties=("TopicArn", "Protocol", "Endpoint", "Region", *_OF_SUBSCRIPTION),
        replaced_by=frozenset({"Region"}),
    ),
    "AWS::SNS::TopicPolicy": ResourceType(
        create=put_policy, update=update_policy, delete=drop_policy, properties=("Topics", "PolicyDocument")
    ),
    "AWS::SNS::TopicInlinePolicy": ResourceType(
        create=put_inline_policy,
        update=update_inline_policy,
        delete=drop_inline_policy,
        properties=("TopicArn", "PolicyDocument"),
    ),
}
