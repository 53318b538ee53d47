"""Custom resources, whose functions are asked through Lambda and answer at a URL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skyjar.kernel.web import WebRequest
from skyjar.runtime.functions import Result
from skyjar.runtime.invocations import Invocation, Outcome, Package, Unpack
from skyjar.services.cloudformation import endpoints

from .conftest import Stacks, document


class Function:
    """Keeps what it is asked; `answer` answers the latest."""

    def __init__(self, stacks: Stacks) -> None:
        self.desk = stacks.desk
        self.asked: list[dict[str, Any]] = []
        self.desk.pipeline.performers |= {Unpack: self._unpack, Invocation: self._invoke}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        role = stacks.iam.create_role(role_name="r", assume_role_policy_document=document(trust))["Role"]["Arn"]
        code = {"ZipFile": "def handler(event, context): pass"}
        properties = {
            "FunctionName": "f",
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Role": role,
            "Code": code,
        }
        made = {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}
        assert stacks.deploy(made, name="functions") == "CREATE_COMPLETE"
        self.arn = f"arn:aws:lambda:us-east-1:{self.desk.account}:function:f"

    async def _unpack(self, request: Unpack) -> Package:
        return Package(sha256=request.blob, size=1, unzipped=1)

    async def _invoke(self, request: Invocation) -> Outcome:
        self.asked.append(json.loads(request.payload))
        return Outcome(Result(payload=b"null", error=None, log_stream="s", log_tail=b""), request.describe(Path), [])

    def put(self, body: Any, method: str = "PUT", url: str = "") -> int:
        key, secret = (url or self.asked[-1]["ResponseURL"]).split("/")[-2:]
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = WebRequest(
            method=method, host="127.0.0.1", path="/", query="", headers={}, body=data,
            labels={"key": key, "secret": secret}, scheme="http", source_ip="127.0.0.1", version="1.1",
        )  # fmt: skip
        status: int = self.desk.store.transact(lambda tx: endpoints.answer.function(self.desk.call(tx), request)).status
        return status

    def answer(self, **fields: Any) -> None:
        given = {"Status": "SUCCESS", "PhysicalResourceId": "one", "RequestId": self.asked[-1]["RequestId"], **fields}
        assert self.put(given) == 200
        self.desk.settle()


@pytest.fixture
def function(stacks: Stacks) -> Function:
    return Function(stacks)


def status(stacks: Stacks) -> str:
    """As the list says it, which does not wait for the end."""
    stacks.desk.settle()
    found = [each for each in stacks.cfn.list_stacks()["StackSummaries"] if each["StackName"] == "s"]
    return str(found[0]["StackStatus"])


def deploy(stacks: Stacks, resources: dict[str, Any], **others: Any) -> str:
    stacks.deploy(resources, settles=False, **others)
    return status(stacks)


def mine(function: Function, **properties: Any) -> dict[str, Any]:
    return {"A": {"Type": "Custom::Mine", "Properties": {"ServiceToken": function.arn, **properties}}}


def test_it_is_asked_with_texts_and_the_stack_waits_for_its_answer(stacks: Stacks, function: Function) -> None:
    assert deploy(stacks, mine(function, Number=1, Flag=True, List=[{"x": 2}])) == "CREATE_IN_PROGRESS"
    (asked,) = function.asked
    assert asked["ResourceProperties"] == {
        "ServiceToken": function.arn, "Number": "1", "Flag": "true", "List": [{"x": "2"}],
    }  # fmt: skip
    assert (asked["RequestType"], asked["LogicalResourceId"], asked["ResourceType"]) == ("Create", "A", "Custom::Mine")
    assert asked["StackId"].rpartition("/")[0].endswith("stack/s")
    function.answer(Data={"Colour": "red"})
    assert status(stacks) == "CREATE_COMPLETE"
    assert stacks.physical()["A"] == "one"


def test_another_id_is_a_replacement_whose_old_one_is_deleted_in_the_end(stacks: Stacks, function: Function) -> None:
    deploy(stacks, mine(function, Number=1))
    function.answer()
    deploy(stacks, mine(function, Number=2))
    update = function.asked[-1]
    assert (update["RequestType"], update["PhysicalResourceId"]) == ("Update", "one")
    assert update["OldResourceProperties"]["Number"] == "1"
    function.answer(PhysicalResourceId="two")
    delete = function.asked[-1]
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "one")
    function.answer()
    assert (status(stacks), stacks.physical()["A"]) == ("UPDATE_COMPLETE", "two")
    stacks.cfn.delete_stack(stack_name="s")
    stacks.desk.settle()
    assert [each["RequestType"] for each in function.asked] == ["Create", "Update", "Delete", "Delete"]
    assert function.asked[-1]["PhysicalResourceId"] == "two"
    function.answer(PhysicalResourceId="two")
    assert status(stacks) == "DELETE_COMPLETE"


def test_who_does_not_answer_fails_when_the_time_is_over(stacks: Stacks, function: Function) -> None:
    assert deploy(stacks, mine(function, ServiceTimeout=60), on_failure="DO_NOTHING") == "CREATE_IN_PROGRESS"
    stacks.desk.advance(59)
    assert status(stacks) == "CREATE_IN_PROGRESS"
    stacks.desk.advance(2)
    assert status(stacks) == "CREATE_FAILED"
    assert "did not receive a response from your Custom Resource" in stacks.reason("A", "CREATE_FAILED")
    assert len(function.asked) == 1


def test_who_says_that_it_failed_is_believed(stacks: Stacks, function: Function) -> None:
    deploy(stacks, mine(function), on_failure="DO_NOTHING")
    function.answer(Status="FAILED", Reason="no colour")
    assert status(stacks) == "CREATE_FAILED"
    assert "Message returned: no colour" in stacks.reason("A", "CREATE_FAILED")


def test_only_the_first_true_answer_counts(stacks: Stacks, function: Function) -> None:
    deploy(stacks, mine(function))
    url, identity = function.asked[-1]["ResponseURL"], function.asked[-1]["RequestId"]
    good = {"Status": "SUCCESS", "PhysicalResourceId": "one", "RequestId": identity}
    assert function.put(good, url=url[:-1] + "x") == 403
    assert function.put(good, url=url.replace("-Create", "-Delete")) == 403
    assert function.put(good, method="GET") == 405
    assert function.put({**good, "RequestId": "another"}) == 400
    assert function.put({**good, "Reason": "x" * 5000}) == 400
    assert function.put(b"{nothing") == 400
    assert function.put({**good, "Data": [1]}) == 400
    assert status(stacks) == "CREATE_IN_PROGRESS"
    assert function.put(good) == 200
    assert status(stacks) == "CREATE_COMPLETE"


def test_whoever_may_not_invoke_the_function_may_not_have_the_resource(stacks: Stacks, function: Function) -> None:
    role = stacks.role("deployer", "sqs:*")
    assert deploy(stacks, mine(function), role_arn=role) == "ROLLBACK_COMPLETE"
    assert "lambda:InvokeFunction" in stacks.reason("A", "CREATE_FAILED")
    assert function.asked == []


def test_only_lambda_functions_are_asked(stacks: Stacks) -> None:
    topic = {"ServiceToken": "arn:aws:sns:us-east-1:000000000000:t"}
    assert deploy(stacks, {"A": {"Type": "Custom::Mine", "Properties": topic}}) == "ROLLBACK_COMPLETE"
    assert "no Lambda function" in stacks.reason("A", "CREATE_FAILED")


@pytest.mark.parametrize("timeout", [0, 3601, "soon", "1" * 5000])
def test_what_it_is_given_must_make_sense(stacks: Stacks, function: Function, timeout: Any) -> None:
    assert deploy(stacks, mine(function, ServiceTimeout=timeout)) == "ROLLBACK_COMPLETE"
    assert "ServiceTimeout must be" in stacks.reason("A", "CREATE_FAILED")


def test_a_custom_resource_needs_a_service_token(stacks: Stacks) -> None:
    given: dict[str, Any] = {"A": {"Type": "Custom::Mine", "Properties": {"Number": 1}}}
    assert deploy(stacks, given) == "ROLLBACK_COMPLETE"
    assert "ServiceToken" in stacks.reason("A", "CREATE_FAILED")
