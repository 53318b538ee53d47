"""Events on their way: matched by one job for each bus, in order, and given to the targets of the rules that they fit.

A target in this cloud gets the event in the transaction that takes it off the bus, so once. What reaches outside, and what
a target did not take for now, becomes an `Attempt`, with a job of its own, tried again as its retry policy says. What is
refused for good, or given up, goes to the target's dead-letter queue with attributes that say why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.kernel.tables import At, Place

from . import archives, calling, inputs, limits, patterns, senders, state
from .errors import ValidationException
from .state import Attempt, Happening, Rule

PAGE = 64
ORIGINAL: Any = (
    object()
)  # of an entry, the event that is passed on with its hops; nothing that a client sends is called so
WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_FOR_NOW = ("RequestThrottled", "ThrottlingException", "TooManyRequestsException", "KMS.ThrottlingException")


def iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event(
    call: Call, source: str, detail_type: str, detail: dict[str, Any], resources: list[str], at: float
) -> dict[str, Any]:
    """An event of the caller's account and Region."""
    return {
        "version": "0",
        "id": call.new_id(),
        "detail-type": detail_type,
        "source": source,
        "account": call.account,
        "time": iso(at),
        "region": call.region,
        "resources": resources,
        "detail": detail,
    }


def accept(call: Call, at: At, bus: str, body: dict[str, Any], *, is_read_only: bool = False, hops: int = 0) -> None:
    """Put an event on a bus, if anybody there could want it."""
    if not state.rules_of(at, bus) and not archives.has_any(at, bus):
        return
    keep(
        call,
        at,
        Happening(
            bus=bus,
            number=state.next_number(at, f"bus {bus}"),
            body=orjson.dumps(body),
            came_at=call.now,
            is_read_only=is_read_only,
            hops=hops,
        ),
    )


def keep(call: Call, at: At, happening: Happening) -> None:
    state.happenings.add(at, happening)
    state.acting(call, at).later(deliver, key=happening.bus, bus=happening.bus)


@job()
def deliver(call: Call, *, bus: str) -> None:
    waiting = state.happenings.range(call, bus, limit=PAGE, is_queue=True)
    rules = [rule for rule in state.rules_of(call, bus) if rule.is_on and rule.pattern]
    kept = archives.of_bus(call, bus)
    for each in waiting:
        state.happenings.remove(call, each)
        body: dict[str, Any] = orjson.loads(each.body)
        if not each.replay:
            for archive in kept:
                archives.keep(call, archive, body, each)
        for rule in rules:
            if _wants(rule, each, body):
                give(call, rule, body, each.came_at, each.hops)
    if len(waiting) == PAGE:
        call.later(deliver, key=bus, bus=bus)


def _wants(rule: Rule, happening: Happening, body: dict[str, Any]) -> bool:
    if happening.rules and rule.name not in happening.rules:
        return False
    if happening.is_read_only and rule.rule_state != WITH_READS:
        return False
    return patterns.compiled(rule.pattern)(body)


def give(call: Call, rule: Rule, body: dict[str, Any], came_at: float, hops: int = 0) -> None:
    """To every target of a rule; the call is EventBridge's, in the rule's account and Region."""
    arn = state.rule_arn(call, rule.bus, rule.name)
    for target in state.targets_of(call, rule):
        attempt = Attempt(
            rule_arn=arn,
            target=target.id,
            id=body["id"],
            bus=rule.bus,
            rule=rule.name,
            document=target.document,
            body=b"",
            came_at=came_at,
            hops=hops,
        )
        given = orjson.loads(target.document)
        if ":api-destination/" in target.arn:
            _try_later(call, attempt, body, call.now)
            continue
        try:
            _hand_over(call, given, attempt, body)
        except AWSError as error:
            _fail(call, given, attempt, body, error)


def _hand_over(call: Call, target: dict[str, Any], attempt: Attempt, body: dict[str, Any]) -> None:
    if ":event-bus/" in target["Arn"]:
        _to_bus(call, target, attempt, body)
        return
    text = inputs.text(target, body, attempt.rule_arn, iso(attempt.came_at))
    senders.send(call, target, attempt.rule_arn, text)


def _to_bus(call: Call, target: dict[str, Any], attempt: Attempt, body: dict[str, Any]) -> None:
    """The event goes on as it is, whoever it came from: put on the bus by the target's role, or by the rule's account."""
    arn = target["Arn"]
    if attempt.hops >= limits.HOPS:
        raise ValidationException("The event has come by too many event buses.")
    _, _, _, region, account, path = arn.split(":", 5)
    name = path.removeprefix("event-bus/")
    if state.find_bus(Place(call.tx, account, region), name) is None:
        raise GoneException(f"Event bus {name} does not exist.")
    entry = {
        "EventBusName": arn,
        "Source": body["source"],
        "DetailType": body["detail-type"],
        ORIGINAL: (body, attempt.hops + 1),
    }
    who = senders.bus_sender(call, target)
    call.ask("events", who, account=call.account, context={}).put_events(entries=[entry])


