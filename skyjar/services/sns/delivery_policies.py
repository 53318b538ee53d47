"""How often and when a delivery that failed is tried again. Pure; times in seconds.

Source: Developer Guide, "Message delivery retries". AWS names the backoff functions and does not publish them: here the
delays of that phase run from the least to the most linearly, with the square of the number (arithmetic), with its cube
(geometric) or by a constant factor (exponential).
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from . import limits
from .errors import InvalidParameterException


class Phases(msgspec.Struct, frozen=True):
    """Retries at once, then at the least delay, then backing off, then at the most delay."""

    at_once: int
    least: int
    backing_off: int
    most: int
    least_s: float
    most_s: float
    function: str = "exponential"


MANAGED = Phases(3, 2, 10, 100_000, 1, 20)  # SQS, Lambda
CUSTOMER = Phases(0, 2, 10, 38, 10, 600)  # mail, text messages, mobile push
_DEFAULT: dict[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
_FUNCTIONS = ("linear", "arithmetic", "geometric", "exponential")


def delay_s(phases: Phases, failures: int) -> float | None:
    """How long after the `failures`-th failure (from 1) it is tried again; None when it is given up."""
    number = failures - phases.at_once
    if number <= 0:
        return 0.0
    if number <= phases.least:
        return phases.least_s
    number -= phases.least
    if number <= phases.backing_off:
        return _backed_off(phases, number - 1)
    return phases.most_s if number - phases.backing_off <= phases.most else None


def _backed_off(phases: Phases, index: int) -> float:
    least, most = phases.least_s, phases.most_s
    part = index / (phases.backing_off - 1) if phases.backing_off > 1 else 0.0
    if phases.function == "exponential":
        return float(least * (most / least) ** part)
    power = {"linear": 1, "arithmetic": 2, "geometric": 3}[phases.function]
    return float(least + (most - least) * part**power)


def of_http(topic_policy: str, subscription_policy: str) -> tuple[Phases, float, str]:
    """The phases of an HTTP endpoint, how many messages a second it gets (0: any number), and the content type."""
    found = _effective(topic_policy, subscription_policy)
    rate = (found.get("throttlePolicy") or {}).get("maxReceivesPerSecond") or 0
    content_type = (found.get("requestPolicy") or {}).get("headerContentType") or "text/plain; charset=UTF-8"
    return _phases(found["healthyRetryPolicy"]), rate, content_type


def _phases(healthy: dict[str, Any]) -> Phases:
    fixed = healthy["numNoDelayRetries"] + healthy["numMinDelayRetries"] + healthy["numMaxDelayRetries"]
    return Phases(
        healthy["numNoDelayRetries"],
        healthy["numMinDelayRetries"],
        healthy["numRetries"] - fixed,
        healthy["numMaxDelayRetries"],
        healthy["minDelayTarget"],
        healthy["maxDelayTarget"],
        healthy["backoffFunction"],
    )


def total_s(phases: Phases) -> float:
    """How long all retries of an HTTP policy take."""
    count = phases.at_once + phases.least + phases.backing_off + phases.most
    return sum(delay_s(phases, failures) or 0.0 for failures in range(1, count + 1))


def _effective(topic_policy: str, subscription_policy: str) -> dict[str, Any]:
    of_topic = orjson.loads(topic_policy)["http"] if topic_policy else {}
    own = orjson.loads(subscription_policy) if subscription_policy else {}
    if of_topic.get("disableSubscriptionOverrides"):
        own = {}
    healthy = own.get("healthyRetryPolicy") or of_topic.get("defaultHealthyRetryPolicy") or {}
    found: dict[str, Any] = {"healthyRetryPolicy": {**_DEFAULT, **healthy}}
    for name, default in (
        ("throttlePolicy", "defaultThrottlePolicy"),
        ("requestPolicy", "defaultRequestPolicy"),
    ):
        found[name] = own.get(name) or of_topic.get(default)
    return found


def effective_of_subscription(topic_policy: str, subscription_policy: str) -> str:
    found = _effective(topic_policy, subscription_policy)
    return orjson.dumps({**found, "sicklyRetryPolicy": None, "guaranteed": False}).decode()


def effective_of_topic(policy: str) -> str:
    given = orjson.loads(policy)["http"] if policy else {}
    found = {
        "defaultHealthyRetryPolicy": {**_DEFAULT, **(given.get("defaultHealthyRetryPolicy") or {})},
        "disableSubscriptionOverrides": bool(given.get("disableSubscriptionOverrides", False)),
        "defaultRequestPolicy": given.get("defaultRequestPolicy") or {"headerContentType": "text/plain; charset=UTF-8"},
    }
    if given.get("defaultThrottlePolicy"):
        found["defaultThrottlePolicy"] = given["defaultThrottlePolicy"]
    return orjson.dumps({"http": found}).decode()


def checked(text: str, parameter: str, *, is_topic: bool) -> str:
    """The policy as it is kept; raises InvalidParameter for what AWS would refuse."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidParameterException(f"{parameter}: failed to parse JSON") from None
    if not isinstance(given, dict):
        raise InvalidParameterException(f"{parameter}: must be a JSON object")
    if is_topic:
        given = given.get("http")
        if not isinstance(given, dict):
            raise InvalidParameterException(f"{parameter}: http must be a JSON object")
    known = (
        {"defaultHealthyRetryPolicy", "disableSubscriptionOverrides", "defaultThrottlePolicy", "defaultRequestPolicy"}
        if is_topic
        else {"healthyRetryPolicy", "throttlePolicy", "requestPolicy", "sicklyRetryPolicy", "guaranteed"}
    )
    unknown = given.keys() - known
    if unknown:
        raise InvalidParameterException(f"{parameter}: Unexpected JSON member: {min(unknown)}")
    _check_parts(given, parameter, "default" if is_topic else "")
    return orjson.dumps({"http": given} if is_topic else given).decode()


