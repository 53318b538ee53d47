"""What a table may be: its key schema, attribute definitions, indexes and throughput, as CreateTable checks them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from . import limits
from .errors import ValidationException
from .state import Definition, IndexDefinition

_NAME = re.compile(r"[a-zA-Z0-9_.-]+", re.ASCII)
_SAME_NAME = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
_PARAMETERS = "One or more parameter values were invalid: "


def invalid(sentence: str) -> ValidationException:
    return ValidationException(_PARAMETERS + sentence)


def check_table_name(name: str, member: str = "tableName") -> None:
    """What is asked of a name by a parameter that takes ARNs as well; `member`: where it stands in the request."""
    least, most = limits.NAME_LENGTH
    if len(name) < least:
        wrong = f"Member must have length greater than or equal to {least}"
    elif len(name) > most:
        wrong = f"Member must have length less than or equal to {most}"
    elif not _NAME.fullmatch(name):
        wrong = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    else:
        return
    raise ValidationException(
        f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: {wrong}"
    )


def is_table_name(name: str) -> bool:
    least, most = limits.NAME_LENGTH
    return least <= len(name) <= most and _NAME.fullmatch(name) is not None


def check_characters(name: str) -> None:
    if not is_table_name(name):
        raise ValidationException(
            "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain "
            "only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
        )


def check_count(schema: list[dict[str, str]], attributes: list[dict[str, str]]) -> None:
    """Of a table; looked at before anything else of its keys."""
    if len(attributes) < len(schema) <= 2:
        raise ValidationException("Invalid KeySchema: Some index key attribute have no definition")


def _check_defined(schema: list[dict[str, str]], defined: Collection[str]) -> None:
    names = [each["AttributeName"] for each in schema]
    if any(name not in defined for name in names):
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: "
            f"[{', '.join(names)}], AttributeDefinitions: [{', '.join(defined)}]"
        )


def key_names(schema: list[dict[str, str]], defined: Collection[str] | None = None) -> tuple[str, str]:
    """The partition key and the sort key (empty for none) of the KeySchema of a table or local index, and they must be among the
    attributes that are `defined`, if those are given."""
    if len(schema) > 2:
        shown = ", ".join(
            f"KeySchemaElement(attributeName={each['AttributeName']}, keyType={each['KeyType']})" for each in schema
        )
        raise ValidationException(
            f"1 validation error detected: Value '[{shown}]' at 'keySchema' failed to satisfy constraint: Member must have "
            "length less than or equal to 2"
        )
    if not schema:
        raise invalid("Missing KeySchema")
    if defined is not None:
        _check_defined(schema, defined)
    first, second = schema[0]["AttributeName"], schema[1]["AttributeName"] if len(schema) > 1 else ""
    if first == second:
        raise ValidationException(_SAME_NAME)
    if schema[0]["KeyType"] != "HASH":
        raise ValidationException("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if second and schema[1]["KeyType"] != "RANGE":
        raise ValidationException("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    return first, second


def several_names(
    schema: list[dict[str, str]], defined: Collection[str] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The attributes of the partition key and of the sort key of the KeySchema of a global index."""
    if len(schema) <= 2 and [each["KeyType"] for each in schema] != ["HASH", "HASH"]:
        first, second = key_names(schema, defined)
        return (first,), (second,) if second else ()
    if defined is not None:
        _check_defined(schema, defined)
    kinds = [each["KeyType"] for each in schema]
    names = [each["AttributeName"] for each in schema]
    if kinds[0] != "HASH":
        raise ValidationException("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if kinds != sorted(kinds):
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > limits.KEY_ATTRIBUTES:
            raise invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")
    if len(set(names)) != len(names):
        raise ValidationException("The KeySchema contains multiple key attributes with the same name")
    count = kinds.count("HASH")
    return tuple(names[:count]), tuple(names[count:])


def attribute_types(definitions: list[dict[str, str]]) -> dict[str, str]:
    types: dict[str, str] = {}
    for each in definitions:
        if each["AttributeName"] in types:
            raise ValidationException(f"Attribute Name is duplicated: {each['AttributeName']}")
        types[each["AttributeName"]] = each["AttributeType"]
    return types


def check_attributes(definition: Definition) -> None:
    """Every key attribute is defined, and every definition is of a key attribute."""
    used: dict[str, None] = {}
    for names in ((definition.hash, definition.range), *(index.key_names for index in definition.indexes)):
        _check_defined([{"AttributeName": name} for name in names if name], definition.types)
        used.update((name, None) for name in names if name)
    if used.keys() != definition.types.keys():
        if not definition.indexes:
            raise invalid(
                "Number of attributes in KeySchema does not exactly match number of attributes defined in "
                "AttributeDefinitions"
            )
        raise invalid(
            f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(definition.types)}], keys used: "
            f"[{', '.join(used)}]"
        )


