"""A pipeline without sockets: signed requests in, responses out."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyjar.app import Cloud, Settings
from skyjar.wire.http import Request, Response

HOST = "127.0.0.1:4566"


class Answer:
    """What the edge hands to the pipeline to answer with; `leave` is the client closing its connection."""

    def __init__(self) -> None:
        self.response: Response | None = None
        self.on_close: Any = None

    def __call__(self, response: Response) -> None:
        assert self.response is None, "answered twice"
        self.response = response

    @property
    def status(self) -> int:
        assert self.response is not None
        return self.response.status

    @property
    def text(self) -> str:
        assert self.response is not None
        assert isinstance(self.response.body, bytes)
        return self.response.body.decode()

    @property
    def json(self) -> Any:
        return orjson.loads(self.text)

    def leave(self) -> None:
        self.on_close()


class Front:
    """A whole cloud; requests are handed to its pipeline past the sockets."""

    def __init__(self, settings: Settings) -> None:
        self.loop = asyncio.new_event_loop()
        self.cloud = Cloud(settings)
        self.pipeline = self.cloud.pipeline
        self.loop.run_until_complete(self.cloud.start())

    def close(self) -> None:
        self.loop.run_until_complete(self.cloud.stop())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def turn(self) -> None:
        for _ in range(8):
            self.loop.run_until_complete(asyncio.sleep(0))

    def send(self, request: Request) -> Answer:
        answer = Answer()

        async def handle() -> None:
            self.pipeline.handle(request, answer)  # type: ignore[arg-type]

        self.loop.run_until_complete(handle())
        return answer

    def control(self, method: str, path: str, body: Any = None) -> Any:
        path, _, query = path.partition("?")
        data = orjson.dumps(body) if body is not None else b""
        answer = self.send(Request(method, path, query, {"host": HOST}, data))
        for _ in range(2000):
            if answer.response is not None:
                break
            self.loop.run_until_complete(asyncio.sleep(0.002))
        return answer.json if answer.status == 200 else (answer.status, answer.json["error"])

    def json(
        self, target: str, body: dict[str, Any], *, service: str = "", key: str = "test", secret: str = "test",
        **options: Any,
    ) -> Answer:  # fmt: skip
        name = service or {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb"}.get(target.partition(".")[0], "sqs")
        return self.send(signed(name, target, orjson.dumps(body), key, secret, **options))

    def query(self, service: str, body: str, key: str = "test", secret: str = "test", **options: Any) -> Answer:
        return self.send(signed(service, "", body.encode(), key, secret, **options))

    def user(self, name: str, policy: dict[str, Any] | None = None) -> tuple[str, str]:
        """A user's access key and secret."""
        self.query("iam", f"Action=CreateUser&Version=2010-05-08&UserName={name}")
        if policy is not None:
            from urllib.parse import quote

            document = quote(orjson.dumps({"Version": "2012-10-17", **policy}).decode())
            done = self.query(
                "iam", f"Action=PutUserPolicy&Version=2010-05-08&UserName={name}&PolicyName=p&PolicyDocument={document}"
            )
            assert done.status == 200, done.text
        made = self.query("iam", f"Action=CreateAccessKey&Version=2010-05-08&UserName={name}").text
        return between(made, "AccessKeyId"), between(made, "SecretAccessKey")


def between(text: str, tag: str) -> str:
    return text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


def signed(
    service: str, target: str, body: bytes, key: str = "test", secret: str = "test", *, token: str = "",
    skew_s: float = 0.0, host: str = HOST, headers: dict[str, str] | None = None,
) -> Request:  # fmt: skip
    """A request as botocore signs it, `skew_s` seconds from now."""
    given = {
        "Content-Type": "application/x-amz-json-1.0" if target else "application/x-www-form-urlencoded",
        **(headers or {}),
    }
    if target:
        given["X-Amz-Target"] = target
    made = AWSRequest("POST", f"http://{host}/", given, body)
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=skew_s)
    signer = SigV4Auth(Credentials(key, secret, token or None), service, "us-east-1")
    made.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(made)
    canonical = signer.canonical_request(made)
    signature = signer.signature(signer.string_to_sign(made, canonical), made)
    signer._inject_signature_to_request(made, signature)
    found = {name.lower(): value for name, value in made.headers.items()}
    return Request("POST", "/", "", {"host": host} | found, body)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    made = Front(Settings(port=0, data=tmp_path / "data", seed=1))
    yield made
    made.close()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Front]:
    made = Front(Settings(port=0, data=tmp_path / "strict", seed=1, is_strict=True))
    yield made
    made.close()
