"""Publish and PublishBatch: what is accepted, and what is told of what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.envelopes import OpenKeys
from skyjar.services.sns import encryption

from .conftest import ACCOUNT, Topics, arn_of, refused


@pytest.mark.spec("sns-004")
def test_a_message_is_at_most_as_long_as_its_topic_lets_it(topics: Topics) -> None:
    arn = topics.topic()
    topics.sns.publish(topic_arn=arn, message="x" * 262_144)
    said = refused(topics.sns.publish, topic_arn=arn, message="x" * 262_145)
    assert said == "InvalidParameter: Invalid parameter: Message too long"
    attribute = {"a": {"DataType": "String", "StringValue": "x"}}
    assert refused(topics.sns.publish, topic_arn=arn, message="x" * 262_140, message_attributes=attribute).endswith(
        "Message too long"
    )
    topics.desk.settle()
    url = topics.subscribed(arn, RawMessageDelivery="true")
    topics.sns.set_topic_attributes(topic_arn=arn, attribute_name="MaximumMessageSize", attribute_value="1048576")
    topics.publish(arn, "x" * 262_145)
    assert [len(body) for body in topics.bodies(url)] == [262_145]
    assert "sms" in refused(topics.sns.subscribe, topic_arn=arn, protocol="sms", endpoint="+491234567")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"message": ""}, "Invalid parameter: Empty message"),
        ({"subject": "x" * 101}, "Invalid parameter: Subject"),
        ({"subject": "two\nlines"}, "Invalid parameter: Subject"),
        ({"subject": ""}, "Invalid parameter: Subject"),
        ({"message_structure": "xml"}, "Invalid parameter: MessageStructure"),
        ({"message_structure": "json"}, "Message Structure - JSON message body failed to parse"),
        (
            {"message_structure": "json", "message": "{}"},
            "Message Structure - No default entry in JSON message body",
        ),
        ({"message_deduplication_id": "x"}, "parameter that is not valid for this topic type"),
        (
            {"message_attributes": {"a": {"DataType": "Text", "StringValue": "x"}}},
            "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is "
            "Binary, Number, and String.",
        ),
        (
            {"message_attributes": {"a": {"DataType": "String"}}},
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type "
            "'String'.",
        ),
        (
            {"message_attributes": {"a": {"DataType": "Number", "StringValue": "one"}}},
            "Could not cast message attribute 'a' value to number.",
        ),
        (
            {"message_attributes": {"aws.a": {"DataType": "String", "StringValue": "x"}}},
            "it must not start with AWS-reserved prefixes",
        ),
    ],
)
def test_messages_are_checked(topics: Topics, given: dict[str, Any], sentence: str) -> None:
    said = refused(topics.sns.publish, **{"topic_arn": topics.topic(), "message": "x", **given})
    assert said.endswith(sentence)


def test_one_target_is_needed(topics: Topics) -> None:
    assert "no value for required parameter" in refused(topics.sns.publish, message="x")
    arn = topics.topic()
    assert "InvalidParameter" in refused(topics.sns.publish, message="x", topic_arn=arn, phone_number="+491234567")
    assert topics.sns.publish(message="x", target_arn=arn)["MessageId"]
    gone = refused(topics.sns.publish, message="x", topic_arn=f"{arn}x")
    assert gone == "NotFound: Topic does not exist"


def test_each_protocol_has_its_own_message(topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn, RawMessageDelivery="true")
    other = topics.subscribed(arn, "other")
    topics.publish(arn, json.dumps({"default": "d", "sqs": "s"}), message_structure="json")
    topics.publish(arn, json.dumps({"default": "d", "email": "s"}), message_structure="json")
    assert topics.bodies(url) == ["s", "d"]
    assert [json.loads(body)["Message"] for body in topics.bodies(other)] == ["s", "d"]


def test_a_batch_fails_in_part(topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn, RawMessageDelivery="true")
    answer = topics.sns.publish_batch(
        topic_arn=arn,
        publish_batch_request_entries=[
            {"Id": "a", "Message": "1"},
            {"Id": "b", "Message": ""},
            {"Id": "c", "Message": "3"},
        ],
    )
    topics.desk.settle()
    assert [each["Id"] for each in answer["Successful"]] == ["a", "c"]
    assert answer["Failed"] == [
        {
            "Id": "b",
            "Code": "InvalidParameter",
            "Message": "Invalid parameter: Empty message",
            "SenderFault": True,
        }
    ]
    assert topics.bodies(url) == ["1", "3"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(n), "Message": "x"} for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a", "Message": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "Message": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(n), "Message": "x" * 200_000} for n in range(2)], "BatchRequestTooLong"),
    ],
)
def test_batches_are_checked(topics: Topics, entries: list[dict[str, Any]], code: str) -> None:
    arn = topics.topic()
    said = refused(topics.sns.publish_batch, topic_arn=arn, publish_batch_request_entries=entries)
    assert said.startswith(f"{code}: ")


@pytest.mark.spec("sns-003")
def test_there_is_no_way_to_receive() -> None:
    from skyjar.kernel import service as services
    from skyjar.wire import models

    service = services.load("sns")
    assert service is not None
    assert not [name for name in models.service("sns").operations if "receive" in name.lower()]
    assert not [name for name in service.operations if "receive" in name]


@pytest.mark.spec("sns-021")
def test_publishing_under_a_kms_key_needs_the_key(topics: Topics) -> None:
    desk = topics.desk
    key = desk.ask("kms").create_key()["KeyMetadata"]["KeyId"]
    arn = topics.topic(KmsMasterKeyId=key)
    url = topics.subscribed(arn, RawMessageDelivery="true")
    assert topics.sns.get_topic_attributes(topic_arn=arn)["Attributes"]["KmsMasterKeyId"] == key
    from skyjar.kernel.principals import Principal

    iam = desk.ask("iam")
    identity = iam.create_user(user_name="u")["User"]["UserId"]
    user = Principal(kind="user", account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/u", name="u", id=identity)

    def allow(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)

    sns = desk.ask("sns", user)
    allow("sns:*")
    assert refused(sns.publish, topic_arn=arn, message="x").startswith("KMSAccessDenied: ")
    allow("sns:*", "kms:GenerateDataKey")
    assert refused(sns.publish, topic_arn=arn, message="x").startswith("KMSAccessDenied: ")
    allow("sns:*", "kms:GenerateDataKey", "kms:Decrypt")
    sns.publish(topic_arn=arn, message="secret words")
    assert not [key for key, value in _stored(desk) if b"secret words" in value]
    desk.settle()
    assert topics.bodies(url) == ["secret words"]
    topics.sns.publish(topic_arn=arn, message="never told")
    desk.ask("kms").disable_key(key_id=key)
    encryption._open_keys = OpenKeys()  # as after a restart
    desk.settle()
    assert topics.bodies(url) == []
    assert refused(topics.sns.publish, topic_arn=arn, message="x").startswith("KMSDisabled: ")


def _stored(desk: Any) -> list[tuple[bytes, bytes]]:
    tx = desk.store.begin()
    found = list(tx.iterate(b"", b"\xff" * 8))
    tx.abort()
    assert found
    return found


def test_a_queue_under_a_kms_key_must_let_sns_use_the_key(topics: Topics) -> None:
    desk = topics.desk
    kms = desk.ask("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    arn = topics.topic()
    url = topics.queue("q", KmsMasterKeyId=key)
    topics.sns.subscribe(topic_arn=arn, protocol="sqs", endpoint=arn_of("q"), attributes={"RawMessageDelivery": "true"})
    topics.publish(arn, "1")
    policy = json.loads(kms.get_key_policy(key_id=key)["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "*",
        }
    )
    kms.put_key_policy(key_id=key, policy=json.dumps(policy))
    topics.publish(arn, "2")
    assert topics.bodies(url) == ["2"]
