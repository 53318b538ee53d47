"""Invoking: in and out, limits, policies, asynchronous events."""

import json

import pytest

from skyjar.kernel.principals import Principal, root, service

FAR = root("999988887777")


def fail(event):
    raise ValueError("no")


@pytest.mark.spec("lambda-029")
def test_what_the_function_returns_is_the_payload(lab):
    lab.create()
    answer = lab.invoke(event={"a": 1}, log_type="Tail")
    assert json.loads(answer["Payload"]) == {"a": 1}
    assert (answer["StatusCode"], answer["LogResult"]) == (200, "dGFpbA==")
    assert "FunctionError" not in answer


@pytest.mark.spec("lambda-030")
def test_a_failure_is_told_and_not_tried_again(lab):
    lab.create()
    lab.handler = fail
    answer = lab.invoke()
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert len(lab.calls) == 1


@pytest.mark.spec("lambda-037")
def test_errors_of_the_caller(lab, refuses):
    missing = "Function not found: arn:aws:lambda:us-east-1:111122223333:function:g"
    assert refuses("ResourceNotFoundException", missing, lab.invoke, "g").status == 404
    lab.create()
    refuses("InvalidRequestContentException", "Could not parse", lab.run, "invoke", function_name="f", payload=b"{")
    refuses("RequestTooLargeException", "6291458 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
            lab.run, "invoke", function_name="f", payload=b'"' + b"x" * 6291456 + b'"')  # fmt: skip
    refuses(
        "RequestTooLargeException",
        "Event",
        lab.run,
        "invoke",
        function_name="f",
        invocation_type="Event",
        payload=b'"' + b"x" * 1048576 + b'"',
    )


@pytest.mark.spec("lambda-032")
def test_a_dry_run_runs_nothing(lab):
    lab.create()
    assert lab.invoke(invocation_type="DryRun")["StatusCode"] == 204
    assert lab.calls == []


