"""How DynamoDB says which constraints of its model are broken, where it says so otherwise than other services.

Source: AWS's answers of June to October 2026, recorded by the project dynamodb-conformance. Its newer validation, which came Region by
Region, names a parameter by its own name and shows no value.
"""

from __future__ import annotations

import re

from skyjar.wire.violation import Violation

ENUM_ORDERS: dict[str, tuple[str, ...]] = {
    "BillingMode": ("PROVISIONED", "PAY_PER_REQUEST"),
    "ComparisonOperator": (
        "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS",
    ),
    "ConditionalOperator": ("OR", "AND"),
    "KeyType": ("HASH", "RANGE"),
    "ReturnConsumedCapacity": ("INDEXES", "TOTAL", "NONE"),
    "ReturnItemCollectionMetrics": ("SIZE", "NONE"),
    "ReturnValue": ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
    "ScalarAttributeType": ("B", "N", "S"),
    "Select": ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
}  # fmt: skip
"""The orders in which values are listed, by shape."""

_STRING_OF_SET = re.compile(r"\.sS\.[0-9]+\.member$")
_OF_TABLES = ("CreateTable", "DeleteTable", "DescribeTable", "DescribeTimeToLive", "UpdateTable")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_BATCHES = ("BatchGetItem", "BatchWriteItem")
_RETURN_VALUES = (
    "Failed to satisfy constraint: Member must satisfy enum value set: "
    "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"  # AWS leaves a letter out
)
_ORDER = (
    "conditionalOperator", "returnConsumedCapacity", "tableName", "returnValues", "returnItemCollectionMetrics", "key",
    "item",
)  # fmt: skip


def reword(operation: str, found: list[Violation]) -> list[Violation]:
    """What is told of the broken constraints of a request."""
    for each in found:
        if each.missing and _STRING_OF_SET.search(each.path):
            text = "One or more parameter values were invalid: An string set may not have a null string as a member"
            return [Violation(each.path, text, is_whole=True)]
    if operation in _OF_TABLES and any(each.path == "tableName" and each.missing for each in found):
        text = "The parameter 'TableName' is required but was not present in the request"
        return [Violation("tableName", text, is_whole=True)]
    if operation in _WRITES:
        return _of_write(operation, found)
    if operation in _BATCHES and "Member must have length" in found[0].text:
        return [_anew(found[0])]
    if operation == "Query":
        return [_anew(each) if each.path == "limit" else each for each in found]
    return found


def _of_write(operation: str, found: list[Violation]) -> list[Violation]:
    found = sorted(found, key=lambda each: _ORDER.index(each.path) if each.path in _ORDER else -1)
    if any(each.missing for each in found):  # the older validation has the word
        return found
    for each in found:
        if each.path == "tableName" and each.text.endswith("greater than or equal to 1"):
            return [_anew(each)]
    told = [Violation(each.path, _RETURN_VALUES) if each.path == "returnValues" else each for each in found]
    if operation == "UpdateItem":
        return [each for each in told if each.path == "returnValues"] or told
    return told


def _anew(violation: Violation) -> Violation:
    """With the parameter's own name, and without its value."""
    parts = violation.path.split(".")
    parts[0] = parts[0][:1].upper() + parts[0][1:]
    if len(parts) > 1 and parts[-1] != "member":
        parts[-1] = parts[-1][:1].upper() + parts[-1][1:]
    rule = violation.text.rpartition(" failed to satisfy constraint: ")[2]
    return Violation(violation.path, f"Value at '{'.'.join(parts)}' failed to satisfy constraint: {rule}")
