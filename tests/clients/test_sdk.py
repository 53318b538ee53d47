"""What every SDK relies on: signatures in either place, retries of what is worth retrying, global services."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from skyjar.testing import running
from skyjar.testing.running import Account

pytestmark = pytest.mark.client

REGION = "us-east-1"


def user(account: Account, *actions: str) -> dict[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def changed(client: Any, operation: str, change: Any) -> Any:
    """The client, whose requests are changed after they were signed."""
    client.meta.events.register(f"before-send.{client.meta.service_model.service_name}.{operation}", change)
    return client


def error_of(function: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.spec("sdk-001")
def test_a_request_is_what_was_signed_by_a_key_that_is_known() -> None:
    with running(is_strict=True) as cloud:
        mine = user(bootstrapped(cloud), "*")
        account = cloud.account()
        assert account.client("sts", **mine).get_caller_identity()["Arn"].endswith(":user/ann")

        def other_body(request: Any, **_: Any) -> None:
            request.body = request.body.replace("GetCallerIdentity", "GetSessionToken")
            request.headers["Content-Length"] = str(len(request.body))

        def other_signature(request: Any, **_: Any) -> None:
            signed = request.headers["Authorization"]
            signed = signed if isinstance(signed, str) else signed.decode()
            request.headers["Authorization"] = signed[:-4] + ("0000" if signed[-4:] != "0000" else "1111")

        for change in (other_body, other_signature):
            sts = changed(account.client("sts", **mine), "GetCallerIdentity", change)
            assert error_of(sts.get_caller_identity) == ("SignatureDoesNotMatch", 403)
        unknown = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
        assert error_of(account.client("sts", **unknown).get_caller_identity) == ("InvalidClientTokenId", 403)
        assert error_of(account.client("s3", **unknown).list_buckets) == ("InvalidAccessKeyId", 403)


def bootstrapped(cloud: Any) -> Account:
    """Where only issued keys count, the first is made from inside: the account's root user's."""
    from skyjar.kernel import credentials
    from skyjar.kernel.principals import root
    from skyjar.kernel.tables import Place

    account: Account = cloud.account()
    key = "AKIABOOTSTRAPPEDROOT"

    def issue(tx: Any) -> None:
        held = credentials.Credential(access_key=key, secret="s" * 40, principal=root(account.number, key))
        credentials.issue(Place(tx, "", ""), held)

    cloud.call(lambda: cloud.cloud.store.transact(issue))

    class Rooted(Account):
        def session(self, **keys: str) -> Any:
            return super().session(**{"aws_access_key_id": key, "aws_secret_access_key": "s" * 40, **keys})

    return Rooted(cloud, account.number)


@pytest.mark.spec("sdk-002")
def test_the_signature_may_be_in_the_header_or_in_the_query(account: Account) -> None:
    mine = user(account, "sqs:*")
    held = Credentials(mine["aws_access_key_id"], mine["aws_secret_access_key"])
    sqs = account.client("sqs", **mine)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sent: list[Any] = []
    changed(sqs, "*", lambda request, **_: sent.append(request))
    sqs.list_queues()
    assert sent[0].headers["Authorization"].startswith(b"AWS4-HMAC-SHA256 ")
    query = f"{account.running.endpoint}/?Action=ListQueues&Version=2012-11-05"
    request = AWSRequest("GET", query)
    SigV4QueryAuth(held, "sqs", REGION, expires=60).add_auth(request)
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in request.url
    assert "X-Amz-Signature=" in request.url
    answer = URLLib3Session().send(request.prepare())
    assert answer.status_code == 200
    assert urlsplit(url).path in answer.text
    request.url = request.url[:-4] + ("0000" if request.url[-4:] != "0000" else "1111")
    assert URLLib3Session().send(request.prepare()).status_code == 403


LARGE = {"k": {"S": "new"}, "v": {"S": "x" * 200_000}}


def exhausted(account: Account) -> Any:
    """A table of one write a second, whose burst is used up. The clock stands, but a second of the machine's still gives a unit:
    only an item as large as `LARGE` waits until the clock is turned."""
    dynamodb = account.client("dynamodb", config=Config(retries={"mode": "standard", "max_attempts": 5}))
    dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    account.running.advance(60)
    once = account.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))
    for size in (100_000, 0):  # what is left may still do for a small one
        for number in range(1_000):
            try:
                once.put_item(TableName="table", Item={"k": {"S": f"{size} {number}"}, "v": {"S": "x" * size}})
            except once.exceptions.ProvisionedThroughputExceededException:
                break
        else:
            raise AssertionError("it was never throttled")
    return dynamodb


@pytest.mark.spec("sdk-005", "sdk-006")
def test_a_throttled_call_is_retried_until_it_succeeds(still: Account) -> None:
    dynamodb = exhausted(still)
    attempts: list[int] = []

    def count(**_: Any) -> None:
        attempts.append(len(attempts))
        if len(attempts) == 3:
            still.running.advance(300)

    changed(dynamodb, "PutItem", count)
    answer = dynamodb.put_item(TableName="table", Item=LARGE)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(attempts) == 3


@pytest.mark.spec("sdk-004")
def test_only_what_may_go_better_later_is_tried_again(still: Account) -> None:
    dynamodb = exhausted(still)
    attempts: list[str] = []

    def count(request: Any, **_: Any) -> None:
        attempts.append(request.headers["X-Amz-Target"].decode().rpartition(".")[2])
        if attempts.count("PutItem") == 2:
            still.running.advance(300)

    changed(dynamodb, "*", count)
    dynamodb.put_item(TableName="table", Item=LARGE)
    assert attempts == ["PutItem", "PutItem"]
    attempts.clear()
    assert error_of(dynamodb.get_item, TableName="table", Key={"x": {"S": "y"}}) == ("ValidationException", 400)
    assert attempts == ["GetItem"]
    attempts.clear()
    denied = changed(still.client("dynamodb", **user(still, "sqs:*")), "*", count)
    assert error_of(denied.list_tables)[0] == "AccessDeniedException"
    assert attempts == ["ListTables"]


@pytest.mark.spec("sdk-007")
def test_global_services_have_one_state_for_clients_of_all_regions(account: Account) -> None:
    """IAM is the one of the three that is here."""
    signed: list[str] = []

    def redirect(request: Any, **_: Any) -> None:
        """As a DNS that answers for AWS's names would."""
        request.url = request.url.replace("https://iam.amazonaws.com", account.running.endpoint)
        request.headers["Host"] = "iam.amazonaws.com"
        signed.append(request.headers["Authorization"].decode())

    for region in ("eu-west-1", "ap-southeast-2"):
        iam = changed(account.session(region_name=region).client("iam"), "*", redirect)
        iam.create_user(UserName=f"of-{region}")
    names = [each["UserName"] for each in account.client("iam").list_users()["Users"]]
    assert names == ["of-ap-southeast-2", "of-eu-west-1"]
    assert all("/us-east-1/iam/" in each for each in signed), signed
