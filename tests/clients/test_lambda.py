"""Lambda with boto3: real functions in real sandboxes."""

import base64
import io
import json
import time
import urllib.error
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config

pytestmark = pytest.mark.client
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
ECHO = "def handler(event, context):\n    print('event', event)\n    return event\n"


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name.replace("__", "/"))
            entry.external_attr = 0o755 << 16
            into.writestr(entry, text)
    return made.getvalue()


class Here:
    def __init__(self, account):
        self.account = account
        self.client = account.client("lambda", config=Config(retries={"max_attempts": 0}, read_timeout=30))
        self.iam, self.sqs, self.logs = account.client("iam"), account.client("sqs"), account.client("logs")
        made = self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
        self.role = made["Role"]["Arn"]
        self.iam.attach_role_policy(RoleName="r", PolicyArn=BASIC)

    def create(self, name="f", source=ECHO, files=None, **parameters):
        code = {"ZipFile": archive(**(files or {"index.py": source}))}
        given = {"Runtime": "python3.11", "Handler": "index.handler", "Role": self.role, "Code": code, **parameters}
        made = self.client.create_function(FunctionName=name, **given)
        self.client.get_waiter("function_active_v2").wait(FunctionName=name)
        return made

    def invoke(self, name="f", event=None, **parameters):
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event), **parameters)
        return answer, json.loads(answer["Payload"].read() or b"null")

    def log(self, name="f"):
        found = self.logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"] for event in found]


@pytest.fixture
def here(skyjar):
    return Here(skyjar)


@pytest.mark.spec("lambda-011", "lambda-029", "lambda-038", "logs-007")
def test_a_function_runs_and_logs(here):
    source = "import vendored, uuid\nME = str(uuid.uuid4())\ndef handler(event, context):\n    print('hi')\n    return ME, vendored.X\n"
    here.create(files={"index.py": source, "vendored.py": "X = 5"})
    answer, (first, five) = here.invoke(LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"], five) == (200, "$LATEST", 5)
    assert "Init Duration" in base64.b64decode(answer["LogResult"]).decode()
    answer, (second, _) = here.invoke(LogType="Tail")
    assert first == second
    assert "Init Duration" not in base64.b64decode(answer["LogResult"]).decode()
    log = here.log()
    assert [line.split(" ")[0].strip() for line in log] == ["INIT_START", *["START", "hi", "END", "REPORT"] * 2]


@pytest.mark.spec("lambda-002")
def test_code_acts_as_its_role(here):
    source = (
        "import boto3\ndef handler(event, context):\n    me = boto3.client('sts').get_caller_identity()['Arn']\n"
        "    try:\n        boto3.client('sqs').list_queues()\n        return me, 'allowed'\n"
        "    except Exception as error:\n        return me, error.response['Error']['Code']\n"
    )
    here.create(source=source, Timeout=20)
    _, (arn, outcome) = here.invoke()
    assert arn == f"arn:aws:sts::{here.account.number}:assumed-role/r/f"
    assert outcome == "AccessDenied"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}]}
    here.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(policy))
    assert here.invoke()[1][1] == "allowed"


@pytest.mark.spec("lambda-007", "lambda-030")
def test_failures_and_timeouts(here):
    here.create(source="def handler(event, context):\n    raise ValueError('no')\n")
    answer, error = here.invoke()
    assert (answer["StatusCode"], answer["FunctionError"], error["errorType"]) == (200, "Unhandled", "ValueError")
    here.create("slow", source="import time\ndef handler(event, context):\n    time.sleep(9)\n", Timeout=1)
    answer, error = here.invoke("slow")
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in error["errorMessage"]


@pytest.mark.spec("lambda-012", "lambda-020", "lambda-025")
def test_layers_versions_and_updates(here):
    layer = here.client.publish_layer_version(
        LayerName="l", Content={"ZipFile": archive(**{"python/shared.py": "X = 'layer'"})}
    )
    source = "import os, shared\ndef handler(event, context):\n    return shared.X, os.environ['WHICH']\n"
    here.create(
        source=source, Layers=[layer["LayerVersionArn"]], Environment={"Variables": {"WHICH": "old"}}, Publish=True
    )
    assert here.invoke()[1] == ["layer", "old"]
    here.client.update_function_configuration(FunctionName="f", Environment={"Variables": {"WHICH": "new"}})
    here.client.get_waiter("function_updated_v2").wait(FunctionName="f")
    assert here.invoke()[1] == ["layer", "new"]
    assert here.invoke(Qualifier="1")[1] == ["layer", "old"]
    here.client.update_function_code(FunctionName="f", ZipFile=archive(**{"index.py": "def handler(e, c): return 2"}))
    assert here.invoke()[1] == 2


@pytest.mark.spec("lambda-013")
def test_a_custom_runtime(here):
    bootstrap = """#!/bin/sh
while true; do
  head=$(mktemp)
  event=$(curl -sS -D "$head" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next")
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS -X POST "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" -d "{\\"got\\": $event}" > /dev/null
done
"""
    here.create(files={"bootstrap": bootstrap}, Runtime="provided.al2023", Handler="x", Timeout=10)
    assert here.invoke(event=3)[1] == {"got": 3}


