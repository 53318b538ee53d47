"""Tags of tables. The sentences are what AWS answered in the notes on DynamoDB of the project ack-api-quirks (DDB-TABLE-071, 105 to 109, 442)."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .definitions import invalid
from .errors import ResourceNotFoundException, ValidationException
from .state import Definition

_TOO_MANY = "Number of Tags exceed the current limit for the provided ResourceArn"
_SIGNS = frozenset("_.:/=+-@")


def merge(old: dict[str, str], given: list[dict[str, str]]) -> dict[str, str]:
    seen: set[str] = set()
    for tag in given:
        key, value = tag["Key"], tag["Value"]
        _check_key(key)
        if not _is_plain(value):
            raise ValidationException(f"The Tag Value provided is invalid, Value: {value}")
        if key in seen:
            raise ValidationException(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        seen.add(key)
    tags = {**old, **{tag["Key"]: tag["Value"] for tag in given}}
    if len(tags) > limits.TAGS:
        raise ValidationException(_TOO_MANY)
    return tags


def _check_key(key: str) -> None:
    if not _is_plain(key):
        raise ValidationException(f"The Tag Key provided is invalid, Key: {key}")
    if key.lower().startswith("aws:") and not key.startswith("aws:cloudformation:"):
        raise ValidationException(f"Tag Key cannot be prefixed with aws:, Key: {key}")


def _is_plain(text: str) -> bool:
    """Letters, spaces and numbers of all scripts, and a few signs."""
    return all(each in _SIGNS or category(each)[0] in "LZN" for each in text)


def _tagged(call: Call, arn: str) -> Definition:
    parts = arn.split(":", 5)
    if parts[0] != "arn":
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    if len(parts) != 6 or parts[2] != "dynamodb":
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if parts[3] != call.region:
        raise ValidationException(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    kind, _, rest = parts[5].partition("/")
    name, _, below = rest.partition("/")
    if kind != "table" or below.startswith("index/"):
        raise invalid(f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}")
    definition = state.tables.get(call, name) if not below and parts[4] == call.account else None
    if definition is None:
        raise ResourceNotFoundException(f"Requested resource not found: ResourceArn: {arn} not found")
    return definition


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> None:
    if not tags:
        raise ValidationException("Atleast one Tag needs to be provided as Input.")
    definition = _tagged(call, resource_arn)
    state.tables.replace(call, definition, state.replace(definition, tags=merge(definition.tags, tags)))


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    if not tag_keys:
        raise ValidationException("Atleast one Tag Key needs to be provided as Input.")
    for key in tag_keys:
        _check_key(key)
    if len(tag_keys) > limits.TAGS:
        raise ValidationException(_TOO_MANY)
    definition = _tagged(call, resource_arn)
    left = {key: value for key, value in definition.tags.items() if key not in tag_keys}
    state.tables.replace(call, definition, state.replace(definition, tags=left))


@operation
def list_tags_of_resource(call: Call, *, resource_arn: str, next_token: str | None = None) -> dict[str, Any]:
    """All of them fit on the one page that there is."""
    if next_token is not None:
        raise ValidationException("Invalid NextToken")
    tags = _tagged(call, resource_arn).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
