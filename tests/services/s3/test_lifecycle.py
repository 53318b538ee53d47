"""Lifecycle transitions and restores, as the clock turns."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.s3 import errors

DAY_S = 86_400
BIG = b"x" * 128 * 1024


def rules(s3: Any, *given: dict[str, Any], **more: Any) -> None:
    every = [{"Status": "Enabled", "Filter": {}, **each} for each in given]
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": every}, **more)


def to(storage_class: str, days: int) -> dict[str, Any]:
    return {"StorageClass": storage_class, "Days": days}


def classes(s3: Any) -> dict[str, str]:
    return {each["Key"]: each["StorageClass"] for each in s3.list_objects_v2(bucket="first")["Contents"]}


def test_objects_go_down_through_the_classes(desk: Any, s3: Any) -> None:
    rules(s3, {"Transitions": [to("STANDARD_IA", 30), to("GLACIER", 60), to("DEEP_ARCHIVE", 90)]})
    s3.put_object(bucket="first", key="big", body=BIG)
    s3.put_object(bucket="first", key="small", body=b"x")
    s3.put_object(bucket="first", key="lower", body=BIG, storage_class="GLACIER_IR")
    seen = []
    for _ in range(4):
        seen.append(classes(s3))
        desk.advance(31 * DAY_S)
    assert [each["big"] for each in seen] == ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE"]
    assert [each["lower"] for each in seen] == ["GLACIER_IR", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
    assert {each["small"] for each in seen} == {"STANDARD"}
    assert s3.head_object(bucket="first", key="big")["StorageClass"] == "DEEP_ARCHIVE"


def test_small_objects_go_where_a_rule_says_so(desk: Any, s3: Any) -> None:
    rules(
        s3,
        {"ID": "a", "Filter": {"Prefix": "a"}, "Transitions": [to("GLACIER", 1)]},
        {
            "ID": "b",
            "Filter": {"And": {"Prefix": "b", "ObjectSizeGreaterThan": 0}},
            "Transitions": [to("GLACIER_IR", 1)],
        },
        {"ID": "c", "Filter": {"Prefix": "c"}, "Transitions": [to("GLACIER_IR", 1)]},
        transition_default_minimum_object_size="varies_by_storage_class",
    )
    for key in "abc":
        s3.put_object(bucket="first", key=key, body=b"x")
    desk.advance(3 * DAY_S)
    assert classes(s3) == {"a": "GLACIER", "b": "GLACIER_IR", "c": "STANDARD"}


def test_noncurrent_versions_go_down_by_themselves(desk: Any, s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    moving = {"NoncurrentDays": 0, "StorageClass": "GLACIER", "NewerNoncurrentVersions": 1}
    rules(s3, {"NoncurrentVersionTransitions": [moving]})
    for _ in range(3):
        s3.put_object(bucket="first", key="k", body=BIG)
    desk.advance(DAY_S)
    versions = s3.list_object_versions(bucket="first")["Versions"]
    assert [each["StorageClass"] for each in versions] == ["STANDARD", "STANDARD", "GLACIER"]


@pytest.mark.parametrize(
    "transitions",
    [
        [to("STANDARD", 30)],
        [to("STANDARD_IA", 29)],
        [to("GLACIER", 30), to("STANDARD_IA", 60)],
        [to("ONEZONE_IA", 30), to("GLACIER_IR", 60)],
        [to("GLACIER", 30), to("GLACIER", 60)],
        [{"StorageClass": "GLACIER"}],
        [{"StorageClass": "GLACIER", "Date": 5}],
    ],
)
def test_transitions_that_cannot_be(s3: Any, transitions: list[dict[str, Any]]) -> None:
    with pytest.raises((errors.InvalidArgument, errors.InvalidRequest, errors.MalformedXML)):
        rules(s3, {"Transitions": transitions})


def test_an_object_expires_after_it_was_moved(s3: Any) -> None:
    with pytest.raises(errors.InvalidArgument, match="must be greater"):
        rules(s3, {"Transitions": [to("GLACIER", 30)], "Expiration": {"Days": 30}})


DATE = 1_900_022_400.0
TWICE = [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"Transitions": [{"StorageClass": "GLACIER", "Date": DATE}], "Expiration": {"Days": 9}}, "Found mixed"),
        ({"Transitions": [to("GLACIER", 1)], "Expiration": {"Date": DATE}, "Filter": {"Prefix": "a/"}}, "(prefix=a/)"),
        ({"Transitions": [{"StorageClass": "GLACIER", "Date": DATE}], "Expiration": {"Date": DATE}}, "must be later than"),
        ({"Expiration": {"Days": 1}, "Filter": {"And": {"Tags": TWICE}}}, "Duplicate Tag Keys are not allowed."),
        ({"Expiration": {"Days": 1}, "Filter": {"Prefix": "x" * 1025}}, "The maximum size of a prefix is 1024."),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}}, "between 1 and 100"),
        (
            {"NoncurrentVersionTransitions": [
                {"NoncurrentDays": 1, "NewerNoncurrentVersions": 0, "StorageClass": "GLACIER"}]},
            "between 1 and 100",
        ),
    ],
)  # fmt: skip
def test_rules_that_are_refused(s3: Any, rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AWSError) as caught:
        rules(s3, rule)
    assert sentence in caught.value.message
    assert caught.value.code in ("InvalidRequest", "InvalidArgument")


def test_the_life_of_a_restored_copy(desk: Any, s3: Any) -> None:
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:q"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    url = desk.ask("sqs").create_queue(
        queue_name="q", attributes={"Policy": policy, "MessageRetentionPeriod": "1209600"}
    )["QueueUrl"]
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectRestore:*"]}]}
    s3.put_bucket_notification_configuration(bucket="first", notification_configuration=wanted)
    s3.put_object(bucket="first", key="k", body=b"x", storage_class="GLACIER")
    with pytest.raises(errors.InvalidObjectState):
        s3.get_object(bucket="first", key="k")
    request = {"Days": 2, "GlacierJobParameters": {"Tier": "Expedited"}}
    s3.restore_object(bucket="first", key="k", restore_request=request)
    with pytest.raises(errors.RestoreAlreadyInProgress):
        s3.restore_object(bucket="first", key="k", restore_request=request)
    assert s3.head_object(bucket="first", key="k")["Restore"] == 'ongoing-request="true"'
    desk.advance(300)
    shown = s3.head_object(bucket="first", key="k")["Restore"]
    assert shown == 'ongoing-request="false", expiry-date="Mon, 18 Jan 2027 00:00:00 GMT"'
    assert s3.get_object(bucket="first", key="k")["Body"] == b"x"
    s3.copy_object(bucket="first", key="copy", copy_source="first/k")
    s3.restore_object(bucket="first", key="k", restore_request={"Days": 3})
    assert "19 Jan" in s3.head_object(bucket="first", key="k")["Restore"]
    desk.advance(2.7 * DAY_S)
    assert s3.get_object(bucket="first", key="k")["Body"] == b"x"
    desk.advance(DAY_S)
    assert "Restore" not in s3.head_object(bucket="first", key="k")
    with pytest.raises(errors.InvalidObjectState):
        s3.get_object(bucket="first", key="k")
    told = [json.loads(each["Body"]) for _ in range(4) for each in
            desk.ask("sqs").receive_message(queue_url=url, max_number_of_messages=10).get("Messages", ())]  # fmt: skip
    names = {record["eventName"]: record for each in told for record in each.get("Records", ())}
    assert names.keys() == {"ObjectRestore:Post", "ObjectRestore:Completed", "ObjectRestore:Delete"}
    restored = names["ObjectRestore:Completed"]["glacierEventData"]["restoreEventData"]
    assert restored["lifecycleRestorationExpiryTime"] == "2027-01-18T00:00:00.000Z"


def test_restores_that_are_refused(s3: Any) -> None:
    s3.put_object(bucket="first", key="near", body=b"x")
    s3.put_object(bucket="first", key="deep", body=b"x", storage_class="DEEP_ARCHIVE")
    with pytest.raises(errors.RestoreNotAllowed):
        s3.restore_object(bucket="first", key="near", restore_request={"Days": 1})
    with pytest.raises(errors.InvalidArgument):
        s3.restore_object(
            bucket="first", key="deep", restore_request={"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
        )
    with pytest.raises(errors.MalformedXML):
        s3.restore_object(bucket="first", key="deep", restore_request={})


def test_an_expiration_clears_a_lonely_delete_marker_when_it_is_old_enough(desk: Any, s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    rules(s3, {"ID": "a", "Expiration": {"Days": 5}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    s3.put_object(bucket="first", key="k", body=b"x")
    s3.delete_object(bucket="first", key="k")
    desk.advance(3 * DAY_S)
    left = s3.list_object_versions(bucket="first")
    assert (len(left.get("Versions", ())), len(left["DeleteMarkers"])) == (0, 1)
    desk.advance(3 * DAY_S)
    assert not s3.list_object_versions(bucket="first").get("DeleteMarkers")


@pytest.mark.parametrize("status", ["", "Enabled"])
def test_what_goes_for_good_is_not_moved_before(desk: Any, s3: Any, status: str) -> None:
    if status:
        s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": status})
    sqs = desk.ask("sqs")
    url = sqs.create_queue(queue_name="told")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:told"
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(
        queue_url=url, attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [policy]})}
    )
    events = ["s3:LifecycleTransition", "s3:LifecycleExpiration:*"]
    s3.put_bucket_notification_configuration(
        bucket="first", notification_configuration={"QueueConfigurations": [{"QueueArn": arn, "Events": events}]}
    )
    rules(s3, {"ID": "a", "Transitions": [to("GLACIER", 0)]}, {"ID": "b", "Expiration": {"Days": 1}})
    s3.put_object(bucket="first", key="k", body=BIG)
    desk.clock.set(desk.clock.now() + 2 * DAY_S)  # nothing was done at the midnights between
    desk.settle()
    page = sqs.receive_message(queue_url=url, max_number_of_messages=10)["Messages"]
    told = [r["eventName"] for each in page for r in json.loads(each["Body"]).get("Records", ())]
    moved = ["LifecycleTransition", "LifecycleExpiration:DeleteMarkerCreated"]
    assert sorted(told) == sorted(moved if status else ["LifecycleExpiration:Delete"])


def test_lifecycle_waits_for_replication(desk: Any, s3: Any) -> None:
    for name in ("first", "far"):
        if name == "far":
            s3.create_bucket(bucket=name)
        s3.put_bucket_versioning(bucket=name, versioning_configuration={"Status": "Enabled"})
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "s3.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = desk.ask("iam").create_role(role_name="copier", assume_role_policy_document=document)["Role"]["Arn"]
    rule = {
        "ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a"}, "Priority": 1,
        "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::far"},
    }  # fmt: skip
    s3.put_bucket_replication(bucket="first", replication_configuration={"Role": role, "Rules": [rule]})
    rules(s3, {"ID": "x", "Expiration": {"Days": 1}, "Transitions": [to("GLACIER", 0)]})
    for key in "ab":
        s3.put_object(bucket="first", key=key, body=BIG)
    desk.settle()
    assert s3.head_object(bucket="first", key="a")["ReplicationStatus"] == "FAILED"
    desk.advance(3 * DAY_S)
    assert classes(s3) == {"a": "STANDARD"}
    s3.delete_bucket_replication(bucket="first")
    desk.advance(DAY_S)
    assert s3.list_objects_v2(bucket="first")["KeyCount"] == 0


def test_a_restore_in_progress_can_be_made_faster(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x", storage_class="GLACIER")

    def restore(tier: str) -> Any:
        wanted = {"Days": 2, "GlacierJobParameters": {"Tier": tier}}
        return s3.restore_object(bucket="first", key="k", restore_request=wanted)

    restore("Bulk")
    with pytest.raises(errors.RestoreAlreadyInProgress):
        restore("Bulk")
    assert restore("Expedited") == {"IsAccepted": True}
    with pytest.raises(errors.RestoreAlreadyInProgress):
        restore("Standard")
    desk.advance(301)
    assert s3.get_object(bucket="first", key="k")["Body"] == b"x"
