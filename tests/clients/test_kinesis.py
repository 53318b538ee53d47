"""Kinesis Data Streams with boto3, the AWS CLI and the SDK for JavaScript, whose client insists on HTTP/2."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
JS = Path(__file__).parents[2] / ".tools" / "js"
FIRST = "shardId-000000000000"


def stream(account: Account, name: str = "s", shards: int = 1) -> tuple[Any, str]:
    kinesis = account.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name)
    arn: str = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return kinesis, arn


@pytest.mark.spec("kinesis-001", "kinesis-014", "kinesis-023")
def test_records_go_round(account: Account) -> None:
    kinesis, arn = stream(account, shards=2)
    records = [{"Data": bytes([n]) * 3, "PartitionKey": f"k{n}"} for n in range(50)]
    assert kinesis.put_records(StreamARN=arn, Records=records)["FailedRecordCount"] == 0
    for _ in range(3):
        found = []
        for shard in kinesis.list_shards(StreamName="s")["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamARN=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found += kinesis.get_records(ShardIterator=iterator, StreamARN=arn)["Records"]
        assert sorted(record["Data"] for record in found) == [bytes([n]) * 3 for n in range(50)]
    with pytest.raises(ClientError, match="less than or equal to 500"):
        kinesis.put_records(StreamName="s", Records=records * 11)
    with pytest.raises(ClientError, match="less than or equal to 10000"):
        kinesis.get_records(ShardIterator=iterator, Limit=10_001)
    with pytest.raises(ClientError) as caught:
        kinesis.put_record(StreamName="none", Data=b"x", PartitionKey="k")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.spec("kinesis-028")
def test_two_consumers_are_pushed_the_same(account: Account) -> None:
    kinesis, arn = stream(account)
    events: list[Any] = []
    for name in "ab":
        consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"]
        answer = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=FIRST, StartingPosition={"Type": "LATEST"})
        events.append(answer["EventStream"])
    found: dict[int, list[Any]] = {0: [], 1: []}

    def follow(which: int) -> None:
        for event in events[which]:
            found[which].append(event["SubscribeToShardEvent"])

    threads = [threading.Thread(target=follow, args=(which,)) for which in found]
    for thread in threads:
        thread.start()
    numbers = [kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="k")["SequenceNumber"] for _ in range(3)]
    kinesis.split_shard(StreamName="s", ShardToSplit=FIRST, NewStartingHashKey="1000")
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    for pushed in found.values():
        assert [record["SequenceNumber"] for event in pushed for record in event["Records"]] == numbers
        assert len(pushed[-1]["ChildShards"]) == 2


def test_a_later_subscriber_takes_over(still: Account) -> None:
    kinesis, arn = stream(still)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    wanted = {"ConsumerARN": consumer, "ShardId": FIRST, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    first = iter(kinesis.subscribe_to_shard(**wanted)["EventStream"])
    assert next(first)["SubscribeToShardEvent"]["Records"] == []
    with pytest.raises(ClientError) as caught:
        kinesis.subscribe_to_shard(**wanted)
    assert caught.value.response["Error"]["Code"] == "ResourceInUseException"
    still.running.advance(5)
    second = iter(kinesis.subscribe_to_shard(**wanted)["EventStream"])
    assert next(second)["SubscribeToShardEvent"]["Records"] == []
    with pytest.raises(ClientError, match="ResourceInUseException"):
        list(first)
    still.running.advance(301)
    assert all(not event["SubscribeToShardEvent"]["Records"] for event in second)


def test_who_may_not_use_the_key_is_told_in_the_stream_of_events(still: Account) -> None:
    kinesis, arn = stream(still)
    kms = still.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kinesis.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId=key)
    kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="k")
    kms.disable_key(KeyId=key)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    position = {"Type": "TRIM_HORIZON"}
    answer = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=FIRST, StartingPosition=position)
    with pytest.raises(ClientError, match="KMSDisabledException"):
        list(answer["EventStream"])


def test_the_cli(account: Account) -> None:
    def aws(*arguments: str) -> Any:
        command = [str(Path(sys.executable).parent / "aws"), "--endpoint-url", account.running.endpoint, "kinesis"]
        environment = {**os.environ, **account.environment, "AWS_PAGER": ""}
        done = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    aws("create-stream", "--stream-name", "s", "--shard-count", "1")
    aws("wait", "stream-exists", "--stream-name", "s")
    put = aws("put-record", "--stream-name", "s", "--partition-key", "k", "--data", "hello")
    position = ("--shard-id", put["ShardId"], "--shard-iterator-type", "TRIM_HORIZON")
    iterator = aws("get-shard-iterator", "--stream-name", "s", *position)["ShardIterator"]
    (record,) = aws("get-records", "--shard-iterator", iterator)["Records"]
    assert (record["Data"], record["SequenceNumber"]) == ("aGVsbG8=", put["SequenceNumber"])
    aws("add-tags-to-stream", "--stream-name", "s", "--tags", "a=b")
    assert aws("list-tags-for-stream", "--stream-name", "s")["Tags"] == [{"Key": "a", "Value": "b"}]
    aws("delete-stream", "--stream-name", "s")


@pytest.mark.spec("kinesis-028")
def test_the_javascript_sdk_subscribes_over_http_2(account: Account) -> None:
    if shutil.which("node") is None or not (JS / "node_modules" / "@aws-sdk" / "client-kinesis").is_dir():
        pytest.skip("the SDK for JavaScript is not installed: tools/install.sh")
    program = """
        import * as sdk from "@aws-sdk/client-kinesis";
        const client = new sdk.KinesisClient({});
        const send = (name, input) => client.send(new sdk[name + "Command"](input));
        await send("CreateStream", { StreamName: "js", ShardCount: 1 });
        const { StreamDescriptionSummary } = await send("DescribeStreamSummary", { StreamName: "js" });
        const { Consumer } = await send("RegisterStreamConsumer",
            { StreamARN: StreamDescriptionSummary.StreamARN, ConsumerName: "c" });
        const put = text => send("PutRecords",
            { StreamName: "js", Records: [{ Data: Buffer.from(text), PartitionKey: "k" }] });
        await put("one");
        const { EventStream } = await send("SubscribeToShard", { ConsumerARN: Consumer.ConsumerARN,
            ShardId: "shardId-000000000000", StartingPosition: { Type: "TRIM_HORIZON" } });
        const seen = [];
        for await (const { SubscribeToShardEvent: event } of EventStream) {
            for (const record of event.Records) {
                seen.push(Buffer.from(record.Data).toString());
                if (seen.length == 1) await put("two");
                else await send("SplitShard",
                    { StreamName: "js", ShardToSplit: "shardId-000000000000", NewStartingHashKey: "1000" });
            }
            if (event.ChildShards) seen.push(event.ChildShards.length);
        }
        console.log(JSON.stringify(seen));
        process.exit(0);
    """
    command = ["node", "--input-type=module", "-e", program]
    environment = {**os.environ, **account.environment}
    done = subprocess.run(command, cwd=JS, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["one", "two", 2]


@pytest.mark.spec("kinesis-039")
def test_changes_of_a_table_reach_a_function_by_a_stream(account: Account) -> None:
    """DynamoDB to Kinesis to Lambda, whose code writes into another stream."""
    kinesis, arn = stream(account)
    kinesis.create_stream(StreamName="out", ShardCount=1)
    iam, functions, db = account.client("iam"), account.client("lambda"), account.client("dynamodb")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(policy(trust)))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole")
    write = policy({"Effect": "Allow", "Action": "kinesis:PutRecords", "Resource": f"{arn[:-1]}out"})
    iam.put_role_policy(RoleName="r", PolicyName="w", PolicyDocument=json.dumps(write))
    code = (
        "import base64, json, boto3\n"
        "def handler(event, context):\n"
        "    changes = [json.loads(base64.b64decode(r['kinesis']['data'])) for r in event['Records']]\n"
        "    records = [{'Data': json.dumps(c['dynamodb']['NewImage']), 'PartitionKey': 'k'} for c in changes]\n"
        "    boto3.client('kinesis').put_records(StreamName='out', Records=records)\n"
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as into:
        into.writestr("index.py", code)
    functions.create_function(
        FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=20,
        Code={"ZipFile": package.getvalue()},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    functions.create_event_source_mapping(FunctionName="f", EventSourceArn=arn, StartingPosition="TRIM_HORIZON")
    db.create_table(
        TableName="tab", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    db.enable_kinesis_streaming_destination(TableName="tab", StreamArn=arn)
    db.put_item(TableName="tab", Item={"pk": {"S": "a"}})
    consumer = kinesis.register_stream_consumer(StreamARN=f"{arn[:-1]}out", ConsumerName="c")["Consumer"]
    events = kinesis.subscribe_to_shard(
        ConsumerARN=consumer["ConsumerARN"], ShardId=FIRST, StartingPosition={"Type": "TRIM_HORIZON"}
    )["EventStream"]
    records = next(found for event in events if (found := event["SubscribeToShardEvent"]["Records"]))
    assert json.loads(records[0]["Data"]) == {"pk": {"S": "a"}}


def policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


SAM = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Clicks:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 1, RetentionPeriodHours: 48}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: |
        import base64
        def handler(event, context):
            for record in event["Records"]:
                print("SAW", base64.b64decode(record["kinesis"]["data"]).decode())
      Events:
        Clicks:
          Type: Kinesis
          Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: TRIM_HORIZON, BatchSize: 10}
Outputs:
  Stream: {Value: !Ref Clicks}
  Group: {Value: !Sub "/aws/lambda/${Reader}"}
"""


def test_a_sam_template_with_a_kinesis_event(account: Account) -> None:
    formation, logs = account.client("cloudformation"), account.client("logs")
    formation.create_stack(StackName="sam", TemplateBody=SAM, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    formation.get_waiter("stack_create_complete").wait(StackName="sam", WaiterConfig={"Delay": 1})
    outputs = formation.describe_stacks(StackName="sam")["Stacks"][0]["Outputs"]
    found = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    kinesis = account.client("kinesis")
    summary = kinesis.describe_stream_summary(StreamName=found["Stream"])["StreamDescriptionSummary"]
    assert summary["RetentionPeriodHours"] == 48
    kinesis.put_record(StreamName=found["Stream"], Data=b"a click", PartitionKey="k")
    deadline = time.monotonic() + 30
    lines = ""
    while "SAW a click" not in lines and time.monotonic() < deadline:
        time.sleep(0.1)
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            events = logs.filter_log_events(logGroupName=found["Group"])["events"]
            lines = "".join(event["message"] for event in events)
    assert "SAW a click" in lines
    formation.delete_stack(StackName="sam")
    formation.get_waiter("stack_delete_complete").wait(StackName="sam", WaiterConfig={"Delay": 1})
    assert kinesis.list_streams()["StreamNames"] == []
