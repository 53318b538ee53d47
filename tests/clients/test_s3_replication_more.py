"""Replication of what is under keys, on time, and of what changes later; through boto3, on a clock that stands still."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

from .test_s3_replication import World, code, to

pytestmark = pytest.mark.client
KMS = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}}
COPYING = ("s3:GetReplicationConfiguration", "s3:GetObjectVersionForReplication", "s3:Replicate*")
ON = {"Status": "Enabled"}
TIMED = {
    "ReplicationTime": {**ON, "Time": {"Minutes": 15}},
    "Metrics": {**ON, "EventThreshold": {"Minutes": 15}},
}


@pytest.fixture
def world(still: Account) -> World:
    return World(still)


def key_in(world: World, region: str) -> str:
    kms = world.account.session(region_name=region).client("kms", endpoint_url=world.account.running.endpoint)
    return str(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.mark.spec("s3-132")
@pytest.mark.parametrize("size", [10, 200_000], ids=["inline", "blob"])
@pytest.mark.parametrize("method", ["aws:kms", "aws:kms:dsse"])
def test_what_is_under_kms_is_copied_under_the_rules_key(world: World, method: str, size: int) -> None:
    near, far = key_in(world, "us-east-1"), key_in(world, "eu-west-1")
    target = world.bucket("target", "eu-west-1")
    sealed = {"ServerSideEncryption": method, "SSEKMSKeyId": near}
    body = b"k" * size
    world.rules(to(target))
    world.put("skipped", body, **sealed)
    assert world.status("skipped") == ""
    world.rules({**KMS, **to(target, EncryptionConfiguration={"ReplicaKmsKeyID": far})})
    world.put("refused", body, **sealed)
    assert world.status("refused") == "FAILED"
    world.let(*COPYING, "kms:Decrypt")
    world.put("refused", body, **sealed)
    assert world.status("refused") == "FAILED"
    world.let(*COPYING, "kms:Decrypt", "kms:Encrypt")
    version = world.put("k", body, **sealed)
    world.put("plain", body)
    assert (world.status("k"), world.status("plain")) == ("COMPLETED", "COMPLETED")
    s3 = world.account.session(region_name="eu-west-1").client("s3", endpoint_url=world.account.running.endpoint)
    found = s3.get_object(Bucket=target, Key="k")
    assert (found["Body"].read(), found["VersionId"], found["ReplicationStatus"]) == (body, version, "REPLICA")
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == (method, far)
    assert s3.head_object(Bucket=target, Key="plain")["ServerSideEncryption"] == "AES256"
    assert world.keys(target) == ["k", "plain"]


def test_the_keys_of_a_rule_are_given_with_the_criterion(world: World) -> None:
    target = world.bucket("target")
    with pytest.raises(ClientError, match="ReplicaKmsKeyID must be specified"):
        world.rules({**KMS, **to(target)})
    with pytest.raises(ClientError, match="SseKmsEncryptedObjects must be specified"):
        world.rules(to(target, EncryptionConfiguration={"ReplicaKmsKeyID": "k"}))


@pytest.mark.spec("s3-132")
@pytest.mark.parametrize("size", [10, 200_000], ids=["inline", "blob"])
def test_what_is_under_the_clients_key_stays_under_it(world: World, size: int) -> None:
    target, s3 = world.bucket("target"), world.s3
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    unblocked = {"Rules": [{**rule, "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}
    s3.put_bucket_encryption(Bucket=world.source, ServerSideEncryptionConfiguration=unblocked)
    secret = "0123456789abcdef" * 2
    own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": secret}
    world.rules(to(target))
    s3.put_object(Bucket=world.source, Key="k", Body=b"c" * size, **own)
    world.account.running.advance(1)
    assert s3.head_object(Bucket=world.source, Key="k", **own)["ReplicationStatus"] == "FAILED"
    s3.put_bucket_encryption(Bucket=target, ServerSideEncryptionConfiguration=unblocked)
    s3.put_object(Bucket=world.source, Key="k", Body=b"c" * size, **own)
    world.account.running.advance(1)
    assert s3.get_object(Bucket=target, Key="k", **own)["Body"].read() == b"c" * size
    assert code(s3.get_object, Bucket=target, Key="k") == "InvalidRequest"
    wrong = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "f" * 32}
    assert code(s3.get_object, Bucket=target, Key="k", **wrong) == "AccessDenied"


def told(world: World, *events: str) -> Any:
    """Where the source's notifications of these go."""
    sqs = world.account.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": list(events)}]}
    world.s3.put_bucket_notification_configuration(Bucket=world.source, NotificationConfiguration=wanted)
    sqs.purge_queue(QueueUrl=url)

    def received() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [record for each in messages for record in json.loads(each["Body"]).get("Records", ())]

    return received


