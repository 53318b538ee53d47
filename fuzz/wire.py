"""Fuzzes the parsers of the wire: `python fuzz/wire.py [seconds] [seed]`.

Starts from valid requests and bodies, changes bytes, and wants either a result or a WireError. Whatever else is raised is
printed with the seed that makes it again.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

import cbor2

from skyjar.wire import chunked, eventstream, sigv4, sigv4a, timestamps, xml
from skyjar.wire.codec import codec
from skyjar.wire.credentials import MultiRegionCredential
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

Target = Callable[[bytes], object]

CALLS: list[tuple[str, str, str, str, str, dict[str, str], bytes]] = [
    (
        "dynamodb",
        "json",
        "POST",
        "/",
        "",
        {"x-amz-target": "DynamoDB_20120810.PutItem"},
        b'{"TableName":"abc","Item":{"x":{"S":"y"},"l":{"L":[{"N":"1"}]},"b":{"B":"AA=="}}}',
    ),
    (
        "sqs",
        "query",
        "POST",
        "/",
        "",
        {},
        b"Action=SendMessage&QueueUrl=q&MessageBody=x&MessageAttribute.1.Name=n"
        b"&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v",
    ),
    ("ec2", "ec2", "POST", "/", "", {}, b"Action=DescribeInstances&Filter.1.Name=a&Filter.1.Value.1=x&MaxResults=5"),
    (
        "s3",
        "rest-xml",
        "POST",
        "/b",
        "delete",
        {},
        b"<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>",
    ),
    (
        "lambda",
        "rest-json",
        "POST",
        "/2015-03-31/functions",
        "",
        {},
        b'{"FunctionName":"f","Role":"arn:aws:iam::1:role/r","Code":{"ZipFile":"AA=="},"Timeout":3}',
    ),
    (
        "cloudwatch",
        "smithy-rpc-v2-cbor",
        "POST",
        "/service/G/operation/PutMetricData",
        "",
        {},
        cbor2.dumps({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5}]}),
    ),
]


def call(index: int) -> Target:
    service, protocol, method, path, query, headers, _ = CALLS[index]
    known = codec(service, protocol)

    def run(data: bytes) -> object:
        request = Request(method, path, query, dict(headers), data)
        operation = known.route(request)
        return operation and known.parse(operation, request)

    return run


def address(data: bytes) -> object:
    """A path and query string for S3's routes."""
    path, _, query = data.decode("latin-1").partition("?")
    request = Request("GET", "/" + path, query, {})
    known = codec("s3", "rest-xml")
    operation = known.route(request)
    return operation and known.parse(operation, request)


def authorization(data: bytes) -> object:
    request = Request("GET", "/b/k", "", {"authorization": data.decode("latin-1"), "x-amz-date": "20200101T000000Z"})
    found = sigv4.credential(request)
    if found is not None:
        sigv4.verify(request, found, "secret", 0)
    return found


def presigned(data: bytes) -> object:
    request = Request("GET", "/b/k", data.decode("latin-1"), {"host": "h"})
    found = sigv4.credential(request)
    if found is not None:
        sigv4.verify(request, found, "secret", 0)
    return found


def asymmetric(data: bytes) -> object:
    """SigV4A in a header, at the time that it says, so that its signature is looked at."""
    headers = {"x-amz-date": "20200101T000000Z", "x-amz-region-set": "*", "host": "h", "x-amz-content-sha256": "x"}
    request = Request("GET", "/b/k", "", {**headers, "authorization": data.decode("latin-1")})
    found = sigv4.credential(request)
    if found is not None:
        sigv4.verify(request, found, "secret", found.timestamp)
    return found


def asymmetric_url(data: bytes) -> object:
    request = Request("GET", "/b/k", data.decode("latin-1"), {"host": "h"})
    found = sigv4.credential(request)
    if found is not None:
        sigv4.verify(request, found, "secret", found.timestamp)
        sigv4.check_region(request, found, "us-east-1")
    return found