class GoneException(AWSError):
    code = "ResourceNotFoundException"


def _try_later(call: Call, attempt: Attempt, body: dict[str, Any], due: float) -> None:
    new: Attempt = state.replace(attempt, body=orjson.dumps(body)) if not attempt.body else attempt
    state.attempts.put(call, new)
    key = f"{attempt.rule_arn}/{attempt.target}/{attempt.id}"
    call.later(try_again, due=due, key=key, rule_arn=attempt.rule_arn, target=attempt.target, identity=attempt.id)


@job()
def try_again(call: Call, *, rule_arn: str, target: str, identity: str) -> Outside | None:
    attempt = state.attempts.get(call, rule_arn, target, identity)
    if attempt is None:
        return None
    given, body = orjson.loads(attempt.document), orjson.loads(attempt.body)
    try:
        if ":api-destination/" in given["Arn"]:
            text = inputs.text(given, body, rule_arn, iso(attempt.came_at))
            return calling.request(call, given, body, text, lambda call, answer: _answered(call, attempt, answer))
        _hand_over(call, given, attempt, body)
    except AWSError as error:
        _fail(call, given, attempt, body, error)
        return None
    state.attempts.remove(call, attempt)
    return None


def _answered(call: Call, attempt: Attempt, answer: AWSError | float | None) -> None:
    """What an API destination said: an error, how long to wait before it is asked, or nothing against it."""
    given, body = orjson.loads(attempt.document), orjson.loads(attempt.body)
    if isinstance(answer, AWSError):
        _fail(call, given, attempt, body, answer)
    elif answer is not None:
        _try_later(call, attempt, body, call.now + answer)
    else:
        state.attempts.delete(call, attempt.rule_arn, attempt.target, attempt.id)


def _fail(call: Call, target: dict[str, Any], attempt: Attempt, body: dict[str, Any], error: AWSError) -> None:
    policy = target.get("RetryPolicy") or {}
    most = policy.get("MaximumRetryAttempts", limits.RETRIES)
    age_s = policy.get("MaximumEventAgeInSeconds", limits.EVENT_AGE_S)
    is_for_now = (error.status >= 500 and error.status != 501) or error.status == 429 or error.code in _FOR_NOW
    first, longest = limits.BACKOFF_S
    due = call.now + min(first * 2 ** min(attempt.tries, 20), longest)
    condition = ""
    if is_for_now:
        if attempt.tries >= most:
            condition = "MaximumRetryAttempts"
        elif due > attempt.came_at + age_s:
            condition = "MaximumEventAgeInSeconds"
        else:
            _try_later(call, state.replace(attempt, tries=attempt.tries + 1), body, due)
            return
    state.attempts.delete(call, attempt.rule_arn, attempt.target, attempt.id)
    _bury(call, target, attempt, body, error, condition)


def _bury(
    call: Call, target: dict[str, Any], attempt: Attempt, body: dict[str, Any], error: AWSError, condition: str
) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not arn:
        bus = state.find_bus(call, attempt.bus)
        arn = bus.dead_letter if bus is not None else ""
    if not arn:
        return
    told = {
        "RULE_ARN": attempt.rule_arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": _code(error),
        "ERROR_MESSAGE": (error.message or error.code)[:1_000],
        "RETRY_ATTEMPTS": str(attempt.tries),
    }
    if condition:
        told["EXHAUSTED_RETRY_CONDITION"] = condition
    _, _, _, region, account, name = arn.split(":", 5)
    asked = call.ask("sqs", account=account, region=region, context=senders.stated(call, attempt.rule_arn))
    attributes = {key: {"DataType": "String", "StringValue": value} for key, value in told.items()}
    try:
        asked.send_message(
            queue_url=f"{call.endpoint}/{account}/{name}",
            message_body=orjson.dumps(body).decode(),
            message_attributes=attributes,
        )
    except AWSError:  # its policy does not let EventBridge in
        return


def _code(error: AWSError) -> str:
    """As "Using dead-letter queues" names what went wrong."""
    code = error.code
    if "AccessDenied" in code or code in ("AuthorizationError", "UnauthorizedOperation"):
        return "NO_PERMISSIONS"
    if "NotFound" in code or "NonExistent" in code or "DoesNotExist" in code:
        return "NO_RESOURCE"
    if code in _FOR_NOW:
        return "THROTTLING"
    return code if code.isupper() else "SDK_CLIENT_ERROR"
