"""What does not get past the steps of a call, and how it is said."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

import skyjar
from skyjar.testing.running import Running


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


def refusal(function: Any, **parameters: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        function(**parameters)
    answer = raised.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_an_operation_that_is_not_there_is_refused_by_name(cloud: Running) -> None:
    status, code, message = refusal(cloud.client("dynamodb").list_global_tables)
    assert (status, code) == (501, "NotImplemented")
    assert "dynamodb" in message
    assert "ListGlobalTables" in message


def test_a_service_that_is_not_there_is_refused_by_name(cloud: Running) -> None:
    status, code, message = refusal(cloud.client("firehose").list_delivery_streams)
    assert (status, code) == (501, "NotImplemented")
    assert "firehose" in message


def test_a_parameter_that_is_not_there_is_refused_by_name(cloud: Running) -> None:
    definition = {
        "TableName": "things",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalTableSettingsReplicationMode": "ENABLED",
    }
    status, code, message = refusal(cloud.client("dynamodb").create_table, **definition)
    assert (status, code) == (501, "NotImplemented")
    assert "GlobalTableSettingsReplicationMode" in message
    with skyjar.running(is_lenient=True) as lenient:
        assert lenient.client("dynamodb").create_table(**definition)["TableDescription"]["TableName"] == "things"


def test_strict_refuses_keys_that_were_not_issued() -> None:
    with skyjar.running(is_strict=True) as strict:
        status, code, _ = refusal(strict.client("sts").get_caller_identity)
        assert (status, code) == (403, "InvalidClientTokenId")
        status, code, _ = refusal(strict.client("dynamodb").list_tables)
        assert code == "UnrecognizedClientException"


def test_a_wrong_secret_of_an_issued_key_is_refused(cloud: Running) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    wrong = cloud.client("sts", aws_access_key_id=key, aws_secret_access_key="wrong")
    status, code, _ = refusal(wrong.get_caller_identity)
    assert (status, code) == (403, "SignatureDoesNotMatch")


def test_a_call_without_credentials_is_refused_in_the_services_protocol(cloud: Running) -> None:
    headers = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}
    request = urllib.request.Request(cloud.endpoint, b"{}", headers)
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request, timeout=10)
    assert raised.value.code in (400, 403)
    assert b"MissingAuthenticationToken" in raised.value.read()


def test_a_refused_call_leaves_nothing_and_is_recorded(cloud: Running) -> None:
    sqs = cloud.client("sqs")
    before = sqs.list_queues().get("QueueUrls", [])
    status, _, _ = refusal(sqs.create_queue, QueueName="no spaces allowed")
    assert status == 400
    assert sqs.list_queues().get("QueueUrls", []) == before
    _, records = cloud.call(lambda: cloud.cloud.pipeline.records.latest(10))
    assert [record.public()["operation"] for record in records][-2:] == ["CreateQueue", "ListQueues"]