@pytest.mark.spec("lambda-041")
def test_reserved_concurrency_refuses(lab, refuses):
    lab.create()
    lab.run("put_function_concurrency", function_name="f", reserved_concurrent_executions=0)
    error = refuses("TooManyRequestsException", "Rate Exceeded.", lab.invoke)
    assert error.status == 429
    assert error.fields["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    lab.run("delete_function_concurrency", function_name="f")
    assert lab.invoke()["StatusCode"] == 200


@pytest.mark.spec("lambda-046")
def test_a_hundred_stay_unreserved(lab, refuses):
    lab.create()
    refuses(
        "InvalidParameterValueException",
        "below its minimum value of [100]",
        lab.run,
        "put_function_concurrency",
        function_name="f",
        reserved_concurrent_executions=901,
    )
    lab.run("put_function_concurrency", function_name="f", reserved_concurrent_executions=900)
    assert lab.run("get_account_settings")["AccountLimit"]["UnreservedConcurrentExecutions"] == 100


@pytest.mark.spec("lambda-058")
def test_others_need_the_functions_policy(lab, refuses):
    arn = lab.create()["FunctionArn"]
    refuses("AccessDeniedException", "", lab.invoke, arn, caller=FAR)
    lab.run(
        "add_permission", function_name="f", statement_id="far", action="lambda:InvokeFunction", principal=FAR.account
    )
    assert lab.invoke(arn, caller=FAR)["StatusCode"] == 200
    gateway = service("apigateway.amazonaws.com", lab.desk.account)
    refuses("AccessDeniedException", "", lab.invoke, arn, caller=gateway)
    lab.run(
        "add_permission", function_name="f", statement_id="gw", action="lambda:InvokeFunction", principal=gateway.name
    )
    assert lab.invoke(arn, caller=gateway)["StatusCode"] == 200
    refuses("ResourceConflictException", "The statement id (gw) provided already exists", lab.run, "add_permission",
            function_name="f", statement_id="gw", action="lambda:InvokeFunction", principal=gateway.name)  # fmt: skip
    assert len(json.loads(lab.run("get_policy", function_name="f")["Policy"])["Statement"]) == 2
    lab.run("remove_permission", function_name="f", statement_id="gw")
    refuses("AccessDeniedException", "", lab.invoke, arn, caller=gateway)


def test_a_source_limits_a_service(lab, refuses):
    arn = lab.create()["FunctionArn"]
    source = "arn:aws:execute-api:us-east-1:111122223333:api1/*/GET/x"
    lab.run(
        "add_permission", function_name="f", statement_id="gw", action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com", source_arn=source, source_account="111122223333",
    )  # fmt: skip

    def ask(api):
        def body(tx):
            gateway = service("apigateway.amazonaws.com", lab.desk.account)
            stated = {
                "aws:SourceArn": source.replace("api1", api).replace("*", "prod"),
                "aws:SourceAccount": "111122223333",
            }
            return lab.desk.call(tx).ask("lambda", gateway, context=stated).invoke(function_name=arn, payload=b"{}")

        return lab.desk.store.transact(body)

    assert ask("api1") is not None
    refuses("AccessDeniedException", "", ask, "api2")


def test_the_log_is_written_in_the_role(lab, refuses):
    lab.create()
    lab.invoke()
    assert lab.run("describe_log_groups", service="logs")["logGroups"] == []
    lab.grant("r", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    lab.invoke()
    found = lab.run("filter_log_events", service="logs", log_group_name="/aws/lambda/f")["events"]
    assert [event["message"][:5] for event in found] == ["START"]


@pytest.mark.spec("lambda-031", "lambda-033")
def test_an_event_is_tried_three_times(lab):
    lab.create()
    lab.handler = fail
    answer = lab.invoke(event=1, invocation_type="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, b"")
    lab.desk.settle()
    assert len(lab.calls) == 1
    lab.desk.advance(59)
    assert len(lab.calls) == 1
    lab.desk.advance(1)
    assert len(lab.calls) == 2
    lab.desk.advance(3600)
    assert len(lab.calls) == 3
    assert len({call.request_id for call in lab.calls}) == 1


def test_tries_can_be_fewer(lab):
    lab.create()
    lab.handler = fail
    lab.run("put_function_event_invoke_config", function_name="f", maximum_retry_attempts=0)
    lab.invoke(invocation_type="Event")
    lab.desk.advance(3600)
    assert len(lab.calls) == 1


def test_an_old_event_is_given_up(lab):
    url, arn = lab.queue("dead")
    lab.grant("r", "sqs:SendMessage")
    lab.create()
    lab.throttles = 1000
    lab.run(
        "put_function_event_invoke_config",
        function_name="f",
        maximum_event_age_in_seconds=60,
        destination_config={"OnFailure": {"Destination": arn}},
    )
    lab.invoke(invocation_type="Event")
    lab.desk.advance(120)
    record = json.loads(lab.received(url)[0]["Body"])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert lab.calls == []


@pytest.mark.spec("lambda-035")
def test_a_lost_event_goes_to_the_dead_letter_queue(lab):
    url, arn = lab.queue("dead")
    lab.grant("r", "sqs:SendMessage")
    lab.create(dead_letter_config={"TargetArn": arn})
    lab.handler = fail
    lab.invoke(event={"n": 1}, invocation_type="Event")
    lab.desk.advance(400)
    (message,) = lab.received(url)
    assert json.loads(message["Body"]) == {"n": 1}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ErrorMessage"] == "no"
    assert attributes["ErrorCode"] == "200"
    assert attributes["RequestID"] == lab.calls[0].request_id


def test_destinations_need_the_roles_permission(lab):
    url, arn = lab.queue("done")
    lab.create()
    lab.run(
        "put_function_event_invoke_config", function_name="f", destination_config={"OnSuccess": {"Destination": arn}}
    )
    lab.invoke(invocation_type="Event")
    lab.desk.settle()
    assert lab.received(url) == []
    lab.grant("r", "sqs:SendMessage")
    lab.invoke(event=7, invocation_type="Event")
    lab.desk.settle()
    record = json.loads(lab.received(url)[0]["Body"])
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", 7)


def told(lab):
    """An event bus, and a queue that gets all that comes there."""
    events = lab.desk.ask("events")
    bus = events.create_event_bus(name="shop")["EventBusArn"]
    url, arn = lab.queue("told")
    policy = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**policy, "Resource": arn}]})
    lab.desk.ask("sqs").set_queue_attributes(queue_url=url, attributes={"Policy": document})
    events.put_rule(name="all", event_bus_name="shop", event_pattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(rule="all", event_bus_name="shop", targets=[{"Id": "1", "Arn": arn}])
    return bus, url


def test_results_go_to_an_event_bus_that_the_role_may_put_on(lab):
    bus, url = told(lab)
    lab.create()
    both = {"OnSuccess": {"Destination": bus}, "OnFailure": {"Destination": bus}}
    lab.run("put_function_event_invoke_config", function_name="f", maximum_retry_attempts=0, destination_config=both)
    lab.invoke(event=1, invocation_type="Event")
    lab.desk.settle()
    assert lab.received(url) == []  # the role may not
    lab.grant("r", "events:PutEvents")
    lab.invoke(event=7, invocation_type="Event")
    lab.desk.settle()
    event = json.loads(lab.received(url)[0]["Body"])
    function = "arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST"
    assert (event["source"], event["detail-type"]) == ("lambda", "Lambda Function Invocation Result - Success")
    assert event["resources"] == [bus, function]
    assert event["detail"]["requestContext"]["functionArn"] == function
    assert event["detail"]["responsePayload"] == 7
    lab.handler = fail
    lab.invoke(event=8, invocation_type="Event")
    lab.desk.settle()
    event = json.loads(lab.received(url)[0]["Body"])
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_user_needs_invoke_function_on_the_qualifier(lab, refuses):
    lab.create()
    lab.run("publish_version", function_name="f")
    made = lab.desk.ask("iam").create_user(user_name="u")["User"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:*:*:function:f"}
        ],
    }
    lab.desk.ask("iam").put_user_policy(user_name="u", policy_name="p", policy_document=json.dumps(policy))
    user = Principal(kind="user", account=lab.desk.account, arn=made["Arn"], id=made["UserId"], name="u")
    assert lab.invoke(caller=user)["StatusCode"] == 200
    refuses("AccessDeniedException", "function:f:1", lab.invoke, "f:1", caller=user)