def asymmetric_chunks(data: bytes) -> object:
    seed = MultiRegionCredential("*", "v4a-header", "AKID", "20200101", "", "s3", "host", "00", None, 0.0, None, "x")
    decoder = chunked.Decoder(None, sigv4a.Chain(seed, "secret"), ["x-amz-checksum-crc32"])
    decoder.feed(data)
    decoder.close()
    return decoder.trailers


def chunks(data: bytes) -> object:
    decoder = chunked.Decoder(None, None, ["x-amz-checksum-crc32"])
    decoder.feed(data)
    decoder.close()
    return decoder.trailers


def dates(data: bytes) -> object:
    try:
        return timestamps.parse(data.decode("latin-1"))
    except ValueError:
        return None


def tree(data: bytes) -> object:
    try:
        return xml.parse(data)
    except xml.Refused:
        return None


AUTHORIZATION = b"AWS4-HMAC-SHA256 Credential=AKID/20200101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00aa"
PRESIGNED = (
    b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20200101%2Fus-east-1%2Fs3%2Faws4_request"
    b"&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
)
DER = b"3044022020000000000000000000000000000000000000000000000000000000000000010220" + b"10" * 32
ASYMMETRIC = (
    b"AWS4-ECDSA-P256-SHA256 Credential=AKID/20200101/s3/aws4_request, SignedHeaders=host;x-amz-date;x-amz-region-set, "
    b"Signature=" + DER
)
ASYMMETRIC_URL = (
    PRESIGNED.replace(b"HMAC", b"ECDSA-P256").replace(b"us-east-1%2F", b"")[:-2] + DER + b"&X-Amz-Region-Set=%2A"
)
TARGETS: list[tuple[str, Target, bytes]] = [
    *((f"{row[0]} {row[1]}", call(number), row[6]) for number, row in enumerate(CALLS)),
    ("address", address, b"bucket/key%20a?versionId=1&partNumber=2&x-id=GetObject"),
    ("authorization", authorization, AUTHORIZATION),
    ("presigned", presigned, PRESIGNED),
    ("v4a", asymmetric, ASYMMETRIC),
    ("v4a presigned", asymmetric_url, ASYMMETRIC_URL),
    (
        "v4a chunked",
        asymmetric_chunks,
        b"0;chunk-signature=" + DER + b"**\r\nx-amz-trailer-signature:" + DER + b"\r\n\r\n",
    ),
    ("v2", presigned, b"AWSAccessKeyId=AKID&Expires=100&Signature=abc"),
    ("chunked", chunks, b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"),
    (
        "event stream",
        lambda data: list(eventstream.Decoder().feed(data)),
        eventstream.encode({"a": "b", "c": 1}, b"data"),
    ),
    ("timestamp", dates, b"2015-01-25T08:00:00.5+02:00"),
    ("timestamp rfc822", dates, b"Sun, 25 Jan 2015 08:00:00 GMT"),
    ("xml", tree, b'<a x:y="z"><b>c</b><![CDATA[d]]><!-- e --></a>'),
]


def mutate(chance: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(out) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            out.insert(at, chance.choice(b'\x00\xff%&=.<>{}[]",:;/\\- 0aZ'))
        elif kind == 1 and at < len(out):
            out[at] = chance.randrange(256)
        elif kind == 2:
            del out[at : at + chance.randrange(8)]
        else:
            out[at:at] = out[chance.randrange(len(out) + 1) :][: chance.randrange(20)]
    return bytes(out)


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    until, runs, failures = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until and failures < 10:
        chance = random.Random(seed + runs)
        name, target, start = chance.choice(TARGETS)
        data = mutate(chance, start)
        begun = time.perf_counter()
        try:
            target(data)
        except WireError:
            pass
        except Exception as error:
            failures += 1
            print(f"{name}: {error!r} for {data!r} (seed {seed + runs})")
        if time.perf_counter() - begun > 1:
            failures += 1
            print(f"{name}: slow for {data!r} (seed {seed + runs})")
        runs += 1
    print(f"{runs} inputs, {failures} failures")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
