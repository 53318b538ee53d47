"""A desk with functions: packages are really unpacked, handlers are Python functions in the test."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Outside
from skyjar.runtime.functions import Credentials, Result
from skyjar.runtime.invocations import Invocation, Outcome, Provision, Retire, Throttled, Unpack
from skyjar.runtime.invoker import Invoker

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
}


def archive(**files: str) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        for name, text in (files or {"index.py": "def handler(event, context): return event"}).items():
            into.writestr(name, text)
    return made.getvalue()


class Lab:
    """`handler(event)` is what functions do; its exception is the function's error. `calls` are the invocations."""

    def __init__(self, desk: Any, directory: Path) -> None:
        self.desk = desk
        self.calls: list[Invocation] = []
        self.handler: Any = lambda event: event
        self.throttles = 0
        self.kept: dict[str, int] = {}  # sandboxes that are kept ready, by version
        self.can_begin = True
        self.billed_ms = 0
        self._invoker = Invoker(
            directory / "lambda",
            desk.pipeline.blobs,
            credentials=lambda function: Credentials("", "", "", 0.0),
            logs=lambda function, stream, lines: None,
            clock=desk.clock.now,
            endpoint=lambda: "http://127.0.0.1:4566",
        )
        desk.pipeline.performers |= {
            Unpack: self._invoker.unpack,
            Retire: self._invoker.retire,
            Invocation: self._invoke,
            Provision: self._provision,
        }
        self.role = self.make_role("r", TRUST)

    async def _invoke(self, request: Invocation) -> Any:
        if self.throttles or request.limit.most == 0:
            self.throttles = max(self.throttles - 1, 0)
            return Throttled(request.limit.reason, request.invoked_arn)
        self.calls.append(request)
        function = request.describe(lambda blob: Path("/code") / blob)
        error = None
        try:
            payload = json.dumps(self.handler(json.loads(request.payload)))
        except Exception as raised:
            error, payload = "Unhandled", json.dumps({"errorMessage": str(raised), "errorType": type(raised).__name__})
        now_ms = int(self.desk.clock.now() * 1000)
        lines = [(now_ms, f"START RequestId: {request.request_id}\n")]
        result = Result(
            payload=payload.encode(), error=error, log_stream="s", log_tail=b"tail", billed_ms=self.billed_ms
        )
        return Outcome(result, function, lines)

    async def _provision(self, request: Provision) -> int:
        self.kept[request.key[1]] = request.count if self.can_begin else 0
        return self.kept[request.key[1]]

    def make_role(self, name: str, trust: dict[str, Any] = TRUST, *policies: str) -> str:
        made = self.desk.ask("iam").create_role(role_name=name, assume_role_policy_document=json.dumps(trust))
        for policy in policies:
            self.grant(name, policy)
        return made["Role"]["Arn"]

    def grant(self, role: str, *actions: str, resource: str = "*") -> None:
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}],
        }
        self.desk.ask("iam").put_role_policy(
            role_name=role, policy_name=f"p{len(json.dumps(document))}", policy_document=json.dumps(document)
        )

    def run(self, operation: str, *, caller: Any = None, service: str = "lambda", **parameters: Any) -> Any:
        """Call an operation, and carry out what it asks for."""
        desk = self.desk
        result = getattr(desk.ask(service, caller), operation)(**parameters)
        while isinstance(result, Outside):
            found, then = desk.loop.run_until_complete(desk.pipeline.perform(result.request)), result.then
            result = desk.store.transact(lambda tx: then(desk.call(tx, caller), found))  # noqa: B023
        return result

    def create(self, name: str = "f", **parameters: Any) -> dict[str, Any]:
        parameters = {
            "role": self.role,
            "runtime": "python3.11",
            "handler": "index.handler",
            "code": {"ZipFile": archive()},
            **parameters,
        }
        return self.run("create_function", function_name=name, **parameters)

    def invoke(self, name: str = "f", event: Any = None, **parameters: Any) -> dict[str, Any]:
        return self.run("invoke", function_name=name, payload=json.dumps(event).encode(), **parameters)

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        url = self.desk.ask("sqs").create_queue(queue_name=name, attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{self.desk.account}:{name}"

    def received(self, url: str) -> list[dict[str, Any]]:
        answer = self.desk.ask("sqs").receive_message(
            queue_url=url, max_number_of_messages=10, message_attribute_names=["All"]
        )
        return answer.get("Messages", [])


@pytest.fixture
def lab(desk: Any, tmp_path: Path) -> Lab:
    return Lab(desk, tmp_path)


@pytest.fixture
def zipped() -> Any:
    return archive


@pytest.fixture
def refuses() -> Any:
    def check(code: str, words: str, run: Any, /, *args: Any, **kwargs: Any) -> AWSError:
        with pytest.raises(AWSError) as caught:
            run(*args, **kwargs)
        assert caught.value.code == code
        assert words in caught.value.message
        return caught.value

    return check
