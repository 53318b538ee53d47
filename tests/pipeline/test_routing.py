"""Which service and operation a request is for, and what happens when it is for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from skyjar.kernel import service as services
from skyjar.wire.http import Request

if TYPE_CHECKING:
    from .conftest import Front
else:
    Front = Any


def plain(host: str, path: str = "/", method: str = "GET", query: str = "", **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, query, {"host": host} | given, b"")


def test_by_target_and_by_action(front: Front) -> None:
    assert front.json("AmazonSQS.ListQueues", {}).status == 200
    assert "<GetCallerIdentityResult>" in front.query("sts", "Action=GetCallerIdentity&Version=2011-06-15").text


def test_an_operation_that_skyjar_lacks_is_501_and_named(front: Front) -> None:
    answer = front.json("Logs_20140328.PutResourcePolicy", {"policyName": "x", "policyDocument": "{}"}, service="logs")
    assert answer.status == 501
    assert answer.json["__type"].endswith("NotImplemented")
    assert "logs:PutResourcePolicy" in answer.json["message"]


def test_a_service_that_skyjar_lacks_is_501_and_named(front: Front) -> None:
    answer = front.json("AWSHealth_20160804.DescribeEvents", {}, service="health")
    assert answer.status == 501
    assert "health:DescribeEvents" in answer.json["message"]


def test_an_operation_that_aws_lacks(front: Front) -> None:
    assert front.json("AmazonSQS.FoldQueue", {}).status in (400, 404)
    answer = front.query("sts", "Action=FoldIdentity&Version=2011-06-15")
    assert (answer.status, "InvalidAction" in answer.text, "FoldIdentity" in answer.text) == (400, True, True)
    assert front.json("Nobody_20200101.Nothing", {}).status == 404


def test_an_operation_that_is_refused_once_is_refused_again(front: Front) -> None:
    """What routing remembers is only what succeeded."""
    for _ in range(3):
        assert front.json("AmazonSQS.FoldQueue", {}).status in (400, 404)
        assert front.json("Logs_20140328.PutResourcePolicy", {}, service="logs").status == 501


def test_a_parameter_that_skyjar_lacks_is_refused_and_named(front: Front) -> None:
    before = front.pipeline.store.sequence
    service = services.load("sqs")
    assert service is not None
    operation = service.operations["list_queues"]
    kept = operation.parameters
    operation.parameters = kept - {"max_results"}
    try:
        answer = front.json("AmazonSQS.ListQueues", {"MaxResults": 3})
        assert answer.status == 501
        assert "MaxResults" in answer.json["message"]
        assert "sqs:ListQueues" in answer.json["message"]
        front.pipeline.is_lenient = True
        assert front.json("AmazonSQS.ListQueues", {"MaxResults": 3}).status == 200
    finally:
        operation.parameters = kept
    assert front.pipeline.store.sequence == before


@pytest.mark.parametrize(
    "host",
    ["", "evil.example.com", "a" * 5000, "\0", "127.0.0.1:99999999", "[::1", "%00", "..", ".s3.localhost", "s3", "x..s3.localhost:1",
     "../../etc.s3.localhost", "{api}.execute-api.us-east-1.localhost", "a b", "é.localhost", "sqs.us-east-1.amazonaws.com",
     "." * 300 + "localhost", "a." * 200 + "localhost"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/", "//", "/../..", "/_aws/execute-api//", "/%2e%2e/%00", "/restapis/x/y/_user_request_"]
)
def test_a_hostile_host_or_path_is_answered_and_is_no_bug(
    front: Front, host: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = front.send(plain(host, path))
    front.turn()
    assert 200 <= answer.status < 500
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_what_names_nothing_is_s3(front: Front) -> None:
    answer = front.send(plain("127.0.0.1:4566", "/no-such-bucket"))
    assert answer.status in (403, 404)
    assert "<Error>" in answer.text


def test_a_bucket_in_the_host_name(front: Front) -> None:
    answer = front.send(plain("no-such-bucket.s3.localhost:4566", "/key"))
    assert answer.status in (403, 404)
    assert "<Error>" in answer.text


def test_an_unknown_path_of_our_own(front: Front) -> None:
    assert front.control("GET", "/_skyjar/nothing")[0] == 404
    assert front.control("GET", "/_skyjar/reset")[0] == 405


def test_a_body_of_the_control_interface_that_is_no_json(front: Front) -> None:
    request = Request("POST", "/_skyjar/clock", "", {"host": "127.0.0.1"}, b"{")
    assert front.send(request).status == 400
    assert front.control("POST", "/_skyjar/clock", [1])[0] == 400
    assert front.control("POST", "/_skyjar/clock", {"action": "advance"})[0] == 400
    assert front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": "nan"})[0] == 400
    assert front.control("POST", "/_skyjar/clock", {"action": "advance", "seconds": [1]})[0] == 400
    assert front.control("GET", "/_skyjar/calls?limit=x")[0] == 400


@pytest.mark.parametrize(
    "host",
    ["mabsent.mrap.accesspoint.s3-global.amazonaws.com", "mabsent.mrap.accesspoint.s3-global.localhost:4566",
     "absent-111122223333.s3-accesspoint.eu-west-1.amazonaws.com"],
)  # fmt: skip
def test_names_of_access_points_that_are_not_there(front: Front, host: str) -> None:
    answer = front.send(plain(host, "/k"))
    wanted = "NoSuchMultiRegionAccessPoint" if ".mrap." in host else "NoSuchAccessPoint"
    assert (answer.status, f"<Code>{wanted}</Code>" in answer.text) == (404, True)
    answer = front.send(plain(host, "/k", origin="https://example.com"))
    assert answer.status == 404
    answer = front.send(plain(host, "/k", "OPTIONS", origin="https://example.com", access_control_request_method="GET"))
    assert answer.status in (403, 404)


def test_a_bucket_s_name_is_no_alias(front: Front) -> None:
    """An alias of a Multi-Region access point names it in a host name only."""
    assert "<Code>NoSuchBucket</Code>" in front.send(plain("localhost", "/mabsent.mrap/k")).text
