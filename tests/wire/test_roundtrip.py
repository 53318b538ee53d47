"""botocore is the client: what it writes we read, what we write it reads, for every operation of every protocol.

A run takes a fixed sample; `SKYJAR_ROUNDTRIP=all` takes every operation, `SKYJAR_ROUNDTRIP=s3,ec2` those of some services.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import pytest
from botocore.awsrequest import create_request_object, prepare_request_dict

from skyjar.wire import index, models
from skyjar.wire.codec import Codec, codec
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request, Response

SAMPLE = 400
DEPTH_MAX = 3
LOADER = botocore.loaders.create_loader()
LOCATED = {"uri", "header", "headers", "querystring"}


def chosen() -> list[tuple[str, str, str]]:
    wanted = os.environ.get("SKYJAR_ROUNDTRIP", "")
    every = [
        (service, protocol, operation)
        for service in (wanted.split(",") if wanted not in ("", "all") else index.entries())
        for protocol in models.service(service).protocols
        for operation in models.service(service).operations
        if not (protocol == "query" and service == "sqs")
    ]
    if wanted:
        return every
    sample = random.Random(20260101).sample(every, SAMPLE)
    return sorted(sample)


@cache
def service_model(service: str, protocol: str) -> botocore.model.ServiceModel:
    return botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)


class Values:
    """Random values that fit a botocore shape. `located` says where the value travels."""

    def __init__(self, seed: str, protocol: str, output: bool = False) -> None:
        self.random = random.Random(seed)
        self.protocol = protocol
        self.output = output

    def of(self, shape: Any, depth: int = 0, located: str | None = None) -> Any:
        return getattr(self, shape.type_name, self.string)(shape, depth, located)

    def structure(self, shape: Any, depth: int, located: str | None) -> Any:
        if shape.is_document_type:
            return {"any": ["thing", 1, True]}
        members = dict(shape.members)
        if shape.is_tagged_union and members:
            members = dict([self.random.choice(list(members.items()))])
        found = {}
        for name, member in members.items():
            where = member.serialization.get("location")
            optional = name not in shape.required_members
            if member.serialization.get("eventstream"):
                continue
            if where == "statusCode":
                continue
            if member.serialization.get("hostLabel"):
                found[name] = "123456789012"
                continue
            if self.protocol in ("query", "ec2") and depth and not found:
                optional = False
            if optional and (depth >= DEPTH_MAX or self.random.random() < 0.3) and not shape.is_tagged_union:
                continue
            found[name] = self.of(member, depth + 1, where)
        return found

    def list(self, shape: Any, depth: int, located: str | None) -> Any:
        if depth > DEPTH_MAX + 3:
            return []
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 3)
        count = max(low, min(high, 2 if depth < DEPTH_MAX else 1), 0 if low == 0 and not located else 1)
        return [self.of(shape.member, depth + 1, located) for _ in range(min(count, 30))]

    def map(self, shape: Any, depth: int, located: str | None) -> Any:
        if depth > DEPTH_MAX + 3:
            return {}
        count = max(shape.metadata.get("min", 0), 1)
        key = (lambda s: "key" + str(self.random.randrange(10**6))) if located else (lambda s: self.of(s, depth + 1))
        return {key(shape.key): self.of(shape.value, depth + 1, located) for _ in range(min(count, 5))}

    def string(self, shape: Any, depth: int, located: str | None) -> Any:
        if botocore.utils.is_json_value_header(shape):
            return {"a": [1, "ä"]}
        if shape.enum:
            return self.random.choice(shape.enum)
        low = shape.metadata.get("min", 1)
        letters = "abcXYZ0189-_" if located in LOCATED else "aZ09-_ &<>\"'ä日\n"
        size = max(low, min(shape.metadata.get("max", 9), 9), 1)
        text = "".join(self.random.choice(letters) for _ in range(min(size, 300)))
        if located or self.protocol in ("query", "ec2", "rest-xml"):
            text = text.strip() or "x"
            text = "x" + text[1:-1] + "x" if len(text) > 1 else text
        if located == "querystring":
            text += " &=+/ä"
        if located == "uri":
            text += "/ é%:+"
        return text

    def blob(self, shape: Any, depth: int, located: str | None) -> Any:
        return b"\x00\xffblob" * max(1, shape.metadata.get("min", 1) // 6 + 1) if located is None else b"text"

    def boolean(self, shape: Any, depth: int, located: str | None) -> Any:
        return self.random.random() < 0.5

    def integer(self, shape: Any, depth: int, located: str | None) -> Any:
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 2**31 - 1)
        return self.random.randint(int(low), int(max(low, high)))

    long = integer

    def double(self, shape: Any, depth: int, located: str | None) -> Any:
        low = float(shape.metadata.get("min", -5))
        high = float(shape.metadata.get("max", low + 10))
        return low + (high - low) * self.random.choice([0.25, 0.5, 0.75])

    float = double

    def timestamp(self, shape: Any, depth: int, located: str | None) -> Any:
        seconds = self.random.randrange(0, 2**31)
        whole = located is not None or shape.serialization.get("timestampFormat") == "rfc822"
        micros = 0 if whole else self.random.choice([0, 123000])
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def plain(value: Any) -> Any:
    """Values as our side has them: timestamps as epoch seconds, floats rounded."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, bool | str | bytes) or value is None:
        return value
    if isinstance(value, int | float):
        return round(float(value), 3) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def no_empty(value: Any) -> Any:
    """Without empty lists and maps, which some protocols cannot write."""
    if isinstance(value, dict):
        return {k: no_empty(v) for k, v in value.items() if not (isinstance(v, list | dict) and not no_empty(v))}
    if isinstance(value, list):
        return [no_empty(item) for item in value]
    return value


