"""DynamoDB with boto3 (client and resource), PynamoDB and the AWS CLI."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client

PK = [{"AttributeName": "pk", "KeyType": "HASH"}]
BOTH = [*PK, {"AttributeName": "sk", "KeyType": "RANGE"}]
TYPES = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]


@pytest.fixture
def dynamodb(account: Account) -> Any:
    return account.client("dynamodb", Config(retries={"max_attempts": 0}))


@pytest.fixture
def table(account: Account) -> Any:
    """The boto3 resource of a table with the key pk, sk."""
    made = account.resource("dynamodb").create_table(
        TableName="orders", KeySchema=BOTH, AttributeDefinitions=TYPES, BillingMode="PAY_PER_REQUEST"
    )
    made.wait_until_exists()
    return made


def refused(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    response: dict[str, Any] = error.value.response
    return response


def test_the_resource_reads_back_what_it_wrote(table: Any) -> None:
    whole = {
        "pk": "a",
        "sk": Decimal("1.5"),
        "m": {"l": [1, "x", None, True]},
        "s": {"p", "q"},
        "n": {1, 2},
        "b": b"\0",
    }
    table.put_item(Item=whole)
    found = table.get_item(Key={"pk": "a", "sk": Decimal("1.50")})["Item"]
    assert found == {**whole, "b": found["b"]}
    assert found["b"].value == b"\0"


def test_queries_filters_and_pages(table: Any, account: Account) -> None:
    with table.batch_writer() as batch:
        for n in range(60):
            batch.put_item(Item={"pk": "a", "sk": n, "even": n % 2 == 0})
    answer = table.query(
        KeyConditionExpression=Key("pk").eq("a") & Key("sk").between(10, 19), FilterExpression=Attr("even").eq(True)
    )
    assert [each["sk"] for each in answer["Items"]] == [10, 12, 14, 16, 18]
    assert answer["ScannedCount"] == 10
    pages = (
        account.client("dynamodb").get_paginator("scan").paginate(TableName="orders", PaginationConfig={"PageSize": 7})
    )
    assert sum(page["Count"] for page in pages) == 60


def test_errors_are_typed_and_carry_what_was_asked_for(dynamodb: Any, table: Any) -> None:
    dynamodb.put_item(TableName="orders", Item={"pk": {"S": "a"}, "sk": {"N": "1"}})
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as failed:
        dynamodb.put_item(
            TableName="orders",
            Item={"pk": {"S": "a"}, "sk": {"N": "1"}},
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failed.value.response["Item"] == {"pk": {"S": "a"}, "sk": {"N": "1"}}
    assert failed.value.response["Error"]["Message"] == "The conditional request failed"
    check = {
        "TableName": "orders",
        "Key": {"pk": {"S": "z"}, "sk": {"N": "1"}},
        "ConditionExpression": "attribute_exists(pk)",
    }
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": check}])
    assert cancelled.value.response["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"
    assert refused(dynamodb.get_item, TableName="none", Key={"pk": {"S": "a"}})["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "Requested resource not found",
    }


def test_what_is_not_there_is_refused_by_name(dynamodb: Any, table: Any) -> None:
    answer = refused(
        dynamodb.create_table, TableName="other", KeySchema=PK, AttributeDefinitions=TYPES[:1],
        BillingMode="PAY_PER_REQUEST", GlobalTableSettingsReplicationMode="ENABLED",
    )  # fmt: skip
    assert answer["Error"]["Code"] == "NotImplemented"
    assert "GlobalTableSettingsReplicationMode" in answer["Error"]["Message"]


@pytest.mark.spec("dynamodb-021")
def test_concurrent_counters_lose_nothing(account: Account, table: Any) -> None:
    def count() -> None:
        client = account.client("dynamodb")
        for _ in range(25):
            client.update_item(
                TableName="orders", Key={"pk": {"S": "a"}, "sk": {"N": "0"}}, UpdateExpression="ADD hits :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )  # fmt: skip

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.get_item(Key={"pk": "a", "sk": 0})["Item"]["hits"] == 100


@pytest.mark.spec("dynamodb-026")
def test_consistent_reads_see_the_latest_write(table: Any) -> None:
    table.put_item(Item={"pk": "a", "sk": 1, "v": "new"})
    assert table.get_item(Key={"pk": "a", "sk": 1}, ConsistentRead=True)["Item"]["v"] == "new"
    assert table.query(KeyConditionExpression=Key("pk").eq("a"), ConsistentRead=True)["Items"][0]["v"] == "new"
    assert table.scan(ConsistentRead=True)["Items"][0]["v"] == "new"


@pytest.fixture
def user(account: Account) -> Any:
    """`user(statement, …)`: a client of a user named alice who has these statements only."""
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]

    def make(*statements: dict[str, Any]) -> Any:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=json.dumps(document))
        return account.client(
            "dynamodb", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )

    return make


@pytest.mark.spec("dynamodb-062")
def test_leading_keys_keep_users_to_their_items(user: Any, table: Any) -> None:
    alice = user(
        {
            "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PutItem"],
            "Resource": table.table_arn,
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
        }
    )
    own, other = ({"pk": {"S": name}, "sk": {"N": "1"}} for name in ("alice", "bob"))
    alice.put_item(TableName="orders", Item=own)
    assert alice.get_item(TableName="orders", Key=own)["Item"] == own
    query = {"TableName": "orders", "KeyConditionExpression": "pk = :p"}
    assert alice.query(**query, ExpressionAttributeValues={":p": own["pk"]})["Count"] == 1
    for answer in (
        refused(alice.get_item, TableName="orders", Key=other),
        refused(alice.query, **query, ExpressionAttributeValues={":p": other["pk"]}),
        refused(alice.batch_get_item, RequestItems={"orders": {"Keys": [own, other]}}),
        refused(alice.transact_write_items, TransactItems=[
            {"Put": {"TableName": "orders", "Item": own}}, {"Put": {"TableName": "orders", "Item": other}}
        ]),
        refused(alice.scan, TableName="orders"),
    ):  # fmt: skip
        assert answer["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.spec("dynamodb-063")
def test_attributes_may_be_granted_one_by_one(user: Any, table: Any) -> None:
    table.put_item(Item={"pk": "a", "sk": 1, "public": "x", "secret": "y"})
    alice = user(
        {
            "Action": "dynamodb:GetItem",
            "Resource": table.table_arn,
            "Condition": {
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "visible"]},
                "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
            },
        }
    )
    get = {"TableName": "orders", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}
    alice.get_item(**get, ProjectionExpression="pk, visible")
    for more in ({}, {"ProjectionExpression": "secret"}, {"AttributesToGet": ["secret"]}):
        assert refused(alice.get_item, **get, **more)["Error"]["Code"] == "AccessDeniedException"


def test_pynamodb(account: Account) -> None:
    from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
    from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
    from pynamodb.models import Model
    from pynamodb.transactions import TransactWrite

    class ByColour(GlobalSecondaryIndex):  # type: ignore[misc,type-arg]
        class Meta:
            index_name = "by_colour"
            projection = AllProjection()
            read_capacity_units = write_capacity_units = 5

        colour = UnicodeAttribute(hash_key=True)

    class Car(Model):  # type: ignore[misc]
        class Meta:
            table_name = "cars"
            region = "us-east-1"
            host = account.running.endpoint
            aws_access_key_id = account.number
            aws_secret_access_key = "test"
            read_capacity_units = write_capacity_units = 5

        make = UnicodeAttribute(hash_key=True)
        year = NumberAttribute(range_key=True)
        colour = UnicodeAttribute()
        version = VersionAttribute()
        by_colour = ByColour()

    Car.create_table(wait=True)
    for year in range(2000, 2010):
        Car("mini", year, colour="red" if year % 2 else "blue").save()
    assert [car.year for car in Car.query("mini", Car.year > 2005)] == [2006, 2007, 2008, 2009]
    assert {car.year for car in Car.by_colour.query("red")} == {2001, 2003, 2005, 2007, 2009}
    car = Car.get("mini", 2001)
    stale = Car.get("mini", 2001)
    car.update(actions=[Car.colour.set("green")])
    with pytest.raises(Exception, match="conditional request failed"):
        stale.update(actions=[Car.colour.set("grey")])
    from pynamodb.connection import Connection

    connection = Connection(
        region="us-east-1", host=account.running.endpoint, aws_access_key_id=account.number,
        aws_secret_access_key="test",
    )  # fmt: skip
    with TransactWrite(connection=connection) as transaction:
        transaction.delete(Car.get("mini", 2002))
        transaction.save(Car("audi", 2024, colour="red"))
    assert Car.count() == 10


@pytest.mark.spec("dynamodb-031", "dynamodb-032")
def test_the_command_line(account: Account, table: Any, tmp_path: Path) -> None:
    for n in range(3):
        table.put_item(Item={"pk": "a", "sk": n, "big": n > 0, "x": "y"})

    def aws(*words: str) -> Any:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **account.environment}
        command = [str(Path(sys.executable).parent / "aws"), "--output", "json", "dynamodb", *words]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    values = '{":p": {"S": "a"}, ":t": {"BOOL": true}}'
    found = aws("query", "--table-name", "orders", "--key-condition-expression", "pk = :p", "--filter-expression",
                "big = :t", "--expression-attribute-values", values)  # fmt: skip
    assert (found["Count"], found["ScannedCount"]) == (2, 3)
    key = '{"pk": {"S": "a"}, "sk": {"N": "1"}}'
    found = aws("get-item", "--table-name", "orders", "--key", key, "--projection-expression", "x")
    assert found["Item"] == {"x": {"S": "y"}}


def test_partiql(dynamodb: Any, table: Any, user: Any) -> None:
    for n in range(3):
        dynamodb.execute_statement(
            Statement="INSERT INTO orders VALUE {'pk': ?, 'sk': ?, 'tags': <<'x'>>}",
            Parameters=[{"S": "a"}, {"N": str(n)}],
        )
    pages = dynamodb.execute_statement(Statement="SELECT sk FROM orders WHERE pk = 'a' AND sk > 0", Limit=1)
    assert pages["Items"] == [{"sk": {"N": "1"}}] and pages["NextToken"]
    duplicate = refused(dynamodb.execute_statement, Statement="INSERT INTO orders VALUE {'pk': 'a', 'sk': 0}")
    assert duplicate["Error"] == {
        "Code": "DuplicateItemException", "Message": "Duplicate primary key exists in table"
    }  # fmt: skip
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.execute_transaction(
            TransactStatements=[
                {"Statement": "DELETE FROM orders WHERE pk = 'a' AND sk = 0"},
                {"Statement": "UPDATE orders SET n = 1 WHERE pk = 'z' AND sk = 0"},
            ]
        )
    codes = [each["Code"] for each in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["alice"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    alice = user({"Action": "dynamodb:PartiQLSelect", "Resource": table.table_arn, "Condition": condition})
    assert alice.execute_statement(Statement="SELECT * FROM orders WHERE pk = 'alice'")["Items"] == []
    for text in (
        "SELECT * FROM orders",
        "SELECT * FROM orders WHERE pk = 'a'",
        "DELETE FROM orders WHERE pk = 'alice' AND sk = 0",
    ):
        denied = refused(alice.execute_statement, Statement=text)["Error"]
        assert denied["Code"] == "AccessDeniedException" and "dynamodb:PartiQL" in denied["Message"]


def eventually(ask: Any, seconds: float = 10) -> Any:
    deadline = time.time() + seconds
    while time.time() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def active(client: Any, name: str) -> bool:
    return bool(client.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE")


@pytest.mark.spec("dynamodb-055", "dynamodb-057")
def test_backups_outlive_their_table(account: Account, dynamodb: Any, table: Any) -> None:
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "v": {"S": "x"}}
    dynamodb.put_item(TableName="orders", Item=item)
    arn = dynamodb.create_backup(TableName="orders", BackupName="before")["BackupDetails"]["BackupArn"]

    def status() -> str:
        found: str = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"]
        return found

    eventually(lambda: status() == "AVAILABLE")
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="orders", TargetTableName="earlier", UseLatestRestorableTime=True
    )
    eventually(lambda: active(dynamodb, "earlier"))
    assert dynamodb.scan(TableName="earlier")["Items"] == [item]
    dynamodb.delete_table(TableName="orders")
    assert status() == "AVAILABLE"
    assert [each["BackupArn"] for each in dynamodb.list_backups()["BackupSummaries"]] == [arn]
    dynamodb.restore_table_from_backup(TargetTableName="after", BackupArn=arn)
    eventually(lambda: active(dynamodb, "after"))
    assert dynamodb.scan(TableName="after")["Items"] == [item]
    assert account.client("s3").list_buckets()["Buckets"] == [], "where backups are is not seen"
    dynamodb.delete_backup(BackupArn=arn)
    assert refused(dynamodb.describe_backup, BackupArn=arn)["Error"]["Code"] == "BackupNotFoundException"


@pytest.mark.spec("dynamodb-056")
def test_recovery_to_any_second(still: Account, still_cloud: Running) -> None:
    db = still.client("dynamodb", Config(retries={"max_attempts": 0}))
    db.create_table(TableName="tab", KeySchema=PK, AttributeDefinitions=TYPES[:1], BillingMode="PAY_PER_REQUEST")

    def point() -> dict[str, Any]:
        found = db.describe_continuous_backups(TableName="tab")["ContinuousBackupsDescription"]
        recovery: dict[str, Any] = found["PointInTimeRecoveryDescription"]
        return recovery

    assert point() == {"PointInTimeRecoveryStatus": "DISABLED"}
    db.update_continuous_backups(
        TableName="tab",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    )
    earliest = point()["EarliestRestorableDateTime"]
    for n in range(5):
        db.put_item(TableName="tab", Item={"pk": {"S": "a"}, "n": {"N": str(n)}})
        still_cloud.advance(1)
    still_cloud.advance(600)
    for n in (1, 3):  # the earliest time is a whole second, a part of one before the first write
        db.restore_table_to_point_in_time(
            SourceTableName="tab", TargetTableName=f"second{n}", RestoreDateTime=earliest + timedelta(seconds=n + 1)
        )
        still_cloud.advance(1)
        found = db.get_item(TableName=f"second{n}", Key={"pk": {"S": "a"}})["Item"]
        assert found["n"] == {"N": str(n)}
    still_cloud.advance(8 * 86_400)
    shown = point()
    assert shown["RecoveryPeriodInDays"] == 7
    assert shown["LatestRestorableDateTime"] - shown["EarliestRestorableDateTime"] == timedelta(days=7, seconds=-300)
    late = refused(
        db.restore_table_to_point_in_time, SourceTableName="tab", TargetTableName="none", RestoreDateTime=earliest
    )
    assert late["Error"]["Code"] == "InvalidRestoreTimeException"


@pytest.mark.spec("dynamodb-058")
def test_a_table_is_exported_to_a_bucket_and_imported(account: Account, dynamodb: Any, table: Any) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="exported")
    for n in range(3):
        table.put_item(Item={"pk": "a", "sk": n})
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    made = dynamodb.export_table_to_point_in_time(TableArn=table.table_arn, S3Bucket="exported", S3Prefix="x")

    def export() -> dict[str, Any]:
        found = dynamodb.describe_export(ExportArn=made["ExportDescription"]["ExportArn"])["ExportDescription"]
        return found if found["ExportStatus"] != "IN_PROGRESS" else {}

    done = eventually(export)
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 3)

    def read(key: str) -> bytes:
        body: bytes = s3.get_object(Bucket="exported", Key=key)["Body"].read()
        return body

    files = read(json.loads(read(done["ExportManifest"]))["manifestFilesS3Key"]).splitlines()
    lines = gzip.decompress(read(json.loads(files[0])["dataFileS3Key"])).splitlines()
    assert sorted(json.loads(line)["Item"]["sk"]["N"] for line in lines) == ["0", "1", "2"]
    imported = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "exported", "S3KeyPrefix": json.loads(files[0])["dataFileS3Key"]},
        InputFormat="DYNAMODB_JSON", InputCompressionType="GZIP",
        TableCreationParameters={"TableName": "copy", "KeySchema": BOTH, "AttributeDefinitions": TYPES,
                                 "BillingMode": "PAY_PER_REQUEST"},
    )["ImportTableDescription"]["ImportArn"]  # fmt: skip
    eventually(lambda: active(dynamodb, "copy"))
    assert dynamodb.describe_import(ImportArn=imported)["ImportTableDescription"]["ImportedItemCount"] == 3
    assert dynamodb.scan(TableName="copy", Select="COUNT")["Count"] == 3


@pytest.mark.spec("dynamodb-061")
def test_tables_are_under_amazons_key_until_another_is_chosen(account: Account, dynamodb: Any, table: Any) -> None:
    table.put_item(Item={"pk": "a", "sk": 1})
    assert "SSEDescription" not in dynamodb.describe_table(TableName="orders")["Table"]
    dynamodb.update_table(TableName="orders", SSESpecification={"Enabled": True, "SSEType": "KMS"})
    shown = dynamodb.describe_table(TableName="orders")["Table"]["SSEDescription"]
    key = account.client("kms").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]
    assert shown == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    assert table.scan()["Items"] == [{"pk": "a", "sk": 1}]


@pytest.mark.spec("dynamodb-037")
def test_a_shadow_table_takes_nothing_from_the_other(account: Account, dynamodb: Any) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 50}
    for name in ("main", "shadow"):
        dynamodb.create_table(TableName=name, KeySchema=PK, AttributeDefinitions=TYPES[:1], ProvisionedThroughput=units)
        for n in range(3):
            dynamodb.put_item(TableName=name, Item={"pk": {"S": f"k{n}"}, "big": {"S": "x" * 390_000}})
    scan = {"TableName": "shadow", "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}
    consumed = 0.0
    while consumed < 300:  # the burst of a table with one unit
        consumed += dynamodb.scan(**scan)["ConsumedCapacity"]["CapacityUnits"]
    throttled = refused(dynamodb.scan, **scan)["Error"]["Code"]
    assert throttled == "ProvisionedThroughputExceededException"
    whole = dynamodb.scan(TableName="main", ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert whole["ConsumedCapacity"] == {
        "TableName": "main",
        "CapacityUnits": whole["ConsumedCapacity"]["CapacityUnits"],
    }
    assert whole["Count"] == 3


@pytest.mark.spec("dynamodb-038")
def test_several_requests_share_a_connection(account: Account, table: Any) -> None:
    table.put_item(Item={"pk": "a", "sk": 1})
    client = account.client("dynamodb")
    heads: list[dict[str, str]] = []
    client.meta.events.register(
        "before-send.dynamodb.GetItem", lambda request, **_: heads.append(dict(request.headers))
    )
    get = {"TableName": "orders", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}
    client.get_item(**get)
    connection = http.client.HTTPConnection(account.running.endpoint.partition("//")[2], timeout=10)
    body = json.dumps(get)
    head = {name: value.decode() if isinstance(value, bytes) else value for name, value in heads[0].items()}
    sockets = set()
    for _ in range(5):
        connection.request("POST", "/", body, head)
        answer = connection.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["Item"]["sk"] == {"N": "1"}
        assert connection.sock is not None, "the server leaves it open"
        sockets.add(connection.sock.getsockname())
    assert len(sockets) == 1
    connection.close()


@pytest.mark.spec("dynamodb-005")
def test_an_index_of_objects_and_a_lease_table(account: Account, dynamodb: Any) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="photos")
    dynamodb.create_table(
        TableName="objects", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "key")],
    )  # fmt: skip
    for key in ("2026/a.jpg", "2026/b.jpg", "2027/c.jpg"):
        tag = s3.put_object(Bucket="photos", Key=key, Body=key.encode())["ETag"]
        dynamodb.put_item(TableName="objects", Item={"owner": {"S": "ann"}, "key": {"S": key}, "etag": {"S": tag}})
    found = dynamodb.query(
        TableName="objects", KeyConditionExpression="#o = :o AND begins_with(#k, :y)",
        ExpressionAttributeNames={"#o": "owner", "#k": "key"},
        ExpressionAttributeValues={":o": {"S": "ann"}, ":y": {"S": "2026/"}},
    )["Items"]  # fmt: skip
    assert [each["key"]["S"] for each in found] == ["2026/a.jpg", "2026/b.jpg"]
    assert s3.head_object(Bucket="photos", Key="2026/a.jpg")["ETag"] == found[0]["etag"]["S"]

    lease = {"leaseKey": {"S": "shardId-000000000000"}}
    dynamodb.create_table(
        TableName="leases", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
    )  # fmt: skip
    new = {"checkpoint": {"S": "TRIM_HORIZON"}, "leaseCounter": {"N": "0"}}
    dynamodb.put_item(TableName="leases", Item={**lease, **new}, Expected={"leaseKey": {"Exists": False}})

    def take(owner: str, counter: int) -> None:
        """As the KCL takes and renews a lease: the counter must be the one that it saw."""
        dynamodb.update_item(
            TableName="leases", Key=lease,
            Expected={"leaseCounter": {"Value": {"N": str(counter)}}},
            AttributeUpdates={"leaseOwner": {"Value": {"S": owner}, "Action": "PUT"},
                              "leaseCounter": {"Value": {"N": "1"}, "Action": "ADD"}},
        )  # fmt: skip

    take("worker-1", 0)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        take("worker-2", 0)
    take("worker-1", 1)
    held = dynamodb.get_item(TableName="leases", Key=lease, ConsistentRead=True)["Item"]
    assert (held["leaseOwner"]["S"], held["leaseCounter"]["N"]) == ("worker-1", "2")


def test_transactions_conflict_and_retries_succeed(dynamodb: Any, table: Any, account: Account) -> None:
    """Twenty threads move money between three accounts; each tries again when it was cancelled for a conflict."""
    for n in range(3):
        table.put_item(Item={"pk": f"money{n}", "sk": 1, "amount": 1000})
    conflicts: list[str] = []
    failures: list[BaseException] = []

    def update(n: int, by: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": "orders",
                "Key": {"pk": {"S": f"money{n}"}, "sk": {"N": "1"}},
                "UpdateExpression": "ADD amount :by",
                "ExpressionAttributeValues": {":by": {"N": str(by)}},
            }
        }

    def move(thread: int) -> None:
        client = account.client("dynamodb", Config(retries={"max_attempts": 0}))
        try:
            for turn in range(15):
                giver, taker = (thread + turn) % 3, (thread + turn + 1) % 3
                while True:
                    try:
                        client.transact_write_items(TransactItems=[update(giver, -1), update(taker, thread + 1 + 1)])
                        break
                    except client.exceptions.TransactionCanceledException as error:
                        codes = {each["Code"] for each in error.response["CancellationReasons"]}
                        assert codes <= {"None", "TransactionConflict"}
                        conflicts.extend(codes - {"None"})
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=move, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert conflicts
    total = sum(table.get_item(Key={"pk": f"money{n}", "sk": 1})["Item"]["amount"] for n in range(3))
    assert total == 3000 + 15 * sum(n + 1 for n in range(20))


def test_calls_one_after_another_never_conflict(dynamodb: Any, table: Any) -> None:
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    for _ in range(100):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "orders", "Item": key}}])
        dynamodb.put_item(TableName="orders", Item=key)
        dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "orders", "Key": key}}])
        dynamodb.delete_item(TableName="orders", Key=key)


def test_a_hot_key_is_throttled_and_clients_try_again(account: Account, dynamodb: Any) -> None:
    """Half a unit for each read: the limit of a key is lowered, so that a client can reach it."""
    control = account.running.endpoint + "/_skyjar/quotas"
    body = {"service": "dynamodb", "name": "partition-read-units", "value": 5, "account": account.number}
    request = urllib.request.Request(control, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    dynamodb.create_table(TableName="hot", KeySchema=PK, AttributeDefinitions=TYPES[:1], BillingMode="PAY_PER_REQUEST")
    get = {"TableName": "hot", "Key": {"pk": {"S": "a"}}}
    with pytest.raises(ClientError) as throttled:
        for _ in range(10_000):
            dynamodb.get_item(**get)
    response: dict[str, Any] = throttled.value.response
    assert response["Error"]["Code"] == "ThrottlingException"
    (reason,) = response["throttlingReasons"]
    assert reason["reason"] == "TableReadKeyRangeThroughputExceeded"
    assert reason["resource"].endswith(f":{account.number}:table/hot")
    patient = account.client("dynamodb", Config(retries={"mode": "standard", "max_attempts": 10}))
    for _ in range(15):
        patient.get_item(**get)


def test_an_index_with_keys_of_several_attributes(account: Account) -> None:
    parts = [("tournament", "HASH"), ("region", "HASH"), ("round", "RANGE"), ("game", "RANGE")]
    made = account.resource("dynamodb").create_table(
        TableName="matches", KeySchema=PK, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[*TYPES[:1], *({"AttributeName": name, "AttributeType": "S"} for name, _ in parts)],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_round",
                "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in parts],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )  # fmt: skip
    for n in range(6):
        made.put_item(
            Item={"pk": f"k{n}", "tournament": "winter", "region": "na", "round": f"r{n // 3}", "game": f"g{n}"}
        )
    where = Key("tournament").eq("winter") & Key("region").eq("na") & Key("round").eq("r1") & Key("game").gt("g3")
    answer = made.query(IndexName="by_round", KeyConditionExpression=where)
    assert [each["pk"] for each in answer["Items"]] == ["k4", "k5"]
    skipping = Key("tournament").eq("winter") & Key("region").eq("na") & Key("game").eq("g3")
    error = refused(made.query, IndexName="by_round", KeyConditionExpression=skipping)["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationException",
        "Query condition missed key schema element: round",
    )
