"""Parsed JSON, read into the parameters of an operation."""

from __future__ import annotations

import binascii
from typing import Any

from skyjar.wire import timestamps
from skyjar.wire.closures import Closure, Readers, checked
from skyjar.wire.errors import INVALID, WireError
from skyjar.wire.models import Shape

_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def malformed(message: str = "") -> WireError:
    return WireError("SerializationException", message)


def mismatch(value: Any, wanted: str) -> WireError:
    """A value of the wrong JSON type, in the words of AWS's parser."""
    if isinstance(value, dict):
        return malformed("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return malformed("Start of list found where not expected")
    kinds: dict[type, str] = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
    kind = f"{value!s}_VALUE".upper() if isinstance(value, bool) else kinds.get(type(value), "NULL_VALUE")
    if wanted in ("structure", "map", "list"):
        return malformed("Unexpected field type")
    return malformed(f"{kind} cannot be converted to {wanted}")


def decode_base64(value: str) -> bytes:
    try:
        return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        pass
    try:
        packed = "".join(value.split()).rstrip("=")
        return binascii.a2b_base64(packed + "=" * (-len(packed) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        raise malformed("Invalid Base64 value") from None


def _text(value: Any) -> Any:
    if value.__class__ is not str:
        raise mismatch(value, "String")
    return value


def _boolean(value: Any) -> Any:
    if value.__class__ is not bool:
        raise mismatch(value, "Boolean")
    return value


def _integer_of(wanted: str) -> Closure:
    def read(value: Any) -> Any:
        if value.__class__ is int:
            return value
        if value.__class__ is float and value == value and abs(value) != float("inf"):
            return int(value)
        raise mismatch(value, wanted)

    return read


def _float(value: Any) -> Any:
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return float(value)
    if value.__class__ is str and value in _SPECIAL:
        return _SPECIAL[value]
    raise mismatch(value, "Double")


def _timestamp(value: Any) -> Any:
    kind = value.__class__
    if kind is int or kind is float:
        return float(value)
    if kind is not str:
        raise mismatch(value, "Timestamp")
    try:
        return timestamps.parse(value)
    except ValueError:
        raise malformed(f"Invalid timestamp: {value[:100]}") from None


def _blob(value: Any) -> Any:
    if value.__class__ is not str:
        raise mismatch(value, "Blob")
    if len(value) & 3:
        raise malformed(f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}")
    return decode_base64(value)


class JsonReaders(Readers):
    """Parsed JSON -> parameters."""

    def string(self, shape: Shape) -> Closure:
        check = self.check(shape)
        if check is None:
            return _text

        def read(value: Any) -> Any:
            if value.__class__ is not str:
                raise mismatch(value, "String")
            check(value)
            return value

        return read

    def boolean(self, shape: Shape) -> Closure:
        return _boolean

    def integer(self, shape: Shape) -> Closure:
        return checked(_integer_of("Integer"), self.check(shape))

    def long(self, shape: Shape) -> Closure:
        return checked(_integer_of("Long"), self.check(shape))

    def double(self, shape: Shape) -> Closure:
        return checked(_float, self.check(shape))

    float = double

    def timestamp(self, shape: Shape) -> Closure:
        return _timestamp

    def blob(self, shape: Shape) -> Closure:
        return checked(_blob, self.check(shape))

    def list(self, shape: Shape) -> Closure:
        item = self.of(shape.member)
        strict = self.rules is not None and not shape.trait("sparse")

        def read(value: Any) -> Any:
            if value.__class__ is not list:
                raise mismatch(value, "list")
            if None in value:
                if strict:
                    raise INVALID
                return [None if entry is None else item(entry) for entry in value]
            return [item(entry) for entry in value]

        return checked(read, self.check(shape))

    def map(self, shape: Shape) -> Closure:
        key, item = self.of(shape.key), self.of(shape.value)
        sparse = bool(shape.trait("sparse"))

        def read(value: Any) -> Any:
            if value.__class__ is not dict:
                raise mismatch(value, "map")
            return {
                key(name): None if entry is None else item(entry)
                for name, entry in value.items()
                if entry is not None or sparse
            }

        return checked(read, self.check(shape))

    def structure(self, shape: Shape, rename: dict[str, str] | None = None) -> Closure:
        """`rename` gives the parameters' names instead of the members' own."""
        if shape.trait("document"):
            return lambda value: value
        table = {
            member.wire_name or name: ((rename or {}).get(name, name), self.member(shape, name, member))
            for name, member in shape.members.items()
            if member.location is None
        }
        required = frozenset((rename or {}).get(name, name) for name in self.required(shape))
        get = table.get
        texts = frozenset(name for name, known in table.items() if known == (name, _text) and not required)

        def read(value: Any) -> Any:
            if value.__class__ is not dict:
                raise mismatch(value, "structure")
            if texts and len(value) == 1:  # one string, as an attribute value of DynamoDB's often is
                for key, entry in value.items():
                    if entry.__class__ is str and key in texts:
                        return value
            found = {}
            for key, entry in value.items():
                known = get(key)
                if known is not None and entry is not None:
                    found[known[0]] = known[1](entry)
            if required and not found.keys() >= required:
                raise INVALID
            return found

        return read
