"""What a message may hold: its size, characters and attributes, and their MD5s. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from . import limits
from .errors import InvalidMessageContents, InvalidParameterValue, MissingParameter
from .state import Attribute

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"^[A-Za-z0-9_.-]{1,256}\Z")
_TYPE = re.compile(r"^(String|Number|Binary)(\.[A-Za-z0-9_.-]{1,249})?\Z")
_NUMBER = re.compile(r"[+-]?([0-9]{1,128}(\.[0-9]{0,128})?|\.[0-9]{1,128})([eE][+-]?[0-9]{1,3})?\Z")
_RESERVED = ("aws.", "amazon.")


def check_body(body: str) -> None:
    if not body:
        raise MissingParameter("MessageBody")
    if body.isascii() and body.isprintable():
        return
    found = _FORBIDDEN.search(body)
    if found is not None:
        raise InvalidMessageContents(
            f"Invalid binary character '#x{ord(found[0]):X}' was found in the message body, the set of allowed "
            "characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF."
        )


def check_size(size_bytes: int, most: int) -> None:
    if size_bytes > most:
        raise InvalidParameterValue(
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        )


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def read_attributes(given: dict[str, dict[str, Any]]) -> dict[str, Attribute]:
    if len(given) > limits.MESSAGE_ATTRIBUTES:
        raise InvalidParameterValue(f"Number of message attributes [{len(given)}] exceeds the allowed maximum [10].")
    return {name: _attribute(name, value) for name, value in given.items()}


def _attribute(name: str, given: dict[str, Any]) -> Attribute:
    _check_name(name)
    kind = given.get("DataType", "")
    if not kind:
        raise InvalidParameterValue(f"The message attribute '{name}' must contain a non-empty message attribute type.")
    if not _TYPE.match(kind):
        raise InvalidParameterValue(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    if given.get("StringListValues") or given.get("BinaryListValues"):
        raise InvalidParameterValue("Message attribute list values in SendMessage operation are not supported.")
    is_binary = kind.startswith("Binary")
    value = given.get("BinaryValue" if is_binary else "StringValue")
    if not value:
        member = "BinaryValue" if is_binary else "StringValue"
        raise InvalidParameterValue(
            f"The message attribute '{name}' must contain a non-empty message attribute value for {member}."
        )
    if is_binary:
        return Attribute(kind, "", value)
    found = _FORBIDDEN.search(value)
    if found is not None:
        raise InvalidMessageContents(
            f"Invalid binary character '#x{ord(found[0]):X}' was found in the message attribute."
        )
    if kind.startswith("Number"):
        _check_number(name, value)
    return Attribute(kind, value)


def _check_name(name: str) -> None:
    lower = name.lower()
    if not _NAME.match(name) or name[0] == "." or name[-1] == "." or ".." in name or lower.startswith(_RESERVED):
        raise InvalidParameterValue(
            f"The message attribute name '{name[:300]}' is invalid. Attribute name can contain A-Z, a-z, 0-9, "
            "underscore (_), hyphen (-), and period (.); must not begin with AWS. or Amazon., nor begin or end with a "
            "period or have periods in succession."
        )


def _check_number(name: str, value: str) -> None:
    if not _NUMBER.match(value):
        raise InvalidParameterValue(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def attributes_md5(attributes: dict[str, Attribute]) -> str:
    """As the Developer Guide says under "Calculating the MD5 message digest for message attributes"."""
    if not attributes:
        return ""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        is_binary = attribute.type.startswith("Binary")
        value = attribute.binary if is_binary else attribute.text.encode()
        for part in (name.encode(), attribute.type.encode()):
            digest.update(len(part).to_bytes(4, "big") + part)
        digest.update((b"\x02" if is_binary else b"\x01") + len(value).to_bytes(4, "big") + value)
    return digest.hexdigest()


def attributes_size(attributes: dict[str, Attribute]) -> int:
    return sum(
        len(name.encode()) + len(attribute.type) + len(attribute.text.encode()) + len(attribute.binary)
        for name, attribute in attributes.items()
    )


def given_size(given: dict[str, dict[str, Any]]) -> int:
    """As `attributes_size`, of attributes that are not checked yet."""
    return sum(
        len(name.encode())
        + len(str(value.get("DataType") or "").encode())
        + len(str(value.get("StringValue") or "").encode())
        + len(value.get("BinaryValue") or b"")
        for name, value in given.items()
    )


def show_attributes(attributes: dict[str, Attribute]) -> dict[str, dict[str, Any]]:
    return {
        name: {"DataType": a.type, "BinaryValue": a.binary}
        if a.type.startswith("Binary")
        else {"DataType": a.type, "StringValue": a.text}
        for name, a in attributes.items()
    }
