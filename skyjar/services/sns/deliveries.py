"""Messages on their way to subscribers.

One job for each topic takes what was published, in order, and gives it to every subscription, in one transaction: to a
queue or a function of this cloud exactly once. What reaches outside, and what an endpoint could not take for now, becomes
an `Attempt` with a job of its own; a FIFO queue's attempts stay in order, and later messages wait behind them. What an
endpoint refuses for good goes to the subscription's dead-letter queue, or is lost, as on AWS.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside, Send, Sent

from . import (
    captured_state,
    delivery_policies,
    encryption,
    filters,
    letters,
    limits,
    metrics,
    pushes,
    state,
    texts,
    usage,
)
from .delivery_policies import CUSTOMER, MANAGED, Phases
from .letters import Letter
from .state import Attempt, Publication, Subscription, Topic

PAGE = 64
_REPLAYING = ("Pending", "In progress")  # what is published waits in the archive then
_FOR_NOW = ("RequestThrottled", "KMS.ThrottlingException", "TooManyRequestsException", "ThrottlingException")


class Refused(Exception):
    """An endpoint did not take a message; `is_final` when it never will."""

    def __init__(self, *, is_final: bool) -> None:
        self.is_final = is_final
        super().__init__()


@job()
def deliver(call: Call, *, topic: str) -> None:
    found = state.topics.get(call, topic)
    if found is None:
        return
    waiting = state.publications.range(call, topic, limit=PAGE, is_queue=True)
    subscriptions = [
        each for each in state.subscribers(call, state.topic_arn(call, topic)) if each.replay_status not in _REPLAYING
    ]
    for publication in waiting:
        state.publications.remove(call, publication)
        if not subscriptions:
            continue
        letter = _letter(call, found, publication)
        if letter is None:
            continue
        for subscription in subscriptions:
            if publication.number <= subscription.replayed_upto:  # it came with a replay
                continue
            if filters.wants(subscription, letter.text(subscription.protocol), publication.attributes):
                _give(call, letter, subscription, publication)
            else:
                metrics.filtered(call, topic, subscription, publication)
    if len(waiting) == PAGE:
        call.later(deliver, key=topic, topic=topic)


def give_one(call: Call, topic: Topic, subscription: Subscription, publication: Publication) -> None:
    """An archived message to one subscription, if its filter policy wants it."""
    letter = _letter(call, topic, publication)
    if letter is not None and filters.wants(subscription, letter.text(subscription.protocol), publication.attributes):
        _give(call, letter, subscription, publication)


def _letter(call: Call, topic: Topic, publication: Publication) -> Letter | None:
    """None for a sealed message whose key its publisher may no longer use, or nobody can: it is lost."""
    try:
        opened = encryption.opened(call, publication)
    except AWSError:
        return None
    return Letter(call, topic, state.topic_arn(call, topic.name), opened)


def _give(call: Call, letter: Letter, subscription: Subscription, publication: Publication) -> None:
    """For the first time."""
    if subscription.protocol in ("http", "https"):
        _try_later(call, subscription, _attempt(letter.topic, subscription, publication), call.now)
        return
    is_behind = letter.topic.is_fifo and state.attempts.first(call, letter.topic.name, subscription.id) is not None
    if is_behind:
        state.attempts.put(call, _attempt(letter.topic, subscription, publication))
        return
    try:
        _hand_over(call, letter, subscription)
    except Refused as refused:
        _fail(call, letter, subscription, _attempt(letter.topic, subscription, publication), refused)
    else:
        metrics.count(call, letter.topic.name, metrics.DELIVERED)


def _attempt(topic: Topic, subscription: Subscription, publication: Publication) -> Attempt:
    return Attempt(topic=topic.name, subscription=subscription.id, number=publication.number, publication=publication)


def _try_later(call: Call, subscription: Subscription, attempt: Attempt, due: float) -> None:
    state.attempts.put(call, attempt)
    is_fifo = attempt.topic.endswith(".fifo")
    key = subscription.id if is_fifo else f"{subscription.id}/{attempt.number}"
    call.later(
        try_again, due=due, key=key, topic=attempt.topic, subscription=subscription.id,
        number=0 if is_fifo else attempt.number,
    )  # fmt: skip


@job()
def try_again(call: Call, *, topic: str, subscription: str, number: int) -> Outside | None:
    """One attempt; of a FIFO topic (`number` 0) the subscription's first, and when that is over the next."""
    attempt = (
        state.attempts.get(call, topic, subscription, number)
        if number
        else state.attempts.first(call, topic, subscription)
    )
    found, owner = state.topics.get(call, topic), None
    if found is not None:
        owner = state.subscriptions.get(call, state.topic_arn(call, topic), subscription)
    if attempt is None or found is None or owner is None:
        return None
    letter = _letter(call, found, attempt.publication)
    if letter is None:
        _end(call, owner, attempt)
        return None
    if owner.protocol in ("http", "https"):
        return _post(call, letter, owner, attempt)
    try:
        _hand_over(call, letter, owner)
    except Refused as refused:
        _fail(call, letter, owner, attempt, refused)
    else:
        metrics.count(call, topic, metrics.DELIVERED)
        _end(call, owner, attempt)
    return None


