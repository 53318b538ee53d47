"""What AWS's serverless transform makes of SAM templates, deployed, called and denied."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

HEAD = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.11, Handler: index.handler, Timeout: 10}}
Resources:
"""
ASK = """
      InlineCode: |
        import boto3
        def handler(event, context):
            client = boto3.client(event["service"])
            try:
                found = getattr(client, event["operation"])(**event["given"])
            except client.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
            return found["ResponseMetadata"]["HTTPStatusCode"]
"""
SAYS = """
      InlineCode: |
        def handler(event, context):
            return {"statusCode": 200, "body": "hello"}
"""


class Sam:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.cfn = account.client("cloudformation")
        self.functions = account.client("lambda")

    def deploy(self, resources: str) -> dict[str, tuple[str, str]]:
        """The resources of the stack: type and physical id by logical id."""
        capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        self.cfn.create_stack(StackName="s", TemplateBody=HEAD + resources, Capabilities=capabilities)
        try:
            self.cfn.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
        except WaiterError:
            events = self.cfn.describe_stack_events(StackName="s")["StackEvents"]
            raise AssertionError([each.get("ResourceStatusReason") for each in events]) from None
        rows = self.cfn.describe_stack_resources(StackName="s")["StackResources"]
        return {row["LogicalResourceId"]: (row["ResourceType"], row["PhysicalResourceId"]) for row in rows}

    def invoke(self, function: str, event: Any = None) -> Any:
        answer = self.functions.invoke(FunctionName=function, Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.load(answer["Payload"])

    def asks(self, function: str, service: str, operation: str, **given: Any) -> Any:
        """What the function is answered when it makes that call: a status, or an error's code."""
        return self.invoke(function, {"service": service, "operation": operation, "given": given})

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.account.running.endpoint}/_aws/execute-api/{path}", timeout=30) as answer:
            found: str = answer.read().decode()
            return found

    def statements(self, role: str) -> dict[str, list[dict[str, Any]]]:
        """Of the role's inline policies, by the policy's name."""
        iam = self.account.client("iam")
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        return {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"] for name in names
        }


@pytest.fixture
def sam(account: Account) -> Sam:
    return Sam(account)


def packed(account: Account, files: dict[str, str]) -> str:
    """The bucket that has the files as `code.zip`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    bucket, s3 = f"code-{account.number}", account.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="code.zip", Body=buffer.getvalue())
    return bucket


@pytest.mark.spec("sam-004", "sam-010")
def test_functions_inline_and_of_a_package_and_a_layer(sam: Sam, account: Account) -> None:
    bucket = packed(account, {
        "index.py": "def handler(event, context): return 'packed'",
        "python/shared.py": "WORD = 'of the layer'",
    })  # fmt: skip
    made = sam.deploy(f"""
  Inline:
    Type: AWS::Serverless::Function
    Properties:
      Layers: [!Ref Shared]
      InlineCode: |
        import shared
        def handler(event, context): return [shared.WORD, shared.__file__]
  Packed:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: 's3://{bucket}/code.zip'}}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {{LayerName: shared, ContentUri: 's3://{bucket}/code.zip'}}
""")
    assert sam.invoke(made["Inline"][1]) == ["of the layer", "/opt/python/shared.py"]
    assert sam.invoke(made["Packed"][1]) == "packed"
    (version,) = sam.functions.list_layer_versions(LayerName="shared")["LayerVersions"]
    assert version["LayerVersionArn"] in {identity for _, identity in made.values()}


@pytest.mark.spec("sam-006", "sam-007")
def test_an_event_of_type_api_makes_a_rest_api(sam: Sam, account: Account) -> None:
    made = sam.deploy(f"""
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Get: {{Type: Api, Properties: {{Path: /hello, Method: get}}}}
        Own: {{Type: Api, Properties: {{Path: /own, Method: get, RestApiId: !Ref Named}}}}
{SAYS}
  Named:
    Type: AWS::Serverless::Api
    Properties: {{StageName: live, Name: named}}
