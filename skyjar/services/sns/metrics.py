"""AWS/SNS: what topics tell CloudWatch. Source: SNS Developer Guide, "Amazon SNS metrics"."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Tallies, Tally

from .state import Publication, Subscription

NAMESPACE = "AWS/SNS"
PUBLISHED = ("NumberOfMessagesPublished", "Count")
SIZE = ("PublishSize", "Bytes")
DELIVERED, FAILED_FOR_GOOD = "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed"
REDRIVEN, NOT_REDRIVEN = "NumberOfNotificationsRedrivenToDlq", "NumberOfNotificationsFailedToRedriveToDlq"
_FILTERED = "NumberOfNotificationsFilteredOut"


def _tally(ended: Ended, tallies: Tallies, arn: str) -> Tally:
    known = tallies.known(ended.clock_began)
    found = known.get(("sns", arn))
    if found is None:
        _, _, _, region, account, name = arn.split(":", 5)
        own = (("TopicName", name),)
        found = known["sns", arn] = tallies.of(account, region, ended.clock_began, NAMESPACE, own)
    return found


def size(message: str, attributes: dict[str, dict[str, Any]] | None) -> float:
    found = len(message) if message.isascii() else len(message.encode())
    for name, value in (attributes or {}).items():
        found += len(name.encode()) + len(value.get("DataType") or "")
        found += len((value.get("StringValue") or "").encode()) + len(value.get("BinaryValue") or b"")
    return float(found)


def _published(ended: Ended, tallies: Tallies) -> None:
    """Of a topic; what goes to a phone number or a device is not told."""
    given = ended.parameters
    arn = given.get("topic_arn") or given.get("target_arn")
    if ended.error_code or not arn or ":endpoint/" in arn:
        return
    tally = _tally(ended, tallies, arn)
    tally.add(PUBLISHED, 1.0)
    tally.add(SIZE, size(given["message"], given.get("message_attributes")))


def _published_batch(ended: Ended, tallies: Tallies) -> None:
    if ended.error_code or not ended.result["Successful"]:
        return
    good = {each["Id"] for each in ended.result["Successful"]}
    tally = _tally(ended, tallies, ended.parameters["topic_arn"])
    for entry in ended.parameters["publish_batch_request_entries"]:
        if entry["Id"] in good:
            tally.add(PUBLISHED, 1.0)
            tally.add(SIZE, size(entry["Message"], entry.get("MessageAttributes")))


COUNTED = {"publish": _published, "publish_batch": _published_batch}


def count(call: Call, topic: str, name: str) -> None:
    """One more notification of the topic of that name which became this."""
    call.count(NAMESPACE, (("TopicName", topic),), name, "Count")


def filtered(call: Call, topic: str, subscription: Subscription, publication: Publication) -> None:
    """A subscription's filter policy did not want a message."""
    count(call, topic, _FILTERED)
    if subscription.filters_body:
        count(call, topic, f"{_FILTERED}-MessageBody")
    else:
        count(call, topic, f"{_FILTERED}-MessageAttributes")
        if not publication.attributes:
            count(call, topic, f"{_FILTERED}-NoMessageAttributes")
