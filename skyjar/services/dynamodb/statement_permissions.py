"""What PartiQL statements need: dynamodb:PartiQLSelect, Insert, Update or Delete on each one's table or index, with the
condition keys that follow from its text and parameters."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import partiql, schemas
from .errors import ValidationException
from .statements import Bound
from .values import Value

BATCH = "batch_execute_statement"
OPERATIONS = {
    "execute_statement": "ExecuteStatement",
    BATCH: "BatchExecuteStatement",
    "execute_transaction": "ExecuteTransaction",
}


class Need(msgspec.Struct, frozen=True):
    action: str
    table: str
    arn: str
    conditions: dict[str, Any]


def needs(call: Call, operation: str, parameters: dict[str, Any]) -> list[Need]:
    """Of each statement. A single one that is none is refused; others are told apart when they are run."""
    if operation == "execute_statement":
        return [_need(call, parameters.get("statement", ""), parameters.get("parameters"), "")]
    several = parameters.get("statements") or parameters.get("transact_statements") or []
    enclosing = "ExecuteTransaction" if operation == "execute_transaction" else ""
    found = []
    for each in several:
        try:
            found.append(_need(call, each.get("Statement", ""), each.get("Parameters"), enclosing))
        except ValidationException:
            continue
    return found


def _need(call: Call, text: str, parameters: list[Value] | None, enclosing: str) -> Need:
    statement = partiql.parse(text)
    arn = statement.table if statement.table.startswith("arn:") else schemas.arn_of(call, statement.table)
    kind = "Select" if statement.kind == "Exists" else statement.kind
    conditions: dict[str, Any] = {"dynamodb:EnclosingOperation": enclosing} if enclosing else {}
    attributes = {str(path[0]) for path in statement.named}
    if kind == "Select":
        arn = f"{arn}/index/{statement.index}" if statement.index else arn
        otherwise = "ALL_PROJECTED_ATTRIBUTES" if statement.index else "ALL_ATTRIBUTES"
        conditions["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES" if statement.paths is not None else otherwise
        conditions["dynamodb:FullTableScan"] = "true"
    elif statement.returning != "NONE":
        conditions["dynamodb:ReturnValues"] = statement.returning
    try:
        bound = Bound(call, text, parameters)
    except AWSError:
        return Need(
            f"dynamodb:PartiQL{kind}", statement.table, arn, {**conditions, "dynamodb:Attributes": sorted(attributes)}
        )
    if statement.item:
        attributes.update(bound.values[statement.item].get("M") or ())
    leading = _leading(bound)
    if leading:
        conditions["dynamodb:LeadingKeys"] = leading
        if kind == "Select":
            conditions["dynamodb:FullTableScan"] = "false"
    conditions["dynamodb:Attributes"] = sorted(attributes)
    return Need(f"dynamodb:PartiQL{kind}", statement.table, arn, conditions)


def _leading(bound: Bound) -> list[str]:
    """The values of the partition key that the statement says it is about."""
    statement, schema = bound.statement, bound.schema
    keyed = (schema.index(statement.index) if statement.index else None) or schema
    if statement.item:
        value = (bound.values[statement.item].get("M") or {}).get(schema.hash)
        return [_text(value)] if value else []
    leading: list[str] = []
    for name, _ in keyed.hashes:
        found = bound.conditions().get(name, ())
        equal = ([_text(each) for each in operands] for operator, operands in found if operator in ("=", "in"))
        leading += next(equal, [])
    return leading


def _text(value: Value) -> str:
    content = next(iter(value.values()), "")
    return content.decode("latin-1") if isinstance(content, bytes) else str(content)
