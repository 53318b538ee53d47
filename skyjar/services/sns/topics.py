"""Topics: made, listed, set and deleted."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import archives, limits, paging, state, tags, topic_attributes
from .errors import InvalidParameterException, InvalidStateException, TopicLimitExceededException
from .state import Topic


@operation
def create_topic(
    call: Call,
    *,
    name: str,
    attributes: dict[str, str] | None = None,
    tags: list[dict[str, str]] | None = None,
    data_protection_policy: str | None = None,
) -> dict[str, str]:
    if data_protection_policy:
        raise NotImplementedHere("Skyjar does not implement DataProtectionPolicy of sns:CreateTopic.")
    given = dict(attributes or {})
    is_fifo = topic_attributes.truth("FifoTopic", given.pop("FifoTopic", "false"))
    topic_attributes.check_name(name, is_fifo=is_fifo)
    arn = state.topic_arn(call, name)
    wanted = _wanted(call, name, is_fifo, given, tags or [], arn)
    found = state.topics.get(call, name)
    if found is None:
        _check_quota(call, is_fifo)
        state.topics.add(call, wanted)
    else:
        _check_same(found, wanted, given, tags)
    return {"TopicArn": arn}


def _wanted(
    call: Call, name: str, is_fifo: bool, given: dict[str, str], tagged: list[dict[str, str]], arn: str
) -> Topic:
    topic = Topic(name=name, created_s=int(call.now), is_fifo=is_fifo, tags=tags.checked({}, tagged))
    for attribute, value in given.items():
        if attribute not in topic_attributes.CREATABLE:
            raise InvalidParameterException("Attributes Reason: Unknown attribute: " + attribute)
        topic = topic_attributes.changed(topic, attribute, value, arn, call.now)
    return topic


def _check_quota(call: Call, is_fifo: bool) -> None:
    most = quotas.of(call, "sns", "fifo-topics" if is_fifo else "standard-topics", limits.QUOTAS)
    if state.topics.count(call, limit=most) < most:
        return
    if sum(each.is_fifo is is_fifo for each in state.topics.each(call)) >= most:
        raise TopicLimitExceededException


def _check_same(found: Topic, wanted: Topic, given: dict[str, str], tagged: list[dict[str, str]] | None) -> None:
    """A topic is made again only as it is."""
    fields = [name for name in Topic.__struct_fields__ if name not in ("created_s", "tags", "settings")]
    differs = given and any(getattr(found, name) != getattr(wanted, name) for name in fields if _given(name, given))
    if differs or any(found.settings.get(name, "") != value for name, value in wanted.settings.items()):
        raise InvalidParameterException("Attributes Reason: Topic already exists with different attributes")
    if tagged and found.tags != wanted.tags:
        raise InvalidParameterException("Tags Reason: Topic already exists with different tags")


_FIELDS = {
    "policy": "Policy",
    "kms_key": "KmsMasterKeyId",
    "signature_version": "SignatureVersion",
    "message_bytes": "MaximumMessageSize",
    "delivery_policy": "DeliveryPolicy",
    "dedups_by_content": "ContentBasedDeduplication",
    "dedups_by_group": "FifoThroughputScope",
    "archive_days": "ArchivePolicy",
}


def _given(field: str, given: dict[str, str]) -> bool:
    return _FIELDS.get(field) in given


@operation
def delete_topic(call: Call, *, topic_arn: str) -> None:
    at, _, topic = state.find(call, topic_arn)
    if topic is None:
        return
    if topic.archive_days:
        raise InvalidStateException("Cannot delete a topic with an ArchivePolicy")
    archives.forget(at, topic.name)
    state.forget_topic(at, topic)


@operation
def list_topics(call: Call, *, next_token: str | None = None) -> dict[str, Any]:
    found, token = paging.page(
        lambda after, most: state.topics.range(call, start=(after + "\0",) if after else (), limit=most),
        lambda topic: topic.name,
        next_token,
    )
    return {"Topics": [{"TopicArn": state.topic_arn(call, topic.name)} for topic in found], **token}


@operation
def get_topic_attributes(call: Call, *, topic_arn: str) -> dict[str, Any]:
    at, topic = state.existing(call, topic_arn)
    return {"Attributes": topic_attributes.shown(topic, topic_arn, _counts(at, topic_arn), call.now)}


def _counts(at: At, arn: str) -> dict[str, int]:
    found = state.of_topic(at, arn)
    pending = sum(each.is_pending for each in found)
    return {
        "SubscriptionsConfirmed": len(found) - pending,
        "SubscriptionsPending": pending,
        "SubscriptionsDeleted": 0,
    }


@operation
def set_topic_attributes(call: Call, *, topic_arn: str, attribute_name: str, attribute_value: str = "") -> None:
    at, topic = state.existing(call, topic_arn)
    new = topic_attributes.changed(topic, attribute_name, attribute_value, topic_arn, call.now)
    if topic.archive_days and not new.archive_days:
        archives.forget(at, topic.name)
    if new.message_bytes > limits.MESSAGE_BYTES_DEFAULT:
        check_large(state.of_topic(at, topic_arn))
    state.topics.replace(at, topic, new)


def check_large(subscriptions: list[state.Subscription]) -> None:
    """Large messages go to few subscribers, and not to all kinds."""
    if len(subscriptions) > limits.LARGE_SUBSCRIPTIONS:
        raise InvalidParameterException(
            f"MaximumMessageSize Reason: a topic with more than {limits.LARGE_SUBSCRIPTIONS} subscriptions cannot have "
            f"messages above {limits.MESSAGE_BYTES_DEFAULT} bytes"
        )
    kinds = {each.protocol for each in subscriptions} - {"sqs", "lambda", "firehose"}
    if kinds:
        raise InvalidParameterException(
            f"MaximumMessageSize Reason: subscriptions of the protocol {min(kinds)} cannot have messages above "
            f"{limits.MESSAGE_BYTES_DEFAULT} bytes"
        )