@pytest.mark.spec("lambda-040", "lambda-042")
def test_reserved_concurrency_under_load(here):
    here.create(source="import time\ndef handler(event, context):\n    time.sleep(1)\n    return 1\n")
    here.client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=2)
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(here.invoke) for _ in range(2)]
        time.sleep(0.4)
        with pytest.raises(here.client.exceptions.TooManyRequestsException) as caught:
            here.invoke()
        assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert [one.result()[1] for one in running] == [1, 1]
    assert here.client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 1000


def test_a_queue_feeds_a_function(here):
    here.iam.attach_role_policy(
        RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    )
    here.create()
    url = here.sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = here.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    made = here.client.create_event_source_mapping(FunctionName="f", EventSourceArn=arn, BatchSize=5)
    assert made["State"] == "Creating"
    for n in range(12):
        here.sqs.send_message(QueueUrl=url, MessageBody=f"m{n}")
    deadline = time.time() + 20
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while time.time() < deadline:
        counts = here.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if set(counts.values()) == {"0"}:
            break
        time.sleep(0.05)
    lines = "".join(here.log())
    assert all(f"'body': 'm{n}'" in lines for n in range(12))


def test_code_can_be_downloaded(here):
    here.create()
    location = here.client.get_function(FunctionName="f")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).namelist() == ["index.py"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(location[:-1] + "!")


def test_a_runtime_that_is_missing_is_named(here):
    here.create(Runtime="java21", Handler="x.Y::z")
    with pytest.raises(here.client.exceptions.ClientError, match="java21"):
        here.invoke()


def test_handing_over_a_role_needs_pass_role(here):
    here.iam.create_user(UserName="u")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]}
    here.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = here.iam.create_access_key(UserName="u")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    user = here.account.client("lambda", **keys)
    given = {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": here.role,
        "Code": {"ZipFile": archive(**{"index.py": ECHO})},
    }
    with pytest.raises(user.exceptions.ClientError, match="iam:PassRole"):
        user.create_function(FunctionName="f", **given)


STREAM_ROLE = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"
KEY = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 50, "WriteCapacityUnits": 50},
}


def streamed(here, name="source"):
    here.iam.attach_role_policy(RoleName="r", PolicyArn=STREAM_ROLE)
    made = here.account.client("dynamodb").create_table(
        TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, **KEY
    )
    return made["TableDescription"]["LatestStreamArn"]


def eventually(ask, seconds=15):
    deadline = time.time() + seconds
    while time.time() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@pytest.mark.spec("lambda-052")
def test_a_tables_changes_are_copied_to_another(here):
    db = here.account.client("dynamodb")
    arn = streamed(here)
    db.create_table(TableName="target", **KEY)
    statement = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    here.iam.put_role_policy(RoleName="r", PolicyName="w", PolicyDocument=document)
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        "        boto3.client('dynamodb').put_item(TableName='target', Item=record['dynamodb']['NewImage'])\n"
    )
    here.create(source=source, Timeout=20)
    here.client.create_event_source_mapping(FunctionName="f", EventSourceArn=arn, StartingPosition="LATEST")
    item = {"pk": {"S": "a"}, "n": {"N": "1"}}
    db.put_item(TableName="source", Item=item)
    assert eventually(lambda: db.get_item(TableName="target", Key={"pk": {"S": "a"}}).get("Item")) == item


@pytest.mark.spec("lambda-051", "lambda-055")
def test_a_poisonous_batch_blocks_its_shard_until_tries_run_out(here):
    db, arn = here.account.client("dynamodb"), streamed(here)
    url = here.sqs.create_queue(QueueName="dead")["QueueUrl"]
    queue = here.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    here.iam.put_role_policy(RoleName="r", PolicyName="d", PolicyDocument=document)
    source = (
        "def handler(event, context):\n"
        "    names = ''.join(r['dynamodb']['Keys']['pk']['S'] for r in event['Records'])\n"
        "    print('batch', names + '.')\n"
        "    assert 'x' not in names\n"
    )
    here.create(source=source)
    for name in "ax":
        db.put_item(TableName="source", Item={"pk": {"S": name}})
    made = here.client.create_event_source_mapping(
        FunctionName="f", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=2
    )
    assert here.client.get_event_source_mapping(UUID=made["UUID"])["MaximumRetryAttempts"] == -1

    def ran():
        try:
            return [line.split()[1] for line in here.log() if line.startswith("batch")]
        except here.logs.exceptions.ResourceNotFoundException:
            return []

    eventually(lambda: len(ran()) >= 2)
    db.put_item(TableName="source", Item={"pk": {"S": "b"}})
    eventually(lambda: len(ran()) >= 3)
    assert set(ran()) == {"ax."}, "whole, and before what came later"
    here.client.update_event_source_mapping(
        UUID=made["UUID"], MaximumRetryAttempts=0, BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )  # fmt: skip
    eventually(lambda: "b." in ran())
    told = eventually(lambda: here.sqs.receive_message(QueueUrl=url).get("Messages"))
    info = json.loads(told[0]["Body"])
    assert info["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert (info["DDBStreamBatchInfo"]["streamArn"], info["DDBStreamBatchInfo"]["batchSize"]) == (arn, 1)
