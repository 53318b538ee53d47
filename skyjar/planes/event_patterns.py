"""Event patterns: JSON objects that say which events are wanted. The one engine for EventBridge's rules, SNS's filter
policies and the filters of Lambda's event sources. Pure.

A pattern names fields and gives each a list of values and match expressions, one of which must fit. Every field that is
named must fit; of an array in the event, one element is enough. `$or` holds patterns one of which must fit. Source:
EventBridge User Guide, "Comparison operators"; the sentences are those of AWS's open engine, Event Ruler.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

import orjson

Test = Callable[[Any], bool]
MISSING: Any = object()
DEEPEST = 100
NUMERIC_MOST = 5e9
_RESERVED = frozenset(
    ("prefix", "suffix", "anything-but", "exists", "numeric", "equals-ignore-case", "wildcard", "cidr", "exactly")
)


class InvalidPattern(Exception):
    """Why it is no pattern, as Event Ruler says it; each service has its own words around that."""


@lru_cache(512)
def compiled(text: str) -> Test:
    """The test of a pattern given as JSON: whether an event (an object, or MISSING) fits it."""
    return compile_pattern(parsed(text))


def parsed(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidPattern(f"JSON is not valid: {error.msg}") from None
    if not isinstance(found, dict):
        raise InvalidPattern("Filter is not an object")
    return found


def compile_pattern(pattern: dict[str, Any]) -> Test:
    return _fields(pattern, 0, is_in_or=False)


def _fields(pattern: dict[str, Any], depth: int, *, is_in_or: bool) -> Test:
    if not pattern:
        raise InvalidPattern("Empty objects are not allowed")
    if depth > DEEPEST:
        raise InvalidPattern(f"Patterns may not be deeper than {DEEPEST} levels")
    tests: list[Test] = []
    for name, wanted in pattern.items():
        if name == "$or" and _is_either(wanted):
            tests.append(_either(wanted, depth))
            continue
        if is_in_or and name in _RESERVED:
            raise InvalidPattern(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
        if isinstance(wanted, dict):
            tests.append(_within(name, _fields(wanted, depth + 1, is_in_or=is_in_or)))
        elif isinstance(wanted, list):
            tests.append(_leaf(name, _values(wanted)))
        else:
            raise InvalidPattern(f'"{name}" must be an object or an array')
    return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)


def _is_either(wanted: Any) -> bool:
    """A field may be called `$or` too: only a list of two or more objects, none of which looks like a match expression,
    is the operator."""
    if not isinstance(wanted, list) or not wanted or not all(isinstance(each, dict) for each in wanted):
        return False
    return not any(len(each) == 1 and next(iter(each)) in _RESERVED for each in wanted)


def _either(wanted: list[dict[str, Any]], depth: int) -> Test:
    if len(wanted) < 2:
        raise InvalidPattern("There must have at least 2 Objects in $or relationship.")
    tests = [_fields(each, depth + 1, is_in_or=True) for each in wanted]
    return lambda event: any(test(event) for test in tests)


def _within(name: str, test: Test) -> Test:
    """One object of several fits as a whole, so that fields of different elements are not mixed."""

    def fits(event: Any) -> bool:
        found = event.get(name, MISSING) if isinstance(event, dict) else MISSING
        return any(test(each) for each in found) if isinstance(found, list) and found else test(found)

    return fits


def _leaf(name: str, test: Test) -> Test:
    return lambda event: test(event.get(name, MISSING) if isinstance(event, dict) else MISSING)


def _values(wanted: list[Any]) -> Test:
    if not wanted:
        raise InvalidPattern("Empty arrays are not allowed")
    plain = {each for each in wanted if isinstance(each, str)}
    tests = [_value(each) for each in wanted if not isinstance(each, str)]

    def fits_one(value: Any) -> bool:
        return (type(value) is str and value in plain) or any(test(value) for test in tests)

    def fits(value: Any) -> bool:
        if isinstance(value, list):
            return any(fits(each) for each in value) if value else fits_one(MISSING)
        return fits_one(MISSING if isinstance(value, dict) else value)  # only leaves exist

    return fits


def _value(wanted: Any) -> Test:
    if isinstance(wanted, dict):
        return _expression(wanted)
    if isinstance(wanted, list):
        raise InvalidPattern("Match value must be String, number, true, false, or null")
    if is_number(wanted):
        return lambda value: is_number(value) and value == wanted
    return lambda value: type(value) is type(wanted) and value == wanted


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expression(wanted: dict[str, Any]) -> Test:
    if not wanted:
        raise InvalidPattern("Match expression name not found")
    kind, argument = next(iter(wanted.items()))
    make = _KINDS.get(kind)
    if make is None:
        raise InvalidPattern(f"Unrecognized match type {kind}")
    if len(wanted) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    return make(argument)


def _text(holds: Callable[[str], bool]) -> Test:
    return lambda value: isinstance(value, str) and holds(value)


def _affix(kind: str, ends: Callable[[str, str], bool]) -> Callable[[Any], Test]:
    def make(argument: Any) -> Test:
        if isinstance(argument, dict):
            if list(argument) != ["equals-ignore-case"]:
                raise InvalidPattern(f"Unsupported {kind} pattern: {next(iter(argument), '')}")
            folded = _string(argument["equals-ignore-case"], "equals-ignore-case").lower()
            return _text(lambda value: ends(value.lower(), folded))
        text = _string(argument, kind)
        return _text(lambda value: ends(value, text))

    return make


def _string(argument: Any, kind: str) -> str:
    if not isinstance(argument, str):
        raise InvalidPattern(f"{kind} match pattern must be a string")
    return argument


def _ignoring_case(argument: Any) -> Test:
    folded = _string(argument, "equals-ignore-case").lower()
    return _text(lambda value: value.lower() == folded)


def _exists(argument: Any) -> Test:
    if not isinstance(argument, bool):
        raise InvalidPattern("exists match pattern must be either true or false.")
    return lambda value: (value is not MISSING) is argument


def _anything_but(argument: Any) -> Test:
    if isinstance(argument, dict):
        return _anything_but_expression(argument)
    if not (isinstance(argument, list | str) or is_number(argument)):
        raise InvalidPattern("Value of anything-but must be an array or single string/number value.")
    several = argument if isinstance(argument, list) else [argument]
    if not all(isinstance(each, str) or is_number(each) for each in several):
        raise InvalidPattern("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(each, str) for each in several}) != 1:
        raise InvalidPattern(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return lambda value: value is not MISSING and (isinstance(value, bool) or value not in several)


def _anything_but_expression(argument: dict[str, Any]) -> Test:
    if not argument:
        raise InvalidPattern("Anything-But expression name not found")
    kind, inner = next(iter(argument.items()))
    if kind not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        raise InvalidPattern(f"Unsupported anything-but pattern: {kind}")
    if len(argument) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    several = inner if isinstance(inner, list) else [inner]
    if not several or not all(isinstance(each, str) for each in several):
        if kind == "equals-ignore-case":
            raise InvalidPattern(
                "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
            )
        raise InvalidPattern("prefix/suffix match pattern must be a string")
    if kind in ("prefix", "suffix") and not all(several):
        raise InvalidPattern("Null prefix/suffix not allowed")
    tests = [_KINDS[kind](each) for each in several]
    return lambda value: value is not MISSING and not any(test(value) for test in tests)


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _numeric(argument: Any) -> Test:
    """`["=", 3]`, `[">", 0]`, or a range: `[">", 0, "<=", 5]`."""
    if not isinstance(argument, list):
        raise InvalidPattern("Value of numeric must be an array.")
    sign = argument[0] if argument else "]"
    if not isinstance(sign, str) or not argument:
        raise InvalidPattern(f"Invalid member in numeric match: {sign}")
    if sign not in _SIGNS:
        raise InvalidPattern(f"Unrecognized numeric range operator: {sign}")
    low = _limit(argument[1:2], "equals" if sign == "=" else sign)
    rest = argument[2:]
    first = _SIGNS[sign]
    if not rest:
        return lambda value: is_number(value) and first(value, low)
    if sign not in (">", ">="):
        raise InvalidPattern("Too many elements in numeric expression")
    if not isinstance(rest[0], str):
        raise InvalidPattern(f"Bad value in numeric range: {rest[0]}")
    if rest[0] not in ("<", "<="):
        raise InvalidPattern(f"Bad numeric range operator: {rest[0]}")
    high = _limit(rest[1:2], rest[0])
    if len(rest) > 2:
        raise InvalidPattern("Too many terms in numeric range expression")
    if low >= high:
        raise InvalidPattern("Bottom must be less than top")
    second = _SIGNS[rest[0]]
    return lambda value: is_number(value) and first(value, low) and second(value, high)


def _limit(given: list[Any], sign: str) -> float:
    if not given or not is_number(given[0]):
        raise InvalidPattern(f"Value of {sign} must be numeric")
    if abs(given[0]) > NUMERIC_MOST:
        raise InvalidPattern("Value must be between -5.0E9 and 5.0E9, inclusive")
    return float(given[0])


def _cidr(argument: Any) -> Test:
    if not isinstance(argument, str):
        raise InvalidPattern("prefix match pattern must be a string")
    try:
        network = ip_network(argument, strict=False)
    except ValueError:
        raise InvalidPattern(f"Malformed CIDR, one '/' required: {argument}") from None

    def within(value: str) -> bool:
        try:
            return ip_address(value) in network
        except ValueError:
            return False

    return _text(within)


def _wildcard(argument: Any) -> Test:
    """`*` stands for any characters; `\\*` and `\\\\` for themselves."""
    parts = _pieces(_string(argument, "wildcard"))
    if len(parts) == 1:
        only = parts[0]
        return _text(lambda value: value == only)
    first, last, middle = parts[0], parts[-1], parts[1:-1]

    def fits(value: str) -> bool:
        if not (value.startswith(first) and value.endswith(last)) or len(value) < len(first) + len(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return _text(fits)


def _pieces(text: str) -> list[str]:
    """What stands between the wildcards."""
    parts, at = [""], 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
            if text[at : at + 1] not in ("*", "\\"):
                raise InvalidPattern(f"Invalid escape character at pos {at}")
            parts[-1] += text[at]
        elif char == "*":
            if len(parts) > 1 and not parts[-1]:
                raise InvalidPattern(f"Consecutive wildcard characters at pos {at}")
            parts.append("")
        else:
            parts[-1] += char
        at += 1
    return parts


_KINDS: dict[str, Callable[[Any], Test]] = {
    "exactly": lambda argument: _text(_string(argument, "exact").__eq__),
    "prefix": _affix("prefix", str.startswith),
    "suffix": _affix("suffix", str.endswith),
    "anything-but": _anything_but,
    "exists": _exists,
    "equals-ignore-case": _ignoring_case,
    "numeric": _numeric,
    "cidr": _cidr,
    "wildcard": _wildcard,
}


def combinations(pattern: dict[str, Any]) -> int:
    """How many combinations of values a pattern names: the product over its fields, the sum over `$or`."""
    total = 1
    for name, wanted in pattern.items():
        if name == "$or" and _is_either(wanted):
            total *= sum(combinations(each) for each in wanted)
        elif isinstance(wanted, dict):
            total *= combinations(wanted)
        else:
            total *= sum(_count(each) for each in wanted)
    return total


def _count(value: Any) -> int:
    but = value.get("anything-but") if isinstance(value, dict) else None
    return len(but) if isinstance(but, list) else 1