def _end(call: Call, subscription: Subscription, attempt: Attempt) -> None:
    """An attempt is over; the next of a FIFO topic begins."""
    state.attempts.remove(call, attempt)
    following = state.attempts.first(call, attempt.topic, attempt.subscription)
    if attempt.topic.endswith(".fifo") and following is not None:
        _try_later(call, subscription, following, call.now)


def _fail(call: Call, letter: Letter, subscription: Subscription, attempt: Attempt, refused: Refused) -> None:
    phases, _, _ = _policy(letter.topic, subscription)
    tries = attempt.tries + 1
    pause_s = None if refused.is_final else delivery_policies.delay_s(phases, tries)
    if pause_s is None:
        metrics.count(call, letter.topic.name, metrics.FAILED_FOR_GOOD)
        _bury(call, letter, subscription)
        if state.attempts.get(call, attempt.topic, attempt.subscription, attempt.number) is not None:
            _end(call, subscription, attempt)
        return
    _try_later(call, subscription, state.replace(attempt, tries=tries), call.now + pause_s)


def _policy(topic: Topic, subscription: Subscription) -> tuple[Phases, float, str]:
    if subscription.protocol in ("http", "https"):
        return delivery_policies.of_http(topic.delivery_policy, subscription.delivery_policy)
    return (MANAGED if subscription.protocol in ("sqs", "lambda") else CUSTOMER), 0.0, ""


def _hand_over(call: Call, letter: Letter, subscription: Subscription) -> None:
    """To an endpoint in this cloud; raises Refused."""
    usage.attempted(call, letter.topic.name, subscription)
    protocol = subscription.protocol
    published = letter.publication
    if protocol == "sqs":
        _send(call, letter, subscription, subscription.endpoint)
    elif protocol == "lambda":
        with_arn = {"aws:SourceArn": subscription.topic, "aws:SourceAccount": call.account}
        account, region = subscription.endpoint.split(":")[4], subscription.endpoint.split(":")[3]
        asked = call.ask("lambda", account=account, region=region, context=with_arn)
        _taken(
            lambda: asked.invoke(
                function_name=subscription.endpoint,
                invocation_type="Event",
                payload=letter.lambda_event(subscription),
            )
        )
    elif protocol == "sms":
        texts.send(call, subscription.endpoint, letter.text("sms"), published.attributes, published.id)
    elif protocol == "application":
        _taken(
            lambda: pushes.send(
                call,
                subscription.endpoint,
                published.message,
                published.is_structured,
                published.subject,
                published.attributes,
                published.id,
            )
        )
    else:
        _mail(call, letter, subscription)


def _taken(act: Any) -> None:
    try:
        act()
    except AWSError as error:
        is_for_now = error.status >= 500 or error.status == 429 or error.code in _FOR_NOW
        raise Refused(is_final=not is_for_now or error.status == 501) from None


