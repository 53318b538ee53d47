"""Parameter Store with boto3."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from skyjar.testing import Running, running
from skyjar.testing.running import Account

from .test_secretsmanager import rotator

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def account(cloud: Running) -> Account:
    return cloud.account()


@pytest.mark.spec("ssm-001", "ssm-002")
def test_a_hierarchy_is_read_below_its_path_and_changes_are_seen(account: Account) -> None:
    ssm = account.client("ssm")
    name = "/Dev/dbServer/MySQL/db-string"
    ssm.put_parameter(Name=name, Value="one", Type="String")
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=name, Value="two", Type="String")
    found = ssm.get_parameters_by_path(Path="/Dev", Recursive=True)["Parameters"]
    assert [(each["Name"], each["Value"], each["Version"]) for each in found] == [(name, "one", 1)]
    ssm.put_parameter(Name=name, Value="two", Overwrite=True)
    shown = ssm.get_parameter(Name=name)["Parameter"]
    assert (shown["Value"], shown["Version"], shown["DataType"]) == ("two", 2, "text")
    assert ssm.get_parameter(Name=f"{name}:1")["Parameter"]["Value"] == "one"
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/none")
    with pytest.raises(ssm.exceptions.ParameterVersionNotFound):
        ssm.get_parameter(Name=f"{name}:3")


def test_a_policy_opens_one_part_of_the_hierarchy(account: Account) -> None:
    iam, ssm = account.client("iam"), account.client("ssm")
    iam.create_user(UserName="ann")
    resource = f"arn:aws:ssm:us-east-1:{account.number}:parameter/app/*"
    statement = {"Effect": "Allow", "Action": "ssm:GetParameter*", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    mine = account.client("ssm", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    ssm.put_parameter(Name="/app/a", Value="x", Type="String")
    ssm.put_parameter(Name="/other", Value="x", Type="String")
    assert mine.get_parameter(Name="/app/a")["Parameter"]["Value"] == "x"
    with pytest.raises(ssm.exceptions.ClientError, match=r"ssm:GetParameter on resource: .*:parameter/other because"):
        mine.get_parameter(Name="/other")
    with pytest.raises(ssm.exceptions.ClientError, match="AccessDeniedException"):
        mine.get_parameters(Names=["/app/a", "/other"])


@pytest.mark.spec("ssm-003", "ssm-004")
def test_a_secure_string_needs_its_key_too(account: Account) -> None:
    iam, ssm, kms = account.client("iam"), account.client("ssm"), account.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name="/secret", Value="x", Type="SecureString", KeyId=key)
    iam.create_user(UserName="ann")
    held = iam.create_access_key(UserName="ann")["AccessKey"]
    mine = account.client("ssm", aws_access_key_id=held["AccessKeyId"], aws_secret_access_key=held["SecretAccessKey"])

    def may(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy)

    may("ssm:GetParameter")
    sealed = mine.get_parameter(Name="/secret")["Parameter"]["Value"]
    assert sealed != "x"
    with pytest.raises(ssm.exceptions.ClientError, match=r"AccessDeniedException.*kms:Decrypt"):
        mine.get_parameter(Name="/secret", WithDecryption=True)
    may("ssm:GetParameter", "kms:Decrypt")
    assert mine.get_parameter(Name="/secret", WithDecryption=True)["Parameter"]["Value"] == "x"
    context = {"PARAMETER_ARN": f"arn:aws:ssm:us-east-1:{account.number}:parameter/secret"}
    opened = kms.decrypt(CiphertextBlob=base64.b64decode(sealed), EncryptionContext=context)
    assert opened["Plaintext"] == b"x"
    by_ann = account.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "ann"}]
    )["Events"]
    read = [json.loads(event["CloudTrailEvent"]) for event in by_ann if event["EventName"] == "Decrypt"]
    assert read[0]["requestParameters"]["encryptionContext"] == context
    assert "errorCode" not in read[0]
    assert read[1]["errorCode"] == "AccessDeniedException"
    kms.put_key_policy(KeyId=key, Policy=_without_ann(kms, key, account.number), BypassPolicyLockoutSafetyCheck=True)
    with pytest.raises(ssm.exceptions.ClientError, match="AccessDeniedException"):
        mine.get_parameter(Name="/secret", WithDecryption=True)


def _without_ann(kms: Any, key: str, number: str) -> str:
    """The key's policy with a deny for ann."""
    policy: dict[str, Any] = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    user = {"AWS": f"arn:aws:iam::{number}:user/ann"}
    policy["Statement"].append({"Effect": "Deny", "Principal": user, "Action": "kms:Decrypt", "Resource": "*"})
    return json.dumps(policy)


