"""Event source mappings of SQS, with the clock in hand."""

import json

import pytest

from skyjar.services.lambda_ import filters

POWERS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.fixture
def fed(lab):
    """A function fed by a queue: (lab, queue URL, mapping id)."""
    url, arn = lab.queue("q", VisibilityTimeout="30")
    lab.grant("r", *POWERS)
    lab.create()
    lab.arn = arn
    return lab, url


def start(lab, **parameters):
    return lab.run("create_event_source_mapping", function_name="f", event_source_arn=lab.arn, **parameters)["UUID"]


def send(lab, url, *bodies):
    for body in bodies:
        lab.desk.ask("sqs").send_message(queue_url=url, message_body=body)
    lab.desk.settle()


def batches(lab):
    return [[record["body"] for record in json.loads(call.payload)["Records"]] for call in lab.calls]


def left(lab, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = lab.desk.ask("sqs").get_queue_attributes(queue_url=url, attribute_names=names)["Attributes"]
    return tuple(int(found[name]) for name in names)


def test_messages_are_handed_over_and_deleted(fed):
    lab, url = fed
    uuid = start(lab)
    assert lab.run("get_event_source_mapping", uuid=uuid)["State"] == "Enabled"
    send(lab, url, "a")
    assert batches(lab) == [["a"]]
    assert left(lab, url) == (0, 0)
    record = json.loads(lab.calls[0].payload)["Records"][0]
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == ("aws:sqs", lab.arn, "us-east-1")


def test_the_role_must_be_able_to_poll(lab, refuses):
    _, lab.arn = lab.queue("q")
    lab.create()
    sentence = "The function execution role does not have permissions to call ReceiveMessage on SQS"
    refuses("InvalidParameterValueException", sentence, start, lab)


def test_the_queue_must_hide_messages_long_enough(fed, refuses):
    lab, _ = fed
    lab.run("update_function_configuration", function_name="f", timeout=31)
    refuses(
        "InvalidParameterValueException",
        "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds",
        start,
        lab,
    )


def test_one_mapping_for_a_queue_and_a_function(fed, refuses):
    lab, _ = fed
    uuid = start(lab)
    refuses("ResourceConflictException", uuid, start, lab)


def test_kafka_is_refused(lab):
    from skyjar.kernel.errors import NotImplementedHere

    lab.create()
    with pytest.raises(NotImplementedHere):
        lab.run(
            "create_event_source_mapping",
            function_name="f",
            event_source_arn="arn:aws:kafka:us-east-1:111122223333:cluster/c/1",
        )


def test_a_failed_batch_comes_again_whole(fed):
    lab, url = fed
    for body in ("a", "b"):
        lab.desk.ask("sqs").send_message(queue_url=url, message_body=body)
    lab.handler = lambda event: 1 / 0
    uuid = start(lab, batch_size=2)
    lab.desk.settle()
    assert batches(lab) == [["a", "b"]]
    assert left(lab, url) == (0, 2)
    assert lab.run("get_event_source_mapping", uuid=uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"
    lab.handler = lambda event: None
    lab.desk.advance(31)
    assert sorted(body for batch in batches(lab)[1:] for body in batch) == ["a", "b"]
    assert left(lab, url) == (0, 0)


def test_only_what_failed_comes_again(fed):
    lab, url = fed
    lab.handler = lambda event: {
        "batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in event["Records"] if each["body"] == "b"]
    }
    for body in ("a", "b", "c"):
        lab.desk.ask("sqs").send_message(queue_url=url, message_body=body)
    start(lab, function_response_types=["ReportBatchItemFailures"])
    lab.desk.settle()
    assert left(lab, url) == (0, 1)


def test_a_response_that_names_unknown_messages_fails_the_batch(fed):
    lab, url = fed
    lab.handler = lambda event: {"batchItemFailures": [{"itemIdentifier": "nobody"}]}
    start(lab, function_response_types=["ReportBatchItemFailures"])
    send(lab, url, "a")
    assert left(lab, url) == (0, 1)


def test_a_window_gathers(fed):
    lab, url = fed
    start(lab, batch_size=100, maximum_batching_window_in_seconds=5)
    send(lab, url, *"abc")
    assert lab.calls == []
    lab.desk.advance(5)
    assert batches(lab) == [["a", "b", "c"]]


def test_a_full_batch_does_not_wait(fed):
    lab, url = fed
    start(lab, batch_size=2, maximum_batching_window_in_seconds=60)
    send(lab, url, *"abc")
    assert batches(lab) == [["a", "b"]]


def test_a_disabled_mapping_stops(fed):
    lab, url = fed
    uuid = start(lab)
    assert lab.run("update_event_source_mapping", uuid=uuid, enabled=False)["State"] == "Disabling"
    send(lab, url, "a")
    assert lab.calls == []
    lab.run("update_event_source_mapping", uuid=uuid, enabled=True)
    lab.desk.settle()
    assert batches(lab) == [["a"]]


def test_a_deleted_mapping_stops(fed, refuses):
    lab, url = fed
    uuid = start(lab)
    assert lab.run("delete_event_source_mapping", uuid=uuid)["State"] == "Deleting"
    send(lab, url, "a")
    assert lab.calls == []
    refuses(
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        lab.run,
        "get_event_source_mapping",
        uuid=uuid,
    )


def test_what_filters_do_not_want_is_deleted(fed):
    lab, url = fed
    start(lab, filter_criteria={"Filters": [{"Pattern": '{"body": {"kind": ["order"]}}'}]})
    send(lab, url, '{"kind": "order"}', '{"kind": "note"}')
    assert batches(lab) == [['{"kind": "order"}']]
    assert left(lab, url) == (0, 0)


def test_a_throttled_batch_is_tried_while_it_is_ours(fed):
    lab, url = fed
    lab.throttles = 3
    start(lab)
    send(lab, url, "a")
    assert lab.calls == []
    lab.desk.advance(5)
    assert batches(lab) == [["a"]]


def test_taking_the_permission_away_is_a_problem(fed):
    lab, url = fed
    uuid = start(lab)
    names = lab.desk.ask("iam").list_role_policies(role_name="r")["PolicyNames"]
    lab.desk.ask("iam").delete_role_policy(role_name="r", policy_name=names[0])
    send(lab, url, "a")
    assert lab.calls == []
    assert "not authorized" in lab.run("get_event_source_mapping", uuid=uuid)["LastProcessingResult"]
    lab.grant("r", *POWERS)
    lab.desk.advance(11)
    assert batches(lab) == [["a"]]


@pytest.mark.parametrize(
    ("pattern", "body", "expected"),
    [
        ('{"body":{"n":[{"numeric":[">",5,"<=",10]}]}}', '{"n":10}', True),
        ('{"body":{"n":[{"numeric":[">",5,"<=",10]}]}}', '{"n":5}', False),
        ('{"body":{"a":[{"exists":false}]}}', '{"b":1}', True),
        ('{"body":{"a":[{"anything-but":["x"]}]}}', '{"a":"y"}', True),
        ('{"body":{"a":[{"prefix":"ab"}]}}', '{"a":["zz","abc"]}', True),
        ('{"body":{"a":["x"],"b":["y"]}}', '{"a":"x"}', False),
        ('{"body":{"$or":[{"a":["x"]},{"b":["y"]}]}}', '{"b":"y"}', True),
    ],
)
def test_patterns(pattern, body, expected):
    message = {"MessageId": "1", "Body": body}
    assert bool(filters.matching((pattern,), [message])) is expected
