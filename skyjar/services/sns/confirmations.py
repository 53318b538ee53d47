"""Endpoints are asked whether they want a subscription; one that nobody confirms within two days is gone."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside, Send, Sent

from . import captured_state, deliveries, delivery_policies, letters, limits, state
from .state import Subscription, Topic


def _found(call: Call, topic: str, subscription: str) -> tuple[Topic, Subscription] | None:
    found = state.topics.get(call, topic)
    pending = state.subscriptions.get(call, state.topic_arn(call, topic), subscription)
    if found is None or pending is None or not pending.is_pending:
        return None
    return found, pending


@job()
def ask_to_confirm(call: Call, *, topic: str, subscription: str, tries: int) -> Outside | None:
    pair = _found(call, topic, subscription)
    if pair is None:
        return None
    found, pending = pair
    members = letters.confirmation(call, found, pending)
    if pending.protocol in ("http", "https"):
        headers = deliveries.headers_of(
            "SubscriptionConfirmation", members["MessageId"], pending, "text/plain; charset=UTF-8"
        )
        request = Send("POST", pending.endpoint, headers, letters.pretty(members).encode(), limits.HTTP_TIMEOUT_S)
        return Outside(request, lambda call, answer: _asked(call, topic, subscription, tries + 1, answer))
    if pending.protocol == "sqs":
        _ask_queue(call, pending, letters.pretty(members))
    elif pending.protocol == "lambda":
        _ask_function(call, pending, members)
    else:
        _mail(call, pending, members)
    return None


def _asked(call: Call, topic: str, subscription: str, tries: int, answer: Any) -> None:
    """An endpoint that could not be asked is asked again, as often as it would get a message."""
    pair = _found(call, topic, subscription)
    if pair is None or (isinstance(answer, Sent) and 200 <= answer.status < 500 and answer.status != 429):
        return
    found, pending = pair
    phases, _, _ = delivery_policies.of_http(found.delivery_policy, pending.delivery_policy)
    pause_s = delivery_policies.delay_s(phases, tries)
    if pause_s is not None:
        call.later(
            ask_to_confirm,
            due=call.now + pause_s,
            key=subscription,
            topic=topic,
            subscription=subscription,
            tries=tries,
        )


def _ask_queue(call: Call, pending: Subscription, text: str) -> None:
    region, account, name = pending.endpoint.split(":")[3:6]
    stated = {"aws:SourceArn": pending.topic, "aws:SourceAccount": call.account}
    asked = call.ask("sqs", account=account, region=region, context=stated)
    url = f"{call.endpoint}/{account}/{name}"
    group = {"message_group_id": pending.id, "message_deduplication_id": pending.id} if name.endswith(".fifo") else {}
    try:
        asked.send_message(queue_url=url, message_body=text, **group)
    except AWSError:  # its policy does not let SNS in; it may be asked again by another Subscribe
        return


def _ask_function(call: Call, pending: Subscription, members: dict[str, Any]) -> None:
    region, account = pending.endpoint.split(":")[3:5]
    stated = {"aws:SourceArn": pending.topic, "aws:SourceAccount": call.account}
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": pending.arn,
        "Sns": members,
    }
    asked = call.ask("lambda", account=account, region=region, context=stated)
    try:
        asked.invoke(
            function_name=pending.endpoint,
            invocation_type="Event",
            payload=orjson.dumps({"Records": [record]}),
        )
    except AWSError:
        return


def _mail(call: Call, pending: Subscription, members: dict[str, Any]) -> None:
    if pending.protocol == "email-json":
        body = letters.pretty(members)
    else:
        body = (
            f"You have chosen to subscribe to the topic:\n{pending.topic}\n\nTo confirm this subscription, visit the link "
            f"below (If this was in error no action is necessary):\n{members['SubscribeURL']}\n"
        )
    captured_state.keep(
        call,
        pending.protocol,
        pending.endpoint,
        body,
        message_id=members["MessageId"],
        subject="AWS Notification - Subscription Confirmation",
        topic=pending.topic,
    )


@job()
def expire(call: Call, *, topic: str, subscription: str) -> None:
    pair = _found(call, topic, subscription)
    if pair is not None:
        state.forget_subscription(call, pair[1])
