"""Filter policies of subscriptions: event patterns over a message's attributes or its body. Pure.

Source: Developer Guide, "Filter policies", "Filter policy constraints".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.planes import event_patterns
from skyjar.planes.event_patterns import InvalidPattern

from . import limits
from .errors import InvalidParameterException
from .state import Attribute, Subscription


def checked(text: str, *, is_of_body: bool, before: str = "") -> str:
    """The policy as it is kept, empty for none; `before` is said first when it is refused."""

    def refuse(reason: str) -> InvalidParameterException:
        return InvalidParameterException(f"{before}FilterPolicy: {reason}")

    if len(text.encode()) > limits.FILTER_BYTES:
        raise refuse("Filter policy is too large")
    if text.strip() in ("", "{}"):
        return ""
    try:
        pattern = event_patterns.parsed(text)
        if not is_of_body and any(isinstance(value, dict) for value in pattern.values()):
            raise refuse("Filter policy scope MessageAttributes does not support nested filter policy")
        event_patterns.compile_pattern(pattern)
    except InvalidPattern as error:
        reason = str(error)
        raise refuse("failed to parse JSON." if reason.startswith("JSON") else reason) from None
    if _keys(pattern) > limits.FILTER_KEYS:
        raise refuse(f"Filter policy can not have more than {limits.FILTER_KEYS} keys")
    if event_patterns.combinations(pattern) > limits.FILTER_COMBINATIONS:
        raise refuse("Filter policy is too complex")
    return text


def _keys(pattern: dict[str, Any]) -> int:
    """Only top-level keys count, those of alternatives each by itself."""
    either = pattern.get("$or")
    inner = sum(_keys(each) for each in either if isinstance(each, dict)) if isinstance(either, list) else 0
    return len(pattern) + inner - (1 if inner else 0)


def wants(subscription: Subscription, message: str, attributes: dict[str, Attribute]) -> bool:
    if not subscription.filter_policy:
        return True
    test = event_patterns.compiled(subscription.filter_policy)
    if not subscription.filters_body:
        return test({name: _value(each) for name, each in attributes.items() if not each.type.startswith("Binary")})
    try:
        body = orjson.loads(message)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and test(body)


def _value(attribute: Attribute) -> Any:
    if attribute.type.startswith("Number") or attribute.type == "String.Array":
        try:
            return orjson.loads(attribute.text)
        except orjson.JSONDecodeError:
            return float(attribute.text) if attribute.type.startswith("Number") else attribute.text
    return attribute.text
