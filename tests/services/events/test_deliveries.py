"""Events on their way: patterns, targets, what they are told, retries, dead letters, schedules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.outside import Failed, Send, Sent
from skyjar.kernel.principals import root

from .conftest import ACCOUNT, Events, allowing, queue_arn, refused

RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r"


@pytest.mark.spec("events-005")
def test_a_target_gets_the_event_as_json(bridge: Events) -> None:
    url = bridge.rule()
    made = bridge.put({"k": [1, 2.5, None]}, Resources=["arn:x"], Time=1_700_000_000.0)
    bridge.put(source="other")
    [message] = bridge.messages(url)
    assert list(json.loads(message["Body"]).items()) == [
        ("version", "0"),
        ("id", made["EventId"]),
        ("detail-type", "T"),
        ("source", "app"),
        ("account", ACCOUNT),
        ("time", "2023-11-14T22:13:20Z"),
        ("region", "us-east-1"),
        ("resources", ["arn:x"]),
        ("detail", {"k": [1, 2.5, None]}),
    ]


@pytest.mark.parametrize(
    ("entry", "code", "sentence"),
    [
        ({"Source": ""}, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        (
            {"DetailType": None},
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        ({"Detail": None}, "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ({"Detail": "{"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": "[]"}, "MalformedDetail", "Detail is malformed."),
        ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ],
)
def test_entries_fail_by_themselves(bridge: Events, entry: dict[str, Any], code: str, sentence: str) -> None:
    url = bridge.rule()
    good = {"Source": "app", "DetailType": "T", "Detail": "{}"}
    answer = bridge.events.put_events(entries=[good, {**good, **entry}, good])
    bridge.desk.settle()
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1] == {"ErrorCode": code, "ErrorMessage": sentence}
    assert [each["id"] for each in bridge.told(url)] == [answer["Entries"][n]["EventId"] for n in (0, 2)]


def test_entries_are_at_most_a_mebibyte_together(bridge: Events) -> None:
    entry = {"Source": "app", "DetailType": "T", "Detail": json.dumps({"a": "x" * 600_000})}
    bridge.events.put_events(entries=[entry])
    assert refused(bridge.events.put_events, entries=[entry, entry]) == (
        "ValidationException: Total size of the entries in the request is over the limit."
    )


def test_an_event_for_a_bus_that_is_not_there_is_accepted_and_lost(bridge: Events) -> None:
    assert "EventId" in bridge.put(EventBusName="nowhere")


EVENT = {"name": "blue", "count": 3, "list": [{"a": 1}, {"a": 2}], "quote": 'a"b', "none": None}
PATHS = {
    "name": "$.detail.name",
    "count": "$.detail.count",
    "list": "$.detail.list",
    "first": "$.detail.list[0].a",
    "each": "$.detail.list[*].a",
    "quote": "$.detail.quote",
    "gone": "$.detail.gone",
    "detail": "$.detail-type",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"<name> has <count>"', '"blue has 3"'),
        ('"said \\"<name>\\""', '"said \\"blue\\""'),
        ('{"n": <name>, "c": <count>, "l": <list>}', '{"n": "blue", "c": 3, "l": [{"a":1},{"a":2}]}'),
        ('{"n": "<name>!", "c": "<count>"}', '{"n": "blue!", "c": "3"}'),
        ('{"f": <first>, "e": <each>}', '{"f": 1, "e": [1,2]}'),
        ('{"q": "<quote>", "r": <quote>}', '{"q": "a\\"b", "r": "a\\"b"}'),
        ('{"g": <gone>, "h": "<gone>"}', '{"g": "", "h": ""}'),
        ("<name> is <detail>", "blue is T"),
        ('{"arn": "<aws.events.rule-arn>", "n": <aws.events.rule-name>}', f'{{"arn": "{RULE}", "n": "r"}}'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at": "2027-01-15T08:00:00Z"}'),
    ],
)
def test_templates(bridge: Events, template: str, expected: str) -> None:
    url = bridge.rule(InputTransformer={"InputPathsMap": PATHS, "InputTemplate": template})
    bridge.put(EVENT)
    assert [each["Body"] for each in bridge.messages(url)] == [expected]


def test_whole_events_in_templates(bridge: Events) -> None:
    template = '{"whole": <aws.events.event.json>, "head": <aws.events.event>}'
    url = bridge.rule(InputTransformer={"InputTemplate": template})
    bridge.put(EVENT)
    [told] = bridge.told(url)
    assert told["whole"]["detail"] == EVENT
    assert told["head"] == {name: value for name, value in told["whole"].items() if name != "detail"}


def test_fixed_input_and_a_part_of_the_event(bridge: Events) -> None:
    fixed = bridge.rule("fixed", Input='{"a": 1}')
    part = bridge.rule("part", InputPath="$.detail.list[1]")
    bridge.put(EVENT)
    assert [each["Body"] for each in bridge.messages(fixed)] == ['{"a": 1}']
    assert bridge.told(part) == [{"a": 2}]


def test_a_queue_that_lets_nobody_in_sends_to_the_dead_letter_queue(bridge: Events) -> None:
    dead = bridge.queue("dead")
    url = bridge.rule(DeadLetterConfig={"Arn": queue_arn("dead")})
    policy = allowing(
        "sqs:SendMessage",
        queue_arn("r-told"),
        {"Service": "events.amazonaws.com"},
        ArnEquals={"aws:SourceArn": f"{RULE}x"},
    )
    bridge.sqs.set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    bridge.put({"n": 1})
    assert bridge.messages(url) == []
    [letter] = bridge.messages(dead)
    assert json.loads(letter["Body"])["detail"] == {"n": 1}
    told = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert told["ERROR_CODE"] == "NO_PERMISSIONS"
    assert (told["RULE_ARN"], told["TARGET_ARN"], told["RETRY_ATTEMPTS"]) == (RULE, queue_arn("r-told"), "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in told


def test_a_fifo_queue_a_topic_and_a_log(bridge: Events) -> None:
    events, desk = bridge.events, bridge.desk
    events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    fifo = bridge.queue("f.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    topic = desk.ask("sns").create_topic(name="t")["TopicArn"]
    policy = allowing("sns:Publish", topic, {"Service": "events.amazonaws.com"})
    desk.ask("sns").set_topic_attributes(topic_arn=topic, attribute_name="Policy", attribute_value=policy)
    reader = bridge.sqs.create_queue(
        queue_name="reader",
        attributes={"Policy": allowing("sqs:SendMessage", queue_arn("reader"), {"Service": "sns.amazonaws.com"})},
    )["QueueUrl"]
    desk.ask("sns").subscribe(
        topic_arn=topic, protocol="sqs", endpoint=queue_arn("reader"), attributes={"RawMessageDelivery": "true"}
    )
    desk.ask("logs").create_log_group(log_group_name="/aws/events/x")
    role = made_role(bridge, "logs:*")
    targets = [
        {"Id": "1", "Arn": queue_arn("f.fifo"), "SqsParameters": {"MessageGroupId": "g"}},
        {"Id": "2", "Arn": topic},
        {"Id": "3", "Arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/x", "RoleArn": role},
    ]
    events.put_targets(rule="r", targets=targets)
    bridge.put({"n": 1})
    assert [each["detail"] for each in bridge.told(fifo)] == [{"n": 1}]
    assert [each["detail"] for each in bridge.told(reader)] == [{"n": 1}]
    [line] = desk.ask("logs").filter_log_events(log_group_name="/aws/events/x")["events"]
    assert json.loads(line["message"])["detail"] == {"n": 1}


def made_role(bridge: Events, action: str, name: str = "role") -> str:
    """A role that EventBridge may assume, allowed this action on everything."""
    iam = bridge.desk.ask("iam")
    trust = allowing("sts:AssumeRole", "*", {"Service": "events.amazonaws.com"})
    document = json.loads(trust)
    del document["Statement"][0]["Resource"]
    arn: str = iam.create_role(role_name=name, assume_role_policy_document=json.dumps(document))["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(role_name=name, policy_name="p", policy_document=policy)
    return arn


def test_another_bus_gets_the_event_as_it_is(bridge: Events) -> None:
    events = bridge.events
    events.create_event_bus(name="b")
    url = bridge.rule("there", {"source": ["app"]}, bus="b")
    events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/b"
    events.put_targets(rule="r", targets=[{"Id": "1", "Arn": bus}])
    made = bridge.put({"n": 1})
    [told] = bridge.told(url)
    assert (told["id"], told["detail"]) == (made["EventId"], {"n": 1})


def test_a_bus_of_another_account_must_let_this_one_in(bridge: Events) -> None:
    other = "444455556666"
    theirs = bridge.desk.ask("events", root(other))
    theirs.put_rule(name="theirs", event_pattern='{"source": ["app"]}')
    sqs = bridge.desk.ask("sqs", root(other))
    queue = queue_arn("q", other)
    policy = allowing("sqs:SendMessage", queue, {"Service": "events.amazonaws.com"})
    url = sqs.create_queue(queue_name="q", attributes={"Policy": policy})["QueueUrl"]
    theirs.put_targets(rule="theirs", targets=[{"Id": "1", "Arn": queue}])
    bridge.events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    dead = bridge.queue("dead")
    bus = f"arn:aws:events:us-east-1:{other}:event-bus/default"
    target = {"Id": "1", "Arn": bus, "DeadLetterConfig": {"Arn": queue_arn("dead")}}
    bridge.events.put_targets(rule="r", targets=[target])
    bridge.put({"n": 1})
    assert len(bridge.messages(dead)) == 1
    theirs.put_permission(action="events:PutEvents", principal=ACCOUNT, statement_id="them")
    bridge.put({"n": 2})
    [message] = sqs.receive_message(queue_url=url)["Messages"]
    assert (json.loads(message["Body"])["detail"], json.loads(message["Body"])["account"]) == ({"n": 2}, ACCOUNT)


def test_a_bus_of_another_region(bridge: Events) -> None:
    far = bridge.desk.ask("events", region="eu-west-1")
    far.put_rule(name="far", event_pattern='{"source": ["app"]}')
    sqs = bridge.desk.ask("sqs", region="eu-west-1")
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"
    policy = allowing("sqs:SendMessage", queue, {"Service": "events.amazonaws.com"})
    url = sqs.create_queue(queue_name="q", attributes={"Policy": policy})["QueueUrl"]
    far.put_targets(rule="far", targets=[{"Id": "1", "Arn": queue}])
    bridge.events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    bus = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"
    role = made_role(bridge, "events:PutEvents")
    bridge.events.put_targets(rule="r", targets=[{"Id": "1", "Arn": bus, "RoleArn": role}])
    bridge.put({"n": 1})
    [message] = sqs.receive_message(queue_url=url)["Messages"]
    assert json.loads(message["Body"])["region"] == "us-east-1"
    bridge.desk.ask("iam").delete_role_policy(role_name="role", policy_name="p")
    bridge.put({"n": 2})
    assert sqs.receive_message(queue_url=url, visibility_timeout=0).get("Messages", []) == []


def test_buses_in_a_circle_end(bridge: Events) -> None:
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    url = bridge.rule()
    bridge.events.put_targets(rule="r", targets=[{"Id": "2", "Arn": bus}])
    bridge.put()
    assert len(bridge.messages(url)) == 9


@pytest.mark.spec("events-010")
def test_a_rate_fires_by_the_clock(bridge: Events) -> None:
    url = bridge.rule(schedule="rate(30 minutes)")
    assert bridge.told(url) == []
    bridge.desk.advance(1_799)
    assert bridge.told(url) == []
    bridge.desk.advance(1)
    [first] = bridge.told(url)
    assert (first["source"], first["detail-type"], first["detail"]) == ("aws.events", "Scheduled Event", {})
    assert (first["time"], first["resources"]) == ("2027-01-15T08:30:00Z", [RULE])
    bridge.desk.advance(3_600)
    assert [each["time"] for each in bridge.told(url)] == ["2027-01-15T09:00:00Z", "2027-01-15T09:30:00Z"]
    bridge.events.disable_rule(name="r")
    bridge.desk.advance(3_600)
    assert bridge.told(url) == []
    bridge.events.enable_rule(name="r")
    bridge.desk.advance(1_800)
    assert len(bridge.told(url)) == 1
    bridge.events.put_rule(name="r", schedule_expression="cron(0 12 * * ? *)")
    bridge.desk.advance(86_400)
    assert [each["time"] for each in bridge.told(url)] == ["2027-01-15T12:00:00Z"]
    bridge.events.remove_targets(rule="r", ids=["1"])
    bridge.events.delete_rule(name="r")
    bridge.desk.advance(86_400)
    assert bridge.told(url) == []


def destination(bridge: Events, kind: str, parameters: dict[str, Any], endpoint: str, **more: Any) -> str:
    """A rule with an API destination as its target; the destination's ARN."""
    events = bridge.events
    connection = events.create_connection(name="c", authorization_type=kind, auth_parameters=parameters)
    bridge.desk.settle()
    arn: str = events.create_api_destination(
        name="d",
        connection_arn=connection["ConnectionArn"],
        invocation_endpoint=endpoint,
        http_method="POST",
        **{key: more.pop(key) for key in list(more) if key.islower()},
    )["ApiDestinationArn"]
    events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    target = {"Id": "1", "Arn": arn, "RoleArn": made_role(bridge, "events:InvokeApiDestination"), **more}
    events.put_targets(rule="r", targets=[target])
    return arn


