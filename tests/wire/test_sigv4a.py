"""Signatures made by awscrt, through botocore's own signers, are accepted; forged ones are refused with AWS's error."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from awscrt import auth as crt
from awscrt.http import HttpHeaders, HttpRequest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.crt import auth
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from skyjar.kernel import region_sets
from skyjar.wire import chunked, sigv4, sigv4a
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

from .test_sigv4 import JSON, KEYS_ODD, received

KEYS = Credentials("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
SESSION = Credentials("ASIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-token")


def sign(
    signer: type, service: str, regions: str = "*", method: str = "POST", url: str = "http://localhost:4566/",
    data: bytes = b"", headers: dict[str, str] | None = None, keys: Credentials = SESSION, **more: Any,
) -> Request:  # fmt: skip
    request = AWSRequest(method, url, headers=headers or {}, data=data)
    signer(keys, service, regions, **more).add_auth(request)
    return received(request)


def check(request: Request, later: float = 0.0, keys: Credentials = SESSION, region: str = "us-east-1") -> Any:
    found = sigv4.credential(request)
    assert found is not None
    sigv4.verify(request, found, keys.secret_key, found.timestamp + later)
    sigv4.check_region(request, found, region)
    return found


def refused(request: Request, later: float = 0.0, **more: Any) -> WireError:
    with pytest.raises(WireError) as caught:
        check(request, later, **more)
    return caught.value


def put(data: bytes = b"data", regions: str = "*", **more: Any) -> Request:
    return sign(auth.CrtS3SigV4AsymAuth, "s3", regions, "PUT", "http://bucket.s3.localhost/k", data, **more)


def test_the_documented_key():
    """The pair that AWS's own libraries derive from these keys (aws-c-auth, key_derivation_tests.c)."""
    numbers = sigv4a.public_key(KEYS.access_key, KEYS.secret_key).public_numbers()
    assert f"{numbers.x:064x}" == "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb"
    assert f"{numbers.y:064x}" == "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0"
    assert sigv4a.private_number(KEYS.access_key, KEYS.secret_key) == int(
        "7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd", 16
    )


def test_a_signed_json_request_is_accepted():
    found = check(sign(auth.CrtSigV4AsymAuth, "sqs", data=b"{}", headers=JSON))
    assert (found.scheme, found.access_key, found.service, found.region) == ("v4a-header", "ASIAEXAMPLE", "sqs", "")
    assert (found.region_set, found.token) == ("*", "a-token")


@pytest.mark.parametrize("key", KEYS_ODD)
def test_odd_s3_keys(key):
    from urllib.parse import quote

    url = "http://bucket.s3.localhost/" + quote(key, safe="/~")
    check(sign(auth.CrtS3SigV4AsymAuth, "s3", "*", "PUT", url, b"data", {"x-amz-meta-a": "  b   c "}))
    check(sign(auth.CrtS3SigV4AsymQueryAuth, "s3", "*", "GET", url, expires=60))
    check(sign(auth.CrtS3SigV4AsymQueryAuth, "s3", "*", "GET", f"{url}?versionId=1&x=a%20b", expires=60))


@pytest.mark.parametrize("path", ["/", "/a/b/", "/a//b", "/a/./b/../c", "/a%20b", "/arn%3Aaws%3Ax"])
def test_paths_are_normalised_outside_s3(path):
    check(sign(auth.CrtSigV4AsymAuth, "events", method="GET", url=f"http://h{path}?b=2&a=1"))


def test_presigned_urls():
    request = sign(auth.CrtS3SigV4AsymQueryAuth, "s3", "eu-west-1", "GET", "http://h/b/k", expires=60)
    found = check(request, 60, region="eu-west-1")
    assert (found.scheme, found.expires, found.region, found.token) == ("v4a-query", 60, "eu-west-1", "a-token")
    assert refused(request, 61).message == "Request has expired"
    error = refused(request, region="us-east-1")
    assert (error.code, error.fields["Region"]) == ("AuthorizationQueryParametersError", "us-east-1")
    request.query = request.query.replace("X-Amz-Region-Set=eu-west-1", "X-Amz-Region-Set=%2A")
    assert refused(request).code == "SignatureDoesNotMatch"
    request.query = request.query.replace("&X-Amz-Region-Set=%2A", "")
    assert refused(request).code in ("IncompleteSignature", "AuthorizationHeaderMalformed")
    check(sign(auth.CrtSigV4AsymQueryAuth, "sts", "*", "GET", "http://h/?Action=X&Version=1", expires=60))