def request_of(service: str, protocol: str, operation: Any, parameters: dict[str, Any]) -> Request:
    serialised = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(
        parameters, operation
    )
    prepare_request_dict(serialised, "http://localhost:4566", context={"is_presign_request": False})
    prepared = create_request_object(serialised).prepare()
    path, _, query = prepared.url.partition("://")[2].partition("?")
    path = "/" + path.partition("/")[2]
    headers = {}
    for name, value in prepared.headers.items():
        headers[name.lower()] = value if isinstance(value, str) else value.decode("latin-1")
    body = prepared.body or b""
    if isinstance(body, dict):
        body = urlencode(body)
    return Request(prepared.method, path, query, headers, body.encode() if isinstance(body, str) else bytes(body))


def check_input(service: str, protocol: str, name: str) -> None:
    operation = service_model(service, protocol).operation_model(name)
    known: Codec = codec(service, protocol)
    shape = operation.input_shape
    parameters = Values(f"in {service} {name}", protocol).of(shape) if shape is not None else {}
    request = request_of(service, protocol, operation, parameters)
    found = known.route(request)
    assert found is not None, f"no route for {request.method} {request.path}?{request.query}"
    assert found.name in {name, *ALIASES.get((service, name), ())}
    if found.name != name:
        return
    parse = known._plain.get(name) or known.compile_input(found, None)
    parsed = parse(request)
    if shape is None:
        assert parsed == {}
        return
    expected = {models.snake(key): value for key, value in parameters.items()}
    expected, parsed = plain(expected), plain(parsed)
    for member, model in shape.members.items():
        # The HTTP client writes its own Content-Length.
        if model.serialization.get("name", "").lower() == "content-length":
            parsed.pop(models.snake(member), None)
            expected.pop(models.snake(member), None)
    payload = shape.serialization.get("payload")
    if payload is not None and shape.members[payload].type_name in ("blob", "string"):
        snake = models.snake(payload)
        parsed.setdefault(snake, b"")
        given = expected.get(snake, b"")
        expected[snake] = given
        if isinstance(parsed[snake], str) or isinstance(given, str):
            as_bytes = [v.encode() if isinstance(v, str) else v for v in (parsed[snake], given)]
            parsed[snake], expected[snake] = as_bytes
    if payload is not None and shape.members[payload].serialization.get("eventstream"):
        parsed.pop(models.snake(payload), None)
    assert no_empty(parsed) == no_empty(expected)
    with contextlib.suppress(WireError):
        assert plain(known.parse(found, request)) == plain(parse(request))


# Operations that cannot be told from another by anything in the request.
ALIASES: dict[tuple[str, str], tuple[str, ...]] = {
    ("s3", "ListDirectoryBuckets"): ("ListBuckets",),
    ("s3", "PutBucketLifecycle"): ("PutBucketLifecycleConfiguration",),
    ("s3", "GetBucketLifecycle"): ("GetBucketLifecycleConfiguration",),
    ("s3", "PutBucketNotification"): ("PutBucketNotificationConfiguration",),
    ("s3", "GetBucketNotification"): ("GetBucketNotificationConfiguration",),
}

# GetBucketLocation needs botocore's handler to be read; GetBucketNotification has two members with one element name.
UNREADABLE = {("s3", "GetBucketLocation"), ("s3", "GetBucketNotification")}


def parsed_by_botocore(protocol: str, operation: Any, response: Response, shape: Any) -> Any:
    body = response.body
    headers = botocore.compat.HTTPHeaders()
    merged: dict[str, str] = {}
    for name, value in response.headers:
        merged[name] = f"{merged[name]},{value}" if name in merged else value
    for name, value in merged.items():
        headers[name.lower()] = value
    from botocore.awsrequest import HeadersDict

    return botocore.parsers.create_parser(protocol).parse(
        {
            "body": body,
            "headers": HeadersDict(merged),
            "status_code": response.status,
            "context": {"operation_name": operation.name},
        },
        shape,
    )


