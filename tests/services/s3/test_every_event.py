"""Every type of event that a bucket may tell of is told when it happens, also by what S3 does by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.services.s3 import happenings

DAY_S = 86_400
BIG = b"x" * 200_000
ELSEWHERE = {
    "s3:Replication:OperationMissedThreshold",  # test_replication_time.py
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:Replication:OperationNotTracked",  # nothing ceases to be tracked here
    "s3:ReducedRedundancyLostObject",  # nor is anything lost
}


def allowing(principal: str, resource: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sqs:SendMessage",
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def listening(desk: Any, s3: Any) -> None:
    """A queue for notifications of every type, and one for what EventBridge gets."""
    urls = {}
    for name, principal in (("told", "s3.amazonaws.com"), ("bridge", "events.amazonaws.com")):
        arn = f"arn:aws:sqs:us-east-1:{desk.account}:{name}"
        urls[name] = desk.ask("sqs").create_queue(queue_name=name, attributes={"Policy": allowing(principal, arn)})
    events = sorted({name for name in happenings.KNOWN if not name.endswith(":*")})
    told = {"QueueArn": f"arn:aws:sqs:us-east-1:{desk.account}:told", "Events": events}
    desk.ask("events").put_rule(name="all", event_pattern='{"source": ["aws.s3"]}')
    target = {"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{desk.account}:bridge"}
    desk.ask("events").put_targets(rule="all", targets=[target])
    s3.put_bucket_notification_configuration(
        bucket="first", notification_configuration={"QueueConfigurations": [told], "EventBridgeConfiguration": {}}
    )


def received(desk: Any, name: str) -> list[dict[str, Any]]:
    desk.settle()
    sqs = desk.ask("sqs")
    url = sqs.get_queue_url(queue_name=name)["QueueUrl"]
    found: list[dict[str, Any]] = []
    while page := sqs.receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
        for each in page:
            sqs.delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])
            found.append(json.loads(each["Body"]))
    return found


class Ears:
    """What was told while time went by: queues keep it for four days."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self.records: list[dict[str, Any]] = []
        self.bridged: list[dict[str, Any]] = []

    def pass_days(self, *several: int) -> None:
        for days in several:
            self._desk.advance(days * DAY_S)
            self.listen()

    def listen(self) -> None:
        told = received(self._desk, "told")
        self.records += [record for each in told for record in each.get("Records", ())]
        self.bridged += received(self._desk, "bridge")


@pytest.fixture
def ears(desk: Any, s3: Any) -> Ears:
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(bucket="first", ownership_controls=rules)
    s3.delete_public_access_block(bucket="first")
    listening(desk, s3)
    return Ears(desk)


def archived_and_restored(s3: Any, ears: Ears) -> None:
    s3.put_object(bucket="first", key="cold", body=b"x", storage_class="GLACIER")
    s3.restore_object(bucket="first", key="cold", restore_request={"Days": 1})
    ears.pass_days(3)


