"""Signatures made by botocore's own signers are accepted, and anything else is refused with AWS's error."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyjar.wire import sigv4, timestamps
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-token")


def received(signed) -> tuple[Request, float]:
    prepared = signed.prepare()
    url = urlsplit(prepared.url)
    headers = {
        name.lower(): value if isinstance(value, str) else value.decode() for name, value in prepared.headers.items()
    }
    headers.setdefault("host", url.netloc)
    body = prepared.body or b""
    return Request(
        prepared.method, url.path or "/", url.query, headers, body if isinstance(body, bytes) else body.encode()
    )


def sign(signer, method="POST", url="http://localhost:4566/", data=b"", headers=None) -> Request:
    request = AWSRequest(method, url, headers=headers or {}, data=data)
    signer.add_auth(request)
    return received(request)


def check(request: Request, later: float = 0.0) -> sigv4.Credential:
    found = sigv4.credential(request)
    assert found is not None
    sigv4.verify(request, found, KEYS.secret_key, found.timestamp + later if found.scheme != "v2-query" else later)
    return found


def refused(request: Request, later: float = 0.0) -> WireError:
    with pytest.raises(WireError) as caught:
        check(request, later)
    return caught.value


JSON = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}
KEYS_ODD = [
    "a",
    "a b",
    "a+b",
    "ä/ö",
    "a//b",
    "a/../b",
    "./a",
    "a%20b",
    "a=b&c",
    "~-_.",
    "!*'()",
    "a;b",
    "日本",
    "a?b",
    "%",
]


def test_a_signed_json_request_is_accepted():
    found = check(sign(auth.SigV4Auth(KEYS, "sqs", "eu-west-1"), data=b"{}", headers=JSON))
    assert (found.access_key, found.region, found.service, found.scheme) == (
        "AKIDEXAMPLE",
        "eu-west-1",
        "sqs",
        "v4-header",
    )
    assert found.token == "a-token"


@pytest.mark.parametrize("path", ["/", "/a", "/a/b/", "/a//b", "/a/./b/../c", "/a%20b", "/a+b", "/arn%3Aaws%3Ax", "/ä"])
def test_paths_are_normalised_outside_s3(path):
    from urllib.parse import quote

    check(sign(auth.SigV4Auth(KEYS, "lambda", "us-east-1"), "GET", "http://h" + quote(path, safe="/%+")))


@pytest.mark.parametrize("query", ["a=b", "b=2&a=1", "a=1&a=0", "a", "a=", "x=%20y", "x=a%2Bb", "ä=ö", "a=b%3Dc"])
def test_query_strings_are_sorted_and_encoded(query):
    from urllib.parse import quote

    check(sign(auth.SigV4Auth(KEYS, "lambda", "us-east-1"), "GET", "http://h/x?" + quote(query, safe="=&%")))


@pytest.mark.parametrize("key", KEYS_ODD)
def test_odd_s3_keys(key):
    from urllib.parse import quote

    from botocore.utils import percent_encode_sequence  # noqa: F401

    url = "http://bucket.s3.localhost/" + quote(key, safe="/~")
    check(sign(auth.S3SigV4Auth(KEYS, "s3", "us-east-1"), "PUT", url, b"data", {"x-amz-meta-a": "  b   c "}))
    check(sign(auth.S3SigV4QueryAuth(KEYS, "s3", "us-east-1", expires=60), "GET", url))
    check(sign(auth.S3SigV4QueryAuth(KEYS, "s3", "us-east-1", expires=60), "GET", url + "?versionId=1&x=a%20b"))


def test_presigned_urls_outside_s3():
    found = check(
        sign(auth.SigV4QueryAuth(KEYS, "sts", "us-east-1", expires=60), "GET", "http://h/?Action=X&Version=1")
    )
    assert (found.scheme, found.expires, found.token) == ("v4-query", 60, "a-token")


def test_a_presigned_url_expires():
    request = sign(auth.S3SigV4QueryAuth(KEYS, "s3", "us-east-1", expires=60), "GET", "http://h/b/k")
    check(request, 60)
    error = refused(request, 61)
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.fields["X-Amz-Expires"] == "60"


@pytest.mark.parametrize("later", [301, -301])
def test_a_skewed_clock_is_refused(later):
    error = refused(sign(auth.SigV4Auth(KEYS, "sqs", "us-east-1"), data=b"{}", headers=JSON), later)
    assert (error.code, error.status) == ("InvalidSignatureException", 403)
    assert error.message.startswith("Signature expired: " if later > 0 else "Signature not yet current: ")


def test_s3_allows_fifteen_minutes():
    request = sign(auth.S3SigV4Auth(KEYS, "s3", "us-east-1"), "GET", "http://h/b/k")
    check(request, 899)
    error = refused(request, 901)
    assert (error.code, error.fields["MaxAllowedSkewMilliseconds"]) == ("RequestTimeTooSkewed", "900000")


def test_a_changed_body_is_refused():
    request = sign(auth.SigV4Auth(KEYS, "sqs", "us-east-1"), data=b"{}", headers=JSON)
    request.body = b"{ }"
    error = refused(request)
    assert error.code == "InvalidSignatureException"
    assert "The Canonical String for this request should have been" in error.message


def test_a_query_service_names_it_otherwise():
    request = sign(auth.SigV4Auth(KEYS, "sts", "us-east-1"), data=b"Action=X")
    request.body = b"Action=Y"
    assert refused(request).code == "SignatureDoesNotMatch"


def test_a_changed_s3_body_is_a_hash_mismatch():
    request = sign(auth.S3SigV4Auth(KEYS, "s3", "us-east-1"), "PUT", "http://h/b/k", b"data")
    request.body = b"date"
    error = refused(request)
    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)


def test_a_changed_s3_path_shows_what_should_have_been_signed():
    request = sign(auth.S3SigV4Auth(KEYS, "s3", "us-east-1"), "PUT", "http://h/b/k", b"data")
    request.path = "/b/other"
    error = refused(request)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.fields["CanonicalRequest"].startswith("PUT\n/b/other\n")


def test_a_signature_of_another_day_is_refused():
    request = sign(auth.SigV4Auth(KEYS, "sqs", "us-east-1"), data=b"{}", headers=JSON)
    found = sigv4.credential(request)
    found.date = "20000101"
    with pytest.raises(WireError, match="Date in Credential scope"):
        sigv4.verify(request, found, KEYS.secret_key, found.timestamp)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("AWS4-HMAC-SHA256 Credential=a/20200101/r/s/aws4_request", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA512 x", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "IncompleteSignatureException"),
    ],
)
def test_malformed_headers(value, code):
    with pytest.raises(WireError) as caught:
        sigv4.credential(Request("POST", "/", "", {**JSON, "authorization": value, "x-amz-date": "20200101T000000Z"}))
    assert caught.value.code == code


def test_anonymous_requests_have_no_credential():
    assert sigv4.credential(Request("GET", "/", "a=b", {"host": "h"})) is None
    assert sigv4.credential(Request("GET", "/", "", {"host": "h", "authorization": "Bearer x"})) is None


def test_parts_of_the_header_may_come_in_another_order():
    request = sign(auth.SigV4Auth(KEYS, "sqs", "us-east-1"), data=b"{}", headers=JSON)
    scheme, _, rest = request.headers["authorization"].partition(" ")
    request.headers["authorization"] = f"{scheme} {','.join(reversed(rest.split(', ')))}"
    check(request)


@pytest.mark.parametrize("key", ["k", "a b", "a/b"])
def test_version_2_signatures(key):
    from urllib.parse import quote

    url = f"http://s3.localhost/bucket/{quote(key)}?acl"
    check(sign(auth.HmacV1Auth(KEYS), "GET", url, headers={"x-amz-meta-b": "1"}))
    request = sign(auth.HmacV1QueryAuth(KEYS, expires=60), "GET", url)
    found = check(request)
    assert found.scheme == "v2-query"
    assert refused(request, found.expires + 1).code == "AccessDenied"
    request.path += "x"
    assert refused(request).code == "SignatureDoesNotMatch"


def test_the_time_of_a_request():
    assert timestamps.basic(timestamps.parse_basic("20150830T123600Z")) == "20150830T123600Z"


@pytest.mark.parametrize("number", ["6³", "²", "٣", "--5", "-", "", "1" * 20])
def test_numbers_that_are_none(number):
    from urllib.parse import quote

    request = sign(auth.S3SigV4QueryAuth(KEYS, "s3", "us-east-1", expires=60), "GET", "http://h/b/k")
    request.query = request.query.replace("X-Amz-Expires=60", f"X-Amz-Expires={quote(number)}")
    assert refused(request).code == "AuthorizationQueryParametersError"
    request = sign(auth.HmacV1QueryAuth(KEYS, expires=60), "GET", "http://s3.localhost/bucket/k")
    start, _, _ = request.query.partition("&Expires=")
    request.query = f"{start}&Expires={quote(number)}"
    assert refused(request).status in (400, 403)
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": number}
    with pytest.raises(WireError):
        sigv4.decoder(Request("PUT", "/b/k", "", headers), None, None)