def test_an_api_destination_with_a_key(bridge: Events) -> None:
    bridge.listen()
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}}
    key["InvocationHttpParameters"] = {
        "HeaderParameters": [{"Key": "X-More", "Value": "m", "IsValueSecret": True}],
        "QueryStringParameters": [{"Key": "q", "Value": "1 2", "IsValueSecret": False}],
        "BodyParameters": [{"Key": "extra", "Value": "b", "IsValueSecret": False}],
    }  # fmt: skip
    http = {
        "PathParameterValues": ["$.detail.name"],
        "HeaderParameters": {"X-Fixed": "f"},
        "QueryStringParameters": {"n": "$.detail.count"},
    }
    destination(bridge, "API_KEY", key, "https://example.test/things/*/", InputPath="$.detail", HttpParameters=http)
    bridge.put(EVENT)
    [post] = bridge.posts
    assert (post.method, post.url) == ("POST", "https://example.test/things/blue/?n=3&q=1%202")
    assert json.loads(post.body) == {**EVENT, "extra": "b"}
    wanted = {"X-Key": "secret", "X-More": "m", "X-Fixed": "f", "Content-Type": "application/json; charset=utf-8"}
    assert {name: post.headers[name] for name in wanted} == wanted
    shown = bridge.events.describe_connection(name="c")
    assert "secret" not in json.dumps(shown["AuthParameters"])
    assert shown["AuthParameters"]["ApiKeyAuthParameters"] == {"ApiKeyName": "X-Key"}
    assert shown["SecretArn"].split(":secret:")[1].startswith("events!connection/c/")