@pytest.mark.spec("s3-151")
def test_failures_are_told_where_a_rule_has_metrics(world: World) -> None:
    target = world.bucket("target")
    received = told(world, "s3:Replication:*")
    world.rules(to(target, Metrics={"Status": "Enabled"}))
    world.s3.put_bucket_versioning(Bucket=target, VersioningConfiguration={"Status": "Suspended"})
    world.put("k")
    assert world.status("k") == "FAILED"
    (record,) = received()
    data = record["replicationEventData"]
    assert record["eventName"] == "Replication:OperationFailedReplication"
    assert (data["replicationRuleId"], data["destinationBucket"]) == ("r0", f"arn:aws:s3:::{target}")
    assert (data["s3Operation"], data["failureReason"]) == ("OBJECT_PUT", "DstBucketUnversioned")
    world.s3.put_bucket_versioning(Bucket=target, VersioningConfiguration=ON)
    world.rules(to(target))
    world.let("s3:GetReplicationConfiguration")
    world.put("k")
    assert world.status("k") == "FAILED"
    assert not received()


def test_time_control_is_fifteen_minutes_and_has_metrics(world: World) -> None:
    target = world.bucket("target")
    world.rules(to(target, **TIMED))
    with pytest.raises(ClientError, match="both ReplicationTime and Metrics"):
        world.rules(to(target, ReplicationTime=TIMED["ReplicationTime"]))
    with pytest.raises(ClientError, match="15 minutes"):
        world.rules(to(target, Metrics=TIMED["Metrics"], ReplicationTime={**ON, "Time": {"Minutes": 5}}))


def test_tags_holds_and_retentions_follow_and_go_back_where_a_rule_says_so(world: World) -> None:
    target, s3 = world.bucket("target", ObjectLockEnabledForBucket=True), world.s3
    world.rules(to(target))
    version = world.put("k")
    assert world.status("k", target) == "REPLICA"

    def tags(bucket: str) -> list[dict[str, str]]:
        world.account.running.advance(1)
        return list(s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=version)["TagSet"])

    def tag(bucket: str, value: str) -> list[dict[str, str]]:
        wanted = [{"Key": "a", "Value": value}]
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": wanted})
        return wanted

    assert tags(target) == []
    first = tag(world.source, "1")
    assert s3.head_object(Bucket=world.source, Key="k")["ReplicationStatus"] in ("PENDING", "COMPLETED")
    assert tags(target) == first
    second = tag(target, "2")
    assert (tags(world.source), tags(target)) == (first, second)
    back = {"SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}}}
    lockable = world.bucket("lockable", ObjectLockEnabledForBucket=True)
    world.rules({**back, **to(lockable)}, source=target)
    s3.delete_object_tagging(Bucket=target, Key="k")
    world.account.running.advance(1)
    assert s3.head_object(Bucket=target, Key="k")["ReplicationStatus"] == "REPLICA"


def test_two_buckets_keep_each_others_changes(world: World) -> None:
    other, s3 = world.bucket("other"), world.s3
    back = {"SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}}}
    world.rules({**back, **to(other)})
    world.rules({**back, **to(world.source)}, source=other)
    world.put("k", Tagging="a=1")
    assert (world.status("k"), world.status("k", other)) == ("COMPLETED", "REPLICA")
    s3.put_object_tagging(Bucket=other, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "2"}]})
    assert (world.status("k"), world.status("k", other)) == ("COMPLETED", "REPLICA")
    assert s3.get_object_tagging(Bucket=world.source, Key="k")["TagSet"] == [{"Key": "a", "Value": "2"}]
