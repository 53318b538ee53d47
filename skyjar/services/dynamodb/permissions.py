"""What DynamoDB's operations need: tables and indexes by ARN, transactions judged item by item, and the condition keys of
fine-grained access (`dynamodb:LeadingKeys`, `Attributes`, `Select` …)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import Place
from skyjar.policy.evaluation import RESOURCE

from . import questions, schemas, state, statement_permissions
from .expressions import attributes_of
from .statement_permissions import BATCH, OPERATIONS, Need

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
_OWN_ARNS = ("table_arn", "export_arn", "import_arn")
_RESTORES = ("restore_table_from_backup", "restore_table_to_point_in_time")
_OF_BACKUPS = (*_RESTORES, "describe_backup", "delete_backup", "list_backups")
_RESTORING = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
_LEGACY = ("attribute_updates", "expected", "query_filter", "scan_filter", "key_conditions")


def _single(call: Call, parameters: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The items of a transaction: kind, members. One whose table has a policy comes first, so that even root is judged."""
    found: list[tuple[str, dict[str, Any]]] = [
        next(iter(each.items()), ("Get", {})) for each in parameters.get("transact_items", ())
    ]
    names = [given.get("TableName", "") for _, given in found]
    if names.count(names[0] if names else "") < len(names):
        lead = _lead(call, names)
        found.insert(0, found.pop(lead))
    return found


def _tables(call: Call, parameters: dict[str, Any]) -> list[str]:
    """The tables of a batch, in the same order."""
    names = [*(parameters.get("request_items") or ())]
    if len(names) > 1:
        names.insert(0, names.pop(_lead(call, names)))
    return names


def _lead(call: Call, names: list[str]) -> int:
    """The place of the first table that has a resource policy; 0 where none has."""
    for at, name in enumerate(names):
        if _policy_of_table(call, name) is not None:
            return at
    return 0


def _arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else schemas.arn_of(call, name)


def _statements(call: Call, operation: str, parameters: dict[str, Any]) -> list[Need]:
    """Of PartiQL; one whose table has a policy comes first."""
    found = statement_permissions.needs(call, operation, parameters)
    if len(found) > 1:
        found.insert(0, found.pop(_lead(call, [need.table for need in found])))
    return found


question = questions.question


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if "table_name" in parameters and operation != "create_table":
        return None
    if operation == BATCH:
        return []  # each statement is judged when it is run
    if operation in OPERATIONS:
        return [need.action for need in _statements(call, operation, parameters)[:1]]
    if operation in _ENCLOSING:
        several = _single(call, parameters)
        return [_ACTIONS.get(several[0][0], "dynamodb:GetItem")] if several else []
    if operation == "create_table":
        further = {"tags": "dynamodb:TagResource", "resource_policy": "dynamodb:PutResourcePolicy"}
        return ["dynamodb:CreateTable", *(action for name, action in further.items() if parameters.get(name))]
    return None