def test_the_header_of_regions_must_be_there_and_signed():
    request = put()
    held = request.headers.pop("x-amz-region-set")
    assert refused(request).code == "AuthorizationHeaderMalformed"
    request.headers["x-amz-region-set"] = held
    signed = request.headers["authorization"]
    request.headers["authorization"] = signed.replace(";x-amz-region-set", "")
    assert refused(request).code == "AuthorizationHeaderMalformed"
    request.headers["authorization"] = signed
    request.headers["x-amz-region-set"] = "us-east-1"
    assert refused(request).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("regions", "is_covered"),
    [("*", True), ("eu-west-1", True), ("us-east-1,eu-west-1", True), ("us-east-1, eu-west-1", True), ("eu-*", True),
     ("eu-w*-1", True), ("us-*", False), ("us-east-1", False), ("eu-west-10", False), ("", False), (",", False),
     ("eu-west-?", False), ("[e]u-west-1", False), ("*a" * 30, False)],
)  # fmt: skip
def test_the_regions_that_a_set_covers(regions, is_covered):
    assert region_sets.covers(regions, "eu-west-1") is is_covered


def test_another_region_is_refused():
    check(put(regions="eu-*,us-east-1"), region="eu-west-1")
    error = refused(put(regions="us-east-1"), region="eu-west-1")
    assert (error.code, error.status) == ("AuthorizationHeaderMalformed", 400)
    assert error.message.endswith("the region 'us-east-1' is wrong; expecting 'eu-west-1'")
    other = refused(sign(auth.CrtSigV4AsymAuth, "sqs", "us-west-2", data=b"{}", headers=JSON), region="eu-west-1")
    assert (other.code, other.status) == ("InvalidSignatureException", 403)


@pytest.mark.parametrize("later", [301, -301])
def test_a_skewed_clock_is_refused(later):
    error = refused(sign(auth.CrtSigV4AsymAuth, "sqs", data=b"{}", headers=JSON), later)
    assert (error.code, error.status) == ("InvalidSignatureException", 403)


def test_s3_allows_fifteen_minutes():
    check(put(), 899)
    assert refused(put(), 901).code == "RequestTimeTooSkewed"


def test_a_changed_body_or_path_is_refused():
    request = put()
    request.body = b"date"
    assert refused(request).code == "XAmzContentSHA256Mismatch"
    request = put()
    request.path = "/other"
    error = refused(request)
    assert error.fields["StringToSign"].startswith("AWS4-ECDSA-P256-SHA256\n")
    request = sign(auth.CrtSigV4AsymAuth, "sqs", data=b"{}", headers=JSON)
    request.body = b"{ }"
    assert refused(request).code == "InvalidSignatureException"


def test_another_secret_is_refused():
    assert refused(put(), keys=Credentials("ASIAEXAMPLE", "another")).code == "SignatureDoesNotMatch"
    check(put(keys=KEYS), keys=KEYS)


def with_signature(request: Request, signature: str) -> Request:
    head, _, _ = request.headers["authorization"].rpartition("Signature=")
    request.headers["authorization"] = f"{head}Signature={signature}"
    return request


def test_numbers_that_no_signature_has():
    request = put()
    r, s = decode_dss_signature(bytes.fromhex(request.headers["authorization"].rpartition("=")[2]))
    order = sigv4a.ORDER
    wrong = [(0, s), (r, 0), (0, 0), (r, s + order), (r + order, s), (order, s), (r, order), (s, r), (1, 1),
             (2**400, s), (r, 2**2000)]  # fmt: skip
    for numbers in wrong:
        assert refused(with_signature(request, encode_dss_signature(*numbers).hex())).code == "SignatureDoesNotMatch"
    check(with_signature(request, encode_dss_signature(r, s).hex()))


def test_what_is_no_signature_at_all():
    request = put()
    right = request.headers["authorization"].rpartition("=")[2]
    chance = random.Random(1)
    wrong = [right.upper(), right + "00", right[:-2], "30" + right, "00", "zz" * 70, "*" * 144, right[:10] + " " + right[10:],
             "3080" + right[4:] + "0000", "ä" * 8, right.replace("02", "03", 1)]  # fmt: skip
    for _ in range(300):
        data = bytearray.fromhex(right)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        wrong.append(data.hex())
    wrong += [chance.randbytes(chance.randrange(1, 90)).hex() for _ in range(100)]
    for signature in wrong:
        assert refused(with_signature(request, signature)).code == "SignatureDoesNotMatch", signature
    check(with_signature(request, right))


def test_a_key_of_the_symmetric_kind_signs_nothing_here():
    """The two kinds do not stand for each other: neither signature is taken under the other's name."""
    request = put()
    request.headers["authorization"] = request.headers["authorization"].replace("ECDSA-P256", "HMAC")
    assert refused(request).code == "AuthorizationHeaderMalformed"


@pytest.mark.parametrize(
    "value",
    [
        "AWS4-ECDSA-P256-SHA256 Credential=a/20200101/s/aws4_request",
        "AWS4-ECDSA-P256-SHA256 Credential=a/20200101/us-east-1/s/aws4_request, SignedHeaders=x-amz-region-set, Signature=00",
        "AWS4-ECDSA-P256-SHA256 Credential=a/b, SignedHeaders=host, Signature=00",
        "AWS4-ECDSA-P256-SHA256",
    ],
)
def test_malformed_headers(value):
    headers = {**JSON, "authorization": value, "x-amz-date": "20200101T000000Z", "x-amz-region-set": "*"}
    with pytest.raises(WireError) as caught:
        sigv4.verify(request := Request("POST", "/", "", headers), sigv4.credential(request), "s", 1577836800)
    assert caught.value.code in ("IncompleteSignatureException", "InvalidSignatureException")


