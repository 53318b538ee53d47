"""Groups with a KMS key: what is stored, who must be allowed, what stays readable."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.logs import state

ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
LOGS = {"Service": "logs.us-east-1.amazonaws.com"}
GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:g"


def policy(*statements: dict[str, Any]) -> str:
    admin = {"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [admin, *statements]})


def for_logs(group: str = GROUP) -> str:
    condition = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}}
    actions = ["kms:GenerateDataKey*", "kms:Decrypt*"]
    return policy({"Effect": "Allow", "Principal": LOGS, "Action": actions, "Resource": "*", "Condition": condition})


@pytest.fixture
def key(desk: Any) -> str:
    made: str = desk.ask("kms").create_key(policy=for_logs())["KeyMetadata"]["Arn"]
    return made


def put(desk: Any, message: str) -> None:
    events = [{"timestamp": int(desk.clock.now() * 1000), "message": message}]
    desk.ask("logs").put_log_events(log_group_name="g", log_stream_name="s", log_events=events)


def messages(desk: Any) -> list[str]:
    found = desk.ask("logs").filter_log_events(log_group_name="g")["events"]
    return [event["message"] for event in found]


def refused(function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    assert caught.value.code == "InvalidParameterException", caught.value
    return caught.value.message


def test_events_are_sealed_while_there_is_a_key(desk: Any, key: str) -> None:
    logs = desk.ask("logs")
    logs.create_log_group(log_group_name="g")
    logs.create_log_stream(log_group_name="g", log_stream_name="s")
    put(desk, "first")
    logs.associate_kms_key(log_group_name="g", kms_key_id=key)
    put(desk, "second")
    logs.disassociate_kms_key(log_group_name="g")
    put(desk, "third")
    stored = desk.store.transact(lambda tx: [batch for _, _, batch in state.batches.anywhere(tx)])
    assert [[message for _, message in batch.events] for batch in stored] == [["first"], [], ["third"]]
    assert b"second" not in stored[1].sealed
    assert messages(desk) == ["first", "second", "third"]
    got = logs.get_log_events(log_group_name="g", log_stream_name="s")["events"]
    assert [event["message"] for event in got] == ["first", "second", "third"]
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]


def test_the_key_must_be_there_and_open_to_logs_for_this_group(desk: Any, key: str) -> None:
    logs, kms = desk.ask("logs"), desk.ask("kms")
    sentence = f"The specified KMS key does not exist or is not allowed to be used with Arn '{GROUP}'"
    for closed in (policy(), for_logs(GROUP + "2")):
        wrong = kms.create_key(policy=closed)["KeyMetadata"]["Arn"]
        assert refused(logs.create_log_group, log_group_name="g", kms_key_id=wrong) == sentence
    none = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"
    assert refused(logs.create_log_group, log_group_name="g", kms_key_id=none) == sentence
    assert "could not be found" in refused(logs.create_log_group, log_group_name="g", kms_key_id=key.rpartition("/")[2])
    logs.create_log_group(log_group_name="g", kms_key_id=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    kms.disable_key(key_id=key)
    assert refused(logs.associate_kms_key, log_group_name="g", kms_key_id=key) == sentence


def test_what_is_sealed_cannot_be_read_without_the_key(desk: Any, key: str) -> None:
    logs, kms = desk.ask("logs"), desk.ask("kms")
    logs.create_log_group(log_group_name="g", kms_key_id=key)
    logs.create_log_stream(log_group_name="g", log_stream_name="s")
    put(desk, "secret")
    kms.disable_key(key_id=key)
    desk.advance(300)
    assert refused(logs.filter_log_events, log_group_name="g").endswith(" is disabled.")
    kms.enable_key(key_id=key)
    assert messages(desk) == ["secret"]


def test_a_stack_sets_and_takes_the_key(desk: Any, key: str) -> None:
    cfn, logs = desk.ask("cloudformation"), desk.ask("logs")

    def body(**more: Any) -> str:
        group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", **more}}
        return json.dumps({"Resources": {"Group": group}})

    cfn.create_stack(stack_name="s", template_body=body(KmsKeyId=key))
    desk.settle()
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    cfn.update_stack(stack_name="s", template_body=body())
    desk.settle()
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