def test_basic_authorization_and_retries(bridge: Events) -> None:
    bridge.listen()
    dead = bridge.queue("dead")
    basic = {"BasicAuthParameters": {"Username": "u", "Password": "p"}}
    destination(
        bridge,
        "BASIC",
        basic,
        "http://127.0.0.1:1/",
        RetryPolicy={"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
        DeadLetterConfig={"Arn": queue_arn("dead")},
    )
    bridge.answers = [Sent(500, {}, b"")] * 3
    bridge.put({"n": 1})
    assert bridge.posts[0].headers["Authorization"] == "Basic dTpw"
    bridge.desk.advance(60)
    assert len(bridge.posts) == 3
    [letter] = bridge.messages(dead)
    told = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert (told["EXHAUSTED_RETRY_CONDITION"], told["RETRY_ATTEMPTS"]) == ("MaximumRetryAttempts", "2")
    bridge.answers = [Sent(400, {}, b"")]
    bridge.put({"n": 2})
    assert len(bridge.posts) == 4
    assert len(bridge.messages(dead)) == 1


def test_an_event_grows_too_old_for_an_endpoint_that_is_not_there(bridge: Events) -> None:
    async def fail(request: Send) -> Failed:
        return Failed("nobody")

    bridge.desk.pipeline.performers[Send] = fail
    dead = bridge.queue("dead")
    basic = {"BasicAuthParameters": {"Username": "u", "Password": "p"}}
    policy = {"MaximumEventAgeInSeconds": 60}
    destination(
        bridge, "BASIC", basic, "http://127.0.0.1:1/", RetryPolicy=policy, DeadLetterConfig={"Arn": queue_arn("dead")}
    )
    bridge.put()
    bridge.desk.advance(61)
    [letter] = bridge.messages(dead)
    assert letter["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumEventAgeInSeconds"


def test_oauth_asks_for_a_token_and_again_when_it_is_refused(bridge: Events) -> None:
    bridge.listen()
    token = Sent(200, {}, b'{"access_token": "t1", "expires_in": 100}')
    bridge.answers = [token]
    oauth = {
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "i", "ClientSecret": "s"},
            "AuthorizationEndpoint": "https://auth.test/token",
            "HttpMethod": "POST",
        }
    }
    destination(bridge, "OAUTH_CLIENT_CREDENTIALS", oauth, "https://example.test/")
    assert bridge.events.describe_connection(name="c")["ConnectionState"] == "AUTHORIZED"
    asked = bridge.posts.pop()
    assert (asked.url, asked.body) == (
        "https://auth.test/token",
        b"grant_type=client_credentials&client_id=i&client_secret=s",
    )
    bridge.answers = [Sent(401, {}, b""), Sent(200, {}, b'{"access_token": "t2"}'), Sent(200, {}, b"")]
    bridge.put()
    bridge.desk.advance(5)
    assert [(post.url, post.headers.get("Authorization")) for post in bridge.posts] == [
        ("https://example.test/", "Bearer t1"),
        ("https://auth.test/token", None),
        ("https://example.test/", "Bearer t2"),
    ]


