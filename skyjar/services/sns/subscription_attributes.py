"""A subscription's attributes: which may be set, to what, and how they are shown."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.errors import NotImplementedHere

from . import delivery_policies, filters, state
from .errors import InvalidParameterException
from .state import Subscription, Topic

SETTABLE = ("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
_RAW = ("sqs", "http", "https", "firehose")
_REFUSED = ("SubscriptionRoleArn",)


def changed(topic: Topic, found: Subscription, given: dict[str, str], before: str = "") -> Subscription:
    """The subscription with these attributes; `before` is said first when one is refused."""
    for name in given:
        if name in _REFUSED:
            raise NotImplementedHere(f"Skyjar does not implement the subscription attribute {name} of sns.")
        if name not in SETTABLE:
            raise InvalidParameterException(f"{before}Unknown attribute" if before else "AttributeName")
    scope = given.get("FilterPolicyScope")
    changes: dict[str, Any] = {}
    if scope is not None:
        if scope not in ("MessageAttributes", "MessageBody"):
            raise InvalidParameterException(
                f"{before}FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
            )
        changes["filters_body"] = scope == "MessageBody"
    if "FilterPolicy" in given or (scope is not None and found.filter_policy):
        is_of_body = changes.get("filters_body", found.filters_body)
        policy = given.get("FilterPolicy", found.filter_policy)
        changes["filter_policy"] = filters.checked(policy, is_of_body=is_of_body, before=before)
    if "RawMessageDelivery" in given:
        changes["is_raw"] = _raw(found, given["RawMessageDelivery"], before)
    if "RedrivePolicy" in given:
        policy = given["RedrivePolicy"]
        changes |= {"redrive_policy": policy, "dead_letter": _dead_letter(topic, found, policy, before)}
    if "DeliveryPolicy" in given:
        changes["delivery_policy"] = _delivery_policy(found, given["DeliveryPolicy"], before)
    return state.replace(found, **changes)  # type: ignore[no-any-return]


def _raw(found: Subscription, value: str, before: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise InvalidParameterException(f"{before}RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if value.lower() == "true" and found.protocol not in _RAW:
        raise InvalidParameterException(
            f"{before}RawMessageDelivery: Delivery protocol [{found.protocol}] does not support raw message delivery."
        )
    return value.lower() == "true"


def _delivery_policy(found: Subscription, value: str, before: str) -> str:
    if not value:
        return ""
    if found.protocol not in ("http", "https"):
        raise InvalidParameterException(
            f"{before}DeliveryPolicy: Delivery protocol [{found.protocol}] does not support delivery policies"
        )
    return delivery_policies.checked(value, f"{before}DeliveryPolicy", is_topic=False)


def _dead_letter(topic: Topic, found: Subscription, value: str, before: str) -> str:
    """The queue's ARN: of the subscription's Region and account, FIFO as the topic is."""
    if not value:
        return ""
    try:
        given = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise InvalidParameterException(f"{before}RedrivePolicy: failed to parse JSON.") from None
    if not isinstance(given, dict) or set(given) != {"deadLetterTargetArn"}:
        raise InvalidParameterException(f"{before}RedrivePolicy: deadLetterTargetArn must be the only member")
    arn = given["deadLetterTargetArn"]
    parts = arn.split(":") if isinstance(arn, str) else []
    if len(parts) != 6 or parts[2] != "sqs" or not parts[5]:
        raise InvalidParameterException(f"{before}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if parts[3] != found.region or parts[4] != found.owner:
        raise InvalidParameterException(
            f"{before}RedrivePolicy: deadLetterTargetArn must be in the same region and account as the subscription"
        )
    if topic.is_fifo and not arn.endswith(".fifo"):
        raise InvalidParameterException(f"{before}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic")
    if not topic.is_fifo and arn.endswith(".fifo"):
        raise InvalidParameterException(f"{before}RedrivePolicy: must use a standard queue as DLQ for a standard topic")
    return str(arn)


def shown(topic: Topic, found: Subscription) -> dict[str, str]:
    """As GetSubscriptionAttributes answers."""
    answer = {
        "SubscriptionArn": found.arn,
        "TopicArn": found.topic,
        "Owner": found.owner,
        "Protocol": found.protocol,
        "Endpoint": found.endpoint,
        "PendingConfirmation": str(found.is_pending).lower(),
        "ConfirmationWasAuthenticated": str(found.was_authenticated and not found.is_pending).lower(),
        "RawMessageDelivery": str(found.is_raw).lower(),
        "SubscriptionPrincipal": found.principal,
    }
    if found.filter_policy:
        answer["FilterPolicy"] = found.filter_policy
        answer["FilterPolicyScope"] = "MessageBody" if found.filters_body else "MessageAttributes"
    if found.redrive_policy:
        answer["RedrivePolicy"] = found.redrive_policy
    if found.replay_policy:
        answer["ReplayPolicy"] = found.replay_policy
    if found.replay_status:
        answer["ReplayStatus"] = found.replay_status
    if found.protocol in ("http", "https"):
        if found.delivery_policy:
            answer["DeliveryPolicy"] = found.delivery_policy
        answer["EffectiveDeliveryPolicy"] = delivery_policies.effective_of_subscription(
            topic.delivery_policy, found.delivery_policy
        )
    return answer
