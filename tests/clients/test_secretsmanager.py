"""Secrets Manager with boto3, and rotation by functions in real sandboxes."""

import io
import json
import zipfile
from datetime import UTC
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
DAY_S = 86_400
ROTATOR = """
import boto3, json, os

def handler(event, context):
    secrets = boto3.client("secretsmanager")
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    print("STEP", step)
    held = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert "AWSPENDING" in held[token], held
    if step == "createSecret":
        try:
            secrets.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
        except secrets.exceptions.ResourceNotFoundException:
            password = secrets.get_random_password(PasswordLength=20)["RandomPassword"]
            secrets.put_secret_value(
                SecretId=arn, ClientRequestToken=token, SecretString=password, VersionStages=["AWSPENDING"]
            )
    elif step == "setSecret":
        assert secrets.get_secret_value(SecretId=arn, VersionId=token)["SecretString"]
    elif step == "testSecret":
        if os.environ.get("FAILS"):
            raise ValueError("no")
        assert len(secrets.get_secret_value(SecretId=arn, VersionId=token)["SecretString"]) == 20
    elif step == "finishSecret":
        current = next(each for each, stages in held.items() if "AWSCURRENT" in stages)
        secrets.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )
"""


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def rotator(account: Account, *, may_invoke: bool = True, **environment: str) -> str:
    """The ARN of a function that rotates, as AWS's templates do."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    iam, functions = account.client("iam"), account.client("lambda")
    role = iam.create_role(RoleName="rotator", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": ["secretsmanager:*", "logs:*"], "Resource": "*"}
    iam.put_role_policy(RoleName="rotator", PolicyName="p", PolicyDocument=document(allow))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.py", ROTATOR)
    arn = functions.create_function(
        FunctionName="rotator",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role,
        Timeout=20,
        Code={"ZipFile": made.getvalue()},
        Environment={"Variables": environment},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="rotator")
    if may_invoke:
        functions.add_permission(
            FunctionName="rotator",
            StatementId="s",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
            SourceAccount=account.number,
        )
    return str(arn)


def steps(account: Account) -> list[str]:
    events = account.client("logs").filter_log_events(logGroupName="/aws/lambda/rotator")["events"]
    return sorted(each["message"].split()[1] for each in events if each["message"].startswith("STEP"))


@pytest.mark.spec("secretsmanager-001", "secretsmanager-002", "ssm-005")
def test_a_function_rotates_in_four_steps_and_on_a_schedule(still: Account) -> None:
    secrets = still.client("secretsmanager")
    assert not [name for name in still.client("ssm").meta.method_to_api_mapping if "rotate" in name]
    secrets.create_secret(Name="s", SecretString="first")
    first = secrets.get_secret_value(SecretId="s")["VersionId"]
    function = rotator(still)
    rules = {"AutomaticallyAfterDays": 10}
    second = secrets.rotate_secret(SecretId="s", RotationLambdaARN=function, RotationRules=rules)["VersionId"]
    assert secrets.describe_secret(SecretId="s")["VersionIdsToStages"][second] == ["AWSPENDING"]
    still.running.settle()
    assert steps(still) == ["createSecret", "finishSecret", "setSecret", "testSecret"]
    shown = secrets.describe_secret(SecretId="s")
    assert shown["VersionIdsToStages"] == {first: ["AWSPREVIOUS"], second: ["AWSPENDING", "AWSCURRENT"]}
    assert (shown["RotationEnabled"], shown["RotationRules"]) == (True, rules)
    assert (shown["NextRotationDate"] - shown["LastRotatedDate"]).days == 10
    password = secrets.get_secret_value(SecretId="s")["SecretString"]
    assert len(password) == 20
    still.running.advance(10 * DAY_S + 60)
    again = secrets.get_secret_value(SecretId="s")
    assert again["SecretString"] != password
    assert secrets.get_secret_value(SecretId="s", VersionStage="AWSPREVIOUS")["SecretString"] == password
    assert len(steps(still)) == 8
    secrets.cancel_rotate_secret(SecretId="s")
    still.running.advance(20 * DAY_S)
    assert secrets.get_secret_value(SecretId="s")["VersionId"] == again["VersionId"]
    assert secrets.describe_secret(SecretId="s")["RotationEnabled"] is False


def test_a_rotation_that_fails_leaves_the_current_version_alone(still: Account) -> None:
    secrets = still.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="first")
    function = rotator(still, FAILS="1")
    secrets.rotate_secret(SecretId="s", RotationLambdaARN=function, RotationRules={"ScheduleExpression": "rate(1 day)"})
    still.running.settle()
    assert steps(still) == ["createSecret", "setSecret", "testSecret"]
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "first"
    assert refusal(secrets.rotate_secret, SecretId="s") == (
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    )
    still.client("lambda").update_function_configuration(FunctionName="rotator", Environment={"Variables": {}})
    still.client("lambda").get_waiter("function_updated_v2").wait(FunctionName="rotator")
    still.running.advance(600)
    assert len(secrets.get_secret_value(SecretId="s")["SecretString"]) == 20


def test_a_function_that_may_not_be_invoked_is_refused(account: Account) -> None:
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="first")
    function = rotator(account, may_invoke=False)
    given = {"SecretId": "s", "RotationLambdaARN": function, "RotationRules": {"AutomaticallyAfterDays": 1}}
    assert refusal(secrets.rotate_secret, **given) == (
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
        "the principal secretsmanager.amazonaws.com.",
    )
    assert "RotationEnabled" not in secrets.describe_secret(SecretId="s")


def test_access_is_by_permissions(account: Account) -> None:
    secrets, iam = account.client("secretsmanager"), account.client("iam")
    arn = secrets.create_secret(Name="s", SecretString="x", Tags=[{"Key": "team", "Value": "a"}])["ARN"]
    user = iam.create_user(UserName="ann")["User"]["Arn"]
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    ann = account.client("secretsmanager", **keys)
    code, message = refusal(ann.get_secret_value, SecretId="s")
    assert code == "AccessDeniedException"
    assert message == (
        f"User: {user} is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn} because no "
        "identity-based policy allows the secretsmanager:GetSecretValue action"
    )
    statement = {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": f"arn:aws:secretsmanager:*:{account.number}:secret:s-??????",
        "Condition": {"StringEquals": {"secretsmanager:ResourceTag/team": "a"}},
    }
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(statement))
    assert ann.get_secret_value(SecretId="s")["SecretString"] == "x"
    secrets.tag_resource(SecretId="s", Tags=[{"Key": "team", "Value": "b"}])
    assert refusal(ann.get_secret_value, SecretId="s")[0] == "AccessDeniedException"


def test_a_stack_sets_up_rotation(account: Account) -> None:
    function = rotator(account)
    cfn, secrets = account.client("cloudformation"), account.client("secretsmanager")
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "s", "SecretString": "first"}}
    rotation = {
        "Type": "AWS::SecretsManager::RotationSchedule",
        "Properties": {
            "SecretId": {"Ref": "Secret"},
            "RotationLambdaARN": function,
            "RotationRules": {"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "2h"},
        },
    }
    cfn.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"Secret": secret, "Rotation": rotation}}))
    account.running.settle()
    assert cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    shown = secrets.describe_secret(SecretId="s")
    assert shown["RotationRules"] == {"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "2h"}
    assert (shown["NextRotationDate"].day, shown["NextRotationDate"].astimezone(UTC).hour) == (1, 8)
    assert len(secrets.get_secret_value(SecretId="s")["SecretString"]) == 20


@pytest.mark.spec("secretsmanager-003")
def test_reading_needs_the_secret_and_its_key(account: Account) -> None:
    secrets, iam = account.client("secretsmanager"), account.client("iam")
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="s", SecretString="x", KmsKeyId=key)
    iam.create_user(UserName="ann")
    made = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    ann = account.client("secretsmanager", **keys)

    def allowed(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(statement))

    allowed("kms:Decrypt")
    code, message = refusal(ann.get_secret_value, SecretId="s")
    assert (code, "secretsmanager:GetSecretValue" in message) == ("AccessDeniedException", True)
    allowed("secretsmanager:GetSecretValue")
    assert refusal(ann.get_secret_value, SecretId="s") == ("AccessDeniedException", "Access to KMS is not allowed")
    allowed("secretsmanager:GetSecretValue", "kms:Decrypt")
    assert ann.get_secret_value(SecretId="s")["SecretString"] == "x"
