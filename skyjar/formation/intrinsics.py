"""Intrinsic functions and conditions, over whatever knows the values.

`evaluate(value, scope)` returns plain data. What a function needs from outside (a resource's id, an export, a stored
parameter) comes from the `Scope`, so that the same code resolves properties of a live stack and of a planned one.
"""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from .errors import TemplateError

_VARIABLE = re.compile(r"\$\{(!?)\s*([^}]*?)\s*\}")
_DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):([^{}]*)\}\}")
NO_VALUE = object()


class Scope(Protocol):
    """Where values come from. Each raises TemplateError for what does not exist."""

    def ref(self, name: str) -> Any: ...

    def get_att(self, logical_id: str, attribute: str) -> Any: ...

    def condition(self, name: str) -> bool: ...

    def mapping(self, name: str) -> Any: ...

    def import_value(self, name: str) -> Any: ...

    def dynamic(self, service: str, key: str) -> str: ...

    def zones(self, region: str) -> list[str]: ...


def evaluate(value: Any, scope: Scope) -> Any:
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = FUNCTIONS.get(name)
            if function is not None:
                return function(argument, scope)
            if name == "Condition" and isinstance(argument, str):
                return value
        resolved = {key: evaluate(item, scope) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}
    if isinstance(value, list):
        items = [evaluate(item, scope) for item in value]
        return [item for item in items if item is not NO_VALUE]
    if isinstance(value, str) and "{{resolve:" in value:
        return _DYNAMIC.sub(lambda match: scope.dynamic(match[1], match[2]), value)
    return value


def _ref(name: Any, scope: Scope) -> Any:
    return NO_VALUE if name == "AWS::NoValue" else scope.ref(_text(name, "Ref"))


def _get_att(argument: Any, scope: Scope) -> Any:
    if isinstance(argument, str):
        argument = argument.split(".", 1)
    if not isinstance(argument, list) or len(argument) < 2:
        raise TemplateError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
        )
    attribute = evaluate(argument[1], scope) if len(argument) == 2 else ".".join(argument[1:])
    return scope.get_att(str(argument[0]), str(attribute))


def _join(argument: Any, scope: Scope) -> str:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TemplateError(
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
        )
    items = evaluate(argument[1], scope)
    if not isinstance(items, list):
        raise TemplateError("Template error: every Fn::Join object requires a list of strings to be joined.")
    return _with_references(str(argument[0]).join([_string(item) for item in items]), scope)


def _sub(argument: Any, scope: Scope) -> str:
    text, own = substitution(argument)
    values = {name: evaluate(value, scope) for name, value in own.items()}

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return "${" + match[2] + "}"
        name = match[2]
        if name in values:
            return _string(values[name])
        if "." in name:
            logical_id, attribute = name.split(".", 1)
            return _string(scope.get_att(logical_id, attribute))
        return _string(scope.ref(name))

    return _with_references(_VARIABLE.sub(replace, text), scope)


def _with_references(text: str, scope: Scope) -> str:
    """A text that was put together may hold dynamic references, which are resolved then."""
    return str(evaluate(text, scope)) if "{{resolve:" in text else text


def variables(text: str) -> list[str]:
    """The names in `${…}` of a text for Fn::Sub, without the literal ones."""
    return [match[2] for match in _VARIABLE.finditer(text) if not match[1]]


def substitution(argument: Any) -> tuple[str, dict[str, Any]]:
    """The text and the values that Fn::Sub is given."""
    if isinstance(argument, str):
        return argument, {}
    if (
        isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[0], str)
        and isinstance(argument[1], dict)
    ):
        return argument[0], argument[1]
    raise TemplateError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string"
    )


def _select(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TemplateError("Template error: every Fn::Select object requires two parameters")
    index, items = evaluate(argument[0], scope), evaluate(argument[1], scope)
    try:
        at = int(index)
        if at < 0 or not isinstance(items, list):
            raise IndexError
        return items[at]
    except (ValueError, TypeError, OverflowError, IndexError):
        raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}") from None


def _split(argument: Any, scope: Scope) -> list[str]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TemplateError("Template error: every Fn::Split object requires two parameters")
    text = evaluate(argument[1], scope)
    if not isinstance(argument[0], str) or not argument[0] or not isinstance(text, str):
        raise TemplateError("Template error: every Fn::Split object requires two string parameters")
    return text.split(argument[0])


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        raise TemplateError(
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"
        )
    name, first, second = (str(evaluate(part, scope)) for part in argument[:3])
    found: Any = scope.mapping(name)
    for key in (first, second):
        if not isinstance(found, dict) or key not in found:
            if len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
                return evaluate(argument[3]["DefaultValue"], scope)
            raise TemplateError(f"Template error: Unable to get mapping for {name}::{first}::{second}")
        found = found[key]
    return found


