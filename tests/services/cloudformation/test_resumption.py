"""A process dies while a resource is being changed outside the store: the next one does it, and does not take it for done."""

from __future__ import annotations

import asyncio
from typing import Any

from skyjar.pipeline.runner import Runner
from skyjar.runtime.invocations import Package, Unpack

from .conftest import Stacks

NAMED = ["CAPABILITY_NAMED_IAM"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def function(code: str) -> dict[str, Any]:
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}}
    properties = {
        "FunctionName": "f", "Runtime": "python3.11", "Handler": "index.handler", "Role": {"Fn::GetAtt": "R.Arn"},
        "Code": {"ZipFile": code},
    }  # fmt: skip
    return {"R": role, "F": {"Type": "AWS::Lambda::Function", "Properties": properties}}


def test_an_update_that_was_begun_by_a_process_that_died_is_done_by_the_next(stacks: Stacks) -> None:
    desk = stacks.desk

    async def unpack(request: Unpack) -> Package:
        return Package(sha256=request.blob, size=1, unzipped=1)

    desk.pipeline.performers[Unpack] = unpack
    assert stacks.deploy(function("one"), capabilities=NAMED) == "CREATE_COMPLETE"
    before = desk.ask("lambda").get_function_configuration(function_name="f")["CodeSha256"]
    performers = dict(desk.pipeline.performers)

    async def never(request: object) -> None:
        await asyncio.Event().wait()

    desk.pipeline.performers = dict.fromkeys(performers, never)
    stacks.deploy(function("two"), settles=False, capabilities=NAMED)

    async def some_turns() -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    desk.loop.run_until_complete(some_turns())
    assert desk.pipeline.runner._outside, "the function's code is being unpacked"
    desk.loop.run_until_complete(desk.pipeline.runner.stop())  # as if by kill -9: nothing more is written
    desk.pipeline.performers = performers
    desk.pipeline.runner = Runner(desk.pipeline)
    desk.pipeline.runner.start()
    assert stacks.settled() == "UPDATE_COMPLETE"
    assert desk.ask("lambda").get_function_configuration(function_name="f")["CodeSha256"] != before
    events = [status for name, status in stacks.events() if name == "F"]
    assert events[-2:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert events.count("UPDATE_IN_PROGRESS") == 1
