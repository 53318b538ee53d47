"""Trails: made, refused, and what they deliver when the clock is turned."""

import gzip
import json
from typing import Any

import pytest

from skyjar.kernel import bills
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root

MEMBER = "444455556666"


def refusal(function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code


def bucket(desk: Any, *folders: str) -> None:
    """A bucket with the policy that AWS's documentation gives."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    trail = f"arn:aws:cloudtrail:us-east-1:{desk.account}:trail/audit"
    statements = [
        {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": "arn:aws:s3:::logs",
            "Condition": {"StringEquals": {"aws:SourceArn": trail}},
        },
        {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": [f"arn:aws:s3:::logs/AWSLogs/{folder}/*" for folder in folders or (desk.account,)],
            "Condition": {
                "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail},
            },
        },
    ]
    s3 = desk.ask("s3")
    if all(each["Name"] != "logs" for each in s3.list_buckets()["Buckets"]):
        s3.create_bucket(bucket="logs")
    s3.put_bucket_policy(bucket="logs", policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def trail(desk: Any, **more: Any) -> Any:
    bucket(desk)
    cloudtrail = desk.ask("cloudtrail")
    cloudtrail.create_trail(name="audit", s3_bucket_name="logs", **more)
    cloudtrail.start_logging(name="audit")
    desk.settle()
    return cloudtrail


def files(desk: Any, kind: str = "CloudTrail") -> dict[str, list[dict[str, Any]]]:
    """The delivered events by key."""
    s3 = desk.ask("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(bucket="logs").get("Contents", [])]
    found = {}
    for key in keys:
        if f"/{kind}/" in key:
            body = s3.get_object(bucket="logs", key=key)["Body"]
            found[key] = json.loads(gzip.decompress(body if isinstance(body, bytes) else body.read()))["Records"]
    return found


def delivered(desk: Any) -> list[str]:
    return [event["eventName"] for events in files(desk).values() for event in events]


def test_what_happens_is_in_a_file_five_minutes_later(desk: Any) -> None:
    cloudtrail = trail(desk)
    desk.ask("sqs").create_queue(queue_name="q")
    desk.ask("sqs", region="eu-west-1").create_queue(queue_name="elsewhere")
    cloudtrail.get_trail_status(name="audit")
    desk.settle()
    assert files(desk) == {}
    desk.advance(301)
    ((key, events),) = files(desk).items()
    assert key.startswith(
        f"AWSLogs/{desk.account}/CloudTrail/us-east-1/2027/01/15/{desk.account}_CloudTrail_us-east-1_"
    )
    names = [event["eventName"] for event in events]
    assert "CreateQueue" in names
    assert "GetTrailStatus" in names
    assert [event["requestParameters"] for event in events if event["eventName"] == "CreateQueue"] == [
        {"queueName": "q"}
    ]
    status = cloudtrail.get_trail_status(name="audit")
    assert status["IsLogging"] is True
    assert status["LatestDeliveryTime"] == desk.clock.now() - 1
    cloudtrail.stop_logging(name="audit")
    desk.settle()
    desk.ask("sqs").create_queue(queue_name="after")
    desk.advance(1000)
    assert delivered(desk).count("CreateQueue") == 1
    assert delivered(desk)[-1] == "StopLogging"
    assert cloudtrail.get_trail_status(name="audit")["IsLogging"] is False


def test_data_events_only_when_selected(desk: Any) -> None:
    cloudtrail = trail(desk)
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="data")
    s3.put_object(bucket="data", key="before", body=b"x")
    selector = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False}
    resources = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/in"]}]
    cloudtrail.put_event_selectors(trail_name="audit", event_selectors=[{**selector, "DataResources": resources}])
    s3.put_object(bucket="data", key="in/1", body=b"x")
    s3.put_object(bucket="data", key="out/1", body=b"x")
    s3.get_object(bucket="data", key="in/1")
    desk.advance(301)
    events = [event for each in files(desk).values() for event in each if event["eventCategory"] == "Data"]
    assert [event["requestParameters"]["key"] for event in events] == ["in/1"]
    assert events[0]["resources"][0]["ARN"] == "arn:aws:s3:::data/in/1"
    assert (
        desk.ask("cloudtrail").lookup_events(
            lookup_attributes=[{"AttributeKey": "EventName", "AttributeValue": "PutObject"}]
        )["Events"]
        == []
    )
    cloudtrail.stop_logging(name="audit")
    assert desk.pipeline.history.skips == set()
    s3.put_object(bucket="data", key="in/2", body=b"x")
    assert {each.name for each in desk.pipeline.history.skips} == {"put_object"}


def test_advanced_selectors(desk: Any) -> None:
    cloudtrail = trail(desk)
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::SQS::Queue"]},
        {"Field": "eventName", "NotEquals": ["ReceiveMessage"]},
    ]
    cloudtrail.put_event_selectors(trail_name="audit", advanced_event_selectors=[{"FieldSelectors": fields}])
    url = desk.ask("sqs").create_queue(queue_name="q")["QueueUrl"]
    desk.ask("sqs").send_message(queue_url=url, message_body="private")
    desk.ask("sqs").receive_message(queue_url=url)
    desk.advance(301)
    assert delivered(desk) == ["SendMessage"]
    bad = [{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]
    assert refusal(cloudtrail.put_event_selectors, trail_name="audit", advanced_event_selectors=bad) == (
        "InvalidEventSelectorsException"
    )
    shown = cloudtrail.get_event_selectors(trail_name="audit")
    assert shown["AdvancedEventSelectors"] == [{"FieldSelectors": fields}]


def test_a_bucket_that_does_not_let_it_in(desk: Any) -> None:
    create = desk.ask("cloudtrail").create_trail
    assert refusal(create, name="audit", s3_bucket_name="logs") == "S3BucketDoesNotExistException"
    desk.ask("s3").create_bucket(bucket="logs")
    assert refusal(create, name="audit", s3_bucket_name="logs") == "InsufficientS3BucketPolicyException"
    cloudtrail = trail(desk)
    desk.ask("s3").delete_bucket_policy(bucket="logs")
    desk.ask("sqs").create_queue(queue_name="q")
    desk.advance(301)
    status = cloudtrail.get_trail_status(name="audit")
    assert status["LatestDeliveryError"] == "AccessDenied"
    assert "LatestDeliveryTime" not in status
    bucket(desk)
    desk.ask("sqs").create_queue(queue_name="later")
    desk.advance(301)
    assert "LatestDeliveryError" not in cloudtrail.get_trail_status(name="audit")


def test_names_quotas_and_regions(desk: Any) -> None:
    cloudtrail = trail(desk, is_multi_region_trail=True, tags_list=[{"Key": "a", "Value": "1"}])
    arn = cloudtrail.get_trail(name="audit")["Trail"]["TrailARN"]
    for name in ("ab", "a..b", "-ab", "1.2.3.4", "a b c"):
        assert refusal(cloudtrail.create_trail, name=name, s3_bucket_name="logs") == "InvalidTrailNameException"
    assert refusal(cloudtrail.create_trail, name="audit", s3_bucket_name="logs") == "TrailAlreadyExistsException"
    assert refusal(cloudtrail.get_trail_status, name="arn:x") == "CloudTrailARNInvalidException"
    assert refusal(cloudtrail.start_logging, name="none") == "TrailNotFoundException"
    there = desk.ask("cloudtrail", region="eu-west-1")
    assert [each["HomeRegion"] for each in there.describe_trails()["trailList"]] == ["us-east-1"]
    assert there.describe_trails(include_shadow_trails=False)["trailList"] == []
    assert refusal(there.stop_logging, name=arn) == "InvalidHomeRegionException"
    cloudtrail.add_tags(resource_id=arn, tags_list=[{"Key": "b", "Value": "2"}])
    cloudtrail.remove_tags(resource_id=arn, tags_list=[{"Key": "a"}])
    listed = cloudtrail.list_tags(resource_id_list=[arn])["ResourceTagList"][0]
    assert listed == {"ResourceId": arn, "TagsList": [{"Key": "b", "Value": "2"}]}
    desk.ask("sqs", region="eu-west-1").create_queue(queue_name="q")
    desk.advance(301)
    assert {key.split("/")[3] for key in files(desk)} == {"us-east-1", "eu-west-1"}
    cloudtrail.delete_trail(name=arn)
    assert cloudtrail.list_trails()["Trails"] == []


def test_a_trail_of_an_organization_covers_its_members(desk: Any) -> None:
    orgs = desk.ask("organizations")
    create = {"name": "audit", "s3_bucket_name": "logs", "is_organization_trail": True}
    assert refusal(desk.ask("cloudtrail").create_trail, **create) == "OrganizationsNotInUseException"
    organization = orgs.create_organization()["Organization"]["Id"]
    asked = orgs.invite_account_to_organization(target={"Id": MEMBER, "Type": "ACCOUNT"})["Handshake"]
    desk.ask("organizations", root(MEMBER)).accept_handshake(handshake_id=asked["Id"])
    bucket(desk, desk.account, organization)
    assert refusal(desk.ask("cloudtrail").create_trail, **create) == "CloudTrailAccessNotEnabledException"
    orgs.enable_aws_service_access(service_principal="cloudtrail.amazonaws.com")
    desk.ask("cloudtrail").create_trail(**create)
    desk.ask("cloudtrail").start_logging(name="audit")
    member = desk.ask("cloudtrail", root(MEMBER))
    (shown,) = member.describe_trails()["trailList"]
    assert (shown["IsOrganizationTrail"], shown["Name"]) == (True, "audit")
    assert refusal(member.stop_logging, name=shown["TrailARN"]) == "AccessDeniedException"
    desk.ask("sqs", root(MEMBER)).create_queue(queue_name="q")
    desk.advance(301)
    keys = [key for key, events in files(desk).items() if any(each["eventName"] == "CreateQueue" for each in events)]
    assert [key.split("/")[:3] for key in keys] == [["AWSLogs", organization, MEMBER]]


def test_an_idle_trail_does_nothing(desk: Any) -> None:
    trail(desk)
    desk.ask("sqs").create_queue(queue_name="q")
    desk.advance(400)
    before = len(files(desk))
    desk.advance(90 * 86_400)
    assert len(files(desk)) == before


def digests(desk: Any) -> list[dict[str, Any]]:
    s3 = desk.ask("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(bucket="logs").get("Contents", [])]
    found = []
    for key in keys:
        if "/CloudTrail-Digest/" in key:
            body = s3.get_object(bucket="logs", key=key)["Body"]
            found.append(json.loads(gzip.decompress(body if isinstance(body, bytes) else body.read())))
    return found


def test_digests_are_a_chain_as_long_as_logging_goes_on(desk: Any) -> None:
    cloudtrail = trail(desk, enable_log_file_validation=True)
    desk.ask("sqs").create_queue(queue_name="q")
    desk.advance(2 * 3600 + 5)
    first, second = digests(desk)
    ((key, _),) = files(desk).items()
    assert [each["s3Object"] for each in first["logFiles"]] == [key]
    assert (first["previousDigestS3Object"], second["logFiles"]) == (None, [])
    assert second["previousDigestS3Object"] == first["digestS3Object"]
    assert second["digestStartTime"] == first["digestEndTime"]
    assert second["previousDigestSignature"] not in (None, "")
    cloudtrail.stop_logging(name="audit")
    cloudtrail.start_logging(name="audit")
    desk.advance(3605)
    assert digests(desk)[2]["previousDigestS3Object"] is None
    (key_shown,) = cloudtrail.list_public_keys()["PublicKeyList"]
    assert {each["digestPublicKeyFingerprint"] for each in digests(desk)} == {key_shown["Fingerprint"]}


def used(desk: Any) -> dict[str, tuple[float, str]]:
    """Events and dollars by usage type."""
    desk.pipeline.metrics.flush()
    rows = desk.store.transact(lambda tx: bills.usage_of(tx, 0, 10**6, desk.clock.now()))
    found: dict[str, tuple[float, str]] = {}
    for line in bills.lines(row for row in rows if row.service == "cloudtrail"):
        found[line.usage_type] = (float(line.amount), f"{line.cost:.6f}")
    return found


@pytest.mark.spec("cloudtrail-006")
def test_the_first_copy_is_free_and_data_events_cost(desk: Any) -> None:
    cloudtrail = trail(desk)
    desk.advance(310)
    before = used(desk)
    assert set(before) <= {"USE1-FreeEventsRecorded"}
    free = before.get("USE1-FreeEventsRecorded", (0.0, ""))[0]
    for number in range(3):
        desk.ask("sqs").create_queue(queue_name=str(number))
    desk.advance(310)
    after = used(desk)
    assert after["USE1-FreeEventsRecorded"] == (free + 3, "0.000000")
    desk.ask("s3").create_bucket(bucket="data")
    selector = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/"]}],
    }
    cloudtrail.put_event_selectors(trail_name="audit", event_selectors=[selector])
    desk.advance(310)
    for number in range(5):
        desk.ask("s3").put_object(bucket="data", key=str(number), body=b"x")
    desk.advance(310)
    assert used(desk)["USE1-DataEventsRecorded"] == (5.0, "0.000005")


@pytest.mark.spec("cloudtrail-006")
def test_a_second_copy_costs(desk: Any) -> None:
    cloudtrail = trail(desk)
    desk.advance(310)
    policy = json.loads(desk.ask("s3").get_bucket_policy(bucket="logs")["Policy"])
    text = json.dumps(policy).replace(":trail/audit", ":trail/*").replace("StringEquals", "StringLike")
    desk.ask("s3").put_bucket_policy(bucket="logs", policy=text)
    cloudtrail.create_trail(name="second", s3_bucket_name="logs")
    cloudtrail.start_logging(name="second")
    desk.advance(310)
    before = used(desk)
    paid = before.get("USE1-PaidEventsRecorded", (0.0, ""))[0]
    for number in range(4):
        desk.ask("sqs").create_queue(queue_name=str(number))
    desk.advance(310)
    after = used(desk)
    assert after["USE1-PaidEventsRecorded"][0] == paid + 4
    assert after["USE1-FreeEventsRecorded"][0] == before["USE1-FreeEventsRecorded"][0] + 4
    assert after["USE1-PaidEventsRecorded"][1] == f"{(paid + 4) * 0.00002:.6f}"
