"""What subscribers are sent: the envelope of a message, as JSON, in the form of each protocol.

Source: Developer Guide, "Amazon SNS message and JSON formats"; Lambda Developer Guide, "Invoking Lambda functions with
Amazon SNS notifications". Messages of FIFO topics are not signed.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from skyjar.kernel.call import Call

from . import contents, signing
from .state import Attribute, Publication, Subscription, Topic


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03}Z"


def sequence_number(number: int) -> str:
    """Twenty digits that grow."""
    return str(10**19 + number * 1000)


def pretty(members: dict[str, Any]) -> str:
    """JSON as SNS writes it: a member a line, a blank before and after the colon."""
    lines = [f'  "{name}" : {_written(value)}' for name, value in members.items() if value is not None]
    return "{\n" + ",\n".join(lines) + "\n}"


def _written(value: Any) -> str:
    if not isinstance(value, dict):
        return orjson.dumps(value).decode()
    inner = [f"    {orjson.dumps(name).decode()} : {_inline(each)}" for name, each in value.items()]
    return "{\n" + ",\n".join(inner) + "\n  }"


def _inline(value: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{orjson.dumps(each).decode()}' for name, each in value.items()) + "}"


class Letter:
    """A publication on its way; signed once for all subscribers that are told the same."""

    def __init__(self, call: Call, topic: Topic, arn: str, publication: Publication) -> None:
        self.publication = publication
        self.topic = topic
        self._call = call
        self._arn = arn
        self._signed: dict[str, dict[str, str]] = {}

    def text(self, protocol: str) -> str:
        return contents.of_protocol(self.publication.message, self.publication.is_structured, protocol)

    def body(self, subscription: Subscription) -> str:
        """What its endpoint gets: the message itself, or the envelope."""
        text = self.text(subscription.protocol)
        return text if subscription.is_raw else pretty(self.envelope(subscription, text))

    def envelope(self, subscription: Subscription, text: str) -> dict[str, Any]:
        published = self.publication
        members: dict[str, Any] = {"Type": "Notification", "MessageId": published.id}
        if self.topic.is_fifo:
            members["SequenceNumber"] = sequence_number(published.number)
        members |= {
            "TopicArn": self._arn,
            "Subject": published.subject,
            "Message": text,
            "Timestamp": iso(published.at_ms),
        }
        if not self.topic.is_fifo:
            members |= self._signature(members, text)
        members["UnsubscribeURL"] = unsubscribe_url(self._call, subscription)
        if published.attributes:
            members["MessageAttributes"] = shown_attributes(published.attributes)
        return members

    def _signature(self, members: dict[str, Any], text: str) -> dict[str, str]:
        found = self._signed.get(text)
        if found is None:
            found = self._signed[text] = signature(self._call, self.topic, members)
        return found

    def lambda_event(self, subscription: Subscription) -> bytes:
        members = self.envelope(subscription, self.text("lambda"))
        told = {_LAMBDA_NAMES.get(name, name): value for name, value in members.items()}
        told.setdefault("MessageAttributes", {})
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": told,
        }
        return orjson.dumps({"Records": [record]})


_LAMBDA_NAMES = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}


def signature(call: Call, topic: Topic, members: dict[str, Any]) -> dict[str, str]:
    """The three members that say who wrote it."""
    signer = signing.signer(call)
    return {
        "SignatureVersion": topic.signature_version,
        "Signature": signing.sign(signer, topic.signature_version, members),
        "SigningCertURL": signing.certificate_url(call, signer, call.region),
    }


def shown_attributes(attributes: dict[str, Attribute]) -> dict[str, dict[str, str]]:
    return {
        name: {"Type": each.type, "Value": b64encode(each.binary).decode() if each.binary else each.text}
        for name, each in attributes.items()
    }


def unsubscribe_url(call: Call, subscription: Subscription) -> str:
    query = urlencode({"Action": "Unsubscribe", "SubscriptionArn": subscription.arn}, safe=":")
    return f"{call.endpoint}/_aws/sns/{subscription.region}/?{query}"


def subscribe_url(call: Call, subscription: Subscription) -> str:
    query = urlencode(
        {"Action": "ConfirmSubscription", "TopicArn": subscription.topic, "Token": subscription.token}, safe=":"
    )
    return f"{call.endpoint}/_aws/sns/{subscription.region}/?{query}"


def confirmation(call: Call, topic: Topic, subscription: Subscription) -> dict[str, Any]:
    """The message that asks an endpoint whether it wants the subscription."""
    members: dict[str, Any] = {
        "Type": "SubscriptionConfirmation",
        "MessageId": call.new_id(),
        "Token": subscription.token,
        "TopicArn": subscription.topic,
        "Message": f"You have chosen to subscribe to the topic {subscription.topic}.\nTo confirm the subscription, visit "
        "the SubscribeURL included in this message.",
        "SubscribeURL": subscribe_url(call, subscription),
        "Timestamp": iso(call.now_ms),
    }
    return members | signature(call, topic, members)
