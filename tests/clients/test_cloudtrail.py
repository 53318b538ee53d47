"""CloudTrail with boto3, and its log files checked by the AWS CLI."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
DAY_S = 86_400


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def events(account: Account, key: str, value: str) -> list[dict[str, Any]]:
    """The events that LookupEvents finds, as they stand in a log."""
    found = account.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}]
    )["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def bucket(account: Account, *folders: str) -> str:
    """A bucket with the policy that AWS's documentation gives."""
    name = f"logs-{account.number}"
    account.client("s3").create_bucket(Bucket=name)
    service = {"Service": "cloudtrail.amazonaws.com"}
    paths = [f"arn:aws:s3:::{name}/AWSLogs/{folder}/*" for folder in folders or (account.number,)]
    acl = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": account.number}}
    account.client("s3").put_bucket_policy(
        Bucket=name,
        Policy=document(
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{name}"},
            {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": paths, "Condition": acl},
        ),
    )
    return name


def files(account: Account, name: str) -> dict[str, list[dict[str, Any]]]:
    """The events of the log files, by key."""
    s3 = account.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=name).get("Contents", [])]
    found = {}
    for key in keys:
        if "/CloudTrail/" in key:
            body = s3.get_object(Bucket=name, Key=key)["Body"].read()
            found[key] = json.loads(gzip.decompress(body))["Records"]
    return found


@pytest.mark.spec("cloudtrail-001")
def test_users_and_sessions_are_told_apart(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account.number}:root"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document(trust))["Role"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(everything))
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document(everything))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = account.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    held = ann.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    account.session(
        aws_access_key_id=held["AccessKeyId"],
        aws_secret_access_key=held["SecretAccessKey"],
        aws_session_token=held["SessionToken"],
    ).client("sqs", endpoint_url=account.running.endpoint).create_queue(QueueName="q")

    (made,) = events(account, "EventName", "CreateUser")
    assert (made["userIdentity"]["type"], made["sourceIPAddress"]) == ("Root", "127.0.0.1")
    assert made["requestParameters"] == {"userName": "ann"}
    assert made["userAgent"].startswith("Boto3/")
    (assumed,) = events(account, "EventName", "AssumeRole")
    assert assumed["userIdentity"]["type"] == "IAMUser"
    assert (assumed["userIdentity"]["userName"], assumed["userIdentity"]["accessKeyId"]) == ("ann", key["AccessKeyId"])
    assert assumed["requestParameters"]["roleArn"] == role["Arn"]
    assert assumed["responseElements"]["credentials"]["accessKeyId"] == held["AccessKeyId"]
    assert "secretAccessKey" not in assumed["responseElements"]["credentials"]
    (queue,) = events(account, "Username", "me")
    identity = queue["userIdentity"]
    assert (identity["type"], identity["sessionContext"]["sessionIssuer"]["arn"]) == ("AssumedRole", role["Arn"])
    assert queue["requestParameters"] == {"queueName": "q"}


@pytest.mark.spec("cloudtrail-002")
def test_ninety_days_without_a_trail(still: Account) -> None:
    still.client("sqs").create_queue(QueueName="q")
    assert still.client("cloudtrail").describe_trails()["trailList"] == []
    still.running.advance(89 * DAY_S)
    (event,) = events(still, "EventName", "CreateQueue")
    assert event["requestParameters"] == {"queueName": "q"}
    still.running.advance(2 * DAY_S)
    assert events(still, "EventName", "CreateQueue") == []


@pytest.mark.spec("cloudtrail-003")
def test_a_trail_delivers_files(still: Account) -> None:
    name = bucket(still)
    cloudtrail = still.client("cloudtrail")
    cloudtrail.create_trail(Name="audit", S3BucketName=name)
    cloudtrail.start_logging(Name="audit")
    still.client("sqs").create_queue(QueueName="q")
    still.running.advance(301)
    ((key, found),) = files(still, name).items()
    assert key.startswith(f"AWSLogs/{still.number}/CloudTrail/us-east-1/")
    assert key.endswith(".json.gz")
    made = next(event for event in found if event["eventName"] == "CreateQueue")
    assert (made["eventSource"], made["requestParameters"]) == ("sqs.amazonaws.com", {"queueName": "q"})
    assert cloudtrail.get_trail_status(Name="audit")["IsLogging"] is True


@pytest.mark.spec("cloudtrail-004")
def test_a_trail_of_the_organization(still: Account) -> None:
    member = still.running.account()
    orgs = still.client("organizations")
    organization = orgs.create_organization()["Organization"]["Id"]
    asked = orgs.invite_account_to_organization(Target={"Id": member.number, "Type": "ACCOUNT"})["Handshake"]
    member.client("organizations").accept_handshake(HandshakeId=asked["Id"])
    orgs.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    name = bucket(still, still.number, organization)
    cloudtrail = still.client("cloudtrail")
    cloudtrail.create_trail(Name="audit", S3BucketName=name, IsOrganizationTrail=True)
    cloudtrail.start_logging(Name="audit")
    (shown,) = member.client("cloudtrail").describe_trails()["trailList"]
    assert (shown["Name"], shown["IsOrganizationTrail"]) == ("audit", True)
    member.client("sqs").create_queue(QueueName="q")
    still.running.advance(301)
    keys = [key for key, found in files(still, name).items() if "CreateQueue" in [each["eventName"] for each in found]]
    assert [key.split("/")[:3] for key in keys] == [["AWSLogs", organization, member.number]]


