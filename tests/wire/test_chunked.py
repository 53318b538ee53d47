"""Packed bodies: aws-chunked as SDKs send it, in pieces of any size, and everything that can be wrong with it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
import zlib

import pytest

from skyjar.wire import chunked, sigv4
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

# The example of "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SIGNATURES = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
]


def example() -> tuple[bytes, chunked.Signer]:
    chunks = [b"a" * 65536, b"a" * 1024, b""]
    body = b"".join(
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), mark.encode(), data)
        for data, mark in zip(chunks, SIGNATURES, strict=True)
    )
    key = sigv4.signing_key(SECRET, "20130524", "us-east-1", "s3")
    return body, chunked.Signer(key, "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", SEED)


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_the_documented_example_in_pieces(size):
    body, signer = example()
    decoder = chunked.Decoder(66560, signer)
    decoded = b"".join(decoder.feed(body[at : at + size]) for at in range(0, len(body), size))
    decoder.close()
    assert decoded == b"a" * 66560


def test_a_changed_byte_is_refused():
    body, signer = example()
    decoder = chunked.Decoder(66560, signer)
    with pytest.raises(WireError) as caught:
        decoder.feed(body.replace(b"aaa", b"aab", 1))
    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("cut", [1, 3, 100, 70000])
def test_a_body_cut_short_is_incomplete(cut):
    body, signer = example()
    decoder = chunked.Decoder(66560, signer)
    decoder.feed(body[:-cut] if cut < 70000 else b"")
    if cut < 4:
        return
    with pytest.raises(WireError) as caught:
        decoder.close()
    assert caught.value.code == "IncompleteBody"


@pytest.mark.parametrize("length", [3, 5])
def test_the_decoded_length_must_be_as_promised(length):
    decoder = chunked.Decoder(length)
    with pytest.raises(WireError, match="IncompleteBody"):
        decoder.feed(b"4\r\nabcd\r\n0\r\n\r\n")
        decoder.close()


def trailed(algorithm: str, data: bytes, value: str) -> bytes:
    return b"%x\r\n%s\r\n0\r\nx-amz-checksum-%s:%s\r\n\r\n" % (len(data), data, algorithm.encode(), value.encode())


KNOWN = {
    "crc32": base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode(),
    "crc32c": "mnG7TA==",
    "sha1": base64.b64encode(hashlib.sha1(b"hello").digest()).decode(),
    "sha256": base64.b64encode(hashlib.sha256(b"hello").digest()).decode(),
    "crc64nvme": chunked.checksum("crc64nvme", b"hello"),
}


@pytest.mark.parametrize("algorithm", sorted(KNOWN))
def test_checksums_in_trailers(algorithm):
    name = f"x-amz-checksum-{algorithm}"
    decoder = chunked.Decoder(5, None, [name])
    assert decoder.feed(trailed(algorithm, b"hello", KNOWN[algorithm])) == b"hello"
    decoder.close()
    assert decoder.trailers == {name: KNOWN[algorithm]}
    wrong = chunked.Decoder(5, None, [name])
    with pytest.raises(WireError, match="BadDigest"):
        wrong.feed(trailed(algorithm, b"hullo", KNOWN[algorithm]))


def test_a_promised_trailer_must_come():
    with pytest.raises(WireError, match="MalformedTrailerError"):
        chunked.Decoder(5, None, ["x-amz-checksum-crc32"]).feed(b"5\r\nhello\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "body", [b"x\r\n", b"-1\r\n", b"5\r\nhelloXX", b"\r\n", b"1" * 5000, b"0\r\n\r\nmore", b"1_0\r\n"]
)
def test_nonsense_is_refused(body):
    with pytest.raises(WireError):
        chunked.Decoder(None).feed(body)


def test_a_signed_trailer():
    signer = example()[1]
    key = sigv4.signing_key(SECRET, "20130524", "us-east-1", "s3")
    mine = chunked.Signer(key, "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", SEED)
    first, last = mine.sign(hashlib.sha256(b"hello").hexdigest()), mine.sign(hashlib.sha256(b"").hexdigest())
    trailer = f"x-amz-checksum-crc32:{KNOWN['crc32']}\n".encode()
    text = (
        f"5;chunk-signature={first}\r\nhello\r\n0;chunk-signature={last}\r\n"
        f"x-amz-checksum-crc32:{KNOWN['crc32']}\r\nx-amz-trailer-signature:{mine.sign_trailer(trailer)}\r\n\r\n"
    )
    decoder = chunked.Decoder(5, signer, ["x-amz-checksum-crc32"])
    assert decoder.feed(text.encode()) == b"hello"
    decoder.close()


def test_only_chunked_bodies_get_a_decoder():
    assert sigv4.decoder(Request("PUT", "/b/k", "", {}), None, None) is None
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "5"}
    assert sigv4.decoder(Request("PUT", "/b/k", "", headers), None, None) is not None


def test_gzip_is_unpacked_up_to_a_limit():
    packed = gzip.compress(b"a" * 1000)
    assert chunked.inflate(packed + gzip.compress(b"b"), 1001) == b"a" * 1000 + b"b"
    with pytest.raises(WireError, match="RequestEntityTooLarge"):
        chunked.inflate(gzip.compress(bytes(10_000_000)), 1_000_000)
    for broken in (b"no", packed[:-3], packed + b"x"):
        with pytest.raises(WireError):
            chunked.inflate(broken, 10_000)


def test_random_bytes_never_escape():
    chance = random.Random(1)
    for _ in range(2000):
        decoder = chunked.Decoder(chance.choice([None, 3]), None, chance.choice([[], ["x-amz-checksum-crc32"]]))
        data = bytes(chance.choice(b"0123af;\r\n:\x00") for _ in range(chance.randrange(40)))
        try:
            decoder.feed(data)
            decoder.close()
        except WireError:
            pass