def index(
    given: dict[str, Any], space: str, is_global: bool, is_provisioned: bool, defined: Collection[str] | None = None,
    table_hash: str = "",
) -> IndexDefinition:  # fmt: skip
    """An index as it is asked for; a local one of a table that has this partition key."""
    name = given["IndexName"]
    check_characters(name)
    if is_global:
        hashes, ranges = several_names(given["KeySchema"], defined)
    else:
        first, second = key_names(given["KeySchema"], defined)
        _check_local(name, first, second, table_hash)
        hashes, ranges = (first,), (second,)
    projection = given["Projection"]
    kind, non_key = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and not non_key:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and non_key is not None:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    for at, each in enumerate(non_key or ()):
        if each in (non_key or [])[:at]:
            raise invalid(f"Duplicate element in NonKeyAttributes: {each}")
    read, write = index_throughput(name, given.get("ProvisionedThroughput"), is_provisioned) if is_global else (0, 0)
    return IndexDefinition(
        name=name,
        space=space,
        is_global=is_global,
        hash=hashes[0],
        range=ranges[0] if ranges else "",
        more_hash=hashes[1:],
        more_range=ranges[1:],
        projection=kind,
        non_key=tuple(non_key or ()),
        read_units=read,
        write_units=write,
    )


def _check_local(name: str, first: str, second: str, table_hash: str) -> None:
    if not second:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    if table_hash and first != table_hash:
        raise invalid(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
            f"{name}. index hash key: {first}, table hash key: {table_hash}"
        )


def check_list(several: list[Any] | None, name: str) -> None:
    if several is not None and not several:
        raise invalid(f"List of {name} is empty")


def check_ranged(local: list[Any] | None, range_name: str) -> None:
    if local and not range_name:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )


def check_indexes(definition: Definition) -> None:
    check_counts(definition.indexes)
    if sum(len(index.non_key) for index in definition.indexes) > limits.PROJECTED_ATTRIBUTES:
        raise invalid(f"Number of NonKeyAttributes of all indexes exceeds the limit of {limits.PROJECTED_ATTRIBUTES}")


def check_counts(indexes: Sequence[IndexDefinition]) -> None:
    """No two of the same name, and not too many of a kind."""
    names = [index.name for index in indexes]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise invalid(f"Duplicate index name: {name}")
    local = sum(not index.is_global for index in indexes)
    if local > limits.LOCAL_INDEXES:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {limits.LOCAL_INDEXES}")
    if len(indexes) - local > limits.GLOBAL_INDEXES:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {limits.GLOBAL_INDEXES}")


def throughput(given: dict[str, int] | None, billing: str | None) -> tuple[int, int]:
    """The table's units; (0, 0) on demand."""
    if billing == "PAY_PER_REQUEST":
        if given is not None:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        return 0, 0
    if given is None:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    return units(given)


def units(given: dict[str, int]) -> tuple[int, int]:
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if given[name] > limits.UNITS:
            raise ValidationException(f"Given value {given[name]} for {name} is out of bounds")
    return given["ReadCapacityUnits"], given["WriteCapacityUnits"]


def index_throughput(name: str, given: dict[str, int] | None, is_provisioned: bool) -> tuple[int, int]:
    if not is_provisioned:
        if given is not None:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            )
        return 0, 0
    if given is None:
        raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
    return units(given)
