"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction."""

from __future__ import annotations

from functools import partial
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.service import operation

from . import capacity, conflicts, keys, limits, partiql, selects, statements, throttle, transactions, writes
from .capacity import Usage
from .errors import (
    ItemCollectionSizeLimitExceededException,
    ValidationException,
    WrongRequestException,
)
from .statements import Bound
from .values import Item, Value


@operation
def execute_statement(
    call: Call,
    *,
    statement: str,
    parameters: list[Value] | None = None,
    consistent_read: bool = False,
    next_token: str | None = None,
    return_consumed_capacity: str = "NONE",
    limit: int | None = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> dict[str, Any]:
    digest = selects.digest_of(statement, parameters)
    bound = Bound(call, statement, parameters)
    if bound.statement.is_read:
        place = selects.read_token(next_token, digest)
        return selects.Selection(call, bound, consistent_read, return_consumed_capacity).run(limit, place)
    if bound.statement.kind == "Exists":
        raise ValidationException("EXISTS can only be used in ExecuteTransaction")
    write = statements.write_of(bound, shows_failure=return_values_on_condition_check_failure == "ALL_OLD")
    done = writes.perform(call, write, needs_old=True)
    answer: dict[str, Any] = {"Items": statements.shown(done, bound.statement.returning)}
    if return_consumed_capacity != "NONE":
        answer["ConsumedCapacity"] = done.usage().show(return_consumed_capacity)
    return answer


def _are_reads(several: list[dict[str, Any]], name: str) -> bool:
    """Whether all are reads; refused where some are and some are not. What is no statement is neither."""
    kinds = {_is_read(each["Statement"]) for each in several} - {None}
    if len(kinds) == 2:
        raise ValidationException(f"{name} cannot have both read and write statements")
    return kinds == {True}


def _is_read(text: str) -> bool | None:
    try:
        return partiql.parse(text).is_read
    except ValidationException:
        return None


@operation
def batch_execute_statement(
    call: Call, *, statements: list[dict[str, Any]], return_consumed_capacity: str = "NONE"
) -> dict[str, Any]:
    """Each statement by itself: what is wrong with one is told in its place."""
    if len(statements) > limits.BATCH_STATEMENTS:
        raise ValidationException(
            "1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have length "
            f"less than or equal to {limits.BATCH_STATEMENTS}"
        )
    _are_reads(statements, "BatchExecuteStatement")
    usages: dict[str, Usage] = {}
    responses = []
    seen: set[bytes] = set()
    for each in statements:
        response: dict[str, Any] = {}
        try:
            given = {"parameters": each["Parameters"]} if each.get("Parameters") else {}
            call.judge_part("dynamodb", "execute_statement", statement=each["Statement"], **given)
            bound = Bound(call, each["Statement"], each.get("Parameters"))
            response["TableName"] = bound.schema.name
            item, usage = _single(call, bound, each, seen)
            usages.setdefault(bound.schema.name, Usage(bound.schema)).add(usage.table, usage.indexes)
            if item is not None:
                response["Item"] = item
        except ItemCollectionSizeLimitExceededException:
            raise  # found out while writing
        except AWSError as error:
            code = _CODES.get(error.code, error.code.removesuffix("Exception"))
            response["Error"] = {"Code": code, "Message": error.message, **error.fields}
        responses.append(response)
    answer: dict[str, Any] = {"Responses": responses}
    if return_consumed_capacity != "NONE":
        answer["ConsumedCapacity"] = [usage.show(return_consumed_capacity) for usage in usages.values()]
    return answer


_CODES = {"ValidationException": "ValidationError", "AccessDeniedException": "AccessDenied"}


def _single(call: Call, bound: Bound, given: dict[str, Any], seen: set[bytes]) -> tuple[Item | None, Usage]:
    """One statement of a batch. A write is let in before anything is written."""
    schema = bound.schema
    if bound.statement.is_read:
        is_consistent = given.get("ConsistentRead", False)
        item, size = selects.one(call, bound, is_consistent=is_consistent)
        units = capacity.read_units(size, is_consistent)
        throttle.take_read(call, schema, *_place(bound), units)
        return item, Usage(schema, units)
    if bound.statement.kind == "Exists":
        raise ValidationException("EXISTS can only be used in ExecuteTransaction")
    write = statements.write_of(bound, shows_failure=given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")
    if write.key.bytes in seen:
        raise ValidationException("Provided list of item keys contains duplicates")
    seen.add(write.key.bytes)
    throttled = throttle.against_write(call, schema, write.key, write.named, write.size)
    if throttled is not None:
        raise throttled
    done = writes.perform(call, write, needs_old=True, is_let_in=True)
    found = statements.shown(done, bound.statement.returning)
    return (found[0] if found else None), done.usage()


def _place(bound: Bound) -> tuple[int, Item]:
    """The code of the partition key, and the key, of the item that a SELECT names."""
    key = statements.key_of(bound)
    return keys.of_request(bound.schema, key).code, key


@operation
def execute_transaction(
    call: Call,
    *,
    transact_statements: list[dict[str, Any]],
    client_request_token: str | None = None,
    return_consumed_capacity: str = "NONE",
) -> dict[str, Any]:
    if _are_reads(transact_statements, "ExecuteTransaction"):
        return _read_all(call, transact_statements, return_consumed_capacity)
    found = transactions.write_all(
        call,
        [partial(_plan, call, at, each) for at, each in enumerate(transact_statements)],
        transact_statements,
        return_consumed_capacity=return_consumed_capacity,
        return_item_collection_metrics="NONE",
        token=client_request_token,
    )
    return {"Responses": [{} for _ in transact_statements], **found}


def _plan(call: Call, at: int, given: dict[str, Any]) -> writes.Write:
    bound = Bound(call, given["Statement"], given.get("Parameters"))
    shows = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    if bound.statement.returning != "NONE":
        raise _refused_at(at, "RETURNING clause is not supported in ExecuteTransaction.")
    try:
        return statements.write_of(bound, shows_failure=shows, is_transacted=True)
    except WrongRequestException:
        raise
    except ValidationException as error:
        raise transactions.Refused(error.message) from None


def _refused_at(at: int, why: str) -> ValidationException:
    return ValidationException(f"Validation failed in TransactStatements[{at}]: {why}")


def _read_all(call: Call, several: list[dict[str, Any]], return_capacity: str) -> dict[str, Any]:
    usages: dict[str, Usage] = {}
    responses: list[dict[str, Any]] = []
    reasons = transactions.Reasons(len(several))
    total = 0
    for at, each in enumerate(several):
        bound = Bound(call, each["Statement"], each.get("Parameters"))
        if bound.statement.index:
            raise _refused_at(at, "Reads on indices are not supported within transactions.")
        item, size = selects.one(call, bound, is_consistent=True)
        key = keys.of_request(bound.schema, statements.key_of(bound))
        reasons.catch(at, partial(conflicts.check_read, call, bound.schema), key)
        total += size
        responses.append({"Item": item} if item is not None else {})
        units = transactions.FACTOR * capacity.read_units(size, True)
        usages.setdefault(bound.schema.name, Usage(bound.schema)).add(units, {})
        reasons.catch(at, partial(throttle.take_read, call, bound.schema, *_place(bound)), units)
    reasons.raise_any()
    if total > limits.TRANSACTION_BYTES:
        raise ValidationException("Collection size of items in transaction exceeded 4MB limit")
    answer: dict[str, Any] = {"Responses": responses}
    if return_capacity != "NONE":
        answer["ConsumedCapacity"] = [usage.show(return_capacity, "Read") for usage in usages.values()]
    return answer