def tiered(s3: Any, ears: Ears) -> None:
    tiers = {"Id": "t", "Status": "Enabled", "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}]}
    s3.put_bucket_intelligent_tiering_configuration(bucket="first", id="t", intelligent_tiering_configuration=tiers)
    s3.put_object(bucket="first", key="tiered", body=BIG, storage_class="INTELLIGENT_TIERING")
    ears.pass_days(89, 2)
    s3.restore_object(bucket="first", key="tiered", restore_request={})
    ears.pass_days(1)


def lived(s3: Any, ears: Ears) -> None:
    rules = [
        {"ID": "m", "Status": "Enabled", "Filter": {"Prefix": "moved/"},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]},
        {"ID": "g", "Status": "Enabled", "Filter": {"Prefix": "gone/"}, "Expiration": {"Days": 1},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
    ]  # fmt: skip
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": rules})
    s3.put_object(bucket="first", key="moved/a", body=BIG)
    s3.put_object(bucket="first", key="gone/a", body=b"x")
    ears.pass_days(3, 26, 2)


def failed_to_replicate(desk: Any, s3: Any) -> None:
    s3.create_bucket(bucket="far")
    s3.put_bucket_versioning(bucket="far", versioning_configuration={"Status": "Enabled"})
    rule = {
        "ID": "r", "Status": "Enabled", "Filter": {"Prefix": "far/"}, "Priority": 1,
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::far", "Metrics": {"Status": "Enabled"}},
    }  # fmt: skip
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "s3.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = desk.ask("iam").create_role(role_name="copier", assume_role_policy_document=document)["Role"]["Arn"]
    s3.put_bucket_replication(bucket="first", replication_configuration={"Role": role, "Rules": [rule]})
    s3.put_object(bucket="first", key="far/a", body=b"x")


def changed(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="a", body=b"x")
    desk.store.transact(lambda tx: posted(desk.call(tx)))
    s3.put_object_tagging(bucket="first", key="a", tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(bucket="first", key="a")
    s3.put_object_acl(bucket="first", key="a", acl="authenticated-read")
    s3.copy_object(bucket="first", key="b", copy_source="first/a")
    upload = s3.create_multipart_upload(bucket="first", key="c")["UploadId"]
    part = s3.upload_part(bucket="first", key="c", upload_id=upload, part_number=1, body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(bucket="first", key="c", upload_id=upload, multipart_upload=parts)
    s3.delete_object(bucket="first", key="a")


def locked(s3: Any) -> None:
    s3.put_object_lock_configuration(bucket="first", object_lock_configuration={"ObjectLockEnabled": "Enabled"})
    s3.put_object(bucket="first", key="kept", body=b"x")
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": 1_900_022_400.0}
    s3.put_object_retention(bucket="first", key="kept", retention=retention)


def posted(call: Any) -> None:
    """As a browser's form does."""
    call.ask("s3", call.caller, context={"s3:authType": "POST"}).put_object(bucket="first", key="form", body=b"x")


@pytest.mark.spec("s3-151")
def test_every_type_of_event_is_told(desk: Any, s3: Any, ears: Ears) -> None:
    changed(desk, s3)
    archived_and_restored(s3, ears)
    tiered(s3, ears)
    lived(s3, ears)
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    s3.put_object(bucket="first", key="gone/b", body=b"x")
    s3.delete_object(bucket="first", key="b")
    locked(s3)
    failed_to_replicate(desk, s3)
    ears.pass_days(3, 1)
    records = ears.records
    names = {f"s3:{each['eventName']}" for each in records}
    assert names == {name for name in happenings.KNOWN if not name.endswith(":*")} - ELSEWHERE
    by_name = {each["eventName"]: each for each in records}
    assert by_name["IntelligentTiering"]["intelligentTieringEventData"] == {"destinationAccessTier": "ARCHIVE_ACCESS"}
    assert by_name["LifecycleTransition"]["lifecycleEventData"] == {
        "transitionEventData": {"destinationStorageClass": "STANDARD_IA"}
    }
    assert {each["eventVersion"] for each in records} == {"2.6"}
    own = ("ObjectRestore:Completed", "LifecycleExpiration:Delete", "LifecycleTransition", "IntelligentTiering")
    assert {by_name[name]["requestParameters"]["sourceIPAddress"] for name in own} == {"s3.amazonaws.com"}
    assert "sequencer" not in by_name["ObjectRestore:Completed"]["s3"]["object"]
    assert by_name["ObjectCreated:Copy"]["s3"]["object"]["hasObjectAnnotation"] is False
    assert by_name["ObjectRetention:Put"]["objectRetentionEventData"] == {
        "mode": "GOVERNANCE",
        "retainUntilDate": "2030-03-18T00:00:00.000Z",
    }
    (kept,) = [each["detail"] for each in ears.bridged if each["detail-type"] == "Object Retention Updated"]
    assert kept["object-retention-event-data"]["retain-until-date"] == "2030-03-18T00:00:00Z"
    assert by_name["LifecycleExpiration:Delete"]["userIdentity"] == {"principalId": "s3.amazonaws.com"}
    assert {each["s3"]["object"]["key"] for each in records if each["eventName"] == "ObjectRestore:Completed"} == {
        "cold",
        "tiered",
    }


@pytest.mark.spec("s3-156")
def test_event_bridge_is_told_what_it_is_told_of(desk: Any, s3: Any, ears: Ears) -> None:
    changed(desk, s3)
    archived_and_restored(s3, ears)
    tiered(s3, ears)
    lived(s3, ears)
    found = ears.bridged
    assert {each["detail-type"] for each in found} == {
        "Object Created", "Object Deleted", "Object Restore Initiated", "Object Restore Completed",
        "Object Restore Expired", "Object Storage Class Changed", "Object Access Tier Changed", "Object ACL Updated",
        "Object Tags Added", "Object Tags Deleted",
    }  # fmt: skip
    (moved,) = [each["detail"] for each in found if each["detail-type"] == "Object Access Tier Changed"]
    assert (moved["object"]["key"], moved["destination-access-tier"]) == ("tiered", "ARCHIVE_ACCESS")
    completed = {
        each["detail"]["object"]["key"]: each["detail"]
        for each in found
        if each["detail-type"] == "Object Restore Completed"
    }
    assert completed["cold"]["restore-expiry-time"] == "2027-01-17T00:00:00Z"
    assert "restore-expiry-time" not in completed["tiered"]
    assert completed["tiered"]["source-storage-class"] == "INTELLIGENT_TIERING"


def test_an_acl_that_stays_the_same_is_not_told(s3: Any, ears: Ears) -> None:
    s3.put_object(bucket="first", key="a", body=b"x")
    for _ in range(3):
        s3.put_object_acl(bucket="first", key="a", acl="public-read")
    ears.listen()
    assert [each["eventName"] for each in ears.records].count("ObjectAcl:Put") == 1