def check_output(service: str, protocol: str, name: str) -> None:
    operation = service_model(service, protocol).operation_model(name)
    shape = operation.output_shape
    known = codec(service, protocol)
    result = Values(f"out {service} {name}", protocol, output=True).of(shape) if shape is not None else {}
    ours = known.model.operation(name)
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload in result and shape.members[payload].type_name == "blob":
        result[payload] = b"text"
    response = known.serialise(ours, as_epoch(result), "request-1")
    if (service, name) in UNREADABLE or operation.has_event_stream_output:
        return
    if isinstance(response.body, bytes) and operation.http.get("method") != "HEAD":
        response.headers.append(("Content-Length", str(len(response.body))))
    parsed = parsed_by_botocore(protocol, operation, response, shape)
    metadata = parsed.pop("ResponseMetadata", {})
    if metadata and shape is not None:
        assert metadata.get("RequestId") == "request-1"
    if shape is not None:
        for member, model in shape.members.items():
            where = model.serialization.get("name", "").lower()
            invented = where == "content-length" or (where == "content-type" and member not in result)
            if model.serialization.get("location") == "statusCode" or invented:
                parsed.pop(member, None)
                result.pop(member, None)
            if model.serialization.get("location") == "headers" and not model.serialization.get("name"):
                parsed.pop(member, None)
                result.pop(member, None)
        payload = shape.serialization.get("payload")
        if payload in parsed and isinstance(parsed[payload], str):
            parsed[payload] = parsed[payload].encode()
            result[payload] = result.get(payload, b"")
            if isinstance(result[payload], str):
                result[payload] = result[payload].encode()
        if payload is not None and payload not in result:
            parsed.pop(payload, None)
    if operation.http.get("method") == "HEAD":
        located = {n for n, m in shape.members.items() if "location" in m.serialization} if shape else set()
        result = {n: v for n, v in result.items() if n in located}
    assert no_empty(plain(parsed)) == no_empty(plain(result))


def as_epoch(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: as_epoch(item) for key, item in value.items()}
    return [as_epoch(item) for item in value] if isinstance(value, list) else value


def check_errors(service: str, protocol: str, name: str) -> None:
    operation = service_model(service, protocol).operation_model(name)
    known = codec(service, protocol)
    ours = known.model.operation(name)
    if operation.http.get("method") == "HEAD":
        return
    for shape in operation.error_shapes:
        code = shape.metadata.get("error", {}).get("code", shape.name)
        error = WireError(
            shape.name, 'It\'s <wrong> & "so"', shape.metadata.get("error", {}).get("httpStatusCode", 400)
        )
        response = known.error(ours, error, "request-2")
        if error.status < 301:
            continue
        parsed = parsed_by_botocore(protocol, operation, response, None)
        if service == "sqs":
            code = known.model.query_code(known.model.shape(shape.name))
        assert parsed["Error"]["Code"] in (code, shape.name)
        assert parsed["Error"]["Message"] == error.message
        assert parsed["ResponseMetadata"]["RequestId"] == "request-2"
    unmodelled = known.error(ours, WireError("SomeThing", "text", 403), "request-3")
    parsed = parsed_by_botocore(protocol, operation, unmodelled, None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == ("SomeThing", "text")


@pytest.mark.parametrize(("service", "protocol", "name"), chosen(), ids=str)
def test_botocore_understands_us_and_we_botocore(service: str, protocol: str, name: str) -> None:
    check_input(service, protocol, name)
    check_output(service, protocol, name)
    check_errors(service, protocol, name)


# Examples that break their own model, by service and operation.
WRONG: dict[str, set[str]] = {
    "cloud9": {"CreateEnvironmentEC2"},
    "kms": {"CreateCustomKeyStore", "UpdateCustomKeyStore"},
    "lambda": {"UpdateEventSourceMapping"},
    "pricing": {"GetProducts"},
    "s3": {"PutBucketCors", "PutBucketPolicy", "PutBucketReplication", "PutBucketWebsite"},
}


def examples(service: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        found = LOADER.load_service_model(service, "examples-1")
    except botocore.exceptions.UnknownServiceError:
        return []
    return [(name, one.get("input") or {}) for name, many in found.get("examples", {}).items() for one in many]


def refusals(service: str) -> list[str]:
    protocol = models.service(service).protocol
    found = []
    for name, parameters in examples(service):
        operation = service_model(service, protocol).operation_model(name)
        try:
            request = request_of(service, protocol, operation, parameters)
        except (botocore.exceptions.BotoCoreError, ValueError, KeyError, AttributeError, TypeError):
            continue
        try:
            known = codec(service, protocol)
            routed = known.route(request)
            if routed is None:
                raise WireError("None", "no route")
            known.parse(routed, request)
        except WireError as error:
            found.append(f"{service}.{name}: {error.message[:300]}")
    return found


@pytest.mark.parametrize("service", [name for name in index.entries() if examples(name)])
def test_examples_of_aws_are_accepted(service: str) -> None:
    """No constraint is stricter here than there."""
    allowed = WRONG.get(service, set())
    assert [text for text in refusals(service) if text.split(":")[0].split(".")[1] not in allowed] == []
