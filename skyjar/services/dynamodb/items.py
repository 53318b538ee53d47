"""Operations on single items."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import (
    capacity,
    item_rows,
    keys,
    legacy,
    limits,
    metrics,
    paces,
    projections,
    schemas,
    staleness,
    throttle,
    values,
    writes,
)
from .capacity import Usage
from .errors import ValidationException, detected
from .expressions import Expressions, Names, Values
from .values import Item


@operation
def get_item(
    call: Call,
    *,
    table_name: str,
    key: Item,
    attributes_to_get: list[str] | None = None,
    consistent_read: bool = False,
    return_consumed_capacity: str = "NONE",
    projection_expression: str | None = None,
    expression_attribute_names: Names | None = None,
) -> dict[str, Any]:
    expressions = asked(attributes_to_get, projection_expression, expression_attribute_names)
    values.admit(key)
    project, deep = (
        _EVERYTHING if expressions is None else projection(expressions, attributes_to_get, projection_expression)
    )
    call = schemas.owned(call, table_name)
    schema = schemas.schema_of(call, table_name)
    found = keys.of_request(schema, key)
    if deep:
        keys.check_deep(schema, deep)
    behaviour = call.behaviour
    if behaviour.stale_reads_s and not consistent_read:
        stored = staleness.View(call).get(found.bytes)
    else:
        stored = call.tx.get(found.bytes)
    answer: dict[str, Any] = {}
    if stored is not None:
        item = item_rows.load(stored)
        answer["Item"] = item if project is None else project(item)
    if stored is None or len(stored) <= limits.READ_UNIT_BYTES:  # an item is never larger than it is written
        units = 1.0 if consistent_read else 0.5
    else:
        units = capacity.read_units(item_rows.stored_size(stored), consistent_read)
    if schema.is_watched:
        throttle.take(call, schema, read=units, code=found.code, items=(key,))
    else:
        why = paces.take(call, schema, None, found.code, units, is_write=False)
        if why:
            raise throttle.refusal(call, schema, None, why, is_write=False)
        if units in schema.read:
            schema.read[units] += 1.0
        else:
            metrics.was_read(call, schema, units)
    if return_consumed_capacity != "NONE":
        answer["ConsumedCapacity"] = Usage(schema, units).show(return_consumed_capacity)
    return answer


def asked(attributes: list[str] | None, text: str | None, names: Names | None) -> Expressions | None:
    """The expressions of a read without conditions; None where it has none."""
    if attributes is not None:
        writes.refuse_mixture({"AttributesToGet": attributes}, {"ProjectionExpression": text})
    elif text is None and names is None:
        return None
    return Expressions(names, None, ProjectionExpression=text)


def projection(
    expressions: Expressions | None, attributes: list[str] | None, text: str | None
) -> tuple[projections.Projection | None, frozenset[str]]:
    """What such a read shows, and the attributes that its projection looks into."""
    if expressions is None:
        return _EVERYTHING
    if attributes is not None:
        return of_attributes(attributes), frozenset()
    assert text is not None
    expressions.admit()
    compiled = expressions.bind("ProjectionExpression", text)
    expressions.close()
    return compiled.result, compiled.deep


_EVERYTHING: tuple[None, frozenset[str]] = (None, frozenset())


def of_attributes(attributes: list[str]) -> projections.Projection:
    """AttributesToGet, or what selects certain attributes by name."""
    for at, name in enumerate(attributes):
        if name in attributes[:at]:
            raise ValidationException(
                f"One or more parameter values were invalid: Duplicate value in attribute name: {name}"
            )
    return projections.compile_paths([(name,) for name in attributes])


@operation
def put_item(
    call: Call,
    *,
    table_name: str,
    item: Item,
    expected: dict[str, Any] | None = None,
    return_values: str = "NONE",
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    conditional_operator: str | None = None,
    condition_expression: str | None = None,
    expression_attribute_names: Names | None = None,
    expression_attribute_values: Values | None = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> dict[str, Any]:
    condition = (
        expected, conditional_operator, condition_expression, expression_attribute_names, expression_attribute_values
    )  # fmt: skip
    test = None
    try:
        expressions = _conditions(*condition) if condition != _UNCONDITIONAL else None
        size = values.admit(item)
        _check_return(return_values)
        writes.check_size(size)
        if expressions is not None:
            test = writes.condition(expressions, condition_expression, expected, conditional_operator)
            expressions.close()
    except ValidationException as error:
        raise detected(error) from None
    call = schemas.owned(call, table_name)
    schema = schemas.schema_of(call, table_name)
    shows = return_values_on_condition_check_failure == "ALL_OLD"
    write = writes.put(schema, item, size, test, shows_failure=shows)
    done = writes.perform(call, write, needs_old=return_values == "ALL_OLD")
    return _answer(call, done, return_values, return_consumed_capacity, return_item_collection_metrics)


@operation
def delete_item(
    call: Call,
    *,
    table_name: str,
    key: Item,
    expected: dict[str, Any] | None = None,
    conditional_operator: str | None = None,
    return_values: str = "NONE",
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    condition_expression: str | None = None,
    expression_attribute_names: Names | None = None,
    expression_attribute_values: Values | None = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> dict[str, Any]:
    try:
        expressions = _conditions(
            expected,
            conditional_operator,
            condition_expression,
            expression_attribute_names,
            expression_attribute_values,
        )
        values.admit(key)
        _check_return(return_values)
        test = writes.condition(expressions, condition_expression, expected, conditional_operator)
        expressions.close()
    except ValidationException as error:
        raise detected(error) from None
    call = schemas.owned(call, table_name)
    schema = schemas.schema_of(call, table_name)
    write = writes.delete(schema, key, test, shows_failure=return_values_on_condition_check_failure == "ALL_OLD")
    needs_old = return_values == "ALL_OLD" or return_item_collection_metrics == "SIZE"
    done = writes.perform(call, write, needs_old=needs_old)
    return _answer(call, done, return_values, return_consumed_capacity, return_item_collection_metrics)


@operation
def update_item(
    call: Call,
    *,
    table_name: str,
    key: Item,
    attribute_updates: dict[str, Any] | None = None,
    expected: dict[str, Any] | None = None,
    conditional_operator: str | None = None,
    return_values: str = "NONE",
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    update_expression: str | None = None,
    condition_expression: str | None = None,
    expression_attribute_names: Names | None = None,
    expression_attribute_values: Values | None = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> dict[str, Any]:
    texts = {"UpdateExpression": update_expression, "ConditionExpression": condition_expression}
    try:
        writes.refuse_mixture(
            {"AttributeUpdates": attribute_updates, "Expected": expected, "ConditionalOperator": conditional_operator},
            texts,
        )
        legacy.check_operator(conditional_operator, expected)
        expressions = Expressions(expression_attribute_names, expression_attribute_values, **texts)
        values.admit(key)
        update, given, deep = None, expressions.values, frozenset[str]()
        if attribute_updates is not None:
            update, given = legacy.attribute_updates(attribute_updates)
        if update_expression is not None:
            expressions.admit()
            compiled = expressions.bind("UpdateExpression", update_expression)
            update, deep = compiled.result, compiled.deep
        test = writes.condition(expressions, condition_expression, expected, conditional_operator)
        expressions.close()
    except ValidationException as error:
        raise detected(error) from None
    call = schemas.owned(call, table_name)
    schema = schemas.schema_of(call, table_name)
    shows = return_values_on_condition_check_failure == "ALL_OLD"
    write = writes.update(schema, key, update, given, test, shows_failure=shows, deep=deep)
    done = writes.perform(call, write)
    return _answer(call, done, return_values, return_consumed_capacity, return_item_collection_metrics)


_UNCONDITIONAL = (None, None, None, None, None)


def _conditions(
    expected: dict[str, Any] | None, operator: str | None, text: str | None, names: Names | None, given: Values | None
) -> Expressions:
    if expected is not None or operator is not None:
        writes.refuse_mixture({"Expected": expected, "ConditionalOperator": operator}, {"ConditionExpression": text})
        legacy.check_operator(operator, expected)
    return Expressions(names, given, ConditionExpression=text)


def _check_return(return_values: str) -> None:
    if return_values not in ("NONE", "ALL_OLD"):
        raise ValidationException("ReturnValues can only be ALL_OLD or NONE")


def _answer(
    call: Call, done: writes.Done, return_values: str, return_capacity: str, return_metrics: str
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if return_values != "NONE":
        shown = done.old if return_values in ("ALL_OLD", "UPDATED_OLD") else done.new
        update = done.write.update
        if return_values.startswith("UPDATED_") and shown is not None:
            shown = projections.compile_paths(list(update.paths))(shown) if update is not None else {}
        if shown:
            answer["Attributes"] = shown
    if return_capacity != "NONE":
        answer["ConsumedCapacity"] = done.usage().show(return_capacity)
    if return_metrics != "NONE":
        metrics = writes.collection_metrics(call, done, return_metrics)
        if metrics is not None:
            answer["ItemCollectionMetrics"] = metrics
    return answer
