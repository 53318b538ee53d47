"""What DynamoDB's operations need: tables and indexes by ARN, transactions judged item by item, and the condition keys of
fine-grained access (`dynamodb:LeadingKeys`, `Attributes`, `Select` …)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import state
from .expressions import attributes_of

_ACTIONS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}
_ENCLOSING = {"transact_write_items": "TransactWriteItems", "transact_get_items": "TransactGetItems"}
_EXPRESSIONS = (
    "ProjectionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ConditionExpression",
    "UpdateExpression",
)
_SNAKE = {
    "projection_expression": "ProjectionExpression",
    "filter_expression": "FilterExpression",
    "key_condition_expression": "KeyConditionExpression",
    "condition_expression": "ConditionExpression",
    "update_expression": "UpdateExpression",
    "expression_attribute_names": "ExpressionAttributeNames",
    "attributes_to_get": "AttributesToGet",
    "item": "Item",
    "key": "Key",
}
_LEGACY = ("attribute_updates", "expected", "query_filter", "scan_filter", "key_conditions")


def _single(parameters: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The items of a transaction: kind, members."""
    return [next(iter(each.items()), ("Get", {})) for each in parameters.get("transact_items", ())]


def _arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else state.arn_of(call, name)


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation in _ENCLOSING:
        several = _single(parameters)
        return [_ACTIONS.get(several[0][0], "dynamodb:GetItem")] if several else []
    if operation == "create_table" and parameters.get("tags"):
        return ["dynamodb:CreateTable", "dynamodb:TagResource"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    name = parameters.get("table_name")
    if name is not None:
        arn = _arn(call, name)
        index = parameters.get("index_name")
        return [f"{arn}/index/{index}" if index is not None else arn]
    if operation in _ENCLOSING:
        return [_arn(call, given.get("TableName", "*")) for _, given in _single(parameters)[:1]]
    requested = parameters.get("request_items")
    if requested:
        return [_arn(call, name) for name in requested]
    tagged = parameters.get("resource_arn")
    return [tagged] if tagged is not None else ["*"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if operation not in _ENCLOSING:
        return []
    return [
        (
            _ACTIONS.get(kind, "dynamodb:GetItem"),
            _arn(call, given.get("TableName", "*")),
            _fine(call, given.get("TableName", ""), [given]),
        )
        for kind, given in _single(parameters)[1:]
    ]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return _of_request(call, operation, parameters) | _of_table(call, operation, parameters)


def _of_table(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, str]:
    """The tags of the one table that the operation is about; what is about several has none of them."""
    named = parameters.get("table_name") or parameters.get("resource_arn")
    several = parameters.get("request_items") or {}
    if named is None and len(several) == 1:
        named = next(iter(several))
    if named is None or operation == "create_table":
        return {}
    own, is_arn = state.arn_of(call, ""), named.startswith("arn:")
    if is_arn and not named.startswith(own):
        return {}
    table = state.tables.get(call, named.removeprefix(own).partition("/")[0] if is_arn else named)
    return {f"aws:ResourceTag/{key}": value for key, value in table.tags.items()} if table is not None else {}


def _of_request(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    if operation in _ENCLOSING:
        several = _single(parameters)
        given = several[0][1] if several else {}
        return {
            "dynamodb:EnclosingOperation": _ENCLOSING[operation],
            **_fine(call, given.get("TableName", ""), [given]),
        }
    if operation in ("batch_get_item", "batch_write_item"):
        return _of_batch(call, parameters)
    tags = parameters.get("tags")
    if isinstance(tags, list):
        found: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
        return {"aws:TagKeys": [tag["Key"] for tag in tags], **found}
    if parameters.get("tag_keys"):
        return {"aws:TagKeys": parameters["tag_keys"]}
    if "table_name" in parameters:
        return _of_item(call, operation, parameters)
    return {}


def _of_batch(call: Call, parameters: dict[str, Any]) -> dict[str, Any]:
    leading: list[str] = []
    attributes: set[str] = set()
    for name, asked in parameters.get("request_items", {}).items():
        several: list[dict[str, Any]]
        if isinstance(asked, dict):
            shared = {key: value for key, value in asked.items() if key != "Keys"}
            several = [{**shared, "Key": key} for key in asked.get("Keys", ())]
        else:
            several = [next(iter(each.values()), {}) for each in asked]
        found = _fine(call, name, several)
        leading += found["dynamodb:LeadingKeys"]
        attributes.update(found["dynamodb:Attributes"])
    return {"dynamodb:LeadingKeys": leading, "dynamodb:Attributes": sorted(attributes)}


def _of_item(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    given = {_SNAKE[name]: value for name, value in parameters.items() if name in _SNAKE}
    found = _fine(call, parameters["table_name"], [given])
    names = set(found["dynamodb:Attributes"])
    for parameter in _LEGACY:
        names.update(parameters.get(parameter) or ())
    found["dynamodb:Attributes"] = sorted(names)
    if operation == "query":
        found["dynamodb:LeadingKeys"] = _queried(call, parameters)
    elif operation == "scan":
        del found["dynamodb:LeadingKeys"]
    if operation in ("get_item", "query", "scan"):
        has_some = "projection_expression" in parameters or "attributes_to_get" in parameters
        otherwise = "ALL_PROJECTED_ATTRIBUTES" if "index_name" in parameters else "ALL_ATTRIBUTES"
        found["dynamodb:Select"] = parameters.get("select") or ("SPECIFIC_ATTRIBUTES" if has_some else otherwise)
    if "return_values" in parameters:
        found["dynamodb:ReturnValues"] = parameters["return_values"]
    if "return_consumed_capacity" in parameters:
        found["dynamodb:ReturnConsumedCapacity"] = parameters["return_consumed_capacity"]
    return found


def _schema(call: Call, name: str) -> state.Schema | None:
    try:
        return state.schema_of(call, name)
    except AWSError:
        return None


def _fine(call: Call, table: str, several: list[dict[str, Any]]) -> dict[str, Any]:
    """The partition keys and attributes that some items or keys of a table name."""
    schema = _schema(call, table)
    leading: list[str] = []
    attributes: set[str] = set()
    for given in several:
        item = given.get("Item") or given.get("Key") or {}
        if schema is not None and schema.hash in item:
            leading.append(_text(item[schema.hash]))
        attributes.update(item)
        attributes.update(given.get("AttributesToGet") or ())
        for kind in _EXPRESSIONS:
            if given.get(kind):
                attributes |= attributes_of(kind, given[kind], given.get("ExpressionAttributeNames"))
    return {"dynamodb:LeadingKeys": leading, "dynamodb:Attributes": sorted(attributes)}


def _text(value: dict[str, Any]) -> str:
    content = next(iter(value.values()), "")
    return content.decode("latin-1") if isinstance(content, bytes) else str(content)


def _queried(call: Call, parameters: dict[str, Any]) -> list[str]:
    """The partition key of a Query, of the table or of the index that it reads."""
    from .expressions import Expressions
    from .ranges import of_expression, of_legacy

    schema = _schema(call, parameters["table_name"])
    index = parameters.get("index_name")
    keyed = schema.index(index) if schema is not None and index is not None else schema
    if keyed is None:
        return []
    try:
        text = parameters.get("key_condition_expression")
        if text is None:
            found = of_legacy(parameters.get("key_conditions") or {})
        else:
            names, given = parameters.get("expression_attribute_names"), parameters.get("expression_attribute_values")
            found = of_expression(Expressions(names, given, KeyConditionExpression=text), text)
    except AWSError:
        return []
    _, operands = found.get(keyed.hash, ("", []))
    return [_text(operand) for operand in operands[:1]]