@pytest.mark.spec("cloudtrail-007")
def test_the_decryption_behind_a_parameter(account: Account) -> None:
    ssm = account.client("ssm")
    ssm.put_parameter(Name="p", Value="private", Type="SecureString")
    assert events(account, "EventName", "Decrypt") == []
    assert ssm.get_parameter(Name="p", WithDecryption=True)["Parameter"]["Value"] == "private"
    (event,) = events(account, "EventName", "Decrypt")
    arn = f"arn:aws:ssm:us-east-1:{account.number}:parameter/p"
    assert event["requestParameters"]["encryptionContext"] == {"PARAMETER_ARN": arn}
    assert event["userIdentity"]["arn"] == f"arn:aws:iam::{account.number}:root"
    assert event["userIdentity"]["invokedBy"] == event["sourceIPAddress"] == "ssm.amazonaws.com"
    assert datetime.now(UTC) - datetime.fromisoformat(event["eventTime"]) < timedelta(minutes=1)
    assert event["responseElements"] is None


@pytest.mark.spec("cloudtrail-008")
def test_calls_to_the_parameter_store(account: Account) -> None:
    ssm = account.client("ssm")
    ssm.put_parameter(Name="p", Value="private", Type="String")
    ssm.get_parameter(Name="p")
    got, put = events(account, "EventSource", "ssm.amazonaws.com")
    assert (put["eventName"], put["requestParameters"]["name"]) == ("PutParameter", "p")
    assert put["requestParameters"]["value"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert (got["eventName"], got["readOnly"]) == ("GetParameter", True)
    for event in (put, got):
        assert event["userIdentity"]["accountId"] == account.number
        assert datetime.now(UTC) - datetime.fromisoformat(event["eventTime"]) < timedelta(minutes=1)


def test_data_events_need_a_selector_and_reach_the_log(still: Account) -> None:
    name = bucket(still)
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    iam, logs, cloudtrail = still.client("iam"), still.client("logs"), still.client("cloudtrail")
    role = iam.create_role(RoleName="trail", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="trail", PolicyName="p", PolicyDocument=document(write))
    logs.create_log_group(logGroupName="trail")
    group = f"arn:aws:logs:us-east-1:{still.number}:log-group:trail:*"
    cloudtrail.create_trail(
        Name="audit", S3BucketName=name, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role
    )
    resources = [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}]
    cloudtrail.put_event_selectors(
        TrailName="audit",
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": resources}],
    )
    cloudtrail.start_logging(Name="audit")
    dynamodb = still.client("dynamodb")
    dynamodb.create_table(
        TableName="table",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="table", Item={"k": {"S": "1"}})
    still.running.advance(301)
    found = [json.loads(each["message"]) for each in logs.filter_log_events(logGroupName="trail")["events"]]
    assert [(each["eventName"], each["eventCategory"]) for each in found] == [("PutItem", "Data")]
    assert found[0]["resources"][0]["ARN"] == f"arn:aws:dynamodb:us-east-1:{still.number}:table/table"
    assert "LatestCloudWatchLogsDeliveryTime" in cloudtrail.get_trail_status(Name="audit")


def test_the_command_line_validates_the_digests(still: Account) -> None:
    name = bucket(still)
    cloudtrail = still.client("cloudtrail")
    arn = cloudtrail.create_trail(Name="audit", S3BucketName=name, EnableLogFileValidation=True)["TrailARN"]
    cloudtrail.start_logging(Name="audit")
    start = cloudtrail.get_trail_status(Name="audit")["StartLoggingTime"]
    for number in range(2):
        still.client("sqs").create_queue(QueueName=f"q{number}")
        still.running.advance(3_605)
    command = [str(Path(sys.executable).parent / "aws"), "cloudtrail", "validate-logs", "--trail-arn", arn, "--verbose"]
    command += ["--start-time", (start - timedelta(minutes=5)).isoformat()]
    command += ["--end-time", (start + timedelta(hours=4)).isoformat()]

    def validate() -> str:
        done = subprocess.run(command, env=still.environment, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    text = validate()
    assert "2/2 digest files valid" in text, text
    assert "2/2 log files valid" in text, text
    key = next(iter(files(still, name)))
    still.client("s3").put_object(Bucket=name, Key=key, Body=gzip.compress(b'{"Records":[]}'))
    assert "INVALID: hash value doesn't match" in validate()


def test_errors_of_trails(account: Account) -> None:
    cloudtrail = account.client("cloudtrail")
    with pytest.raises(cloudtrail.exceptions.S3BucketDoesNotExistException):
        cloudtrail.create_trail(Name="audit", S3BucketName=f"none-{account.number}")
    with pytest.raises(ClientError) as caught:
        cloudtrail.get_trail(Name="audit")
    assert caught.value.response["Error"] == {
        "Code": "TrailNotFoundException",
        "Message": f"Unknown trail: audit for the user: {account.number}",
    }
    with pytest.raises(ClientError) as caught:
        cloudtrail.put_insight_selectors(TrailName="audit", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
