"""The topic that is told of a cluster's events. When SNS refuses one, the topic becomes inactive until it is made active again.

AWS does not say what such a message looks like: here it is the event as DescribeEvents has it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job

from . import state
from .errors import InvalidParameterCombinationException, InvalidParameterValueException
from .state import Cluster

PRINCIPAL = "dax.amazonaws.com"
KIND = "CLUSTER"
_STATUSES = ("active", "inactive")


def wanted(call: Call, before: str, topic: str | None, status: str | None) -> dict[str, Any]:
    """What the parameters change of a cluster; an empty ARN takes the topic away."""
    if status is not None and status not in _STATUSES:
        raise InvalidParameterValueException(f"Invalid notification topic status: {status}")
    changes: dict[str, Any] = {}
    if topic is not None:
        own = f"arn:aws:sns:{call.region}:{call.account}:"
        if topic and (not topic.startswith(own) or len(topic) == len(own)):
            raise InvalidParameterValueException(f"Invalid notification topic ARN: {topic}")
        changes = {"topic": topic, "is_topic_off": False}
    if status is not None:
        if not (before if topic is None else topic) and status == "active":
            raise InvalidParameterCombinationException("NotificationTopicStatus needs a notification topic.")
        changes["is_topic_off"] = status == "inactive"
    return changes


def shown(found: Cluster) -> dict[str, Any]:
    if not found.topic:
        return {}
    status = "inactive" if found.is_topic_off else "active"
    return {"NotificationConfiguration": {"TopicArn": found.topic, "TopicStatus": status}}


def note(call: Call, found: Cluster, message: str, source: str = "") -> None:
    """Something happened to a cluster, or to that node of it."""
    source = source or found.name
    state.note(call, source, KIND, message)
    if found.topic and not found.is_topic_off:
        call.later(tell, name=found.name, topic=found.topic, source=source, message=message, at_s=call.now)


@job()
def tell(call: Call, *, name: str, topic: str, source: str, message: str, at_s: float) -> None:
    date = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {"SourceName": source, "SourceType": KIND, "Message": message, "Date": date}
    stated = {
        "aws:SourceArn": state.arn_of(call, name),
        "aws:SourceAccount": call.account,
        "aws:SourceOwner": call.account,  # which topics' default policy lets publish
    }
    who = principals.service(PRINCIPAL, call.account)
    try:
        call.ask("sns", who, account=call.account, context=stated).publish(
            topic_arn=topic, subject="Amazon DAX Notification", message=orjson.dumps(event).decode()
        )
    except AWSError:
        found = state.clusters.get(call, name)
        if found is not None and found.topic == topic:
            state.change(call, found, is_topic_off=True)
