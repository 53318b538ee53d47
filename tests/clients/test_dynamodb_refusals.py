"""What DynamoDB says of requests that its model does not allow, to a client that lets them through."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

DETECTED = "1 validation error detected: "
NO_NAME = "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
CAPACITY = (
    "Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: "
    "[INDEXES, TOTAL, NONE]"
)
VALUES = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
METRICS = "Value 'X' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]"
KEY = {"pk": {"S": "a"}}
WRONG = {"ReturnConsumedCapacity": "X", "ReturnValues": "X"}


@pytest.fixture
def dynamodb(account: Account) -> Any:
    return account.client("dynamodb", Config(parameter_validation=False, retries={"max_attempts": 0}))


def told(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    assert error.value.response["Error"]["Code"] == "ValidationException"
    return str(error.value.response["Error"]["Message"])


def test_writes_tell_an_empty_name_alone(dynamodb: Any) -> None:
    assert told(dynamodb.put_item, TableName="", Item={}, ReturnValues="X") == DETECTED + NO_NAME
    assert told(dynamodb.delete_item, TableName="", Key={}) == DETECTED + NO_NAME
    assert told(dynamodb.update_item, TableName="", Key={}) == DETECTED + NO_NAME
    assert told(dynamodb.get_item, TableName="", Key={}).startswith(f"{DETECTED}Value '' at 'tableName'")


def test_writes_tell_wrong_words_in_an_order_of_their_own(dynamodb: Any) -> None:
    assert told(dynamodb.put_item, TableName="tab", Item=KEY, ReturnItemCollectionMetrics="X", **WRONG) == (
        f"3 validation errors detected: {CAPACITY}; {VALUES}; {METRICS}"
    )
    assert told(dynamodb.delete_item, TableName="tab", Key=KEY, **WRONG) == (
        f"2 validation errors detected: {CAPACITY}; {VALUES}"
    )
    assert told(dynamodb.update_item, TableName="tab", Key=KEY, **WRONG) == DETECTED + VALUES
    assert told(dynamodb.update_item, TableName="tab", Key=KEY, ReturnConsumedCapacity="X") == DETECTED + CAPACITY


def test_a_write_without_a_key_is_told_in_older_words(dynamodb: Any) -> None:
    no_key = "Value null at 'key' failed to satisfy constraint: Member must not be null"
    no_name = NO_NAME.replace("Value at 'TableName'", "Value '' at 'tableName'")
    values = (
        "Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: "
        "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    )
    assert told(dynamodb.update_item, TableName="") == f"2 validation errors detected: {no_name}; {no_key}"
    assert told(dynamodb.update_item, TableName="", **WRONG) == (
        f"4 validation errors detected: {CAPACITY}; {no_name}; {values}; {no_key}"
    )
    operator = "Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]"
    assert told(dynamodb.update_item, TableName="tab", ConditionalOperator="XOR") == (
        f"2 validation errors detected: {operator}; {no_key}"
    )


def test_batches_tell_no_values(dynamodb: Any) -> None:
    empty = f"{DETECTED}Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
    assert told(dynamodb.batch_get_item, RequestItems={}) == empty
    assert told(dynamodb.batch_write_item, RequestItems={}) == empty
    keys = [{"pk": {"S": str(n)}} for n in range(101)]
    assert told(dynamodb.batch_get_item, RequestItems={"tab": {"Keys": keys}}) == (
        f"{DETECTED}Value at 'RequestItems.tab.member.Keys' failed to satisfy constraint: Member must have length less than or "
        "equal to 100"
    )
    puts = [{"PutRequest": {"Item": key}} for key in keys[:26]]
    assert told(dynamodb.batch_write_item, RequestItems={"tab": puts}) == (
        f"{DETECTED}Value at 'RequestItems.tab.member' failed to satisfy constraint: Member must have length less than or equal to 25"
    )


def test_limits_and_selections(dynamodb: Any) -> None:
    rule = "failed to satisfy constraint: Member must have value greater than or equal to 1"
    assert told(dynamodb.query, TableName="tab", Limit=0) == f"{DETECTED}Value at 'Limit' {rule}"
    assert told(dynamodb.scan, TableName="tab", Limit=0) == f"{DETECTED}Value '0' at 'limit' {rule}"
    assert told(dynamodb.query, TableName="tab", Select="X") == (
        f"{DETECTED}Value 'X' at 'select' failed to satisfy constraint: Member must satisfy enum value set: "
        "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"
    )


def test_specific_attributes_are_to_be_named(dynamodb: Any) -> None:
    missing = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    specific = {"TableName": "tab", "Select": "SPECIFIC_ATTRIBUTES"}
    assert told(dynamodb.query, **specific, KeyConditionExpression="pk =") == DETECTED + missing
    assert told(dynamodb.scan, **specific) == missing


def test_tables(dynamodb: Any) -> None:
    definitions = [{"AttributeName": "pk", "AttributeType": "S"}]
    keys = [{"AttributeName": name, "KeyType": "RANGE" if at else "HASH"} for at, name in enumerate(("pk", "a", "b"))]
    made = {
        "TableName": "tab",
        "AttributeDefinitions": definitions,
        "KeySchema": keys,
        "BillingMode": "PAY_PER_REQUEST",
    }
    assert told(dynamodb.create_table, **made) == (
        f"{DETECTED}Value '[KeySchemaElement(attributeName=pk, keyType=HASH), KeySchemaElement(attributeName=a, keyType=RANGE), "
        "KeySchemaElement(attributeName=b, keyType=RANGE)]' at 'keySchema' failed to satisfy constraint: Member must have "
        "length less than or equal to 2"
    )
    made["AttributeDefinitions"] = [{"AttributeName": "pk", "AttributeType": "X"}]
    assert told(dynamodb.create_table, **made).endswith("Member must satisfy enum value set: [B, N, S]")
    required = "The parameter 'TableName' is required but was not present in the request"
    assert told(dynamodb.create_table, KeySchema=keys[:1], AttributeDefinitions=definitions) == required
    assert told(dynamodb.describe_table) == required
    assert told(dynamodb.put_item, Item=KEY) == (
        f"{DETECTED}Value null at 'tableName' failed to satisfy constraint: Member must not be null"
    )


def test_a_set_has_no_null(dynamodb: Any) -> None:
    said = "One or more parameter values were invalid: An string set may not have a null string as a member"
    assert told(dynamodb.put_item, TableName="tab", Item={**KEY, "s": {"SS": ["a", None]}}) == said