def _send(call: Call, letter: Letter, subscription: Subscription, queue: str) -> None:
    """To a queue, as SNS on behalf of the topic, which the queue's policy must allow."""
    _, _, _, region, account, name = queue.split(":", 5)
    published = letter.publication
    parameters: dict[str, Any] = {
        "queue_url": f"{call.endpoint}/{account}/{name}",
        "message_body": letter.body(subscription),
    }
    if subscription.is_raw and published.attributes:
        if len(published.attributes) > limits.QUEUE_ATTRIBUTES:
            raise Refused(is_final=True)
        parameters["message_attributes"] = {
            key: {"DataType": each.type, "BinaryValue": each.binary}
            if each.binary
            else {"DataType": each.type, "StringValue": each.text}
            for key, each in published.attributes.items()
        }
    if published.group:
        parameters["message_group_id"] = published.group
    if published.dedup_id and queue.endswith(".fifo"):
        parameters["message_deduplication_id"] = published.dedup_id
    stated = {"aws:SourceArn": subscription.topic, "aws:SourceAccount": call.account}
    asked = call.ask("sqs", account=account, region=region, context=stated)
    _taken(lambda: asked.send_message(**parameters))


def _bury(call: Call, letter: Letter, subscription: Subscription) -> None:
    if subscription.dead_letter:
        try:
            _send(call, letter, subscription, subscription.dead_letter)
        except Refused:
            metrics.count(call, letter.topic.name, metrics.NOT_REDRIVEN)
            return
        metrics.count(call, letter.topic.name, metrics.REDRIVEN)


def _mail(call: Call, letter: Letter, subscription: Subscription) -> None:
    published = letter.publication
    text = letter.text(subscription.protocol)
    if subscription.protocol == "email-json":
        body = letters.pretty(letter.envelope(subscription, text))
    else:
        link = letters.unsubscribe_url(call, subscription)
        body = f"{text}\n\n--\nTo stop receiving notifications from this topic, unsubscribe here:\n{link}\n"
    captured_state.keep(
        call,
        subscription.protocol,
        subscription.endpoint,
        body,
        message_id=published.id,
        subject=published.subject or "AWS Notification Message",
        topic=subscription.topic,
        attributes=letters.shown_attributes(published.attributes),
    )


def _post(call: Call, letter: Letter, subscription: Subscription, attempt: Attempt) -> Outside | None:
    _, rate, content_type = _policy(letter.topic, subscription)
    if rate and not attempt.turn_at:
        attempt = _take_turn(call, subscription, attempt, rate)
        if attempt.turn_at > call.now:
            _try_later(call, subscription, attempt, attempt.turn_at)
            return None
    headers = headers_of("Notification", letter.publication.id, subscription, content_type)
    if subscription.is_raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    body = letter.body(subscription).encode()
    usage.attempted(call, letter.topic.name, subscription)
    request = Send("POST", subscription.endpoint, headers, body, limits.HTTP_TIMEOUT_S)
    return Outside(request, lambda call, answer: _posted(call, attempt, answer))


def _take_turn(call: Call, subscription: Subscription, attempt: Attempt, rate: float) -> Attempt:
    """The attempt with the moment at which the endpoint's pace lets it go out."""
    turn_at = max(call.now, subscription.next_post_at)
    later = state.replace(subscription, next_post_at=turn_at + 1 / rate)
    state.subscriptions.replace(call, subscription, later)
    taken: Attempt = state.replace(attempt, turn_at=turn_at)
    return taken


def headers_of(kind: str, message_id: str, subscription: Subscription, content_type: str) -> dict[str, str]:
    headers = {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": subscription.topic,
        "Content-Type": content_type,
        "User-Agent": "Amazon Simple Notification Service Agent",
    }
    if kind == "Notification":
        headers["x-amz-sns-subscription-arn"] = subscription.arn
    return headers


def _posted(call: Call, attempt: Attempt, answer: Any) -> None:
    """What the endpoint said: 2xx is taken, 4xx refused for good (but 429), all else tried again."""
    topic = state.topics.get(call, attempt.topic)
    owner = state.subscriptions.get(call, state.topic_arn(call, attempt.topic), attempt.subscription)
    if topic is None or owner is None:
        return
    status = answer.status if isinstance(answer, Sent) else 0
    letter = _letter(call, topic, attempt.publication)
    if 200 <= status < 300:
        metrics.count(call, attempt.topic, metrics.DELIVERED)
    if 200 <= status < 300 or letter is None:
        _end(call, owner, attempt)
        return
    refused = Refused(is_final=400 <= status < 500 and status != 429)
    _fail(call, letter, owner, attempt, refused)
