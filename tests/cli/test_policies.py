"""skyjar policy: suggest against a running cloud, test without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

import skyjar
from skyjar.cli.main import main
from skyjar.testing.running import Running


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


SUITE = """
policies: {identity: reader.json}
expect:
  - {allow: s3:GetObject, resource: "arn:aws:s3:::b/x", with: {aws:SecureTransport: true}}
  - {deny: s3:GetObject, resource: "arn:aws:s3:::b/x", with: {aws:SecureTransport: false}, by: implicit}
"""
READER = {
    "Version": "2012-10-17",
    "Statement": {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    },
}


def written(folder: Path, suite: str = SUITE, policy: Any = READER) -> str:
    (folder / "reader.json").write_text(json.dumps(policy))
    (folder / "suite.yaml").write_text(suite)
    return str(folder / "suite.yaml")


def test_expectations_that_are_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", written(tmp_path)]) == 0
    assert "2 expectations met, 0 not." in capsys.readouterr().out


def test_one_that_is_not_met_fails_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = SUITE + '  - {allow: s3:PutObject, resource: "arn:aws:s3:::b/x"}\n'
    assert main(["policy", "test", written(tmp_path, suite)]) == 1
    told = capsys.readouterr().out
    assert "expected allow, is implicit-deny  s3:PutObject" in told
    assert "Allow Read: does not apply, Action: s3:PutObject is not among s3:GetObject" in told
    assert '{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/x"}' in told
    assert main(["policy", "test", written(tmp_path, suite), "--json"]) == 1
    assert [row["is_met"] for row in json.loads(capsys.readouterr().out)] == [True, True, False]


def test_names_that_aws_does_not_have_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = {**READER, "Statement": {**READER["Statement"], "Action": ["s3:GetObject", "s3:GetObjekt"]}}
    assert main(["policy", "test", written(tmp_path, SUITE, policy)]) == 0
    assert "The action s3:GetObjekt does not exist. Did you mean GetObject?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("suite", "policy", "said"),
    [
        ("- 1", READER, "holds no suite"),
        ("a: [", READER, "cannot be read"),
        (SUITE.replace("reader", "missing"), READER, "missing.json cannot be read"),
        (SUITE.replace("allow", "permit"), READER, "An expectation has allow or deny"),
        (SUITE, {"Statement": []}, "Syntax errors in policy."),
    ],
)
def test_bad_files_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suite: str, policy: Any, said: str
) -> None:
    assert main(["policy", "test", written(tmp_path, suite, policy)]) == 1
    assert said in capsys.readouterr().err.replace("\n", "")


def test_files_and_callers_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test"]) == 1
    assert main(["policy", "suggest"]) == 1
    assert main(["policy", "suggest", "--role", "a", "--user", "b"]) == 1
    assert "Say whose calls." in capsys.readouterr().err


def test_the_suggested_policy_is_the_least_that_does(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """A role that may do everything works; with the suggestion as its only policy it does the same, and no more."""
    iam, sqs = cloud.client("iam"), cloud.client("sqs")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=everything)
    url = sqs.create_queue(QueueName="work")["QueueUrl"]

    def worker(service: str) -> Any:
        key = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=cloud.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key["SessionToken"],
        )

    worker("sqs").send_message(QueueUrl=url, MessageBody="x")
    worker("sqs").list_queues()
    worker("sqs").create_queue(QueueName="made", tags={"a": "b"})
    assert main(["policy", "suggest", "--role", "worker", "--port", str(cloud.cloud.port)]) == 0
    suggested = json.loads(capsys.readouterr().out)
    number = arn.split(":")[4]
    assert suggested["Statement"] == [
        {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["sqs:CreateQueue", "sqs:TagQueue"],
            "Resource": f"arn:aws:sqs:us-east-1:{number}:made",
        },
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:{number}:work"},
    ]
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=json.dumps(suggested))
    worker("sqs").send_message(QueueUrl=url, MessageBody="x")
    worker("sqs").create_queue(QueueName="made", tags={"a": "b"})
    with pytest.raises(Exception, match="AccessDenied"):
        worker("sqs").purge_queue(QueueUrl=url)
    assert main(["policy", "suggest", "--role", arn, "--denied", "--port", str(cloud.cloud.port)]) == 0
    assert "sqs:PurgeQueue" in capsys.readouterr().out


def test_audited_calls_are_marked_explained_and_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    with skyjar.running(is_auditing=True) as auditing:
        port = str(auditing.cloud.port)
        iam = auditing.client("iam")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        auditing.client("sqs", **keys).create_queue(QueueName="q")
        assert main(["calls", "--port", port]) == 0
        assert "sqs:CreateQueue  would be denied" in capsys.readouterr().out
        assert main(["why", "--last", "--port", port]) == 0
        told = capsys.readouterr().out
        assert "let through (--audit): would be denied" in told
        assert 'to allow   identity-based policy: {"Effect": "Allow", "Action": "sqs:CreateQueue"' in told
        assert main(["policy", "suggest", "--user", "ann", "--port", port]) == 0
        assert json.loads(capsys.readouterr().out)["Statement"][0]["Action"] == "sqs:CreateQueue"
        assert main(["status", "--port", port]) == 0
        assert "audited" in capsys.readouterr().out


def test_nobody_calls_nothing(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "suggest", "--user", "nobody", "--port", str(cloud.cloud.port)]) == 1
    told = capsys.readouterr().err
    assert "No call of nobody" in told
    assert "--audit" in told


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