@pytest.mark.spec("ssm-003")
def test_reading_a_secret_value_is_audited(account: Account) -> None:
    ssm, kms = account.client("ssm"), account.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name="/secret", Value="hush", Type="SecureString", KeyId=key)
    assert ssm.describe_parameters()["Parameters"][0]["Name"] == "/secret"
    sealed = ssm.get_parameter(Name="/secret")["Parameter"]["Value"]
    assert "hush" not in sealed
    assert "hush" not in base64.b64decode(sealed).decode("latin-1")
    assert ssm.get_parameter(Name="/secret", WithDecryption=True)["Parameter"]["Value"] == "hush"
    found = account.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Decrypt"}]
    )["Events"]
    (event,) = [json.loads(each["CloudTrailEvent"]) for each in found]
    context = {"PARAMETER_ARN": f"arn:aws:ssm:us-east-1:{account.number}:parameter/secret"}
    assert (event["eventSource"], event["requestParameters"]["encryptionContext"]) == ("kms.amazonaws.com", context)


@pytest.mark.spec("ssm-005")
def test_parameters_do_not_rotate_and_secrets_do(still: Account) -> None:
    ssm = still.client("ssm")
    assert not [name for name in ssm.meta.service_model.operation_names if "Rotat" in name]
    ssm.put_parameter(Name="/a", Value="first", Type="SecureString")
    secrets = still.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="first")
    function = rotator(still)
    rules = {"AutomaticallyAfterDays": 10}
    secrets.rotate_secret(SecretId="s", RotationLambdaARN=function, RotationRules=rules)
    still.running.settle()
    second = secrets.get_secret_value(SecretId="s")["SecretString"]
    still.running.advance(11 * 86_400)
    assert secrets.get_secret_value(SecretId="s")["SecretString"] != second
    shown = ssm.get_parameter(Name="/a", WithDecryption=True)["Parameter"]
    assert (shown["Value"], shown["Version"]) == ("first", 1)


def test_a_parameter_expires_on_the_clock(still: Account) -> None:
    ssm = still.client("ssm")
    policy = {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "1", "Unit": "Hours"}}
    ends = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2099-01-01T00:00:00.000Z"}}
    text = json.dumps([ends, policy])
    ssm.put_parameter(Name="/a", Value="x", Type="String", Tier="Advanced", Policies=text)
    still.running.advance(3_600)
    (shown,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Tier", "Values": ["Advanced"]}])["Parameters"]
    assert [each["PolicyStatus"] for each in shown["Policies"]] == ["Pending", "Finished"]
    soon = (shown["LastModifiedDate"] + timedelta(hours=2)).isoformat()
    ends["Attributes"] = {"Timestamp": soon}
    ssm.put_parameter(Name="/a", Value="x", Overwrite=True, Policies=json.dumps([ends]))
    still.running.advance(3_601)
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/a")


def test_the_tier_that_parameters_have_by_default(account: Account) -> None:
    ssm = account.client("ssm")
    setting = "/ssm/parameter-store/default-parameter-tier"
    assert ssm.get_service_setting(SettingId=setting)["ServiceSetting"]["SettingValue"] == "Standard"
    ssm.update_service_setting(SettingId=setting, SettingValue="Advanced")
    assert ssm.put_parameter(Name="/a", Value="x", Type="String")["Tier"] == "Advanced"
    arn = ssm.get_parameter(Name="/a")["Parameter"]["ARN"]
    with pytest.raises(ssm.exceptions.MalformedResourcePolicyDocumentException):
        ssm.put_resource_policy(ResourceArn=arn, Policy="{}")
    with pytest.raises(ssm.exceptions.ClientError, match=r"PutParameter.*DataType aws:ec2:image"):
        ssm.put_parameter(Name="/b", Value="ami-1", Type="String", DataType="aws:ec2:image")
