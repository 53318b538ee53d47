"""What an alarm does when it changes: tells a topic, invokes a function, or asks the service that the action's ARN names.

An action that fails is not tried again, as on AWS; its failure stands in the alarm's history. Topics are told by
CloudWatch's service principal and functions are invoked by `lambda.alarms.cloudwatch.amazonaws.com`, judged by the topic's or
the function's policy. Every other service takes part by reacting to `cloudwatch.ActionDue` (see __init__.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import ActionDue, notifications, state
from .reasons import clock
from .state import Alarm

TOPICS, FUNCTIONS = "cloudwatch.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"
Told = dict[str, Any]


class NobodyTakes(AWSError):
    code = "ValidationError"


def perform(call: Call, name: str, action: str, told: Told) -> None:
    """Raises what refuses it."""
    alarm = state.alarms.get(call, name)
    if alarm is None:
        return
    service = action.split(":")[2]
    send = _SENDERS.get(service, _ask_around)
    published = send(call, alarm, action, told)
    said: dict[str, Any] = {
        "actionState": "Succeeded",
        "stateUpdateTimestamp": int(told["at"] * 1000),
        "notificationResource": action,
    }
    if published is not None:
        said["publishedMessage"] = published
    state.remember(call, alarm, "Action", f"Successfully executed action {action}"[:255], _short(said))


def failed(call: Call, name: str, action: str, told: Told, error: Exception) -> None:
    alarm = state.alarms.get(call, name)
    if alarm is None:
        return
    sentence = f"{error.code}: {error.message}" if isinstance(error, AWSError) else str(error)
    said = {
        "actionState": "Failed",
        "stateUpdateTimestamp": int(told["at"] * 1000),
        "notificationResource": action,
        "publishedMessage": None,
        "error": sentence,
    }
    summary = f"Failed to execute action {action}. Received error: {sentence!r}"
    state.remember(call, alarm, "Action", summary[:255], _short(said))


def _short(said: dict[str, Any]) -> str:
    text = orjson.dumps(said).decode()
    if len(text) > 4095:
        text = orjson.dumps({name: each for name, each in said.items() if name != "publishedMessage"}).decode()
    return text[:4095]


def _stated(call: Call, alarm: Alarm) -> dict[str, str]:
    return {"aws:SourceArn": state.alarm_arn(call, alarm.name), "aws:SourceAccount": call.account}


def _publish(call: Call, alarm: Alarm, action: str, told: Told) -> str | None:
    region, account = action.split(":")[3:5]
    who = principals.service(TOPICS, call.account)
    message = orjson.dumps(notifications.message(call, alarm, told)).decode()
    subject = notifications.subject(call, alarm, told)
    stated = {**_stated(call, alarm), "aws:SourceOwner": call.account}  # which topics' default policy lets publish
    topics = call.ask("sns", who, account=account, region=region, context=stated)
    topics.publish(topic_arn=action, subject=subject, message=message)
    return orjson.dumps({"default": message}).decode()


def _invoke(call: Call, alarm: Alarm, action: str, told: Told) -> str | None:
    region, account = action.split(":")[3:5]
    who = principals.service(FUNCTIONS, call.account)
    payload = orjson.dumps(
        {
            "source": "aws.cloudwatch",
            "alarmArn": state.alarm_arn(call, alarm.name),
            "accountId": call.account,
            "time": clock(told["at"]),
            "region": call.region,
            "alarmData": told["event"],
        }
    )
    functions = call.ask("lambda", who, account=account, region=region, context=_stated(call, alarm))
    functions.invoke(function_name=action, invocation_type="Event", payload=payload)
    return None


def _ask_around(call: Call, alarm: Alarm, action: str, told: Told) -> str | None:
    taken: list[str] = []
    arn = state.alarm_arn(call, alarm.name)
    call.emit(ActionDue(call.account, call.region, arn, action, told["event"], taken))
    if not taken:
        raise NobodyTakes(f"No service of this cloud takes the action {action}.")
    return None


_SENDERS: dict[str, Callable[[Call, Alarm, str, Told], str | None]] = {"sns": _publish, "lambda": _invoke}