def _base64(argument: Any, scope: Scope) -> str:
    return base64.b64encode(_string(evaluate(argument, scope)).encode()).decode()


def _cidr(argument: Any, scope: Scope) -> list[str]:
    if not isinstance(argument, list) or len(argument) not in (2, 3):
        raise TemplateError("Template error: every Fn::Cidr object requires two or three parameters")
    block, count, bits = (*[evaluate(part, scope) for part in argument], 8)[:3]
    try:
        network, most = ipaddress.ip_network(str(block)), int(count)
        size = network.max_prefixlen - int(bits)
        if not (1 <= most <= 256 and network.prefixlen <= size <= network.max_prefixlen):
            raise ValueError
        found = [str(subnet) for subnet in itertools.islice(network.subnets(new_prefix=size), most)]
        if len(found) < most:
            raise ValueError
    except (TypeError, ValueError):
        raise TemplateError(f"Template error: Fn::Cidr cannot make {count} blocks of {bits} bits of {block}") from None
    return found


def _if(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise TemplateError("Template error: Fn::If requires a list argument with three elements")
    return evaluate(argument[1] if scope.condition(str(argument[0])) else argument[2], scope)


def _import(argument: Any, scope: Scope) -> Any:
    return scope.import_value(_string(evaluate(argument, scope)))


def _length(argument: Any, scope: Scope) -> int:
    items = evaluate(argument, scope)
    if not isinstance(items, list):
        raise TemplateError("Template error: Fn::Length requires a list")
    return len(items)


def _to_json(argument: Any, scope: Scope) -> str:
    found = evaluate(argument, scope)
    if not isinstance(found, dict | list):
        raise TemplateError("Template error: Fn::ToJsonString requires an object or a list")
    return json.dumps(found, separators=(",", ":"))


def _zones(argument: Any, scope: Scope) -> list[str]:
    return scope.zones(str(evaluate(argument, scope) or scope.ref("AWS::Region")))


def _text(value: Any, function: str) -> str:
    if not isinstance(value, str):
        raise TemplateError(f"Template error: the argument of {function} must be a string")
    return value


def _string(value: Any) -> str:
    if value is None or value is NO_VALUE or isinstance(value, dict):
        raise TemplateError("Template error: a string is required where a template has an object or nothing")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_string(item) for item in value)
    return str(value)


def test(condition: Any, scope: Scope) -> bool:
    """The truth of a condition's definition."""
    if isinstance(condition, dict) and len(condition) == 1:
        ((name, argument),) = condition.items()
        if name == "Condition":
            return scope.condition(str(argument))
        if name == "Fn::Equals" and isinstance(argument, list) and len(argument) == 2:
            return _string(evaluate(argument[0], scope)) == _string(evaluate(argument[1], scope))
        if name == "Fn::Not" and isinstance(argument, list) and len(argument) == 1:
            return not test(argument[0], scope)
        if name in ("Fn::And", "Fn::Or") and isinstance(argument, list) and 1 <= len(argument) <= 10:
            found = [test(item, scope) for item in argument]
            return all(found) if name == "Fn::And" else any(found)
        if name in _MEMBERS and isinstance(argument, list) and len(argument) == 2:
            return _MEMBERS[name](*(_texts(evaluate(item, scope)) for item in argument))
    raise TemplateError("Template format error: Every Conditions member must be a boolean expression")


def _texts(value: Any) -> list[str]:
    return [_string(item) for item in value] if isinstance(value, list) else [_string(value)]


# The functions of rules, over (list, list).
_MEMBERS: dict[str, Callable[[list[str], list[str]], bool]] = {
    "Fn::Contains": lambda items, wanted: wanted[0] in items,
    "Fn::EachMemberEquals": lambda items, wanted: all(item == wanted[0] for item in items),
    "Fn::EachMemberIn": lambda items, among: set(items) <= set(among),
}

FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Join": _join,
    "Fn::Sub": _sub,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::If": _if,
    "Fn::ImportValue": _import,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json,
    "Fn::GetAZs": _zones,
    "Fn::Equals": lambda argument, scope: test({"Fn::Equals": argument}, scope),
    "Fn::And": lambda argument, scope: test({"Fn::And": argument}, scope),
    "Fn::Or": lambda argument, scope: test({"Fn::Or": argument}, scope),
    "Fn::Not": lambda argument, scope: test({"Fn::Not": argument}, scope),
}
