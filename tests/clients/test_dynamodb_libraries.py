"""Libraries that keep their state in DynamoDB: idempotency, locks, sessions, the JavaScript document client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

JS = Path(__file__).parents[2] / ".tools" / "js"


def simple_table(account: Account, name: str, key: str, kind: str = "S") -> Any:
    return account.resource("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.spec("dynamodb-023")
def test_powertools_runs_a_repeated_event_once(account: Account) -> None:
    idempotency = pytest.importorskip("aws_lambda_powertools.utilities.idempotency")
    table = simple_table(account, "idempotency", "id")
    store = idempotency.DynamoDBPersistenceLayer(table_name="idempotency", boto3_client=account.client("dynamodb"))
    ran: list[str] = []

    @idempotency.idempotent_function(
        data_keyword_argument="order",
        persistence_store=store,
        config=idempotency.IdempotencyConfig(event_key_jmespath="id", payload_validation_jmespath="sum"),
    )
    def pay(*, order: dict[str, Any]) -> dict[str, Any]:
        ran.append(order["id"])
        if "again" in order:
            pay(order=order)
        if order["sum"] < 0:
            raise ValueError
        return {"paid": order["sum"]}

    assert [pay(order={"id": name, "sum": 5}) for name in ("a", "a", "b", "a")] == [{"paid": 5}] * 4
    assert ran == ["a", "b"]
    with pytest.raises(idempotency.exceptions.IdempotencyValidationError):
        pay(order={"id": "a", "sum": 6})
    for _ in range(2):  # what failed may be tried again
        with pytest.raises(ValueError):
            pay(order={"id": "c", "sum": -1})
    assert ran == ["a", "b", "c", "c"]
    with pytest.raises(idempotency.exceptions.IdempotencyAlreadyInProgressError):
        pay(order={"id": "d", "sum": 1, "again": True})
    assert sorted(item["status"] for item in table.scan()["Items"]) == ["COMPLETED", "COMPLETED"]


@pytest.mark.spec("dynamodb-020")
def test_a_lock_is_held_by_one(account: Account) -> None:
    library = pytest.importorskip("python_dynamodb_lock.python_dynamodb_lock")
    resource = account.resource("dynamodb")
    library.DynamoDBLockClient.create_dynamodb_table(account.client("dynamodb"), "locks")
    resource.Table("locks").wait_until_exists()

    def client(owner: str) -> Any:
        return library.DynamoDBLockClient(
            resource, "locks", owner_name=owner, heartbeat_period=timedelta(milliseconds=100),
            safe_period=timedelta(milliseconds=700), lease_duration=timedelta(seconds=1),
        )  # fmt: skip

    first, second = client("first"), client("second")
    try:
        lock = first.acquire_lock("job", additional_attributes={"why": "test"})
        held = resource.Table("locks").get_item(Key={"lock_key": "job", "sort_key": "-"})["Item"]
        assert (held["owner_name"], held["why"]) == ("first", "test")
        with pytest.raises(library.DynamoDBLockError) as refused:
            second.acquire_lock(
                "job", retry_period=timedelta(milliseconds=50), retry_timeout=timedelta(milliseconds=300)
            )
        assert refused.value.code == library.DynamoDBLockError.ACQUIRE_TIMEOUT
        lock.release()
        other = second.acquire_lock("job", retry_period=timedelta(milliseconds=50))
        assert other.owner_name == "second"
        other.release()
        assert resource.Table("locks").scan()["Count"] == 0
    finally:
        first.close()
        second.close()


def test_sessions_of_a_web_application(account: Account) -> None:
    pytest.importorskip("mypy_boto3_dynamodb")
    flask = pytest.importorskip("flask")
    flask_session = pytest.importorskip("flask_session")
    app = flask.Flask("shop")
    app.config.update(
        SESSION_TYPE="dynamodb",
        SESSION_DYNAMODB=account.resource("dynamodb"),
        SESSION_DYNAMODB_TABLE="sessions",
        SESSION_PERMANENT=True,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=1),
    )
    flask_session.Session(app)

    @app.get("/add/<what>")
    def add(what: str) -> Any:
        flask.session["basket"] = [*flask.session.get("basket", []), what]
        return flask.session["basket"]

    @app.get("/leave")
    def leave() -> Any:
        flask.session.clear()
        return []

    one, two = app.test_client(), app.test_client()
    assert one.get("/add/tea").json == ["tea"]
    assert two.get("/add/milk").json == ["milk"]
    assert one.get("/add/jam").json == ["tea", "jam"]
    client = account.client("dynamodb")
    assert client.scan(TableName="sessions")["Count"] == 2
    one.get("/leave")
    assert client.scan(TableName="sessions")["Count"] == 1


def test_the_javascript_document_client(account: Account) -> None:
    if shutil.which("node") is None or not (JS / "node_modules" / "@aws-sdk" / "lib-dynamodb").is_dir():
        pytest.skip("the document client for JavaScript is not installed: tools/install.sh")
    simple_table(account, "things", "id", "N")
    program = """
        import { DynamoDBClient, ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
        import * as lib from "@aws-sdk/lib-dynamodb";
        const db = lib.DynamoDBDocumentClient.from(new DynamoDBClient({}),
            { marshallOptions: { removeUndefinedValues: true }, unmarshallOptions: { wrapNumbers: false } });
        const TableName = "things";
        const Item = { id: 1, s: new Set(["a", "b"]), m: { l: [1, null, true, "é"], none: undefined },
            b: new Uint8Array([1, 2]) };
        await db.send(new lib.PutCommand({ TableName, Item }));
        const got = (await db.send(new lib.GetCommand({ TableName, Key: { id: 1 }, ConsistentRead: true }))).Item;
        const failure = await db.send(new lib.PutCommand({ TableName, Item,
            ConditionExpression: "attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }))
            .catch(error => error);
        await db.send(new lib.BatchWriteCommand({ RequestItems: { [TableName]:
            [2, 3, 4, 5].map(id => ({ PutRequest: { Item: { id, n: id * 1.5 } } })) } }));
        await db.send(new lib.TransactWriteCommand({ TransactItems: [
            { Update: { TableName, Key: { id: 2 }, UpdateExpression: "ADD n :d", ExpressionAttributeValues: { ":d": 1 } } },
            { Delete: { TableName, Key: { id: 3 } } }] }));
        let ids = [], pages = 0;
        for await (const page of lib.paginateScan({ client: db, pageSize: 2 }, { TableName })) {
            ids.push(...page.Items.map(item => item.id)); pages += 1;
        }
        const two = (await db.send(new lib.GetCommand({ TableName, Key: { id: 2 } }))).Item;
        console.log(JSON.stringify({ set: [...got.s].sort(), m: got.m, b: [...got.b], two, ids: ids.sort(), pages,
            kind: failure instanceof ConditionalCheckFailedException, old: failure.Item?.id?.N }));
    """
    command = ["node", "--input-type=module", "-e", program]
    done = subprocess.run(
        command, cwd=JS, env={**os.environ, **account.environment}, capture_output=True, text=True, check=False, timeout=60
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("pages") >= 2
    assert found == {
        "set": ["a", "b"], "m": {"l": [1, None, True, "é"]}, "b": [1, 2], "two": {"id": 2, "n": 4},
        "ids": [1, 2, 4, 5], "kind": True, "old": "1",
    }  # fmt: skip


# As NoSQL Workbench writes a data model: provisioned tables with their indexes, the scaling policies taken out.
WORKBENCH: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "Music": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "Music",
                "AttributeDefinitions": [
                    {"AttributeName": "Artist", "AttributeType": "S"},
                    {"AttributeName": "SongTitle", "AttributeType": "S"},
                    {"AttributeName": "Year", "AttributeType": "N"},
                    {"AttributeName": "Cover", "AttributeType": "B"},
                ],
                "KeySchema": [
                    {"AttributeName": "Artist", "KeyType": "HASH"},
                    {"AttributeName": "SongTitle", "KeyType": "RANGE"},
                ],
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "ByYear",
                        "KeySchema": [{"AttributeName": "Year", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Price"]},
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    },
                    {
                        "IndexName": "ByCover",
                        "KeySchema": [
                            {"AttributeName": "Cover", "KeyType": "HASH"},
                            {"AttributeName": "Year", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    },
                ],
            },
        }
    },
}


def test_a_data_model_of_nosql_workbench_is_deployed(account: Account) -> None:
    stacks, db = account.client("cloudformation"), account.client("dynamodb")
    stacks.create_stack(StackName="model", TemplateBody=json.dumps(WORKBENCH))
    stacks.get_waiter("stack_create_complete").wait(StackName="model", WaiterConfig={"Delay": 1})
    table = db.describe_table(TableName="Music")["Table"]
    assert {index["IndexName"]: index["IndexStatus"] for index in table["GlobalSecondaryIndexes"]} == {
        "ByYear": "ACTIVE", "ByCover": "ACTIVE",
    }  # fmt: skip
    song = {"Artist": {"S": "a"}, "SongTitle": {"S": "b"}, "Year": {"N": "1999"}, "Cover": {"B": b"\x01\x02"},
            "Price": {"N": "1.5"}, "Words": {"L": [{"S": "la"}]}}  # fmt: skip
    db.put_item(TableName="Music", Item=song)
    by_year = db.query(
        TableName="Music", IndexName="ByYear", KeyConditionExpression="#y = :y", ExpressionAttributeNames={"#y": "Year"},
        ExpressionAttributeValues={":y": {"N": "1999"}},
    )  # fmt: skip
    assert by_year["Items"] == [{name: song[name] for name in ("Artist", "SongTitle", "Year", "Price")}]
    by_cover = db.query(
        TableName="Music", IndexName="ByCover", KeyConditionExpression="Cover = :c",
        ExpressionAttributeValues={":c": {"B": b"\x01\x02"}},
    )  # fmt: skip
    assert by_cover["Items"] == [song]
