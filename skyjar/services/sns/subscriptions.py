"""Subscriptions: asked for, confirmed, listed, set and ended."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Place

from . import confirmations, endpoint_forms, limits, paging, replays, state, subscription_attributes, topics
from .errors import (
    AuthorizationErrorException,
    FilterPolicyLimitExceededException,
    InvalidParameterException,
    NotFoundException,
    SubscriptionLimitExceededException,
)
from .state import Subscription, Topic

_TOKEN_DIGITS = 256
_REPLAY = "ReplayPolicy"


@operation
def subscribe(
    call: Call,
    *,
    topic_arn: str,
    protocol: str,
    endpoint: str = "",
    attributes: dict[str, str] | None = None,
    return_subscription_arn: bool = False,
) -> dict[str, str]:
    at, topic = state.existing(call, topic_arn)
    endpoint_forms.check(topic, protocol, endpoint)
    given = {name: value for name, value in (attributes or {}).items() if value}
    before = state.subscriptions.first(at, topic_arn, protocol, endpoint, via="endpoint")
    if before is None:
        found = _new(call, at, topic, topic_arn, protocol, endpoint, given)
    else:
        found = before
        same = {name: value for name, value in given.items() if name != _REPLAY}
        is_replayed = given.get(_REPLAY, found.replay_policy) == found.replay_policy
        if not is_replayed or subscription_attributes.changed(topic, found, same, "Attributes Reason: ") != found:
            raise InvalidParameterException("Attributes Reason: Subscription already exists with different attributes")
    if found.is_pending:
        state.acting(call, at).later(
            confirmations.ask_to_confirm, key=found.id, topic=topic.name, subscription=found.id, tries=0
        )
    arn = "pending confirmation" if found.is_pending and not return_subscription_arn else found.arn
    return {"SubscriptionArn": arn}


def _new(
    call: Call, at: At, topic: Topic, topic_arn: str, protocol: str, endpoint: str, given: dict[str, str]
) -> Subscription:
    is_pending = _is_pending(call, protocol, endpoint)
    found = Subscription(
        topic=topic_arn,
        id=call.new_id(),
        protocol=protocol,
        endpoint=endpoint,
        owner=call.account if call.caller.kind == "service" else call.caller.account or call.account,
        region=at.region,
        is_pending=is_pending,
        token=call.chance.hex(_TOKEN_DIGITS),
        principal=call.caller.arn,
    )
    plain = {name: value for name, value in given.items() if name != _REPLAY}
    found = subscription_attributes.changed(topic, found, plain, "Attributes Reason: ")
    if _REPLAY in given:
        found = replays.begin(call, at, topic, found, given[_REPLAY])
    _check_quotas(at, topic, found)
    state.subscriptions.add(at, found)
    if is_pending:
        state.acting(call, at).later(
            confirmations.expire, key=found.id, due=call.now + limits.PENDING_S, topic=topic.name, subscription=found.id
        )
    return found


def _is_pending(call: Call, protocol: str, endpoint: str) -> bool:
    """Whoever subscribes a queue or a function of their own has confirmed it by that."""
    if protocol in ("sqs", "lambda", "application"):
        return endpoint.split(":")[4] != (call.caller.account or call.account)
    return protocol in endpoint_forms.CONFIRMED_BY_TOKEN


def _check_quotas(at: At, topic: Topic, new: Subscription) -> None:
    most = limits.FIFO_SUBSCRIPTIONS if topic.is_fifo else limits.STANDARD_SUBSCRIPTIONS
    is_large = topic.message_bytes > limits.MESSAGE_BYTES_DEFAULT
    if topic.is_fifo and state.subscriptions.count(at, new.topic, limit=most) >= most:
        raise SubscriptionLimitExceededException
    if is_large:
        topics.check_large([*state.of_topic(at, new.topic), new])
    if new.filter_policy:
        check_filter_quota(at, new)


def check_filter_quota(at: At, new: Subscription) -> None:
    others = sum(bool(each.filter_policy) for each in state.of_topic(at, new.topic) if each.id != new.id)
    if others >= limits.FILTER_POLICIES:
        raise FilterPolicyLimitExceededException


@operation
def confirm_subscription(
    call: Call, *, topic_arn: str, token: str, authenticate_on_unsubscribe: str | None = None
) -> dict[str, str]:
    at, _ = state.existing(call, topic_arn)
    return {"SubscriptionArn": confirm(at, topic_arn, token, authenticate_on_unsubscribe == "true").arn}


def confirm(
    at: At, topic_arn: str, token: str, keeps_authenticated: bool, *, was_authenticated: bool = True
) -> Subscription:
    """The subscription that the token is of, confirmed."""
    found = state.subscriptions.first(at, token, via="token") if token else None
    if found is None or found.topic != topic_arn:
        raise InvalidParameterException("Token")
    new: Subscription = found
    if found.is_pending:
        new = state.replace(
            found,
            is_pending=False,
            was_authenticated=was_authenticated,
            keeps_unsubscribing_authenticated=keeps_authenticated,
        )
        state.subscriptions.replace(at, found, new)
    return new


@operation
def unsubscribe(call: Call, *, subscription_arn: str) -> None:
    try:
        found = state.subscription(call, subscription_arn)
    except NotFoundException:
        return
    _check_concerned(call, found)
    end(call, found)


def end(call: Call, found: Subscription) -> None:
    account, region = found.topic.split(":")[4], found.region
    state.forget_subscription(Place(call.tx, account, region), found)


def _check_concerned(call: Call, found: Subscription) -> None:
    """A subscription is its owner's and its topic's."""
    account = call.caller.account or call.account
    if account not in (found.owner, found.topic.split(":")[4]):
        raise AuthorizationErrorException(
            f"User: {call.caller.arn} is not authorized to perform: SNS:{call.operation} on resource: {found.arn}"
        )


@operation
def get_subscription_attributes(call: Call, *, subscription_arn: str) -> dict[str, Any]:
    found = state.subscription(call, subscription_arn)
    _check_concerned(call, found)
    _, topic = _topic_of(call, found)
    return {"Attributes": subscription_attributes.shown(topic, found)}


@operation
def set_subscription_attributes(
    call: Call, *, subscription_arn: str, attribute_name: str, attribute_value: str = ""
) -> None:
    found = state.subscription(call, subscription_arn)
    _check_concerned(call, found)
    at, topic = _topic_of(call, found)
    if attribute_name == _REPLAY:
        new = replays.begin(call, at, topic, found, attribute_value)
    else:
        new = subscription_attributes.changed(topic, found, {attribute_name: attribute_value})
    if new.filter_policy and not found.filter_policy:
        check_filter_quota(at, new)
    state.subscriptions.replace(at, found, new)


def _topic_of(call: Call, found: Subscription) -> tuple[At, Topic]:
    account, name = found.topic.split(":")[4:6]
    at = Place(call.tx, account, found.region)
    topic = state.topics.get(at, name)
    assert topic is not None, "subscriptions go with their topic"
    return at, topic


@operation
def list_subscriptions(call: Call, *, next_token: str | None = None) -> dict[str, Any]:
    def read(after: str, most: int) -> list[Subscription]:
        start = (*after.rpartition(":")[::2],) if after else ()
        return state.subscriptions.range(
            call, call.account, call.region, via="owner", start=(start[0], start[1] + "\0") if start else (), limit=most
        )

    return _page(*paging.page(read, lambda each: each.arn, next_token))


@operation
def list_subscriptions_by_topic(call: Call, *, topic_arn: str, next_token: str | None = None) -> dict[str, Any]:
    at, _ = state.existing(call, topic_arn)
    found = paging.page(
        lambda after, most: state.of_topic(at, topic_arn, after, most), lambda each: each.id, next_token
    )
    return _page(*found)


def _page(found: list[Subscription], token: dict[str, str]) -> dict[str, Any]:
    shown = [
        {
            "SubscriptionArn": "PendingConfirmation" if each.is_pending else each.arn,
            "Owner": each.owner,
            "Protocol": each.protocol,
            "Endpoint": each.endpoint,
            "TopicArn": each.topic,
        }
        for each in found
    ]
    return {"Subscriptions": shown, **token}