def test_a_destination_keeps_its_pace_and_needs_its_role(bridge: Events) -> None:
    bridge.listen()
    basic = {"BasicAuthParameters": {"Username": "u", "Password": "p"}}
    destination(bridge, "BASIC", basic, "https://example.test/", invocation_rate_limit_per_second=1)
    for number in range(3):
        bridge.events.put_events(entries=[{"Source": "app", "DetailType": "T", "Detail": json.dumps({"n": number})}])
    bridge.desk.settle()
    counts = [len(bridge.posts)]
    for _ in range(3):
        bridge.desk.advance(1)
        counts.append(len(bridge.posts))
    assert counts == [1, 2, 3, 3]
    bridge.desk.ask("iam").delete_role_policy(role_name="role", policy_name="p")
    bridge.desk.advance(2)
    bridge.put()
    assert len(bridge.posts) == 3
    denied = [each for each in bridge.desk.pipeline.records.everything() if each.operation == "InvokeApiDestination"]
    assert [(each.service, each.status, each.judgement.is_allowed) for each in denied] == [("events", 403, False)]
    assert "Must be an HTTPS endpoint" in refused(
        bridge.events.update_api_destination, name="d", invocation_endpoint="http://example.test/"
    )


@pytest.mark.spec("events-012")
def test_an_archive_keeps_events_and_replays_them(bridge: Events) -> None:
    events = bridge.events
    url = bridge.rule()
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    archive = events.create_archive(
        archive_name="a", event_source_arn=bus, event_pattern='{"detail": {"keep": [true]}}', retention_days=1
    )["ArchiveArn"]
    first = bridge.put({"keep": True, "n": 1})
    bridge.put({"keep": False})
    bridge.desk.advance(60)
    bridge.put({"keep": True, "n": 2})
    assert len(bridge.told(url)) == 3
    shown = events.describe_archive(archive_name="a")
    assert (shown["EventCount"], shown["State"], shown["RetentionDays"]) == (2, "ENABLED", 1)
    now = bridge.desk.clock.now()
    given = {
        "event_source_arn": archive,
        "event_start_time": now - 100,
        "event_end_time": now - 30,
        "destination": {"Arn": bus},
    }
    events.start_replay(replay_name="again", **given)
    bridge.desk.settle()
    [again] = bridge.told(url)
    assert (again["id"], again["replay-name"], again["detail"]["n"]) == (first["EventId"], "again", 1)
    assert events.describe_replay(replay_name="again")["State"] == "COMPLETED"
    assert events.describe_archive(archive_name="a")["EventCount"] == 2  # what is replayed is not kept again
    other = {**given, "destination": {"Arn": bus, "FilterArns": [f"{RULE}x"]}}
    events.start_replay(replay_name="filtered", **other)
    bridge.desk.settle()
    assert bridge.told(url) == []
    assert refused(events.start_replay, replay_name="again", **given).startswith("ResourceAlreadyExistsException")
    assert refused(events.cancel_replay, replay_name="again").startswith("IllegalStatusException")
    bridge.desk.advance(86_400)
    assert events.describe_archive(archive_name="a")["EventCount"] == 0
    events.delete_archive(archive_name="a")
    assert events.list_archives()["Archives"] == []


def test_nothing_is_kept_of_events_that_nobody_wants(bridge: Events) -> None:
    bridge.events.put_events(entries=[{"Source": "app", "DetailType": "T", "Detail": "{}"}])
    tx = bridge.desk.store.begin()
    kept = [key for key, _ in tx.iterate(b"events.", b"events.\xff")]
    tx.abort()
    assert kept == []