def test_parts_of_the_header_may_come_in_another_order():
    request = sign(auth.CrtSigV4AsymAuth, "sqs", data=b"{}", headers=JSON)
    scheme, _, rest = request.headers["authorization"].partition(" ")
    request.headers["authorization"] = f"{scheme} {','.join(reversed(rest.split(', ')))}"
    check(request)


# Chunked bodies


def streamed(kind: str, trailer: str = "") -> Request:
    headers = {"host": "b.s3.localhost", "x-amz-decoded-content-length": "10"}
    if trailer:
        headers["x-amz-trailer"] = trailer
    request = HttpRequest("PUT", "/k", HttpHeaders(list(headers.items())))
    how = crt.AwsSigningConfig(
        algorithm=crt.AwsSigningAlgorithm.V4_ASYMMETRIC,
        signature_type=crt.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=crt.AwsCredentialsProvider.new_static(
            SESSION.access_key, SESSION.secret_key, SESSION.token
        ),
        region="*",
        service="s3",
        use_double_uri_encode=False,
        should_normalize_uri_path=False,
        signed_body_value=kind,
        signed_body_header_type=crt.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256,
    )
    crt.aws_sign_request(request, how).result()
    return Request("PUT", "/k", "", {name.lower(): value for name, value in request.headers}, b"")


class Signing:
    """A client's side of the chain: each signature is over the one before, and padded to one length."""

    def __init__(self, request: Request) -> None:
        self.key = ec.derive_private_key(sigv4a.private_number(SESSION.access_key, SESSION.secret_key), ec.SECP256R1())
        self.previous = request.headers["authorization"].rpartition("=")[2]
        self.head = f"{request.headers['x-amz-date']}\n{request.headers['x-amz-date'][:8]}/s3/aws4_request\n"

    def sign(self, kind: str, what: str) -> bytes:
        text = f"AWS4-ECDSA-P256-SHA256-{kind}\n{self.head}{self.previous}\n{what}"
        self.previous = self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())).hex()
        return self.previous.ljust(144, "*").encode()

    def chunk(self, data: bytes) -> bytes:
        mark = self.sign("PAYLOAD", f"{hashlib.sha256(b'').hexdigest()}\n{hashlib.sha256(data).hexdigest()}")
        return b"%x;chunk-signature=%s\r\n%s" % (len(data), mark, data + b"\r\n" if data else b"")

    def trailer(self, line: bytes) -> bytes:
        mark = self.sign("TRAILER", hashlib.sha256(line + b"\n").hexdigest())
        return line + b"\r\nx-amz-trailer-signature:" + mark + b"\r\n\r\n"


def decoded(request: Request, body: bytes) -> bytes:
    found = check(request)
    decoder = sigv4.decoder(request, found, SESSION.secret_key)
    assert decoder is not None
    data = decoder.feed(body)
    decoder.close()
    return data


def test_signed_chunks():
    request = streamed("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")
    made = Signing(request)
    body = made.chunk(b"hello ") + made.chunk(b"you!") + made.chunk(b"") + b"\r\n"
    assert decoded(request, body) == b"hello you!"
    for wrong in (body.replace(b"you", b"yo!"), body.replace(b"chunk-signature=30", b"chunk-signature=31")):
        with pytest.raises(WireError) as caught:
            decoded(request, wrong)
        assert caught.value.code == "SignatureDoesNotMatch"


def test_chunks_in_another_order_are_refused():
    request = streamed("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")
    made = Signing(request)
    first, second, last = made.chunk(b"hello"), made.chunk(b"again"), made.chunk(b"")
    with pytest.raises(WireError):
        decoded(request, second + first + last + b"\r\n")
    assert decoded(request, first + second + last + b"\r\n") == b"helloagain"


def test_a_signed_trailer():
    request = streamed("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", "x-amz-checksum-crc32")
    made = Signing(request)
    line = b"x-amz-checksum-crc32:" + chunked.checksum("crc32", b"hello you!").encode()
    body = made.chunk(b"hello you!") + made.chunk(b"") + made.trailer(line)
    assert decoded(request, body) == b"hello you!"
    with pytest.raises(WireError) as caught:
        decoded(request, body.replace(b"trailer-signature:30", b"trailer-signature:31"))
    assert caught.value.code == "SignatureDoesNotMatch"


def test_an_unsigned_trailer():
    request = streamed("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-checksum-crc32")
    line = b"x-amz-checksum-crc32:" + chunked.checksum("crc32", b"hello you!").encode()
    assert decoded(request, b"a\r\nhello you!\r\n0\r\n" + line + b"\r\n\r\n") == b"hello you!"


@pytest.mark.parametrize("kind", ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"])
def test_chunks_are_not_signed_in_the_other_way(kind):
    assert refused(streamed(kind)).code == "InvalidArgument"