""")
    kinds = {name: kind for name, (kind, _) in made.items()}
    assert kinds["ServerlessRestApi"] == kinds["Named"] == "AWS::ApiGateway::RestApi"
    assert kinds["ServerlessRestApiProdStage"] == "AWS::ApiGateway::Stage"
    assert kinds["HelloRole"] == "AWS::IAM::Role"
    assert kinds["HelloGetPermissionProd"] == "AWS::Lambda::Permission"
    (deployment,) = [name for name in kinds if name.startswith("ServerlessRestApiDeployment")]
    assert len(deployment) > len("ServerlessRestApiDeployment")
    assert sam.get(f"{made['ServerlessRestApi'][1]}/Prod/hello") == "hello"
    assert sam.get(f"{made['Named'][1]}/live/own") == "hello"
    shown = {each["id"]: each["name"] for each in account.client("apigateway").get_rest_apis()["items"]}
    assert shown[made["Named"][1]] == "named"


@pytest.mark.spec("sam-008")
def test_an_http_api_answers_at_its_default_stage(sam: Sam, account: Account) -> None:
    made = sam.deploy(f"""
  Web: {{Type: AWS::Serverless::HttpApi}}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Events: {{Get: {{Type: HttpApi, Properties: {{Path: /hello, Method: get, ApiId: !Ref Web}}}}}}
{SAYS}
""")
    (api,) = account.client("apigatewayv2").get_apis()["Items"]
    assert (api["ApiId"], api["ProtocolType"]) == (made["Web"][1], "HTTP")
    assert sam.get(f"{api['ApiId']}/hello") == "hello"


@pytest.mark.spec("sam-013", "sam-014", "sam-015")
def test_policy_templates_for_tables_grant_reading_or_everything_on_one(sam: Sam, account: Account) -> None:
    made = sam.deploy(f"""
  One: {{Type: AWS::Serverless::SimpleTable}}
  Two: {{Type: AWS::Serverless::SimpleTable}}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [DynamoDBReadPolicy: {{TableName: !Ref One}}]
{ASK}
  Writer:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [DynamoDBCrudPolicy: {{TableName: !Ref One}}]
{ASK}
""")
    one, two = made["One"][1], made["Two"][1]
    reader, writer = made["Reader"][1], made["Writer"][1]
    key = {"id": {"S": "a"}}
    (statements,) = sam.statements(made["ReaderRole"][1]).values()
    (statement,) = statements
    arn = f"arn:aws:dynamodb:us-east-1:{account.number}:table/{one}"
    assert statement["Resource"] == [arn, f"{arn}/index/*"]
    assert "dynamodb:GetItem" in statement["Action"]
    assert not [action for action in statement["Action"] if "Put" in action or "Write" in action]
    assert sam.asks(reader, "dynamodb", "get_item", TableName=one, Key=key) == 200
    assert sam.asks(reader, "dynamodb", "scan", TableName=one) == 200
    assert sam.asks(reader, "dynamodb", "put_item", TableName=one, Item=key) == "AccessDeniedException"
    assert sam.asks(writer, "dynamodb", "put_item", TableName=one, Item=key) == 200
    assert sam.asks(writer, "dynamodb", "delete_item", TableName=one, Key=key) == 200
    assert sam.asks(writer, "dynamodb", "put_item", TableName=two, Item=key) == "AccessDeniedException"


@pytest.mark.spec("sam-016")
def test_policy_templates_for_functions_metrics_and_queues(sam: Sam, account: Account) -> None:
    made = sam.deploy(f"""
  Jobs: {{Type: AWS::SQS::Queue}}
  Called:
    Type: AWS::Serverless::Function
    Properties:
{SAYS}
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [LambdaInvokePolicy: {{FunctionName: !Ref Called}}, CloudWatchPutMetricPolicy: {{}}]
{ASK}
  Poller:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [SQSPollerPolicy: {{QueueName: !GetAtt Jobs.QueueName}}]
      Events: {{Work: {{Type: SQS, Properties: {{Queue: !GetAtt Jobs.Arn}}}}}}
      InlineCode: |
        def handler(event, context):
            print("worked on", event["Records"][0]["body"])
""")
    caller, jobs = made["Caller"][1], made["Jobs"][1]
    assert sam.asks(caller, "lambda", "invoke", FunctionName=made["Called"][1]) == 200
    assert sam.asks(caller, "lambda", "invoke", FunctionName=caller) == "AccessDeniedException"
    metric = [{"MetricName": "m", "Value": 1}]
    assert sam.asks(caller, "cloudwatch", "put_metric_data", Namespace="n", MetricData=metric) == 200
    actions = {
        action for each in sam.statements(made["PollerRole"][1]).values() for one in each for action in one["Action"]
    }
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage"} <= actions
    sqs = account.client("sqs")
    sqs.send_message(QueueUrl=jobs, MessageBody="tea")
    account.running.settle()
    logs = account.client("logs")
    group = f"/aws/lambda/{made['Poller'][1]}"
    for _ in range(200):
        found = logs.filter_log_events(logGroupName=group)["events"] if has_group(logs, group) else []
        if any("worked on tea" in event["message"] for event in found):
            break
        account.running.settle()
    else:
        raise AssertionError("the message was not worked on")
    numbers = sqs.get_queue_attributes(QueueUrl=jobs, AttributeNames=["All"])["Attributes"]
    assert numbers["ApproximateNumberOfMessages"] == "0"


def has_group(logs: Any, group: str) -> bool:
    return bool(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])


def test_an_unknown_policy_template_is_refused(sam: Sam) -> None:
    with pytest.raises(ClientError) as caught:
        sam.deploy(f"""
  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [NoSuchPolicy: {{}}]
{SAYS}
""")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
