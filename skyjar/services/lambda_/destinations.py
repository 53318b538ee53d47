"""What follows from an asynchronous invocation: another try, a destination, a dead-letter queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.runtime.functions import Result
from skyjar.runtime.invocations import Outcome, Throttled

from . import execution, limits
from .state import EventConfig, Version


class Event(msgspec.Struct, kw_only=True):
    """An event that waits for its function; `attempts` counts runs, `throttles` refusals since the last one."""

    id: str
    function: str
    payload: bytes
    queued_at: float
    attempts: int = 0
    throttles: int = 0

    def stored(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


def after(
    call: Call,
    event: Event,
    config: EventConfig,
    version: Version,
    outcome: Outcome | Throttled | AWSError,
    again: Callable[[Call, Event, float], None],
) -> None:
    """Decide on what comes next. Throttling and faults of Lambda's own do not count as tries."""
    age_s = config.age_s or limits.EVENT_AGE_S[1]
    if not isinstance(outcome, Outcome):
        first, most = limits.THROTTLE_BACKOFF_S
        due = call.now + min(first * 2**event.throttles, most)
        if due > event.queued_at + age_s:
            give_up(call, event, config, version, "EventAgeExceeded", None)
        else:
            again(call, msgspec.structs.replace(event, throttles=min(event.throttles + 1, 20)), due)
        return
    tried = msgspec.structs.replace(event, attempts=event.attempts + 1, throttles=0)
    result = outcome.result
    if not result.error:
        if config.on_success:
            record = _record(call, tried, version, "Success", result)
            send(call, version, config.on_success, record)
        return
    retries = limits.RETRIES if config.retries is None else config.retries
    if event.attempts >= retries:
        give_up(call, tried, config, version, "RetriesExhausted", result)
        return
    due = call.now + limits.RETRY_AFTER_S[min(event.attempts, 1)]
    if due > event.queued_at + age_s:
        give_up(call, tried, config, version, "EventAgeExceeded", result)
    else:
        again(call, tried, due)


def give_up(
    call: Call, event: Event, config: EventConfig, version: Version, condition: str, result: Result | None
) -> None:
    if config.on_failure:
        send(call, version, config.on_failure, _record(call, event, version, condition, result))
    if version.dead_letter:
        _bury(call, event, version, result)


def _record(call: Call, event: Event, version: Version, condition: str, result: Result | None) -> dict[str, Any]:
    """The invocation record that destinations get."""
    at = datetime.fromtimestamp(call.now, UTC)
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z",
        "requestContext": {
            "requestId": event.id,
            "functionArn": event.function if event.function.count(":") > 6 else f"{event.function}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": _json(event.payload),
    }
    if result is not None:
        context = {"statusCode": 200, "executedVersion": version.qualifier}
        record["responseContext"] = context | ({"functionError": result.error} if result.error else {})
        record["responsePayload"] = _json(result.payload)
    return record


def _json(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "replace")


def send(call: Call, version: Version, target: str, record: dict[str, Any]) -> None:
    """Send as the execution role. What fails is lost, as on AWS; its record says why."""
    text = orjson.dumps(record).decode()
    try:
        who = execution.principal(call, version.role, version.name)
        _, _, service, region, account, name = target.split(":", 5)
        if service == "sqs":
            call.ask("sqs", who, region=region).send_message(
                queue_url=_queue_url(call, account, name), message_body=text
            )
        elif service == "sns":
            call.ask("sns", who, region=region).publish(topic_arn=target, message=text)
        elif service == "lambda":
            call.ask("lambda", who, region=region).invoke(
                function_name=target, invocation_type="Event", payload=text.encode()
            )
        elif service == "events":
            call.ask("events", who, region=region).put_events(entries=[_entry(target, record, text)])
    except AWSError:
        return


def _entry(bus: str, record: dict[str, Any], text: str) -> dict[str, Any]:
    """The record as an event (Developer Guide, "Retaining records of asynchronous invocations")."""
    context = record["requestContext"]
    kind = "Success" if context["condition"] == "Success" else "Failure"
    return {
        "EventBusName": bus,
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {kind}",
        "Resources": [bus, context["functionArn"]],
        "Detail": text,
    }


def _bury(call: Call, event: Event, version: Version, result: Result | None) -> None:
    """Send the event itself to the dead-letter queue, with the three attributes that say what happened."""
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if result is not None else "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": _message(result)},
    }
    body = event.payload.decode()
    try:
        who = execution.principal(call, version.role, version.name)
        _, _, service, region, account, name = version.dead_letter.split(":", 5)
        if service == "sqs":
            call.ask("sqs", who, region=region).send_message(
                queue_url=_queue_url(call, account, name), message_body=body, message_attributes=attributes
            )
        else:
            call.ask("sns", who, region=region).publish(
                topic_arn=version.dead_letter, message=body, message_attributes=attributes
            )
    except AWSError:
        return


def _message(result: Result | None) -> str:
    if result is None:
        return "Event age exceeded"
    found = _json(result.payload)
    message = found.get("errorMessage") if isinstance(found, dict) else found
    return str(message or "Unhandled")[:1024]


def _queue_url(call: Call, account: str, name: str) -> str:
    return f"{call.endpoint}/{account}/{name}"
