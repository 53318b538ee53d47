"""DAX with AWS's own client, against tables that boto3 writes to directly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import skyjar
from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client
amazondax = pytest.importorskip("amazondax", reason="amazon-dax-client is not installed")

JS = Path(__file__).parents[2] / ".tools" / "js"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "dax.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def policy(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(still: Account) -> str:
    iam = still.client("iam")
    made = iam.create_role(RoleName="dax", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="dax", PolicyName="p", PolicyDocument=policy("dynamodb:*"))
    return str(made)


@pytest.fixture
def cluster(still: Account, still_cloud: Running, role: str) -> dict[str, Any]:
    dax = still.client("dax")
    made = dax.create_cluster(ClusterName="Fast", NodeType="dax.r5.large", ReplicationFactor=3, IamRoleArn=role)
    assert made["Cluster"]["Status"] == "creating"
    still_cloud.settle()
    found: dict[str, Any] = dax.describe_clusters(ClusterNames=["fast"])["Clusters"][0]
    return found


@pytest.fixture
def table(still: Account) -> Any:
    return still.resource("dynamodb").create_table(
        TableName="tab",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def connect(cluster: dict[str, Any], account: Account, **keys: str) -> Any:
    given = {"aws_access_key_id": account.number, "aws_secret_access_key": "test", **keys}
    endpoint = cluster["ClusterDiscoveryEndpoint"]["URL"]
    config = Config(read_timeout=10, connect_timeout=5)
    return amazondax.AmazonDaxClient(region_name="us-east-1", endpoint_url=endpoint, config=config, **given)


@pytest.fixture
def dax(cluster: dict[str, Any], still: Account, table: Any) -> Iterator[Any]:
    with connect(cluster, still) as client:
        yield client


def key(pk: str, sk: int | str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def refused(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    response: dict[str, Any] = error.value.response
    return response


def asked(account: Account, name: str) -> list[Any]:
    """The calls of an action of DynamoDB in this account, by DAX."""
    records = account.running.cloud.pipeline.records
    return [
        each
        for each in account.running.call(lambda: records.latest(5000)[1])
        if (each.account, each.service, each.operation) == (account.number, "dynamodb", name) and each.parent
    ]


def put(account: Account, sk: int, **values: Any) -> None:
    """Directly, past the cluster."""
    account.client("dynamodb").put_item(TableName="tab", Item={**key("a", sk), **values})


@pytest.mark.spec("dax-001")
def test_the_second_read_is_a_hit(dax: Any, table: Any, still: Account) -> None:
    whole = {
        **key("a", "-1.5"),
        "m": {"M": {"l": {"L": [{"S": "é"}, {"NULL": True}, {"BOOL": True}]}}},
        "ns": {"NS": ["1", "2.5"]},
        "ss": {"SS": ["x", "y"]},
        "b": {"B": b"\0\xff"},
        "n": {"N": "123456789012345678901234567890"},
    }
    still.client("dynamodb").put_item(TableName="tab", Item=whole)
    answers = [dax.get_item(TableName="tab", Key=key("a", "-1.5"), ReturnConsumedCapacity="TOTAL") for _ in range(2)]
    for answer in answers:
        answer["Item"]["ns"]["NS"].sort()
        answer["Item"]["ss"]["SS"].sort()
        assert answer["Item"] == whole
    assert [answer["ConsumedCapacity"]["CapacityUnits"] for answer in answers] == [0.5, 0.0]
    assert len(asked(still, "GetItem")) == 1
    for _ in range(2):
        assert "Item" not in dax.get_item(TableName="tab", Key=key("none", 1))
    assert len(asked(still, "GetItem")) == 2, "that an item is not there is remembered too"


@pytest.mark.spec("dax-002")
def test_consistent_reads_pass_by_the_cache(dax: Any, table: Any, still: Account, still_cloud: Running) -> None:
    def read(**more: Any) -> str:
        return str(dax.get_item(TableName="tab", Key=key("a", 1), **more)["Item"]["v"]["N"])

    put(still, 1, v={"N": "1"})
    assert read() == "1"
    put(still, 1, v={"N": "2"})
    assert (read(), read(ConsistentRead=True), read()) == ("1", "2", "1")
    still_cloud.advance(299)
    assert read() == "1"
    still_cloud.advance(1)
    assert read() == "2"


@pytest.mark.spec("dax-003")
def test_writes_change_the_item_cache_and_not_the_query_cache(
    dax: Any, table: Any, still: Account, still_cloud: Running
) -> None:
    def values(operation: Any, **more: Any) -> list[str]:
        return [item["v"]["N"] for item in operation(TableName="tab", **more)["Items"]]

    of_a: dict[str, Any] = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    dax.put_item(TableName="tab", Item={**key("a", 1), "v": {"N": "1"}})
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"N": "1"}
    assert not asked(still, "GetItem"), "what was written is in the cache"
    assert values(dax.query, **of_a) == values(dax.scan) == ["1"]
    dax.update_item(
        TableName="tab",
        Key=key("a", 1),
        UpdateExpression="SET v = v + :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    dax.put_item(TableName="tab", Item={**key("a", 2), "v": {"N": "7"}})
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"N": "2"}
    assert values(dax.query, **of_a) == values(dax.scan) == ["1"]
    assert values(dax.query, ConsistentRead=True, **of_a) == ["2", "7"]
    still_cloud.advance(300)
    assert values(dax.query, **of_a) == values(dax.scan) == ["2", "7"]
    dax.delete_item(TableName="tab", Key=key("a", 1))
    assert "Item" not in dax.get_item(TableName="tab", Key=key("a", 1))


@pytest.mark.spec("dax-004")
def test_the_endpoint_leads_to_all_nodes(dax: Any, cluster: dict[str, Any], still_cloud: Running, table: Any) -> None:
    assert (cluster["Status"], cluster["TotalNodes"], cluster["ActiveNodes"]) == ("available", 3, 3)
    nodes = cluster["Nodes"]
    ports = {node["Endpoint"]["Port"] for node in nodes}
    assert [node["NodeId"] for node in nodes] == ["fast-a", "fast-b", "fast-c"]
    assert len(ports | {cluster["ClusterDiscoveryEndpoint"]["Port"]}) == 4
    for _ in range(30):
        dax.get_item(TableName="tab", Key=key("a", 1))
    lines = still_cloud.call(lambda: {line.row.port for line in still_cloud.cloud.ports._lines})
    assert len(lines & ports) >= 2, "reads go to several nodes"


def test_parameter_groups_say_how_long_things_are_cached(
    dax: Any, table: Any, still: Account, still_cloud: Running
) -> None:
    api = still.client("dax")
    api.create_parameter_group(ParameterGroupName="short")
    values = [{"ParameterName": "record-ttl-millis", "ParameterValue": "1000"}]
    api.update_parameter_group(ParameterGroupName="short", ParameterNameValues=values)
    api.update_cluster(ClusterName="fast", ParameterGroupName="short")
    put(still, 1, v={"N": "1"})
    dax.get_item(TableName="tab", Key=key("a", 1))
    put(still, 1, v={"N": "2"})
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"N": "1"}
    still_cloud.advance(1)
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"N": "2"}
    put(still, 1, v={"N": "3"})
    api.reboot_node(ClusterName="fast", NodeId="fast-a")
    still_cloud.settle()
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"N": "3"}


def test_conditions_and_returned_values(dax: Any, table: Any) -> None:
    item = {**key("a", 1), "v": {"N": "1"}, "l": {"L": [{"S": "x"}]}}
    dax.put_item(TableName="tab", Item=item)
    again = {"TableName": "tab", "Item": {**key("a", 1), "v": {"N": "9"}}}
    answer = refused(dax.put_item, **again, ConditionExpression="attribute_not_exists(pk)")
    assert answer["Error"] == {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"] == item
    assert dax.put_item(**again, ReturnValues="ALL_OLD")["Attributes"] == item
    update: dict[str, Any] = {"TableName": "tab", "Key": key("a", 1)}
    changed = dax.update_item(
        **update,
        UpdateExpression="SET #v = #v + :n, m = if_not_exists(m, :m), l = list_append(:l, :l) ADD s :s REMOVE gone",
        ConditionExpression="(#v BETWEEN :low AND :high OR #v IN (:low)) AND NOT begins_with(pk, :z)",
        ExpressionAttributeNames={"#v": "v"},
        ExpressionAttributeValues={
            ":n": {"N": "0.5"},
            ":m": {"M": {"a": {"L": [{"N": "1"}, {"N": "2"}]}}},
            ":l": {"L": [{"S": "y"}]},
            ":s": {"SS": ["p"]},
            ":low": {"N": "1"},
            ":high": {"N": "9"},
            ":z": {"S": "z"},
        },
        ReturnValues="UPDATED_NEW",
    )["Attributes"]
    whole = {"v": {"N": "9.5"}, "m": {"M": {"a": {"L": [{"N": "1"}, {"N": "2"}]}}}, "l": {"L": [{"S": "y"}, {"S": "y"}]},
             "s": {"SS": ["p"]}}  # fmt: skip
    assert changed == whole
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"] == {**key("a", 1), **whole}
    shown = dax.get_item(TableName="tab", Key=key("a", 1), ProjectionExpression="m.a[1], #v",
                         ExpressionAttributeNames={"#v": "v"})  # fmt: skip
    assert shown["Item"] == {"m": {"M": {"a": {"L": [{"N": "2"}]}}}, "v": {"N": "9.5"}}
    assert dax.delete_item(**update, ReturnValues="ALL_OLD")["Attributes"] == {**key("a", 1), **whole}
    error = refused(dax.get_item, TableName="absent", Key=key("a", 1))["Error"]
    assert error["Code"] == "ResourceNotFoundException"


def test_queries_and_scans_with_pages_filters_and_indexes(dax: Any, table: Any) -> None:
    for n in range(12):
        dax.put_item(TableName="tab", Item={**key("a", n * 10 - 50), "g": {"S": "even" if n % 2 == 0 else "odd"}})

    def pages(operation: Any, **asked: Any) -> list[int]:
        found: list[int] = []
        while True:
            page = operation(TableName="tab", Limit=5, **asked)
            found += [int(item["sk"]["N"]) for item in page.get("Items", [])]
            if "LastEvaluatedKey" not in page:
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    values = {":p": {"S": "a"}, ":low": {"N": "-30"}, ":g": {"S": "even"}}
    condition = {"KeyConditionExpression": "pk = :p AND sk >= :low", "FilterExpression": "g = :g"}
    assert pages(dax.query, **condition, ExpressionAttributeValues=values) == [-30, -10, 10, 30, 50]
    assert pages(dax.query, ScanIndexForward=False, KeyConditionExpression="pk = :p",
                 ExpressionAttributeValues={":p": {"S": "a"}})[:3] == [60, 50, 40]  # fmt: skip
    by_g: dict[str, Any] = {"IndexName": "by_g", "KeyConditionExpression": "g = :g",
                            "ExpressionAttributeValues": {":g": {"S": "odd"}}}  # fmt: skip
    assert sorted(pages(dax.query, **by_g)) == [-40, -20, 0, 20, 40, 60]
    assert sorted(pages(dax.scan, IndexName="by_g")) == sorted(pages(dax.scan)) == [n * 10 - 50 for n in range(12)]
    segments = [pages(dax.scan, TotalSegments=3, Segment=n) for n in range(3)]
    assert sorted(n for segment in segments for n in segment) == [n * 10 - 50 for n in range(12)]
    counted = dax.query(TableName="tab", Select="COUNT", **by_g)
    assert (counted["Count"], "Items" in counted) == (6, False)
    assert dax.query(TableName="tab", ProjectionExpression="sk", Limit=1, **by_g)["Items"][0].keys() == {"sk"}


def test_projections_that_overlap_are_refused_as_by_dynamodb(dax: Any, table: Any, still: Account) -> None:
    put(still, 1, m={"M": {"a": {"N": "1"}}})
    whole = {"TableName": "tab", "ProjectionExpression": "m.a, m"}
    named = {"ProjectionExpression": "m, #m", "ExpressionAttributeNames": {"#m": "m"}}
    one = {"TableName": "tab", "Key": key("a", 1)}
    for client in (dax, still.client("dynamodb")):
        for call, given in (
            (client.scan, whole),
            (client.get_item, {**one, **named}),
            (client.batch_get_item, {"RequestItems": {"tab": {"Keys": [key("a", 1)], **named}}}),
            (client.transact_get_items, {"TransactItems": [{"Get": {**one, **named}}]}),
        ):
            error = refused(call, **given)["Error"]
            assert error["Code"] == "ValidationException"
            assert "Invalid ProjectionExpression: Two document paths overlap with each other" in error["Message"]


def test_batches(dax: Any, table: Any, still: Account) -> None:
    puts = [{"PutRequest": {"Item": {**key("a", n), "v": {"N": str(n)}}}} for n in range(3)]
    assert not dax.batch_write_item(RequestItems={"tab": puts})["UnprocessedItems"]
    dax.batch_write_item(RequestItems={"tab": [{"DeleteRequest": {"Key": key("a", 0)}}]})
    put(still, 9, v={"N": "9"})
    wanted = {"tab": {"Keys": [key("a", n) for n in (0, 1, 2, 9)]}}
    for _ in range(2):
        found = dax.batch_get_item(RequestItems=wanted)["Responses"]["tab"]
        assert sorted(int(item["v"]["N"]) for item in found) == [1, 2, 9]
    assert len(asked(still, "BatchGetItem")) == 1, "only the item that nobody wrote or read here was asked for"
    wanted["tab"]["ProjectionExpression"] = "v"  # type: ignore[assignment]
    assert {"v": {"N": "1"}} in dax.batch_get_item(RequestItems=wanted)["Responses"]["tab"]


def test_transactions(dax: Any, table: Any, still: Account) -> None:
    dax.put_item(TableName="tab", Item={**key("a", 1), "v": {"N": "1"}})
    one = {":one": {"N": "1"}}
    update = {"Update": {"TableName": "tab", "Key": key("a", 1), "UpdateExpression": "SET v = v + :one",
                         "ExpressionAttributeValues": one}}  # fmt: skip
    add = {"Put": {"TableName": "tab", "Item": {**key("a", 2), "v": {"N": "2"}}}}
    check = {"ConditionCheck": {"TableName": "tab", "Key": key("a", 3), "ConditionExpression": "attribute_exists(pk)"}}
    answer = refused(dax.transact_write_items, TransactItems=[update, add, check])
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert "[None, None, ConditionalCheckFailed]" in answer["Error"]["Message"]
    check["ConditionCheck"]["ConditionExpression"] = "attribute_not_exists(pk)"
    dax.transact_write_items(TransactItems=[update, add, check])
    assert dax.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"N": "2"}
    assert not asked(still, "GetItem"), "the transaction has filled the cache"
    gets = [{"Get": {"TableName": "tab", "Key": key("a", n)}} for n in (1, 2, 3)]
    gets[1]["Get"]["ProjectionExpression"] = "v"
    found = dax.transact_get_items(TransactItems=gets)["Responses"]
    assert found == [{"Item": {**key("a", 1), "v": {"N": "2"}}}, {"Item": {"v": {"N": "2"}}}, {}]


def test_the_resource_of_boto3(cluster: dict[str, Any], still: Account, table: Any) -> None:
    from boto3.dynamodb.conditions import Key

    with amazondax.AmazonDaxClient.resource(
        region_name="us-east-1", endpoint_url=cluster["ClusterDiscoveryEndpoint"]["URL"],
        aws_access_key_id=still.number, aws_secret_access_key="test",
    ) as resource:  # fmt: skip
        things = resource.Table("tab")
        things.put_item(Item={"pk": "a", "sk": 1, "tags": {"x", "y"}})
        assert things.get_item(Key={"pk": "a", "sk": 1})["Item"]["tags"] == {"x", "y"}
        assert things.query(KeyConditionExpression=Key("pk").eq("a"))["Count"] == 1


def user(account: Account, *actions: str) -> dict[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName="u")
    iam.put_user_policy(
        UserName="u", PolicyName="p", PolicyDocument=policy(*actions, resource="arn:aws:dax:*:*:cache/fast")
    )
    made = iam.create_access_key(UserName="u")["AccessKey"]
    return {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}


def test_the_caller_is_judged_for_dax_and_the_role_for_dynamodb(
    cluster: dict[str, Any], still: Account, table: Any
) -> None:
    keys = user(still, "dax:GetItem", "dax:PutItem")
    iam = still.client("iam")
    with connect(cluster, still, **keys) as client:
        client.put_item(TableName="tab", Item=key("a", 1))
        assert client.get_item(TableName="tab", Key=key("a", 1))["Item"] == key("a", 1)
        error = refused(client.query, TableName="tab", KeyConditionExpression="pk = :p",
                        ExpressionAttributeValues={":p": {"S": "a"}})["Error"]  # fmt: skip
        assert error["Code"] == "AccessDeniedException"
        assert "dax:Query" in error["Message"]
        assert "user/u" in error["Message"]
        direct = still.client("dynamodb", **keys)
        assert refused(direct.get_item, TableName="tab", Key=key("a", 1))["Error"]["Code"] == "AccessDeniedException"
        iam.put_role_policy(RoleName="dax", PolicyName="p", PolicyDocument=policy("dynamodb:GetItem"))
        error = refused(client.put_item, TableName="tab", Item=key("a", 2))["Error"]
        assert error["Code"] == "AccessDeniedException"
        assert "assumed-role/dax/fast" in error["Message"]
        assert "dynamodb:PutItem" in error["Message"]
        assert client.get_item(TableName="tab", Key=key("a", 1))["Item"] == key("a", 1), "a hit asks nobody"
    records = still.running.call(lambda: still.running.cloud.pipeline.records.latest(5000)[1])
    denied = [each for each in records if each.account == still.number and each.service == "dax" and each.status == 400]
    assert {each.operation for each in denied} == {"Query", "PutItem"}
    assert all(each.judgement is not None for each in denied if each.operation == "Query")


def test_a_wrong_secret_and_a_key_that_is_gone_are_refused(cluster: dict[str, Any], still: Account, table: Any) -> None:
    keys = user(still, "dax:*")
    with pytest.raises(ClientError) as error:
        connect(cluster, still, **{**keys, "aws_secret_access_key": "x" * 40})
    assert error.value.response["Error"]["Code"] == "UnrecognizedClientException"
    with connect(cluster, still, **keys) as client:
        client.put_item(TableName="tab", Item=key("a", 1))
        still.client("iam").delete_access_key(UserName="u", AccessKeyId=keys["aws_access_key_id"])
        error_ = refused(client.put_item, TableName="tab", Item=key("a", 1))["Error"]
        assert error_["Code"] == "UnrecognizedClientException"


def test_nodes_come_and_go(cluster: dict[str, Any], still: Account, still_cloud: Running, table: Any) -> None:
    api = still.client("dax")
    assert (
        api.increase_replication_factor(ClusterName="fast", NewReplicationFactor=4)["Cluster"]["Status"] == "modifying"
    )
    still_cloud.settle()
    nodes = api.describe_clusters()["Clusters"][0]["Nodes"]
    assert [node["NodeId"] for node in nodes] == ["fast-a", "fast-b", "fast-c", "fast-d"]
    api.decrease_replication_factor(ClusterName="fast", NewReplicationFactor=2, NodeIdsToRemove=["fast-a", "fast-c"])
    still_cloud.settle()
    nodes = api.describe_clusters()["Clusters"][0]["Nodes"]
    assert [node["NodeId"] for node in nodes] == ["fast-b", "fast-d"]
    with connect(cluster, still) as client:
        client.put_item(TableName="tab", Item=key("a", 1))
    assert api.delete_cluster(ClusterName="fast")["Cluster"]["Status"] == "deleting"
    still_cloud.settle()
    assert api.describe_clusters()["Clusters"] == []
    with pytest.raises(ClientError):
        connect(cluster, still)
    messages = [event["Message"] for event in api.describe_events(Duration=60)["Events"]]
    assert messages[-1] == "Cluster deleted"


def test_a_key_is_the_same_however_its_number_is_written(dax: Any, table: Any) -> None:
    dax.put_item(TableName="tab", Item={**key("a", "1.0"), "v": {"N": "1"}})
    dax.update_item(
        TableName="tab", Key=key("a", "1"), UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"N": "2"}}
    )
    assert dax.get_item(TableName="tab", Key=key("a", "1.0"))["Item"]["v"] == {"N": "2"}


def test_the_client_for_javascript(cluster: dict[str, Any], still: Account, table: Any) -> None:
    if shutil.which("node") is None or not (JS / "node_modules" / "@amazon-dax-sdk" / "lib-dax").is_dir():
        pytest.skip("AWS's DAX client for JavaScript is not installed: tools/install.sh")
    program = """
        import { DaxDocument } from "@amazon-dax-sdk/lib-dax";
        const [endpoint, accessKeyId] = process.argv.slice(1);
        const db = new DaxDocument({ endpoints: [endpoint], region: "us-east-1", maxRetries: 0, requestTimeout: 10000,
            credentials: { accessKeyId, secretAccessKey: "test" } });
        const TableName = "tab", Key = { pk: "a", sk: 1.5 }, failure = error => error;
        await db.put({ TableName, Item: { ...Key, n: 7, m: { l: [1, null, true] } } });
        const { Item } = await db.get({ TableName, Key });
        const part = (await db.get({ TableName, Key, ProjectionExpression: "m.l[0]" })).Item;
        const { Attributes } = await db.update({ TableName, Key, UpdateExpression: "SET n = n + :o",
            ExpressionAttributeValues: { ":o": 1 }, ReturnValues: "UPDATED_NEW" });
        const Put = { TableName, Item: Key, ConditionExpression: "attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
        const refused = await db.put({ TableName, Item: Key, ConditionExpression: Put.ConditionExpression }).catch(failure);
        const cancelled = await db.transactWrite({ TransactItems: [{ Put }, { Delete: { TableName,
            Key: { pk: "b", sk: 1 } } }] }).catch(failure);
        await db.batchWrite({ RequestItems: { tab: [1, 20].map(sk => ({ PutRequest: { Item: { pk: "b", sk } } })) } });
        const batch = (await db.batchGet({ RequestItems: { tab: { Keys: [1, 20, 3].map(sk => ({ pk: "b", sk })) } } }));
        const page = await db.query({ TableName, KeyConditionExpression: "pk = :p", Limit: 1,
            ExpressionAttributeValues: { ":p": "b" } });
        const scanned = await db.scan({ TableName });
        console.log(JSON.stringify({ Item, part, Attributes, refused: refused.code, batch: batch.Responses.tab.length,
            reasons: (cancelled.CancellationReasons ?? cancelled.cancellationReasons).map(each => each.Code),
            old: (cancelled.CancellationReasons ?? cancelled.cancellationReasons)[0].Item,
            last: page.LastEvaluatedKey, scanned: scanned.Count }));
        process.exit(0);
    """
    endpoint = cluster["ClusterDiscoveryEndpoint"]["URL"]
    command = ["node", "--input-type=module", "-e", program, endpoint, still.number]
    done = subprocess.run(command, cwd=JS, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("old")["n"] in (8, {"N": "8"})
    assert found == {
        "Item": {"pk": "a", "sk": 1.5, "n": 7, "m": {"l": [1, None, True]}}, "part": {"m": {"l": [1]}},
        "Attributes": {"n": 8}, "refused": "ConditionalCheckFailedException", "batch": 2,
        "reasons": ["ConditionalCheckFailed", "None"], "last": {"pk": "b", "sk": 1}, "scanned": 3,
    }  # fmt: skip


def test_a_snapshot_brings_back_what_listened(tmp_path: Path) -> None:
    with skyjar.running(data=tmp_path / "state") as cloud:
        account = cloud.account()
        iam, api = account.client("iam"), account.client("dax")
        role = iam.create_role(RoleName="dax", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="dax", PolicyName="p", PolicyDocument=policy("dynamodb:*"))
        account.client("dynamodb").create_table(
            TableName="tab", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )  # fmt: skip
        api.create_cluster(ClusterName="fast", NodeType="dax.r5.large", ReplicationFactor=1, IamRoleArn=role)
        cloud.settle()
        found = api.describe_clusters()["Clusters"][0]

        def control(path: str, body: dict[str, Any]) -> None:
            headers = {"content-type": "application/json"}
            request = urllib.request.Request(cloud.endpoint + path, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.status == 200

        with connect(found, account) as client:
            client.put_item(TableName="tab", Item={"pk": {"S": "a"}})
        control("/_skyjar/snapshots", {"name": "one"})
        api.delete_cluster(ClusterName="fast")
        cloud.settle()
        assert not cloud.call(lambda: list(cloud.cloud.ports._servers))
        control("/_skyjar/snapshots/load", {"name": "one"})
        cloud.settle()
        with connect(api.describe_clusters()["Clusters"][0], account) as client:
            assert client.get_item(TableName="tab", Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}


def test_a_stack_has_a_cluster(account: Account) -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "p", "PolicyDocument": json.loads(policy("dynamodb:*"))}],
        },
    }
    group: dict[str, Any] = {
        "Type": "AWS::DAX::ParameterGroup",
        "Properties": {"ParameterNameValues": {"query-ttl-millis": "7", "record-ttl-millis": 8}},
    }
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "tab",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        },
    }
    fast: dict[str, Any] = {
        "NodeType": "dax.t3.small", "ReplicationFactor": 1, "IAMRoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
        "ParameterGroupName": {"Ref": "Group"}, "Tags": {"a": "1"}, "SSESpecification": {"SSEEnabled": True},
        "NotificationTopicARN": {"Ref": "Topic"},
    }  # fmt: skip
    template: dict[str, Any] = {
        "Resources": {
            "Role": role, "Group": group, "Table": table, "Topic": {"Type": "AWS::SNS::Topic"}, "Fast": {"Type": "AWS::DAX::Cluster", "Properties": fast},
        },
        "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Fast", "ClusterDiscoveryEndpointURL"]}}},
    }  # fmt: skip
    stacks, api = account.client("cloudformation"), account.client("dax")

    def deploy(verb: str, waiter: str) -> dict[str, Any]:
        change = {"StackName": "s", "TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_IAM"]}
        getattr(stacks, verb)(**change)
        stacks.get_waiter(waiter).wait(StackName="s", WaiterConfig={"Delay": 1})
        found: dict[str, Any] = api.describe_clusters()["Clusters"][0]
        return found

    found = deploy("create_stack", "stack_create_complete")
    url = stacks.describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert url == found["ClusterDiscoveryEndpoint"]["URL"]
    assert (found["SSEDescription"]["Status"], found["NotificationConfiguration"]["TopicStatus"]) == (
        "ENABLED",
        "active",
    )
    with connect(found, account) as client:
        client.put_item(TableName="tab", Item={"pk": {"S": "a"}, "v": {"S": "sealed"}})
        for _ in range(2):  # the second is what was cached
            assert client.scan(TableName="tab")["Items"] == [{"pk": {"S": "a"}, "v": {"S": "sealed"}}]
            assert client.get_item(TableName="tab", Key={"pk": {"S": "a"}})["Item"]["v"] == {"S": "sealed"}
    parameters = api.describe_parameters(ParameterGroupName=found["ParameterGroup"]["ParameterGroupName"])["Parameters"]
    assert [each["ParameterValue"] for each in parameters] == ["7", "8"]
    fast |= {"ReplicationFactor": 3, "Description": "d", "Tags": {"b": "2"}}
    changed = deploy("update_stack", "stack_update_complete")
    assert (changed["TotalNodes"], changed["Description"], changed["ClusterArn"]) == (3, "d", found["ClusterArn"])
    assert {"Key": "b", "Value": "2"} in api.list_tags(ResourceName=found["ClusterArn"])["Tags"]
    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    assert api.describe_clusters()["Clusters"] == []


@pytest.fixture
def encrypted(still: Account, still_cloud: Running, role: str, table: Any) -> dict[str, Any]:
    """A cluster that listens with TLS alone."""
    dax = still.client("dax")
    dax.create_cluster(ClusterName="safe", NodeType="dax.r5.large", ReplicationFactor=2, IamRoleArn=role,
                       ClusterEndpointEncryptionType="TLS")  # fmt: skip
    still_cloud.settle()
    found: dict[str, Any] = dax.describe_clusters(ClusterNames=["safe"])["Clusters"][0]
    assert found["ClusterDiscoveryEndpoint"]["URL"].startswith("daxs://")
    return found


@pytest.fixture
def authority(still_cloud: Running) -> Path:
    """What clients are told to trust."""
    return still_cloud.cloud.data / "certificates" / "authority.pem"


def test_an_encrypted_cluster_is_verified(
    encrypted: dict[str, Any], authority: Path, still: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Exception, match=r"(?i)endpoint|certificate"), connect(encrypted, still) as stranger:
        stranger.put_item(TableName="tab", Item=key("a", 1))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with connect(encrypted, still) as client:
        client.put_item(TableName="tab", Item={**key("a", 1), "v": {"S": "x" * 100_000}})
        assert client.get_item(TableName="tab", Key=key("a", 1))["Item"]["v"] == {"S": "x" * 100_000}
        assert client.scan(TableName="tab")["Count"] == 1
    endpoint = encrypted["ClusterDiscoveryEndpoint"]
    plain = {"ClusterDiscoveryEndpoint": {"URL": f"dax://{endpoint['Address']}:{endpoint['Port']}"}}
    with pytest.raises(Exception, match=r"(?i)endpoint|connection|timed"), connect(plain, still) as open_client:
        open_client.get_item(TableName="tab", Key=key("a", 1))


def test_the_client_for_javascript_over_tls(encrypted: dict[str, Any], authority: Path, still: Account) -> None:
    if shutil.which("node") is None or not (JS / "node_modules" / "@amazon-dax-sdk" / "lib-dax").is_dir():
        pytest.skip("AWS's DAX client for JavaScript is not installed: tools/install.sh")
    program = """
        import { DaxDocument } from "@amazon-dax-sdk/lib-dax";
        const [endpoint, accessKeyId] = process.argv.slice(1);
        const db = new DaxDocument({ endpoints: [endpoint], region: "us-east-1", maxRetries: 0, requestTimeout: 10000,
            credentials: { accessKeyId, secretAccessKey: "test" } });
        const TableName = "tab", Key = { pk: "a", sk: 1.5 };
        await db.put({ TableName, Item: { ...Key, n: 7 } });
        console.log(JSON.stringify((await db.get({ TableName, Key })).Item));
        process.exit(0);
    """
    command = ["node", "--input-type=module", "-e", program, encrypted["ClusterDiscoveryEndpoint"]["URL"], still.number]
    trusting = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)}
    done = subprocess.run(command, cwd=JS, env=trusting, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"pk": "a", "sk": 1.5, "n": 7}
    strange = {name: value for name, value in os.environ.items() if name != "NODE_EXTRA_CA_CERTS"}
    done = subprocess.run(command, cwd=JS, env=strange, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0


def test_an_encrypted_cluster_stays_so_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with skyjar.running(data=tmp_path / "state") as cloud:
        account = cloud.account()
        iam = account.client("iam")
        role = iam.create_role(RoleName="dax", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="dax", PolicyName="p", PolicyDocument=policy("dynamodb:*"))
        account.client("dynamodb").create_table(
            TableName="tab", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )  # fmt: skip
        account.client("dax").create_cluster(
            ClusterName="safe", NodeType="dax.r5.large", ReplicationFactor=1, IamRoleArn=role,
            ClusterEndpointEncryptionType="TLS",
        )  # fmt: skip
        cloud.settle()
    with skyjar.running(data=tmp_path / "state") as cloud:
        monkeypatch.setenv("SSL_CERT_FILE", str(cloud.cloud.data / "certificates" / "authority.pem"))
        again = Account(cloud, account.number)
        found = again.client("dax").describe_clusters()["Clusters"][0]
        with connect(found, again) as client:
            client.put_item(TableName="tab", Item={"pk": {"S": "a"}})
            assert client.get_item(TableName="tab", Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}
