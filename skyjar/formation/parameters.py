"""A template's parameters: their values from what the caller gives, the previous values, and the defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import regex

from .errors import TemplateError
from .templates import Template

PATTERN_S = 0.1  # a user's pattern may not hold up everybody else
_SSM = re.compile(r"^AWS::SSM::Parameter::Value<(.*)>$")
_TYPES = re.compile(
    r"^(String|Number|CommaDelimitedList|List<(Number|String|AWS::[A-Za-z0-9:]+)>|AWS::[A-Za-z0-9]+::[A-Za-z0-9:]+)$"
)


def resolve(
    template: Template, given: dict[str, str], stored: Callable[[str], str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values as Ref gives them, values as text as the stack shows them).

    `stored` reads a Systems Manager parameter, for the `AWS::SSM::Parameter::Value<…>` types.
    """
    declared: dict[str, Any] = template.get("Parameters") or {}
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, parameter in declared.items() if name not in given and "Default" not in parameter]
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, parameter in declared.items():
        text = given.get(name, _text(parameter.get("Default", "")))
        _check(name, parameter, text)
        texts[name] = text
        values[name] = _value(name, str(parameter.get("Type", "String")), text, stored)
    return values, texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(name: str, kind: str, text: str, stored: Callable[[str], str]) -> Any:
    ssm = _SSM.match(kind)
    if ssm is not None:
        return _value(name, ssm[1], stored(text), stored)
    if not _TYPES.match(kind):
        raise TemplateError(f"Template format error: Unrecognized parameter type: {kind}")
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")] if text else []
    return text


def _check(name: str, parameter: dict[str, Any], text: str) -> None:
    said = parameter.get("ConstraintDescription")
    kind = str(parameter.get("Type", "String"))
    items = [part.strip() for part in text.split(",")] if kind == "CommaDelimitedList" else [text]
    if "AllowedValues" in parameter and not {_text(value) for value in parameter["AllowedValues"]}.issuperset(items):
        allowed = ", ".join(_text(value) for value in parameter["AllowedValues"])
        raise TemplateError(said or f"Template error: Parameter '{name}' must be one of AllowedValues [{allowed}]")
    pattern = parameter.get("AllowedPattern")
    if pattern is not None and not _matches(str(pattern), text):
        raise TemplateError(said or f"Parameter '{name}' must match pattern {pattern}")
    if kind == "List<Number>" and text and not all(map(_is_number, text.split(","))):
        raise TemplateError(f"Parameter '{name}' must be a list of numbers")
    if kind == "Number":
        if not _is_number(text):
            raise TemplateError(f"Parameter '{name}' must be a number")
        number = float(text)
        if "MinValue" in parameter and number < float(parameter["MinValue"]):
            raise TemplateError(said or f"Parameter '{name}' must be a number not less than {parameter['MinValue']}")
        if "MaxValue" in parameter and number > float(parameter["MaxValue"]):
            raise TemplateError(said or f"Parameter '{name}' must be a number not greater than {parameter['MaxValue']}")
    if "MinLength" in parameter and len(text) < int(parameter["MinLength"]):
        raise TemplateError(said or f"Parameter '{name}' must contain at least {parameter['MinLength']} characters")
    if "MaxLength" in parameter and len(text) > int(parameter["MaxLength"]):
        raise TemplateError(said or f"Parameter '{name}' must contain at most {parameter['MaxLength']} characters")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _matches(pattern: str, text: str) -> bool:
    try:
        return regex.fullmatch(pattern, text[:4096], timeout=PATTERN_S) is not None
    except regex.error as error:
        raise TemplateError(f"Template error: the AllowedPattern {pattern} is not a regular expression") from error
    except TimeoutError as error:
        raise TemplateError(f"Template error: the AllowedPattern {pattern} takes too long to match") from error


def is_hidden(template: Template, name: str) -> bool:
    """Whether a parameter's value is shown as asterisks (NoEcho)."""
    return _text((template.get("Parameters") or {}).get(name, {}).get("NoEcho", False)).lower() == "true"
