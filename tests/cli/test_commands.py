"""Commands against a running cloud, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import skyjar
from skyjar.cli.main import main
from skyjar.cli.places import Problem
from skyjar.cli.state import seconds
from skyjar.testing.running import Running


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


def test_durations_are_numbers_with_units() -> None:
    assert seconds("90") == seconds("90s") == seconds("1m30s") == 90
    assert seconds("1d12h") == 129_600
    for wrong in ("", "soon", "5y", "1h now"):
        with pytest.raises(Problem):
            seconds(wrong)


def test_env_prints_what_tools_need(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--port", str(cloud.cloud.port)]) == 0
    assert f"export AWS_ENDPOINT_URL={cloud.endpoint}\n" in capsys.readouterr().out


def test_status_and_calls_speak_json(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(cloud.cloud.port)
    cloud.client("sts").get_caller_identity()
    assert main(["status", "--port", port, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "ready"
    assert main(["calls", "--port", port, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[-1]["operation"] == "GetCallerIdentity"


def test_why_explains_a_denial(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    with pytest.raises(Exception, match="AccessDenied"):
        cloud.client("sqs", **keys).list_queues()
    assert main(["why", "--port", str(cloud.cloud.port)]) == 0
    told = capsys.readouterr().out
    assert "sqs:ListQueues  denied" in told
    assert "no statement allows it" in told


def test_the_clock_is_turned(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(cloud.cloud.port)
    assert main(["clock", "freeze", "2030-01-01T00:00:00Z", "--port", port]) == 0
    assert main(["clock", "advance", "15m", "--port", port]) == 0
    assert "2030-01-01T00:15:00" in capsys.readouterr().out
    assert main(["clock", "resume", "--port", port]) == 0


def test_snapshots_bring_the_state_back(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(cloud.cloud.port)
    sqs = cloud.client("sqs")
    sqs.create_queue(QueueName="kept")
    assert main(["snapshot", "save", "one", "--port", port]) == 0
    assert main(["reset", "--port", port]) == 0
    assert "QueueUrls" not in sqs.list_queues()
    assert main(["snapshot", "load", "one", "--port", port]) == 0
    assert sqs.list_queues()["QueueUrls"]
    assert main(["snapshot", "rm", "one", "--port", port]) == 0


def test_what_does_not_answer_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--port", "1"]) == 1
    assert "skyjar up" in capsys.readouterr().err


def test_quotas_are_shown_and_set(
    cloud: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ["--port", str(cloud.cloud.port)]

    def quotas(*words: str) -> list[dict[str, Any]]:
        assert main(["quotas", *words, *port, "--json"]) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    assert any(each["name"] == "tables" and each["default"] == 2500 for each in quotas())
    assert {each["service"] for each in quotas("list", "dynamodb")} == {"dynamodb"}
    assert quotas("set", "dynamodb", "tables", "0", "--region", "eu-west-3")[0]["set"] == [
        {"value": 0, "account": "", "region": "eu-west-3"}
    ]
    key = {"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
           "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}]}  # fmt: skip
    db = cloud.client("dynamodb", region_name="eu-west-3")
    with pytest.raises(db.exceptions.LimitExceededException, match="limit of 0 tables"):
        db.create_table(TableName="tab", **key)
    assert quotas("reset", "dynamodb", "tables", "--region", "eu-west-3")[0]["set"] == []
    db.create_table(TableName="tab", **key)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["quotas", *port]) == 0
    assert "Tables in an account" in capsys.readouterr().out
    for words in (["set", "dynamodb", "tabs", "1"], ["set", "dynamodb", "tables"], ["list", "nothing"],
                  ["set", "dynamodb", "tables", "-1"], ["set", "dynamodb", "tables", "1", "--account", "x"]):  # fmt: skip
        assert main(["quotas", *port, *(["--"] if "-1" in words else []), *words]) == 1
