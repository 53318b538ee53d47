"""TransactWriteItems and TransactGetItems. The store's transaction is the transaction: everything is done, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import capacity, conflicts, definitions, item_rows, items, keys, limits, schemas, state, throttle, values, writes
from .capacity import Usage
from .errors import (
    ConditionalCheckFailedException,
    DuplicateItemException,
    IdempotentParameterMismatchException,
    ItemCollectionSizeLimitExceededException,
    NestingException,
    ProvisionedThroughputExceededException,
    Throttled,
    TransactionCanceledException,
    TransactionConflictException,
    ValidationException,
    WrongRequestException,
)
from .expressions import Expressions
from .state import Token
from .writes import Write

FACTOR = 2
DUPLICATES = "Transaction request cannot include multiple operations on one item"


@operation
def transact_write_items(
    call: Call,
    *,
    transact_items: list[dict[str, Any]],
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    client_request_token: str | None = None,
) -> dict[str, Any]:
    _check_names(transact_items)
    return write_all(
        call,
        [partial(_plan, call, request) for request in transact_items],
        transact_items,
        return_consumed_capacity=return_consumed_capacity,
        return_item_collection_metrics=return_item_collection_metrics,
        token=client_request_token,
    )


def _check_names(requests: list[dict[str, Any]]) -> None:
    """Names that no table can have are told with their places, before anything else."""
    for at, request in enumerate(requests, 1):
        for kind, given in request.items():
            name = given["TableName"]
            if name[:4] != "arn:":
                member = f"transactItems.{at}.member.{kind[0].lower()}{kind[1:]}.tableName"
                definitions.check_table_name(name, member)


def write_all(
    call: Call,
    plans: list[Callable[[], Write]],
    request: Any,
    *,
    return_consumed_capacity: str,
    return_item_collection_metrics: str,
    token: str | None,
) -> dict[str, Any]:
    """Do all that is planned, or nothing; `request` is what a token stands for."""
    is_new = token is None or _first(call, token, request)
    reasons = Reasons(len(plans))
    planned = [reasons.catch(at, lambda plan: plan(), plan) for at, plan in enumerate(plans)]
    reasons.raise_any()
    several: list[Write] = [write for write in planned if write is not None]
    if len({write.key.bytes for write in several}) != len(several):
        raise ValidationException(DUPLICATES)
    if not is_new:
        return _again(call, several, return_consumed_capacity)
    for at, write in enumerate(several):
        reasons.catch(at, partial(conflicts.check, call, write.schema), write.key)
    reasons.raise_any()
    conflicts.begin(call, [write.key.bytes for write in several], token)
    needs_old = return_item_collection_metrics == "SIZE"
    done = [reasons.catch(at, partial(_perform, call, needs_old), write) for at, write in enumerate(several)]
    reasons.raise_any()
    answer: dict[str, Any] = {}
    usages: dict[str, Usage] = {}
    metrics: dict[str, list[Any]] = {}
    total = 0
    for each in done:
        assert each is not None
        total += each.size
        schema = each.write.schema
        if return_consumed_capacity != "NONE":
            took = each.usage(FACTOR)
            usages.setdefault(schema.name, Usage(schema)).add(took.table, took.indexes)
        found = writes.collection_metrics(call, each, return_item_collection_metrics)
        if found is not None:
            metrics.setdefault(schema.name, []).append(found)
    if total > limits.TRANSACTION_BYTES:
        raise ValidationException("Collection size of items in transaction exceeded 4MB limit")
    if usages:
        answer["ConsumedCapacity"] = [usage.show(return_consumed_capacity, "Write") for usage in usages.values()]
    if metrics:
        answer["ItemCollectionMetrics"] = metrics
    return answer


class Reasons:
    """Why a transaction is cancelled, item by item."""

    def __init__(self, count: int) -> None:
        self._found: list[dict[str, Any]] = [{"Code": "None"} for _ in range(count)]
        self._has_any = False

    def catch(self, at: int, do: Callable[[Any], Any], what: Any) -> Any:
        try:
            return do(what)
        except ConditionalCheckFailedException as error:
            self._note(at, "ConditionalCheckFailed", error.message, error.fields)
        except ItemCollectionSizeLimitExceededException as error:
            self._note(at, "ItemCollectionSizeLimitExceeded", error.message, {})
        except DuplicateItemException as error:
            self._note(at, "DuplicateItem", error.message, {})
        except TransactionConflictException as error:
            self._note(at, "TransactionConflict", error.message, {})
        except ProvisionedThroughputExceededException as error:
            self._note(at, "ProvisionedThroughputExceeded", error.message, {})
        except Throttled as error:
            self._note(at, "ThrottlingError", error.message, {})
        except Refused as error:
            self._note(at, "ValidationError", error.message, {})
        return None

    def _note(self, at: int, code: str, message: str, fields: dict[str, Any]) -> None:
        self._has_any = True
        self._found[at] = {"Code": code, "Message": message, **fields}

    def raise_any(self) -> None:
        if self._has_any:
            codes = ", ".join(reason["Code"] for reason in self._found)
            raise TransactionCanceledException(
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
                CancellationReasons=self._found,
            )


class Refused(ValidationException):
    """What is wrong with one item of a transaction in the light of its table."""


def _plan(call: Call, request: dict[str, Any]) -> Write:
    if len(request) != 1:
        raise ValidationException("TransactItems can only contain one of Check, Put, Update or Delete")
    kind, given = next(iter(request.items()))
    texts = {"ConditionExpression": given.get("ConditionExpression")}
    if kind == "Update":
        texts["UpdateExpression"] = given["UpdateExpression"]
    names, bound = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
    if all(text is None for text in texts.values()):
        names = bound = None  # nothing is said of what no expression could use, as by AWS
    expressions = Expressions(names, bound, **texts)
    expressions.admit(1 + limits.NESTING - limits.VALUE_NESTING)
    compiled = expressions.bind("UpdateExpression", given["UpdateExpression"]) if kind == "Update" else None
    test = expressions.test("ConditionExpression", texts["ConditionExpression"])
    expressions.close()
    shows = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    size = values.admit(given["Item"] if kind == "Put" else given["Key"])
    writes.check_size(size)
    schema = schemas.schema_of(call, given["TableName"])
    try:
        if kind == "Put":
            return writes.put(schema, given["Item"], size, test, shows_failure=shows)
        if compiled is not None:
            return writes.update(
                schema, given["Key"], compiled.result, expressions.values, test, shows_failure=shows,
                is_transacted=True, deep=compiled.deep,
            )  # fmt: skip
        if kind == "Delete":
            return writes.delete(schema, given["Key"], test, shows_failure=shows)
        assert test is not None
        return writes.check(schema, given["Key"], test, shows_failure=shows)
    except WrongRequestException:
        raise
    except ValidationException as error:
        raise Refused(error.message) from None


def _perform(call: Call, needs_old: bool, write: Write) -> writes.Done:
    """What an update finds wrong with its item (a path that is not there, a wrong type) cancels the transaction."""
    try:
        return writes.perform(call, write, needs_old=needs_old, factor=FACTOR)
    except WrongRequestException:
        raise
    except NestingException as error:
        raise Refused(error.message.partition(":")[0]) from None
    except ValidationException as error:
        raise Refused(error.message) from None


def _first(call: Call, token: str, request: Any) -> bool:
    """Whether this token is used for the first time in ten minutes; refused for another request than the first."""
    for old in state.tokens.range(call, via="expires", end=(call.now,), limit=8, is_queue=True):
        state.tokens.remove(call, old)
    digest = hashlib.sha256(item_rows.encode(request)).hexdigest()
    known = state.tokens.get(call, token)
    conflicts.check_token(call, token)
    if known is not None and known.expires_s > call.now:
        if known.digest != digest:
            raise IdempotentParameterMismatchException
        return False
    made = Token(token=token, digest=digest, expires_s=call.now + limits.TOKEN_S)
    if known is None:
        state.tokens.add(call, made)
    else:
        state.tokens.replace(call, known, made)
    return True


def _again(call: Call, several: list[Write], return_capacity: str) -> dict[str, Any]:
    """The answer to a repeated request: what was done stays done, and costs reads."""
    if return_capacity == "NONE":
        return {}
    usages: dict[str, Usage] = {}
    for write in several:
        stored = call.tx.get(write.key.bytes)
        units = FACTOR * capacity.read_units(item_rows.stored_size(stored) if stored is not None else 0, True)
        usages.setdefault(write.schema.name, Usage(write.schema)).add(units, {})
    return {"ConsumedCapacity": [usage.show(return_capacity, "Read") for usage in usages.values()]}


@operation
def transact_get_items(
    call: Call, *, transact_items: list[dict[str, Any]], return_consumed_capacity: str = "NONE"
) -> dict[str, Any]:
    _check_names(transact_items)
    usages: dict[str, Usage] = {}
    responses: list[dict[str, Any]] = []
    seen: set[bytes] = set()
    total = 0
    reasons = Reasons(len(transact_items))
    for at, request in enumerate(transact_items):
        get = request["Get"]
        text = get.get("ProjectionExpression")
        expressions = items.asked(None, text, get.get("ExpressionAttributeNames")) if text is not None else None
        project, deep = items.projection(expressions, None, text)
        values.admit(get["Key"])
        schema = schemas.schema_of(call, get["TableName"])
        found = reasons.catch(at, partial(_place, schema, deep), get["Key"])
        if found is None:
            continue
        place = found.bytes
        if place in seen:
            raise ValidationException(DUPLICATES)
        seen.add(place)
        reasons.catch(at, partial(conflicts.check_read, call, schema), found)
        stored = call.tx.get(place)
        response: dict[str, Any] = {}
        size = 0
        if stored is not None:
            item = item_rows.load(stored)
            response["Item"] = item if project is None else project(item)
            size = item_rows.stored_size(stored)
            total += size
        responses.append(response)
        units = FACTOR * capacity.read_units(size, True)
        usages.setdefault(schema.name, Usage(schema)).add(units, {})
        reasons.catch(at, partial(throttle.take_read, call, schema, found.code, get["Key"]), units)
    reasons.raise_any()
    if total > limits.TRANSACTION_BYTES:
        raise ValidationException("Collection size of items in transaction exceeded 4MB limit")
    answer: dict[str, Any] = {"Responses": responses}
    if return_consumed_capacity != "NONE":
        answer["ConsumedCapacity"] = [usage.show(return_consumed_capacity, "Read") for usage in usages.values()]
    return answer


def _place(schema: schemas.Schema, deep: frozenset[str], key: values.Item) -> schemas.Key:
    try:
        found = keys.of_request(schema, key)
        if deep:
            keys.check_deep(schema, deep)
        return found
    except WrongRequestException:
        raise
    except ValidationException as error:
        raise Refused(error.message) from None
