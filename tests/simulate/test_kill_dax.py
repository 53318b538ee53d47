"""`kill -9` of a cloud with a DAX cluster: it listens where it did, or says where else; a write is acknowledged to last."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from .servers import Server, eventually

pytestmark = pytest.mark.client
amazondax = pytest.importorskip("amazondax", reason="amazon-dax-client is not installed")

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def client(server: Server, service: str) -> Any:
    return boto3.client(service, endpoint_url=server.endpoint, **KEYS)


def url(server: Server) -> str:
    def found() -> Any:
        cluster = client(server, "dax").describe_clusters(ClusterNames=["c"])["Clusters"][0]
        return cluster["Status"] == "available" and cluster["ClusterDiscoveryEndpoint"]["URL"]

    return str(eventually(found))


def connect(server: Server) -> Any:
    config = Config(read_timeout=10, connect_timeout=5)
    return amazondax.AmazonDaxClient(endpoint_url=url(server), config=config, **KEYS)


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": str(number)}, "v": {"N": str(number)}}


def test_a_cluster_listens_again(server: Server) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "dax.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    iam = client(server, "iam")
    role = iam.create_role(
        RoleName="dax", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="dax", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    client(server, "dynamodb").create_table(
        TableName="tab", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    client(server, "dax").create_cluster(ClusterName="c", NodeType="dax.t3.small", ReplicationFactor=2, IamRoleArn=role)
    server.kill()  # perhaps while the cluster is being created
    server.start()
    first = url(server)
    with connect(server) as dax:
        for number in range(20):
            dax.put_item(TableName="tab", Item=item(number))
        server.kill()
    server.start()
    assert url(server) == first
    with connect(server) as dax:
        for number in range(20):
            assert dax.get_item(TableName="tab", Key={"pk": {"S": str(number)}})["Item"] == item(number)
    server.kill()
    with socket.create_server(("127.0.0.1", int(first.rpartition(":")[2])), reuse_port=False):
        server.start()
        assert url(server) != first
        with connect(server) as dax:
            assert dax.get_item(TableName="tab", Key={"pk": {"S": "7"}})["Item"] == item(7)
    assert "Traceback" not in server.errors()
