"""Requests made to hurt, or just wrong: every one is answered with an AWS error, quickly."""

from __future__ import annotations

import random
import time

import cbor2
import pytest

from skyjar.wire.codec import codec
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request
from skyjar.wire.shapes import Pattern

DYNAMO = {"x-amz-target": "DynamoDB_20120810.PutItem"}


def refused(service: str, protocol: str, request: Request, operation: str | None = None) -> WireError:
    known = codec(service, protocol)
    found = known.route(request)
    assert found is not None
    begun = time.perf_counter()
    with pytest.raises(WireError) as caught:
        known.parse(found, request)
    assert time.perf_counter() - begun < 2
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"\xff\xfe",
        b'{"TableName":"\xff"}',
        b"[" * 100_000,
        b'{"a":' * 2000,
        b'{"TableName":"x\\ud800"}',
        b'{"TableName":{}}',
        b'{"TableName":[]}',
        b'{"TableName":1}',
        b'{"Item":[]}',
        b'{"TableName":"abc","Item":{"a":{"B":"***"}}}',
        b'{"TableName":true}',
    ],
)
def test_bad_json_cannot_be_serialised(body):
    assert refused("dynamodb", "json", Request("POST", "/", "", DYNAMO, body)).code == "SerializationException"


def test_base64_without_its_padding_is_counted():
    body = b'{"TableName":"abc","Item":{"a":{"B":"YWI"}}}'
    error = refused("dynamodb", "json", Request("POST", "/", "", DYNAMO, body))
    assert (error.code, error.message) == (
        "SerializationException",
        "Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<Delete>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><Delete>&b;</Delete>",
        b"x",
        b"<a/><b/>",
        b"<a>" * 5000,
        b'<?xml version="1.0"?><!DOCTYPE lolz SYSTEM "file:///etc/passwd"><Delete/>',
        b"<Delete>\xff</Delete>",
        "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a><Delete/>".encode("utf-16"),
        b"<Delete>&#0;</Delete>",
        b"<Delete><Object><Key><a/></Key></Object></Delete>",
        b"<Delete><Quiet>maybe</Quiet></Delete>",
    ],
)
def test_bad_xml_is_malformed(body):
    error = refused("s3", "rest-xml", Request("POST", "/b", "delete", {}, body))
    assert (error.code, error.status) == ("MalformedXML", 400)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x81" * 5000,
        b"\xa1",
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x5b\x00\x00\x00\xff\xff\xff\xff\xff",
        cbor2.dumps([1]),
        cbor2.dumps({"MetricName": 1}),
        cbor2.dumps({"StartTime": "x"}),
        b"\xa1\x61a\x62\xff\xff",
    ],
)
def test_bad_cbor_cannot_be_serialised(body):
    path = "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics"
    request = Request("POST", path, "", {}, body)
    assert refused("cloudwatch", "smithy-rpc-v2-cbor", request).code == "SerializationException"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"Action=ListUsers&MaxItems=x", "MalformedInput"),
        (b"Action=ListUsers&Marker=%ff", "MalformedQueryString"),
        (b"Action=ListUsers&\xff", "MalformedQueryString"),
        (b"Action=ListUsers&" + b"a.b" * 100 + b"=", "MalformedQueryString"),
        (b"Action=ListUsers&" + b"a&" * 100_001, "MalformedQueryString"),
        (b"Action=ListUsers&Marker.x=1", "MalformedInput"),
        (b"Action=TagUser&UserName=a&Tags.member.x.Key=1", "MalformedInput"),
        (b"Action=ListUsers&MaxItems=" + b"9" * 10_000, "MalformedInput"),
    ],
)
def test_bad_queries(body, code):
    assert refused("iam", "query", Request("POST", "/", "", {}, body)).code == code


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/b", "max-keys=x", "InvalidArgument"),
        ("/b/%ff", "", "InvalidURI"),
        ("/b/%zz", "", "InvalidURI"),
        ("/b/a%", "", "InvalidURI"),
        ("/b", "prefix=%ff", "InvalidURI"),
    ],
)
def test_bad_addresses(path, query, code):
    assert refused("s3", "rest-xml", Request("GET", path, query, {})).code == code


@pytest.mark.parametrize(
    "target", ["", "x", "AmazonSQS", "AmazonSQS.", "AmazonSQS.Nope", "AmazonSQS.__init__", "." * 1000]
)
def test_unknown_operations_have_no_route(target):
    assert codec("sqs", "json").route(Request("POST", "/", "", {"x-amz-target": target})) is None


def test_routes_bear_long_paths():
    begun = time.perf_counter()
    for name in ("s3", "apigateway", "lambda", "workspaces-web", "iot"):
        known = codec(name, "rest-xml" if name == "s3" else "rest-json")
        known.route(Request("GET", "/" + "a/" * 3000, "&".join(["a=b"] * 1000), {}))
        known.route(Request("GET", "/%2e%2e/" * 300, "", {}))
    assert time.perf_counter() - begun < 5


def test_patterns_that_explode_are_not_tried_on_long_text():
    assert Pattern("^([a-z]+)*$").matches("a" * 5000 + "!")
    assert not Pattern("^[a-z]+$").matches("A")
    assert Pattern(r"\p{L}+").matches("1")
    assert Pattern("[a-z&&[^b]]+").matches("1")


def test_random_bytes_are_answered_with_errors():
    chance = random.Random(7)
    cases = [
        ("dynamodb", "json", "POST", "/", DYNAMO, b'{"TableName":"a","Item":{"x":{"S":"y"}}}'),
        ("s3", "rest-xml", "POST", "/b", {}, b"<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>"),
        ("iam", "query", "POST", "/", {}, b"Action=TagUser&UserName=a&Tags.member.1.Key=1&Tags.member.1.Value=2"),
        (
            "lambda",
            "rest-json",
            "POST",
            "/2015-03-31/functions",
            {},
            b'{"FunctionName":"f","Role":"r","Code":{"ZipFile":"AA=="}}',
        ),
        (
            "cloudwatch",
            "smithy-rpc-v2-cbor",
            "POST",
            "/service/G/operation/PutMetricData",
            {},
            cbor2.dumps({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5}]}),
        ),
    ]
    for service, protocol, method, path, headers, body in cases:
        known = codec(service, protocol)
        for _ in range(1500):
            broken = bytearray(body)
            for _ in range(chance.randrange(1, 4)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            request = Request(method, path, "delete" if service == "s3" else "", dict(headers), bytes(broken))
            found = known.route(request)
            if found is not None:
                try:
                    known.parse(found, request)
                except WireError as error:
                    assert known.error(found, error, "id").status >= 400


def test_headers_cannot_be_split_by_values():
    s3 = codec("s3", "rest-xml")
    response = s3.serialise(s3.model.operation("HeadObject"), {"Metadata": {"a": "b\r\nc: d"}, "ETag": "x\n"}, "id")
    assert all("\n" not in value and "\r" not in value for _, value in response.headers)
