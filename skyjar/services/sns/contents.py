"""What a message may hold: its size, subject and attributes. Pure."""

from __future__ import annotations

import re
from typing import Any

import orjson

from . import limits
from .errors import InvalidParameterException, InvalidParameterValueException
from .state import Attribute

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}\Z")
_TYPE = re.compile(r"(String|Number|Binary)(\.[A-Za-z0-9_.-]{1,249})?\Z")
_NUMBER = re.compile(r"[+-]?([0-9]{1,128}(\.[0-9]{0,128})?|\.[0-9]{1,128})([eE][+-]?[0-9]{1,3})?\Z")
_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]*\Z")


def read_attributes(given: dict[str, dict[str, Any]]) -> dict[str, Attribute]:
    return {name: _attribute(name, value) for name, value in given.items()}


def _attribute(name: str, given: dict[str, Any]) -> Attribute:
    lower = name.lower()
    if not _NAME.match(name) or name[0] == "." or name[-1] == "." or ".." in name:
        raise InvalidParameterValueException(
            f"Invalid message attribute name '{name[:300]}': it can contain the characters A-Z, a-z, 0-9, underscore(_), "
            "hyphen(-), and period (.), must not start or end with a period, and must not have successive periods"
        )
    if lower.startswith(("aws.", "amazon.")):
        raise InvalidParameterValueException(
            f"Invalid message attribute name '{name}': it must not start with AWS-reserved prefixes"
        )
    kind = given.get("DataType", "")
    if not _TYPE.match(kind):
        raise InvalidParameterValueException(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    is_binary = kind.startswith("Binary")
    value = given.get("BinaryValue" if is_binary else "StringValue")
    if not value:
        raise InvalidParameterValueException(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{kind}'."
        )
    if is_binary:
        return Attribute(kind, "", value)
    if kind.startswith("Number") and not _NUMBER.match(value):
        raise InvalidParameterValueException(f"Could not cast message attribute '{name}' value to number.")
    return Attribute(kind, value)


def size(message: str, attributes: dict[str, Attribute]) -> int:
    total = len(message) if message.isascii() else len(message.encode())
    for name, each in attributes.items():
        total += len(name) + len(each.type) + len(each.text.encode()) + len(each.binary)
    return total


def check(message: str, subject: str | None, attributes: dict[str, Attribute], most: int) -> None:
    if not message:
        raise InvalidParameterException("Empty message")
    if size(message, attributes) > most:
        raise InvalidParameterException("Message too long")
    if subject is not None and (len(subject) > limits.SUBJECT_LENGTH or not _SUBJECT.match(subject)):
        raise InvalidParameterException("Subject")


def check_structure(message: str, structure: str | None) -> bool:
    """Whether the message is a JSON object of messages by protocol."""
    if structure is None:
        return False
    if structure != "json":
        raise InvalidParameterException("MessageStructure")
    try:
        found = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise InvalidParameterException("Message Structure - JSON message body failed to parse") from None
    if not isinstance(found, dict):
        raise InvalidParameterException("Message Structure - JSON message body failed to parse")
    if "default" not in found:
        raise InvalidParameterException("Message Structure - No default entry in JSON message body")
    return True


def of_protocol(message: str, is_structured: bool, *protocols: str) -> str:
    """What a subscriber of this protocol is told; the first of several names that has an entry."""
    if not is_structured:
        return message
    found: dict[str, Any] = orjson.loads(message)
    for name in protocols:
        if isinstance(found.get(name), str):
            return str(found[name])
    default = found["default"]
    return default if isinstance(default, str) else orjson.dumps(default).decode()


def check_id(name: str, value: str) -> None:
    if len(value) > limits.ID_LENGTH or not (value.isascii() and value.isprintable() and " " not in value):
        raise InvalidParameterException(
            f"{name} Reason: The {name} parameter can only include alphanumeric and punctuation characters. 1 to 128 in "
            "length."
        )
