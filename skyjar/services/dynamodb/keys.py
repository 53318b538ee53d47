"""Primary keys and index keys: what a request's key and an item's key attributes must be. Pure."""

from __future__ import annotations

from . import limits
from .errors import ValidationException, WrongRequestException
from .schemas import IndexSchema, Key, Schema
from .values import Item, Value, text_size, type_of

_UPDATE = "The update expression attempted to update"
MISMATCH = "The provided key element does not match the schema"


def of_item(schema: Schema, item: Item) -> Key:
    """The key of an item to be stored, whose values were admitted."""
    for name, kind in ((schema.hash, schema.hash_type), (schema.range, schema.range_type)):
        if not name:
            continue
        value = item.get(name)
        if value is None:
            raise ValidationException(f"One or more parameter values were invalid: Missing the key {name} in the item")
        if kind not in value:
            raise ValidationException(
                f"One or more parameter values were invalid: Type mismatch for key {name} expected: {kind} "
                f"actual: {type_of(value)}"
            )
    _check_sizes(schema, item)
    for index in schema.by_name:
        check_index(index, item)
    return schema.key(item)


def of_request(schema: Schema, key: Item) -> Key:
    """The key of a request (`Key`, or a key of a batch), whose values were admitted."""
    if len(key) != len(schema.key_names):
        raise ValidationException(MISMATCH)
    value = key.get(schema.hash)
    if value is None or schema.hash_type not in value:
        raise ValidationException(MISMATCH)
    if schema.range:
        value = key.get(schema.range)
        if value is None or schema.range_type not in value:
            raise ValidationException(MISMATCH)
    _check_sizes(schema, key)
    return schema.key(key)


def check_in_batch(schema: Schema, item: Item) -> None:
    """An item of a batch whose key is not of the table's types is refused as a key is."""
    for name, kind in (*schema.hashes, *schema.ranges):
        if kind not in item.get(name, ()):
            raise ValidationException(MISMATCH)


def check_deep(schema: Schema, deep: frozenset[str]) -> None:
    """Paths of an expression may not lead into key attributes, which are scalars."""
    for name in schema.key_names:
        if name in deep:
            raise _not_deep("Key", name)
    for is_global in (True, False):
        for index in schema.indexes:
            if index.is_global is is_global:
                for name in index.keyed_names:
                    if name in deep:
                        raise _not_deep("IndexKey", name)


def _not_deep(kind: str, name: str) -> ValidationException:
    return ValidationException(
        f"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {kind}: {name}"
    )


def _check_sizes(schema: Schema, item: Item) -> None:
    if schema.hash_type != "N":
        content = item[schema.hash][schema.hash_type]
        if not content:
            raise _empty(schema.hash, item[schema.hash])
        if len(content) > 512 and _length(item[schema.hash]) > limits.HASH_KEY_BYTES:
            raise ValidationException(
                "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of"
                f"{limits.HASH_KEY_BYTES} bytes"
            )
    if schema.range and schema.range_type != "N":
        content = item[schema.range][schema.range_type]
        if not content:
            raise _empty(schema.range, item[schema.range])
        if len(content) > 256 and _length(item[schema.range]) > limits.RANGE_KEY_BYTES:
            raise ValidationException(
                "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size "
                f"limit of {limits.RANGE_KEY_BYTES} bytes"
            )


def _length(value: Value) -> int:
    return text_size(value["S"]) if "S" in value else len(value["B"])


def _empty(name: str, value: Value) -> WrongRequestException:
    kind = "string" if "S" in value else "binary"
    return WrongRequestException(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        f"{kind} value. Key: {name}"
    )


def check_index(index: IndexSchema, item: Item, *, is_expression: bool = False, is_transacted: bool = False) -> None:
    """An attribute that is a key of an index must have its type, if it is there at all. `is_expression`: of an update."""
    name = index.name
    for attribute, kind in (*index.hashes, *index.ranges):
        value = item.get(attribute)
        if value is None:
            continue
        if kind not in value:
            if is_expression and not is_transacted:
                raise ValidationException(f"{_UPDATE} the secondary index key to unsupported type")
            raise ValidationException(
                f"One or more parameter values were invalid: Type mismatch for Index Key {attribute} Expected: {kind} "
                f"Actual: {type_of(value)} IndexName: {name}"
            )
        if kind == "N":
            continue
        if not value[kind]:
            raise _empty_index(name, attribute, "string" if kind == "S" else "binary", is_expression)
        is_hash = (attribute, kind) in index.hashes
        most = limits.HASH_KEY_BYTES if is_hash else limits.RANGE_KEY_BYTES
        if _length(value) > most:
            if is_expression:
                raise ValidationException(f"{_UPDATE} the secondary index key beyond allowed size limits")
            which = "hashkey" if is_hash else "rangekey"
            raise ValidationException(
                f"One or more parameter values were invalid: Size of {which} has exceeded the maximum size limit of"
                f"{most} bytes"
            )


def _empty_index(index: str, attribute: str, kind: str, is_expression: bool) -> WrongRequestException:
    start, end = (
        "A value specified for a secondary index key is not supported.",
        f" IndexName: {index}, IndexKey: {attribute}",
    )
    if is_expression:
        start, end = f"{_UPDATE} a secondary index key to a value that is not supported.", ""
    return WrongRequestException(
        f"One or more parameter values are not valid. {start} The AttributeValue for a key attribute cannot contain an "
        f"empty {kind} value.{end}"
    )
