"""Event notifications to queues and functions."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.services.s3 import errors


@pytest.fixture
def queue(desk: Any) -> Any:
    """(a queue that lets the bucket `first` send, its URL)."""
    return made(desk)


def made(desk: Any, name: str = "told", **condition: Any) -> tuple[str, str]:
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:{name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": condition
        or {
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:::first"},
            "StringEquals": {"aws:SourceAccount": desk.account},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return arn, desk.ask("sqs").create_queue(queue_name=name, attributes={"Policy": policy})["QueueUrl"]


def told(desk: Any, url: str) -> list[dict[str, Any]]:
    """What is in the queue, in the order of its sequencers, without the test event."""
    desk.settle()
    found: list[dict[str, Any]] = []
    while got := desk.ask("sqs").receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
        for each in got:
            desk.ask("sqs").delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])
            found += json.loads(each["Body"]).get("Records", [])
    return sorted(found, key=lambda each: each["s3"]["object"]["sequencer"])


def configure(s3: Any, *queues: dict[str, Any]) -> None:
    s3.put_bucket_notification_configuration(
        bucket="first", notification_configuration={"QueueConfigurations": list(queues)}
    )


def wanted(arn: str, *events: str, **affixes: str) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in affixes.items()]
    filtered = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {"QueueArn": arn, "Events": list(events), **filtered}


def test_the_documents_that_a_queue_gets(desk: Any, s3: Any, queue: tuple[str, str]) -> None:
    arn, url = queue
    configure(s3, {"Id": "all", **wanted(arn, "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*")})
    test = json.loads(desk.ask("sqs").receive_message(queue_url=url)["Messages"][0]["Body"])
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", "first")
    s3.put_object(bucket="first", key="red flower/é.jpg", body=b"hello")
    s3.copy_object(bucket="first", key="copy", copy_source="first/red%20flower/%C3%A9.jpg")
    s3.put_object_tagging(bucket="first", key="copy", tagging={"TagSet": []})
    s3.delete_objects(bucket="first", delete={"Objects": [{"Key": "copy"}]})
    put, copy, tagged, gone = told(desk, url)
    assert put["s3"]["object"] == {
        "key": "red+flower/%C3%A9.jpg",
        "size": 5,
        "eTag": "5d41402abc4b2a76b9719d911017c592",
        "sequencer": put["s3"]["object"]["sequencer"],
    }
    assert put["s3"]["bucket"]["arn"] == "arn:aws:s3:::first"
    assert put["s3"]["configurationId"] == "all"
    assert (put["eventVersion"], put["eventSource"], put["awsRegion"]) == ("2.6", "aws:s3", "us-east-1")
    assert put["eventTime"] == "2027-01-15T08:00:00.000Z"
    names = ["ObjectCreated:Put", "ObjectCreated:Copy", "ObjectTagging:Put", "ObjectRemoved:Delete"]
    assert [each["eventName"] for each in (put, copy, tagged, gone)] == names
    assert gone["s3"]["object"].keys() == {"key", "sequencer"}


def test_a_filter_on_prefix_and_suffix(desk: Any, s3: Any, queue: tuple[str, str]) -> None:
    arn, url = queue
    configure(s3, wanted(arn, "s3:ObjectCreated:*", prefix="images/", suffix=".jpg"))
    for key in ("images/a.jpg", "images/a.png", "other/a.jpg"):
        s3.put_object(bucket="first", key=key, body=b"x")
    assert [each["s3"]["object"]["key"] for each in told(desk, url)] == ["images/a.jpg"]


def test_every_version_has_its_own_event(desk: Any, s3: Any, queue: tuple[str, str]) -> None:
    arn, url = queue
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    configure(s3, wanted(arn, "s3:ObjectCreated:*", "s3:ObjectRemoved:*"))
    versions = [s3.put_object(bucket="first", key="k", body=body)["VersionId"] for body in (b"1", b"2")]
    marker = s3.delete_object(bucket="first", key="k")["VersionId"]
    assert len(s3.list_object_versions(bucket="first")["Versions"]) == 2
    s3.delete_object(bucket="first", key="k", version_id=versions[0])
    events = told(desk, url)
    assert [each["s3"]["object"]["versionId"] for each in events] == [*versions, marker, versions[0]]
    assert [each["eventName"] for each in events[2:]] == ["ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete"]


def test_rules_that_meet_are_refused(s3: Any, queue: tuple[str, str]) -> None:
    arn, _ = queue
    with pytest.raises(errors.InvalidArgument, match="Configurations overlap"):
        configure(s3, wanted(arn, "s3:ObjectCreated:*"), wanted(arn, "s3:ObjectCreated:Put"))
    for pair in (
        ({"prefix": "a"}, {"prefix": "ab"}),
        ({"suffix": "jpg"}, {"suffix": "pg"}),
        ({"prefix": "a"}, {}),
        ({"prefix": "a", "suffix": "x"}, {"prefix": "a/b", "suffix": "yx"}),
    ):
        with pytest.raises(errors.InvalidArgument, match="Configuration is ambiguously defined"):
            configure(s3, *(wanted(arn, "s3:ObjectCreated:*", **each) for each in pair))
    configure(
        s3,
        wanted(arn, "s3:ObjectCreated:*", prefix="a", suffix="x"),
        wanted(arn, "s3:ObjectCreated:*", prefix="a/b", suffix="y"),
        wanted(arn, "s3:ObjectRemoved:*"),
    )


def test_a_hundred_configurations_at_most(s3: Any, queue: tuple[str, str]) -> None:
    arn, _ = queue
    many = [wanted(arn, "s3:ObjectCreated:*", prefix=f"{number:03}") for number in range(101)]
    configure(s3, *many[:100])
    with pytest.raises(errors.InvalidArgument):
        configure(s3, *many)
    assert len(s3.get_bucket_notification_configuration(bucket="first")["QueueConfigurations"]) == 100


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("shut", "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"),
        ("another account's", "Permissions on the destination queue do not allow S3"),
        ("gone", "The destination queue does not exist"),
    ],
)
def test_a_destination_must_let_s3_in(desk: Any, s3: Any, problem: str, sentence: str) -> None:
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:q"
    if problem == "shut":
        desk.ask("sqs").create_queue(queue_name="q")
    elif problem == "another account's":
        made(desk, "q", StringEquals={"aws:SourceAccount": "999988887777"})
    with pytest.raises(errors.InvalidArgument, match="Unable to validate the following destination") as refused:
        configure(s3, wanted(arn, "s3:ObjectCreated:*"))
    assert sentence in refused.value.fields["ArgumentValue1"]
    assert s3.get_bucket_notification_configuration(bucket="first") == {}


def test_what_is_not_there_is_refused_by_name(s3: Any) -> None:
    for configuration in (
        {"QueueConfigurations": [{"QueueArn": "arn:aws:nothing", "Events": ["s3:ObjectCreated:*"]}]},
        {"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:us-east-1:1:q", "Events": ["s3:Nothing:*"]}]},
        {"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:us-east-1:1:q", "Events": ["s3:ObjectAnnotation:Put"]}]},
    ):
        with pytest.raises(AWSError, match=r"well formed|event is not supported|Skyjar does not implement the event"):
            s3.put_bucket_notification_configuration(bucket="first", notification_configuration=configuration)


def test_a_policy_that_is_closed_later_loses_the_event_only(desk: Any, s3: Any, queue: tuple[str, str]) -> None:
    arn, url = queue
    configure(s3, wanted(arn, "s3:ObjectCreated:*"))
    desk.ask("sqs").set_queue_attributes(queue_url=url, attributes={"Policy": ""})
    s3.put_object(bucket="first", key="k", body=b"x")
    assert told(desk, url) == []
    assert s3.get_object(bucket="first", key="k")["Body"] == b"x"


def test_another_account_s_write_is_told_in_the_owner_s_name(desk: Any, s3: Any, queue: tuple[str, str]) -> None:
    arn, url = queue
    configure(s3, wanted(arn, "s3:ObjectCreated:*"))
    statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:PutObject",
                 "Resource": "arn:aws:s3:::first/*"}  # fmt: skip
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    desk.ask("s3", root("444455556666")).put_object(bucket="first", key="k", body=b"x")
    (event,) = told(desk, url)
    assert event["userIdentity"] == {"principalId": "AWS:444455556666"}


def test_lifecycle_tells_its_own_events(desk: Any, s3: Any, queue: tuple[str, str]) -> None:
    arn, url = queue
    configure(s3, wanted(arn, "s3:LifecycleExpiration:*", "s3:ObjectRemoved:*"))
    s3.put_object(bucket="first", key="k", body=b"x")
    rules = [{"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": rules})
    desk.advance(2 * 86400)
    (event,) = told(desk, url)
    assert (event["eventName"], event["eventVersion"]) == ("LifecycleExpiration:Delete", "2.6")
    assert event["userIdentity"] == {"principalId": "s3.amazonaws.com"}


@pytest.fixture
def topic(desk: Any, queue: tuple[str, str]) -> Any:
    """A topic that lets the bucket `first` publish; and the URL of a queue that is told of it."""
    sns = desk.ask("sns")
    arn = sns.create_topic(name="news")["TopicArn"]
    url = desk.ask("sqs").create_queue(queue_name="reader")["QueueUrl"]
    reader = f"arn:aws:sqs:us-east-1:{desk.account}:reader"
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "*", "Resource": reader}
    statement["Action"] = "sqs:SendMessage"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    desk.ask("sqs").set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    sns.subscribe(topic_arn=arn, protocol="sqs", endpoint=reader)
    return arn, url


def let_in(desk: Any, arn: str, bucket: str = "first") -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
            "StringEquals": {"aws:SourceAccount": desk.account},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    desk.ask("sns").set_topic_attributes(topic_arn=arn, attribute_name="Policy", attribute_value=policy)


@pytest.mark.spec("s3-149", "s3-151", "sns-016")
def test_a_topic_tells_its_subscribers_of_every_event(desk: Any, s3: Any, topic: tuple[str, str]) -> None:
    arn, url = topic
    let_in(desk, arn)
    events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectRestore:*", "s3:Replication:*"]
    s3.put_bucket_notification_configuration(
        bucket="first", notification_configuration={"TopicConfigurations": [{"TopicArn": arn, "Events": events}]}
    )
    s3.put_object(bucket="first", key="a", body=b"x")
    s3.delete_object(bucket="first", key="a")
    desk.settle()
    found = desk.ask("sqs").receive_message(queue_url=url, max_number_of_messages=10)["Messages"]
    envelopes = [json.loads(each["Body"]) for each in found]
    assert {each["Subject"] for each in envelopes} == {"Amazon S3 Notification"}
    test, put, gone = [json.loads(each["Message"]) for each in envelopes]
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", "first")
    assert put["Records"][0]["eventName"] == "ObjectCreated:Put"
    assert gone["Records"][0]["eventName"] == "ObjectRemoved:Delete"


def test_a_topic_must_let_the_bucket_publish(desk: Any, s3: Any, topic: tuple[str, str]) -> None:
    arn, _ = topic
    wanted = {"TopicConfigurations": [{"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    for let in (lambda: None, lambda: let_in(desk, arn, "second")):
        let()
        with pytest.raises(errors.InvalidArgument) as caught:
            s3.put_bucket_notification_configuration(bucket="first", notification_configuration=wanted)
        assert "Permissions on the destination topic do not allow S3" in str(caught.value.fields)
    let_in(desk, arn)
    s3.put_bucket_notification_configuration(bucket="first", notification_configuration=wanted)


@pytest.fixture
def bridge(desk: Any, s3: Any) -> str:
    """`first` tells EventBridge; the URL of a queue that gets all events of S3."""
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:bridge"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url: str = desk.ask("sqs").create_queue(queue_name="bridge", attributes={"Policy": policy})["QueueUrl"]
    events = desk.ask("events")
    events.put_rule(name="all", event_pattern='{"source": ["aws.s3"]}')
    events.put_targets(rule="all", targets=[{"Id": "1", "Arn": queue}])
    s3.put_bucket_notification_configuration(
        bucket="first", notification_configuration={"EventBridgeConfiguration": {}}
    )
    return url


def bridged(desk: Any, url: str) -> list[dict[str, Any]]:
    desk.settle()
    found: list[dict[str, Any]] = []
    while page := desk.ask("sqs").receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
        for each in page:
            desk.ask("sqs").delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])
            found.append(json.loads(each["Body"]))
    return found


@pytest.mark.spec("s3-156", "events-004")
def test_event_bridge_is_told_of_everything(desk: Any, s3: Any, bridge: str) -> None:
    assert s3.get_bucket_notification_configuration(bucket="first") == {"EventBridgeConfiguration": {}}
    desk.ask("events").put_rule(
        name="large", event_pattern='{"source": ["aws.s3"], "detail": {"object": {"size": [{"numeric": [">", 3]}]}}}'
    )
    desk.ask("events").put_targets(
        rule="large", targets=[{"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{desk.account}:bridge", "Input": '"large"'}]
    )
    s3.put_object(bucket="first", key="a b", body=b"hello")
    found = bridged(desk, bridge)
    assert "large" in found
    [created] = [each for each in found if each != "large"]
    sequencer = created["detail"]["object"].pop("sequencer")
    request = created["detail"].pop("request-id")
    assert (len(sequencer), bool(request)) == (18, True)
    assert created == {
        "version": "0",
        "id": created["id"],
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": desk.account,
        "time": "2027-01-15T08:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::first"],
        "detail": {
            "version": "0",
            "event-version": "1.2",
            "bucket": {"name": "first"},
            "object": {"key": "a b", "size": 5, "etag": "5d41402abc4b2a76b9719d911017c592"},
            "requester": desk.account,
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    s3.copy_object(bucket="first", key="c", copy_source="first/a%20b")
    s3.put_object_tagging(bucket="first", key="c", tagging={"TagSet": []})
    s3.delete_object_tagging(bucket="first", key="c")
    s3.delete_object(bucket="first", key="c")
    others = [each for each in bridged(desk, bridge) if each != "large"]
    assert others[0]["detail"]["object"]["has-object-annotation"] is False
    marker = others[-1]["detail"]["object"]
    assert (marker["etag"], "size" in marker) == ("d41d8cd98f00b204e9800998ecf8427e", False)
    kinds = [(each["detail-type"], each["detail"].get("reason")) for each in others]
    assert kinds == [
        ("Object Created", "CopyObject"),
        ("Object Tags Added", None),
        ("Object Tags Deleted", None),
        ("Object Deleted", "DeleteObject"),
    ]


def test_what_lifecycle_does_is_told_as_its_own(desk: Any, s3: Any, bridge: str) -> None:
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": [rule]})
    s3.put_object(bucket="first", key="a", body=b"x")
    bridged(desk, bridge)
    desk.advance(3 * 86_400)
    [gone] = bridged(desk, bridge)
    assert (gone["detail-type"], gone["detail"]["reason"], gone["detail"]["deletion-type"]) == (
        "Object Deleted",
        "Lifecycle Expiration",
        "Permanently Deleted",
    )
    assert gone["detail"]["requester"] == "s3.amazonaws.com"
    assert "source-ip-address" not in gone["detail"]
