"""Who is calling: signatures, tokens, clocks, strictness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from skyjar.wire.http import Request

from .conftest import between, signed

if TYPE_CHECKING:
    from .conftest import Front
else:
    Front = Any

WHO = "Action=GetCallerIdentity&Version=2011-06-15"


def test_a_key_that_nobody_issued_is_its_accounts_root(front: Front) -> None:
    assert "arn:aws:iam::000000000000:root" in front.query("sts", WHO).text
    assert "arn:aws:iam::123456789012:root" in front.query("sts", WHO, key="123456789012").text


def test_strict_refuses_it_with_each_protocols_code(strict: Front) -> None:
    answer = strict.query("sts", WHO)
    assert (answer.status, between(answer.text, "Code")) == (403, "InvalidClientTokenId")
    answer = strict.json("DynamoDB_20120810.ListTables", {})
    assert answer.json["__type"].endswith("UnrecognizedClientException")
    request = signed("s3", "", b"")
    answer = strict.send(Request("GET", "/", "", request.headers, b""))
    assert (answer.status, between(answer.text, "Code")) == (403, "InvalidAccessKeyId")


def test_an_issued_key_is_its_user(front: Front) -> None:
    key, secret = front.user("ann")
    assert ":user/ann" in front.query("sts", WHO, key, secret).text


def test_a_wrong_signature_is_refused(front: Front) -> None:
    key, secret = front.user("ann")
    answer = front.query("sts", WHO, key, secret + "x")
    assert (answer.status, between(answer.text, "Code")) == (403, "SignatureDoesNotMatch")
    request = signed("sts", "", WHO.encode(), key, secret)
    request.body = WHO.replace("2011", "2012").encode()
    assert front.send(request).status == 403
    request = signed("sts", "", WHO.encode(), key, secret)
    request.headers["host"] = "elsewhere:4566"
    assert front.send(request).status == 403


@pytest.mark.parametrize("skew_s", [-3600.0, 3600.0])
def test_a_skewed_clock_is_refused(front: Front, skew_s: float) -> None:
    key, secret = front.user("ann")
    answer = front.query("sts", WHO, key, secret, skew_s=skew_s)
    assert answer.status == 403
    assert between(answer.text, "Code") in ("SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed")
    assert front.query("sts", WHO, key, secret, skew_s=skew_s / 60).status == 200


def test_a_turned_clock_does_not_lock_clients_out(front: Front) -> None:
    key, secret = front.user("ann")
    front.control("POST", "/_skyjar/clock", {"action": "freeze"})
    front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 86_400 * 30})
    assert front.query("sts", WHO, key, secret).status == 200


def test_a_session_ends_with_its_time(front: Front) -> None:
    key, secret = front.user("ann", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    made = front.query("sts", "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900", key, secret).text
    session = (between(made, "AccessKeyId"), between(made, "SecretAccessKey"))
    token = between(made, "SessionToken")
    assert front.query("sts", WHO, *session, token=token).status == 200
    without = front.query("sts", WHO, *session)
    assert (without.status, between(without.text, "Code")) == (403, "InvalidClientTokenId")
    wrong = front.query("sts", WHO, *session, token=token[:-4] + "AAAA")
    assert wrong.status == 403
    front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": 901})
    expired = front.query("sts", WHO, *session, token=token)
    assert (expired.status, between(expired.text, "Code")) == (403, "ExpiredToken")
    expired = front.json("DynamoDB_20120810.ListTables", {}, key=session[0], secret=session[1], token=token)
    assert expired.json["__type"].endswith("ExpiredTokenException")


def test_an_inactive_key_is_refused(front: Front) -> None:
    key, secret = front.user("ann")
    done = front.query(
        "iam", f"Action=UpdateAccessKey&Version=2010-05-08&UserName=ann&AccessKeyId={key}&Status=Inactive"
    )
    assert done.status == 200, done.text
    assert front.query("sts", WHO, key, secret).status == 403


def test_no_signature_at_all(front: Front) -> None:
    headers = {
        "host": "127.0.0.1:4566",
        "x-amz-target": "AmazonSQS.ListQueues",
        "content-type": "application/x-amz-json-1.0",
    }
    answer = front.send(Request("POST", "/", "", headers, b"{}"))
    assert answer.status == 403
    assert answer.json["__type"].endswith("MissingAuthenticationToken")


@pytest.mark.parametrize(
    "authorization",
    ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=, Signature=",
     "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f/g/h", "Basic abc", "AWS4-HMAC-SHA256 " + "x" * 9000, "\0"],
)  # fmt: skip
def test_a_malformed_authorization_is_the_clients_fault(
    front: Front, authorization: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {
        "host": "127.0.0.1:4566", "x-amz-target": "AmazonSQS.ListQueues", "authorization": authorization,
        "content-type": "application/x-amz-json-1.0",
    }  # fmt: skip
    answer = front.send(Request("POST", "/", "", headers, b"{}"))
    assert 400 <= answer.status < 500
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