def _of_backup(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "list_backups":
        return ["*"]
    found = [_arn(call, name) for name in (parameters.get("backup_arn"), parameters.get("source_table_arn")) if name]
    target = parameters.get("target_table_name")
    names = [each for each in (parameters.get("source_table_name"), target) if each]
    return [*found, *(_arn(call, name) for name in names)]


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    name = parameters.get("table_name")
    if name is not None and operation not in ("list_backups", "list_contributor_insights"):
        arn = _arn(call, name)
        index = parameters.get("index_name")
        return [f"{arn}/index/{index}" if index is not None else arn]
    if operation in OPERATIONS:
        return [need.arn for need in _statements(call, operation, parameters)[:1]] or ["*"]
    if operation in _OF_BACKUPS:
        return _of_backup(call, operation, parameters)
    if operation in _ENCLOSING:
        return [_arn(call, given.get("TableName", "*")) for _, given in _single(call, parameters)[:1]]
    requested = _tables(call, parameters)
    if requested:
        return [_arn(call, requested[0])]
    if operation == "import_table":
        return [_arn(call, parameters["table_creation_parameters"].get("TableName", "*"))]
    for member in _OWN_ARNS:
        if parameters.get(member) and not operation.startswith("list_"):
            return [parameters[member]]
    tagged = parameters.get("resource_arn")
    return [tagged] if tagged is not None else ["*"]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """Of the table that is judged first. Where there is only one, it is remembered for the operation."""
    name = parameters.get("table_name")
    if name is not None:
        if operation == "create_table":
            return None
        if name[:4] != "arn:":  # what nearly every call is
            schema = schemas.find(call, name)
            call.looked_up = (name, schema)
            if schema is None or schema.is_plain:
                return None
        return _policy_of_table(call, name)
    if operation in OPERATIONS:
        name = next((need.table for need in _statements(call, operation, parameters)), None)
    elif operation in _ENCLOSING:
        name = next((given.get("TableName") for _, given in _single(call, parameters)), None)
    else:
        name = next(iter(_tables(call, parameters)), None)
    return _policy_of_table(call, name) if name else _policy_of_arn(call, parameters.get("resource_arn"))


def _policy_of_table(call: Call, name: str) -> str | None:
    seen: tuple[str, schemas.Schema | None] | None = call.looked_up
    if seen is not None and seen[0] == name and seen[1] is not None and seen[1].is_plain:
        return None
    at, plain = call, name
    if name.startswith("arn:"):
        at, plain = schemas.owned(call, name), name.partition("/")[2].partition("/")[0]
        if name != schemas.arn_of(at, plain):  # of another Region, or of what is no table
            return None
    schema = schemas.find(at, plain)
    if at is call:
        call.looked_up = (name, schema)
    if schema is None or schema.is_plain or not schema.definition.has_policy:
        return None
    held = state.policies.get(at, schemas.arn_of(at, schema.name))
    return held.document if held is not None else None


def _policy_of_arn(call: Call, arn: str | None) -> str | None:
    held = state.policies.get(call, arn) if arn is not None else None
    return held.document if held is not None else None


_MAKING_REPLICAS = ("CreateTable", "CreateTableReplica", "Scan", "Query", "UpdateItem", "PutItem", "GetItem",
                    "DeleteItem", "BatchWriteItem")  # fmt: skip
_DELETING_REPLICAS = ("DeleteTable", "DeleteTableReplica")


def _of_replicas(call: Call, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What is needed in the Regions of the replicas (Developer Guide, "Using IAM with global tables")."""
    found: list[tuple[Any, ...]] = []
    name = schemas.name_of(call, parameters["table_name"])
    for update in parameters["replica_updates"]:
        for kind, needed in (
            ("Create", _MAKING_REPLICAS),
            ("Delete", _DELETING_REPLICAS),
            ("Update", ("UpdateTable",)),
        ):
            region = (update.get(kind) or {}).get("RegionName")
            if region:
                arn = schemas.arn_of(Place(call.tx, call.account, region), name)
                found += [(f"dynamodb:{action}", arn, {}) for action in needed]
    return found


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The further items of a transaction, and the further tables of a batch; each with its table's own policy."""
    if parameters.get("replica_updates"):
        return _of_replicas(call, parameters)
    if "table_name" in parameters or operation == BATCH:
        return []
    if operation in OPERATIONS:
        return [
            _further(call, need.action, need.table, need.conditions, arn=need.arn)
            for need in _statements(call, operation, parameters)[1:]
        ]
    if operation in _RESTORES:
        target = _arn(call, parameters.get("target_table_name", "*"))
        return [(f"dynamodb:{action}", target, {}) for action in _RESTORING]
    if operation not in _ENCLOSING:
        several = _tables(call, parameters)[1:]
        if not several:
            return []
        action = "dynamodb:" + "".join(word.title() for word in operation.split("_"))
        return [_further(call, action, name, _of_request(call, operation, parameters)) for name in several]
    return [
        _further(
            call,
            _ACTIONS.get(kind, "dynamodb:GetItem"),
            given.get("TableName", "*"),
            _fine(call, given.get("TableName", ""), [given]),
            _ENCLOSING[operation],
        )
        for kind, given in _single(call, parameters)[1:]
    ]


def _further(
    call: Call, action: str, name: str, more: dict[str, Any], enclosing: str = "", arn: str = ""
) -> tuple[Any, ...]:
    document = _policy_of_table(call, name)
    if document is None:
        return action, arn or _arn(call, name), more
    if enclosing:
        more = {**more, "dynamodb:EnclosingOperation": enclosing}
    return action, arn or _arn(call, name), more, document, RESOURCE


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
    own, is_arn = schemas.arn_of(call, ""), named.startswith("arn:")
    if is_arn and not named.startswith(own):
        return {}
    table = state.tables.get(call, named.removeprefix(own).partition("/")[0] if is_arn else named)
    return {f"aws:ResourceTag/{key}": value for key, value in table.tags.items()} if table is not None else {}


def _of_request(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    if operation in OPERATIONS:
        return next((need.conditions for need in _statements(call, operation, parameters)), {})
    if operation in _ENCLOSING:
        several = _single(call, parameters)
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


def _schema(call: Call, name: str) -> schemas.Schema | None:
    try:
        return schemas.schema_of(call, name)
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
    """The partition key of a Query, of the table or of the index that it reads; all of it, where it has several attributes."""
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
            expressions = Expressions(names, given, KeyConditionExpression=text)
            expressions.admit()
            found = of_expression(expressions, text)
    except AWSError:
        return []
    operands = [found[name][1][:1] for name, _ in keyed.hashes if name in found]
    return [_text(operand) for several in operands for operand in several]
