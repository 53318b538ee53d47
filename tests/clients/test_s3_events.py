"""What S3 does after a request, seen by real clients: a function that an upload invokes."""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
INDEXER = """
import boto3, os
table = boto3.resource("dynamodb", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).Table("index")
def handler(event, context):
    for record in event["Records"]:
        thing = record["s3"]["object"]
        table.put_item(Item={"key": thing["key"], "size": thing["size"], "event": record["eventName"]})
"""


def archive(source: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.py", source)
    return made.getvalue()


def allow(action: str, principal: Any = None, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **({"Principal": principal} if principal else {}), **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.spec("s3-019", "s3-157")
def test_an_upload_invokes_a_function_that_writes_to_a_table(skyjar: Account) -> None:
    s3, iam, dynamodb = skyjar.client("s3"), skyjar.client("iam"), skyjar.client("dynamodb")
    functions = skyjar.client("lambda")
    bucket = f"uploads-{skyjar.number}"
    s3.create_bucket(Bucket=bucket)
    dynamodb.create_table(
        TableName="index",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    trust = allow("sts:AssumeRole", {"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allow("dynamodb:PutItem", Resource="*"))
    arn = functions.create_function(
        FunctionName="indexer",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": archive(INDEXER)},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="indexer")
    wanted = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    functions.add_permission(
        FunctionName="indexer",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
        SourceAccount=skyjar.number,
    )
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    s3.put_object(Bucket=bucket, Key="folder/a b.txt", Body=b"hello")
    for _ in range(100):
        found = dynamodb.get_item(TableName="index", Key={"key": {"S": "folder/a+b.txt"}}, ConsistentRead=True)
        if "Item" in found:
            break
        time.sleep(0.05)
    assert found["Item"]["size"] == {"N": "5"}
    assert found["Item"]["event"] == {"S": "ObjectCreated:Put"}


@pytest.mark.spec("s3-150")
def test_a_queue_is_a_destination_once_its_policy_lets_s3_in(skyjar: Account) -> None:
    s3, sqs = skyjar.client("s3"), skyjar.client("sqs")
    bucket = f"told-{skyjar.number}"
    s3.create_bucket(Bucket=bucket)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    wanted = {"QueueConfigurations": [{"Id": "mine", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations") as refused:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    assert refused.value.response["Error"]["Code"] == "InvalidArgument"
    assert refused.value.response["Error"]["ArgumentName1"] == f"{arn}, null"
    policy = allow("sqs:SendMessage", {"Service": "s3.amazonaws.com"}, Resource=arn)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    back = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert back["QueueConfigurations"] == wanted["QueueConfigurations"]
    got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]
    assert json.loads(got["Body"])["Event"] == "s3:TestEvent"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    s3.upload_fileobj(io.BytesIO(b"x" * 10), bucket, "k")
    got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]
    (record,) = json.loads(got["Body"])["Records"]
    assert (record["eventName"], record["s3"]["object"]["size"]) == ("ObjectCreated:Put", 10)


@pytest.mark.spec("s3-027", "s3-155", "s3-158")
def test_what_was_written_is_seen_at_once_and_told_in_time(skyjar: Account) -> None:
    s3, sqs = skyjar.client("s3"), skyjar.client("sqs")
    bucket = f"seen-{skyjar.number}"
    s3.create_bucket(Bucket=bucket)
    arn = f"arn:aws:sqs:us-east-1:{skyjar.number}:seen"
    policy = allow("sqs:SendMessage", {"Service": "s3.amazonaws.com"}, Resource=arn)
    url = sqs.create_queue(QueueName="seen", Attributes={"Policy": policy})["QueueUrl"]
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    for number in range(5):
        s3.put_object(Bucket=bucket, Key="k", Body=str(number).encode(), Metadata={"n": str(number)})
        got = s3.get_object(Bucket=bucket, Key="k")
        assert (got["Body"].read(), got["Metadata"]) == (str(number).encode(), {"n": str(number)})
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "n", "Value": str(number)}]})
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "n", "Value": str(number)}]
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
        s3.delete_object(Bucket=bucket, Key="k")
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda body: s3.put_object(Bucket=bucket, Key="both", Body=body), (b"1", b"2")))
    told: list[str] = []
    deadline = time.monotonic() + 70
    while told.count("both") < 1 and time.monotonic() < deadline:
        for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", ()):
            told += [record["s3"]["object"]["key"] for record in json.loads(each["Body"]).get("Records", ())]
    assert "k" in told
    assert "both" in told
    assert s3.get_object(Bucket=bucket, Key="both")["Body"].read() in (b"1", b"2")


@pytest.mark.spec("s3-152", "s3-153", "s3-154", "s3-159")
def test_rules_of_notifications(skyjar: Account) -> None:
    s3, sqs = skyjar.client("s3"), skyjar.client("sqs")
    bucket = f"ruled-{skyjar.number}"
    s3.create_bucket(Bucket=bucket)
    arn = f"arn:aws:sqs:us-east-1:{skyjar.number}:ruled"
    policy = allow("sqs:SendMessage", {"Service": "s3.amazonaws.com"}, Resource=arn)
    url = sqs.create_queue(QueueName="ruled", Attributes={"Policy": policy})["QueueUrl"]

    def rule(prefix: str = "", suffix: str = "", event: str = "s3:ObjectCreated:*") -> dict[str, Any]:
        given = [{"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value]
        return {"QueueArn": arn, "Events": [event], **({"Filter": {"Key": {"FilterRules": given}}} if given else {})}

    def configure(*rules: dict[str, Any]) -> str:
        try:
            s3.put_bucket_notification_configuration(
                Bucket=bucket,
                NotificationConfiguration={"QueueConfigurations": list(rules)},
                SkipDestinationValidation=True,
            )
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return ""

    overlap = configure(rule(), rule(event="s3:ObjectCreated:Put"))
    assert overlap.startswith("InvalidArgument: Configurations overlap")
    assert configure(rule("images"), rule("images/a")).startswith(
        "InvalidArgument: Configuration is ambiguously defined"
    )
    many = [rule(f"{number:03}/") for number in range(101)]
    assert configure(*many[:100]) == ""
    assert configure(*many).startswith("InvalidArgument")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert configure(rule("images/", ".jpg")) == ""
    s3.put_object(Bucket=bucket, Key="images/a.png", Body=b"x")
    written = {s3.put_object(Bucket=bucket, Key="images/a.jpg", Body=body)["VersionId"] for body in (b"1", b"2")}
    told: list[tuple[str, str]] = []
    deadline = time.monotonic() + 10
    while len(told) < 2 and time.monotonic() < deadline:
        for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", ()):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            things = [record["s3"]["object"] for record in json.loads(each["Body"])["Records"]]
            told += [(thing["key"], thing["versionId"]) for thing in things]
    assert sorted(told) == sorted(("images/a.jpg", version) for version in written)
    assert len(s3.list_object_versions(Bucket=bucket, Prefix="images/a.jpg")["Versions"]) == 2
