"""Deliveries: who gets what, in which form, and what follows when an endpoint does not take it."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from skyjar.kernel.outside import Failed, Send
from skyjar.kernel.web import WebRequest
from skyjar.services.sns import endpoints

from .conftest import ACCOUNT, Topics, arn_of, letting_in, refused

RAW = {"RawMessageDelivery": "true"}


@pytest.mark.spec("sns-013", "sns-001", "sns-012")
def test_one_message_reaches_every_queue(topics: Topics) -> None:
    arn = topics.topic()
    urls = [topics.subscribed(arn, f"q{number}") for number in range(2)]
    raw = topics.subscribed(arn, "raw", **RAW)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "x"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\0\1"},
    }
    made = topics.publish(arn, "hello", subject="s", message_attributes=attributes)
    for url in urls:
        [message] = topics.taken(url)
        told = json.loads(message["Body"])
        assert {**told, "Signature": "", "SigningCertURL": "", "UnsubscribeURL": ""} == {
            "Type": "Notification",
            "MessageId": made["MessageId"],
            "TopicArn": arn,
            "Subject": "s",
            "Message": "hello",
            "Timestamp": "2027-01-15T08:00:00.000Z",
            "SignatureVersion": "1",
            "Signature": "",
            "SigningCertURL": "",
            "UnsubscribeURL": "",
            "MessageAttributes": {
                "kind": {"Type": "String", "Value": "x"},
                "bytes": {"Type": "Binary", "Value": "AAE="},
            },
        }
        assert "MessageAttributes" not in message
    [message] = topics.taken(raw)
    assert message["Body"] == "hello"
    assert message["MessageAttributes"] == attributes


@pytest.mark.spec("sns-002")
def test_later_subscribers_get_later_messages(topics: Topics) -> None:
    arn = topics.topic()
    topics.publish(arn, "early")
    url = topics.subscribed(arn, **RAW)
    topics.publish(arn, "late")
    assert topics.bodies(url) == ["late"]


@pytest.mark.spec("sns-014")
def test_the_queue_must_let_the_topic_in(topics: Topics) -> None:
    arn, other = topics.topic(), topics.topic("other")
    url = topics.sqs.create_queue(queue_name="q")["QueueUrl"]
    for each in (arn, other):
        topics.sns.subscribe(topic_arn=each, protocol="sqs", endpoint=arn_of("q"), attributes=RAW)
    topics.publish(arn, "1")
    policy = letting_in(arn_of("q"), ArnEquals={"aws:SourceArn": arn}, StringEquals={"aws:SourceAccount": ACCOUNT})
    topics.sqs.set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    topics.publish(arn, "2")
    topics.publish(other, "3")
    assert topics.bodies(url) == ["2"]


@pytest.mark.spec("sns-015")
def test_a_queue_of_another_region(topics: Topics) -> None:
    arn = topics.topic()
    sqs = topics.desk.ask("sqs", region="eu-west-1")
    queue = arn_of("q", region="eu-west-1")
    url = sqs.create_queue(queue_name="q", attributes={"Policy": letting_in(queue)})["QueueUrl"]
    topics.sns.subscribe(topic_arn=arn, protocol="sqs", endpoint=queue, attributes=RAW)
    topics.publish(arn, "far")
    assert sqs.receive_message(queue_url=url)["Messages"][0]["Body"] == "far"


@pytest.mark.spec("sns-011")
def test_a_filter_policy_looks_at_attributes_or_at_the_body(topics: Topics) -> None:
    arn = topics.topic()
    by_attributes = topics.subscribed(
        arn, "a", **RAW, FilterPolicy='{"state": ["placed"], "n": [{"numeric": [">", 5]}]}'
    )
    by_body = topics.subscribed(
        arn, "b", **RAW, FilterPolicyScope="MessageBody", FilterPolicy='{"order": {"state": ["placed"]}}'
    )
    tags = topics.subscribed(arn, "c", **RAW, FilterPolicy='{"tags": [{"anything-but": ["red"]}]}')

    def attributes(**given: tuple[str, str]) -> dict[str, Any]:
        return {
            "message_attributes": {
                name: {"DataType": kind, "StringValue": value} for name, (kind, value) in given.items()
            }
        }

    topics.publish(arn, "1", **attributes(state=("String", "placed"), n=("Number", "6")))
    topics.publish(arn, "2", **attributes(state=("String", "placed"), n=("Number", "5")))
    topics.publish(arn, "3", **attributes(state=("String", "placed"), n=("String", "6")))
    topics.publish(arn, '{"order": {"state": "placed"}}')
    topics.publish(arn, '{"order": {"state": "gone"}}')
    topics.publish(arn, "4", **attributes(tags=("String.Array", '["red", "blue"]')))
    topics.publish(arn, "5", **attributes(tags=("String.Array", '["red"]')))
    assert topics.bodies(by_attributes) == ["1"]
    assert topics.bodies(by_body) == ['{"order": {"state": "placed"}}']
    assert topics.bodies(tags) == ["4"]


def served(topics: Topics, method: str, path: str, query: str = "", **labels: str) -> Any:
    function = {"captured": endpoints.captured, "pem": endpoints.certificate, "": endpoints.links}[path]
    request = WebRequest(
        method=method, host="127.0.0.1:4566", path="/", query=query, headers={}, body=b"", labels=labels
    )
    return topics.desk.store.transact(lambda tx: function.function(topics.desk.call(tx), request))


@pytest.mark.parametrize(("version", "digest"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
def test_messages_are_signed_with_the_certificate_that_is_served(topics: Topics, version: str, digest: Any) -> None:
    arn = topics.topic(SignatureVersion=version)
    url = topics.subscribed(arn)
    topics.publish(arn, "line\ntwo", subject="s")
    told = json.loads(topics.bodies(url)[0])
    assert told["SignatureVersion"] == version
    file = told["SigningCertURL"].rpartition("/")[2].removesuffix(".pem")
    assert told["SigningCertURL"].startswith("https://127.0.0.1:4566/_aws/sns/us-east-1/SimpleNotificationService-")
    pem = served(topics, "GET", "pem", region="us-east-1", file=file).body
    key = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(key, RSAPublicKey)
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{told[name]}\n" for name in names)
    key.verify(b64decode(told["Signature"]), text.encode(), padding.PKCS1v15(), digest)


def test_the_link_in_a_message_unsubscribes(topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn)
    topics.publish(arn)
    link = json.loads(topics.bodies(url)[0])["UnsubscribeURL"]
    assert served(topics, "GET", "", link.partition("?")[2], region="us-east-1").status == 200
    topics.publish(arn)
    assert topics.bodies(url) == []


@pytest.mark.spec("sns-008")
def test_mail_and_texts_are_captured(topics: Topics) -> None:
    arn = topics.topic()
    topics.sns.subscribe(topic_arn=arn, protocol="email", endpoint="a@example.com")
    topics.sns.subscribe(topic_arn=arn, protocol="email-json", endpoint="b@example.com")
    topics.sns.subscribe(topic_arn=arn, protocol="sms", endpoint="+49 123 4567")
    topics.desk.settle()

    def captured(query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(served(topics, "GET", "captured", query).body)["messages"]
        return found

    asked = captured()
    assert [each["kind"] for each in asked] == ["email", "email-json"]
    link = asked[0]["body"].split("?")[1].split()[0]
    assert served(topics, "GET", "", link, region="us-east-1").status == 200
    topics.sns.confirm_subscription(topic_arn=arn, token=json.loads(asked[1]["body"])["Token"])
    assert served(topics, "DELETE", "captured").status == 204
    topics.publish(arn, "hello", subject="s")
    assert {(each["kind"], each["to"]) for each in captured()} == {
        ("email", "a@example.com"),
        ("email-json", "b@example.com"),
        ("sms", "+491234567"),
    }
    [mail] = captured("to=a@example.com")
    assert (mail["subject"], mail["body"].split("\n")[0]) == ("s", "hello")
    assert json.loads(captured("kind=email-json")[0]["body"])["Message"] == "hello"
    assert captured("kind=sms")[0]["body"] == "hello"


def hooked(topics: Topics, **attributes: str) -> str:
    """A topic with a confirmed HTTP endpoint."""
    topics.listen()
    arn = topics.topic()
    topics.sns.subscribe(topic_arn=arn, protocol="http", endpoint="http://example.test/", attributes=attributes)
    topics.desk.settle()
    topics.sns.confirm_subscription(topic_arn=arn, token=json.loads(topics.posts.pop().body)["Token"])
    return arn


def test_an_endpoint_that_fails_is_tried_again_as_its_policy_says(topics: Topics) -> None:
    arn = hooked(topics)
    topics.statuses = [500, 503, 429, 200]
    topics.publish(arn, "x")
    counts = [len(topics.posts)]
    for _ in range(4):
        topics.desk.advance(20)
        counts.append(len(topics.posts))
    assert counts == [1, 2, 3, 4, 4]
    assert {json.loads(post.body)["Message"] for post in topics.posts} == {"x"}
    assert len({post.headers["x-amz-sns-message-id"] for post in topics.posts}) == 1


def test_phases_of_a_delivery_policy(topics: Topics) -> None:
    policy = {
        "healthyRetryPolicy": {
            "numRetries": 6,
            "numNoDelayRetries": 1,
            "numMinDelayRetries": 1,
            "numMaxDelayRetries": 2,
            "minDelayTarget": 10,
            "maxDelayTarget": 40,
            "backoffFunction": "linear",
        },
        "requestPolicy": {"headerContentType": "application/json"},
    }
    arn = hooked(topics, DeliveryPolicy=json.dumps(policy))
    topics.statuses = [500] * 9
    began = topics.desk.clock.now()
    at: list[float] = []
    plain = topics.answer

    async def answer(request: Send) -> Any:
        at.append(topics.desk.clock.now() - began)
        return await plain(request)

    topics.desk.pipeline.performers[Send] = answer
    topics.publish(arn)
    topics.desk.advance(1_000)
    assert at == [0, 0, 10, 20, 60, 100, 140]
    assert topics.posts[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("is_reached", [True, False])
def test_what_is_given_up_goes_to_the_dead_letter_queue(topics: Topics, is_reached: bool) -> None:
    dead = topics.queue("dead")
    arn = hooked(topics, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn_of("dead")}), **RAW)
    if is_reached:
        topics.statuses = [404]  # is refused for good
    else:

        async def fail(request: Send) -> Failed:
            return Failed("nobody is there")

        topics.desk.pipeline.performers[Send] = fail
    topics.publish(arn, "lost?")
    if not is_reached:
        assert topics.bodies(dead) == []
        topics.desk.advance(61)
    assert topics.bodies(dead) == ["lost?"]
    if is_reached:
        assert topics.posts[0].headers["x-amz-sns-rawdelivery"] == "true"


def test_a_queue_that_is_gone_sends_to_the_dead_letter_queue_at_once(topics: Topics) -> None:
    arn, dead = topics.topic(), topics.queue("dead")
    topics.sns.subscribe(
        topic_arn=arn,
        protocol="sqs",
        endpoint=arn_of("gone"),
        attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn_of("dead")})},
    )
    topics.publish(arn, "x")
    assert json.loads(topics.bodies(dead)[0])["Message"] == "x"


def test_raw_messages_with_too_many_attributes_for_a_queue_are_given_up(topics: Topics) -> None:
    arn = topics.topic()
    raw, wrapped = topics.subscribed(arn, "raw", **RAW), topics.subscribed(arn, "wrapped")
    many = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)}
    topics.publish(arn, "x", message_attributes=many)
    assert topics.bodies(raw) == []
    assert len(json.loads(topics.bodies(wrapped)[0])["MessageAttributes"]) == 11


def test_a_throttle_policy_spreads_what_an_endpoint_gets(topics: Topics) -> None:
    arn = hooked(topics, DeliveryPolicy='{"throttlePolicy": {"maxReceivesPerSecond": 1}}')
    for number in range(3):
        topics.sns.publish(topic_arn=arn, message=str(number))
    topics.desk.settle()
    counts = [len(topics.posts)]
    for _ in range(3):
        topics.desk.advance(1)
        counts.append(len(topics.posts))
    assert counts == [1, 2, 3, 3]


@pytest.mark.spec("sns-010")
def test_push_goes_to_an_endpoint_that_is_enabled(topics: Topics) -> None:
    sns = topics.sns
    application = sns.create_platform_application(
        name="a", platform="GCM", attributes={"PlatformCredential": "secret"}
    )["PlatformApplicationArn"]
    device = sns.create_platform_endpoint(platform_application_arn=application, token="tok")["EndpointArn"]
    assert sns.create_platform_endpoint(platform_application_arn=application, token="tok")["EndpointArn"] == device
    message = json.dumps({"default": "d", "GCM": '{"notification": {}}'})
    sns.publish(target_arn=device, message=message, message_structure="json")
    found = json.loads(served(topics, "GET", "captured").body)["messages"]
    assert [(each["kind"], each["to"], each["body"]) for each in found] == [("push", device, '{"notification": {}}')]
    assert (
        "PlatformCredential"
        not in sns.get_platform_application_attributes(platform_application_arn=application)["Attributes"]
    )
    sns.set_endpoint_attributes(endpoint_arn=device, attributes={"Enabled": "false"})
    assert refused(sns.publish, target_arn=device, message="x") == "EndpointDisabled: Endpoint is disabled"
    sns.delete_endpoint(endpoint_arn=device)
    assert refused(sns.publish, target_arn=device, message="x") == "NotFound: Endpoint does not exist"


def test_texts_go_to_those_who_want_them(topics: Topics) -> None:
    sns = topics.sns
    sns.publish(phone_number="+491234567", message="one")
    assert sns.check_if_phone_number_is_opted_out(phone_number="+491234567") == {"isOptedOut": False}
    request = WebRequest(
        method="POST", host="x", path="/", query=f"phone=%2B491234567&account={ACCOUNT}", headers={}, body=b"",
        labels={"region": "us-east-1"},
    )  # fmt: skip
    topics.desk.store.transact(lambda tx: endpoints.stop.function(topics.desk.call(tx), request))
    assert sns.check_if_phone_number_is_opted_out(phone_number="+491234567") == {"isOptedOut": True}
    assert sns.list_phone_numbers_opted_out() == {"phoneNumbers": ["+491234567"]}
    sns.publish(phone_number="+491234567", message="two")
    sns.opt_in_phone_number(phone_number="+491234567")
    sns.publish(phone_number="+491234567", message="three")
    found = json.loads(served(topics, "GET", "captured", "kind=sms").body)["messages"]
    assert [each["body"] for each in found] == ["one", "three"]