def _check_parts(given: dict[str, Any], parameter: str, prefix: str) -> None:
    def part(name: str) -> dict[str, Any] | None:
        full = f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name
        found = given.get(full)
        if found is not None and not isinstance(found, dict):
            raise InvalidParameterException(f"{parameter}: {full} must be a JSON object")
        return found

    healthy = part("healthyRetryPolicy")
    if healthy is not None:
        _check_retries(healthy, parameter)
    throttle = part("throttlePolicy")
    if throttle is not None:
        rate = throttle.get("maxReceivesPerSecond")
        if rate is not None and (not isinstance(rate, int) or rate < 1):
            raise InvalidParameterException(
                f"{parameter}: throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1"
            )
    request = part("requestPolicy")
    if request is not None and not isinstance(request.get("headerContentType", ""), str):
        raise InvalidParameterException(f"{parameter}: requestPolicy.headerContentType must be a string")


def _check_retries(given: dict[str, Any], parameter: str) -> None:
    whole = {**_DEFAULT, **given}
    unknown = given.keys() - _DEFAULT.keys()
    if unknown:
        raise InvalidParameterException(f"{parameter}: Unexpected JSON member: {min(unknown)}")
    for name in _DEFAULT.keys() - {"backoffFunction"}:
        value = whole[name]
        least = 1 if name.endswith("Target") else 0
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InvalidParameterException(
                f"{parameter}: healthyRetryPolicy.{name} must be greater than or equal to {least}"
            )
    if whole["backoffFunction"] not in _FUNCTIONS:
        raise InvalidParameterException(f"{parameter}: Unknown backoff function {whole['backoffFunction']}")
    if whole["numRetries"] > limits.HTTP_RETRIES:
        raise InvalidParameterException(f"{parameter}: healthyRetryPolicy.numRetries must be less than or equal to 100")
    if whole["minDelayTarget"] > whole["maxDelayTarget"]:
        raise InvalidParameterException(
            f"{parameter}: healthyRetryPolicy.minDelayTarget must be less than or equal to maxDelayTarget"
        )
    if whole["maxDelayTarget"] > limits.HTTP_RETRY_S:
        raise InvalidParameterException(
            f"{parameter}: healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600"
        )
    fixed = whole["numNoDelayRetries"] + whole["numMinDelayRetries"] + whole["numMaxDelayRetries"]
    if fixed > whole["numRetries"]:
        raise InvalidParameterException(
            f"{parameter}: healthyRetryPolicy.numRetries must be greater than or equal to the sum of "
            "numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries"
        )
    if total_s(_phases(whole)) > limits.HTTP_RETRY_S:
        raise InvalidParameterException(
            f"{parameter}: the total retry time must be less than or equal to {limits.HTTP_RETRY_S} seconds"
        )
