"""What S3 is sent that it must not take: paths and keys, digests and checksums, chunks, parts, packed bombs. Each is refused with AWS's
code and sentence, and leaves what was there."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import hmac
import http.client
import re
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from lxml import etree

from skyjar.kernel.digests import digest
from skyjar.services.s3.selecting import sources
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
MIB = 1 << 20
Answer = tuple[int, str, str]


class Raw:
    """HTTP with headers as they are told, of a key that nobody issued, so that its signature is not looked at."""

    def __init__(self, account: Account, bucket: str) -> None:
        self._host = account.running.endpoint.removeprefix("http://")
        self.bucket = bucket
        credential = (
            f"Credential={account.number}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
        )
        self._signed = {"Authorization": f"AWS4-HMAC-SHA256 {credential}", "x-amz-date": "20260101T000000Z"}

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=20)
        connection.putrequest(method, f"/{self.bucket}{path}", skip_accept_encoding=True)
        told = {**self._signed, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", **(headers or {})}
        if body is not None:
            told.setdefault("Content-Length", str(len(body)))
        for name, value in told.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Status, and an error's code and sentence."""
        status, text = self.send(method, path, body, headers)
        found = dict(re.findall(r"<(Code|Message)>([^<]*)<", text.decode()))
        return status, found.get("Code", ""), found.get("Message", "")


@pytest.fixture
def raw(skyjar: Account) -> Raw:
    name = f"bad-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return Raw(skyjar, name)


def keys(account: Account, raw: Raw, **more: Any) -> list[str]:
    return [each["Key"] for each in account.client("s3").list_objects_v2(Bucket=raw.bucket, **more).get("Contents", ())]


# Paths and keys

TRICKS = ["/../x", "/..", "/a/../../x", "/%2e%2e/x", "/a/..%2f..%2fx", "/a/../../other-bucket/k"]
URI = (400, "InvalidURI", "Couldn't parse the specified URI.")


@pytest.mark.parametrize("path", TRICKS)
def test_a_key_cannot_lead_out_of_its_bucket(skyjar: Account, raw: Raw, path: str) -> None:
    """S3 says 400 and nothing else."""
    for method, body in (("PUT", b"x"), ("GET", None), ("HEAD", None), ("POST", b"")):
        assert raw.send(method, f"{path}?uploads" if method == "POST" else path, body) == (400, b"")
    assert keys(skyjar, raw) == []


@pytest.mark.parametrize("path", ["/%ff%fe", "/%c3", "/%ED%A0%80", "/%zz", "/a%", "/a%2", "/%u0041"])
def test_a_path_that_is_no_text(skyjar: Account, raw: Raw, path: str) -> None:
    assert raw.ask("PUT", path, b"x") == raw.ask("GET", path) == URI
    assert keys(skyjar, raw) == []


ODD = ["//", "/a", "a//b", "a/../b", "./a", "a/.", "...", "a+b", "a b", "a%2Fb", "a\\b", "ü/日本", "a?b#c", "&<>\"'", "a\tb", "a\r\nb", "\x01\x1f",
       "\x7f", "\uffff", "x" * 1024, "ü" * 512]  # fmt: skip


def test_odd_keys_are_keys(skyjar: Account, raw: Raw) -> None:
    """Each another one: nothing is folded, decoded twice or cleaned."""
    s3 = skyjar.client("s3")
    for key in ODD:
        s3.put_object(Bucket=raw.bucket, Key=key, Body=key.encode())
    assert keys(skyjar, raw) == sorted(ODD, key=str.encode)
    for key in ODD:
        assert s3.get_object(Bucket=raw.bucket, Key=key)["Body"].read() == key.encode()
        assert keys(skyjar, raw, Prefix=key, MaxKeys=1) == [key]
    assert raw.send("GET", "/a%252Fb") == (200, b"a%2Fb")
    assert raw.send("GET", "/a+b") == (200, b"a+b")
    s3.delete_objects(Bucket=raw.bucket, Delete={"Objects": [{"Key": key} for key in ODD if key.isprintable()]})
    assert set(keys(skyjar, raw)) == {key for key in ODD if not key.isprintable()}


def test_a_key_has_1024_bytes(raw: Raw) -> None:
    too_long = (400, "KeyTooLongError", "Your key is too long")
    for key in ("k" * 1025, "ü" * 512 + "k"):
        assert raw.ask("PUT", f"/{quote(key)}", b"x") == raw.ask("POST", f"/{quote(key)}?uploads", b"") == too_long
        copied = raw.ask("PUT", f"/{quote(key)}", b"", {"x-amz-copy-source": f"/{raw.bucket}/k"})
        assert copied[0] in (400, 404)


@pytest.mark.parametrize("listing", ["", "list-type=2&", "versions&"])
def test_keys_that_xml_cannot_say_need_the_encoding(skyjar: Account, raw: Raw, listing: str) -> None:
    key, told = "a\x01+b c\x0b/ü&", "a%01%2Bb+c%0B/%C3%BC%26"
    skyjar.client("s3").put_object(Bucket=raw.bucket, Key=key, Body=b"")
    found = raw.send("GET", f"?{listing}encoding-type=url&delimiter=%2F")[1]
    root = etree.fromstring(found)
    said = [element.text for element in root.iter("{*}Prefix", "{*}Delimiter", "{*}EncodingType")]
    assert (told.partition("/")[0] + "/" in said, "url" in said, "/" in said) == (True, True, True)
    [shown] = etree.fromstring(raw.send("GET", f"?{listing}encoding-type=url")[1]).iter("{*}Key")
    assert shown.text == told
    plain = raw.send("GET", f"?{listing}")[1]
    assert b"<Key>a&#x1;+b c&#xb;/\xc3\xbc&amp;</Key>" in plain
    with pytest.raises(etree.XMLSyntaxError):  # which is why
        etree.fromstring(plain)
    assert raw.ask("GET", f"?{listing}encoding-type=other") == (
        400,
        "InvalidArgument",
        "Invalid Encoding Method specified in Request",
    )


# Digests and checksums

BODY = b"hello"
SUMS = {"crc32": zlib.crc32(BODY).to_bytes(4, "big"), "sha1": hashlib.sha1(BODY).digest(), "sha256": hashlib.sha256(BODY).digest(),
        "crc32c": b"1234", "crc64nvme": b"12345678", "sha512": hashlib.sha512(BODY).digest(), "md5": hashlib.md5(BODY).digest(),
        "xxhash64": b"12345678", "xxhash3": b"12345678", "xxhash128": bytes(16)}  # fmt: skip


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("path", ["/k", "/k?partNumber=1&uploadId=UPLOAD"])
def test_content_md5(skyjar: Account, raw: Raw, path: str) -> None:
    upload = skyjar.client("s3").create_multipart_upload(Bucket=raw.bucket, Key="k")["UploadId"]
    for long in (BODY, BODY * MIB):  # as it stands in memory, and streamed

        def put(digest: str, body: bytes = long) -> Answer:
            return raw.ask("PUT", path.replace("UPLOAD", upload), body, {"Content-MD5": digest})

        bad = (400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        invalid = (400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        assert put(text_of(hashlib.md5(b"other").digest())) == bad
        for value in ("nonsense", "%%%", hashlib.md5(long).hexdigest(), text_of(b"short")):
            assert put(value) == invalid, value
    assert keys(skyjar, raw) == []
    assert raw.ask("PUT", "/k", BODY, {"Content-MD5": text_of(hashlib.md5(BODY).digest())})[0] == 200


@pytest.mark.parametrize("name", SUMS)
def test_checksums_of_headers(skyjar: Account, raw: Raw, name: str) -> None:
    header, wrong = f"x-amz-checksum-{name}", text_of(bytes(len(SUMS[name])))
    for body in (BODY, BODY * MIB):
        sentence = f"The {name.upper()} you specified did not match the calculated checksum."
        assert raw.ask("PUT", "/k", body, {header: wrong}) == (400, "BadDigest", sentence)
        for value in ("nonsense!", text_of(b"12"), text_of(bytes(40))):
            assert raw.ask("PUT", "/k", body, {header: value}) == (
                400,
                "InvalidRequest",
                f"Value for {header} header is invalid.",
            )
        both = {
            header: wrong,
            "x-amz-checksum-sha256" if name != "sha256" else "x-amz-checksum-sha1": text_of(SUMS["sha256"]),
        }
        sentence = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        assert raw.ask("PUT", "/k", body, both) == (400, "InvalidRequest", sentence)
    assert keys(skyjar, raw) == []


def test_digests_of_documents(skyjar: Account, raw: Raw) -> None:
    body = b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'
    for header, right, invalid in (
        ("Content-MD5", hashlib.md5(body).digest(), ("InvalidDigest", "The Content-MD5 you specified was invalid.")),
        (
            "x-amz-checksum-crc32",
            zlib.crc32(body).to_bytes(4, "big"),
            ("InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."),
        ),
    ):
        mismatch = {"Content-MD5": "The Content-MD5 you specified did not match what we received."}.get(
            header, "The CRC32 you specified did not match the calculated checksum."
        )
        assert raw.ask("PUT", "?versioning", body, {header: text_of(bytes(len(right)))}) == (400, "BadDigest", mismatch)
        for value in ("nonsense!", text_of(right[:-1])):
            assert raw.ask("PUT", "?versioning", body, {header: value}) == (400, *invalid)
        assert skyjar.client("s3").get_bucket_versioning(Bucket=raw.bucket).get("Status") is None
    assert raw.ask("PUT", "?versioning", body, {"Content-MD5": text_of(hashlib.md5(body).digest())})[0] == 200
    assert raw.ask("PUT", "?versioning", b"<VersioningConfiguration>")[1:] == MALFORMED


# Chunks


def chunked(*chunks: bytes, end: bytes = b"0\r\n", trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end + trailer + b"\r\n"


CRC = b"x-amz-checksum-crc32:" + text_of(SUMS["crc32"]).encode() + b"\r\n"
INCOMPLETE = (400, "IncompleteBody", "The request body terminated unexpectedly")


def put_chunks(raw: Raw, body: bytes, length: int | None = len(BODY), trailer: str = "x-amz-checksum-crc32") -> Answer:
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding": "aws-chunked"}
    if length is not None:
        headers["x-amz-decoded-content-length"] = str(length)
    return raw.ask("PUT", "/k", body, {**headers, "x-amz-trailer": trailer} if trailer else headers)


def test_chunks_and_trailers(skyjar: Account, raw: Raw) -> None:
    good = chunked(b"hel", b"lo", trailer=CRC)
    assert put_chunks(raw, good)[0] == 200
    skyjar.client("s3").delete_object(Bucket=raw.bucket, Key="k")
    malformed = (400, "MalformedTrailerError",
                 "The request contained trailing data that was not well-formed or did not conform to our published schema.")  # fmt: skip
    assert put_chunks(raw, chunked(b"hello")) == malformed, "the trailer never comes"
    assert put_chunks(raw, chunked(b"hello", trailer=CRC.replace(b"crc32", b"crc32c"))) == malformed
    other = chunked(b"hollo", trailer=CRC)
    assert put_chunks(raw, other) == (
        400,
        "BadDigest",
        "The CRC32 you specified did not match the calculated checksum.",
    )
    assert put_chunks(raw, good, 4) == put_chunks(raw, good, 6) == INCOMPLETE, "a decoded length that is wrong"
    assert put_chunks(raw, good[:12]) == put_chunks(raw, b"5\r\nhel") == put_chunks(raw, b"") == INCOMPLETE
    missing = put_chunks(raw, good, None)
    assert missing == (411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    for body in (b"zz\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n", b"5" * 2000):
        assert put_chunks(raw, body)[:2] == (400, "InvalidRequest"), body
    assert keys(skyjar, raw) == []


@pytest.mark.parametrize("name", ["md5", "sha512", "xxhash64", "xxhash3", "xxhash128"])
def test_trailers_of_the_newer_algorithms(skyjar: Account, raw: Raw, name: str) -> None:
    for piece in (BODY, BODY * MIB):
        header = f"x-amz-checksum-{name}"
        line = f"{header}:{text_of(digest(name, piece))}\r\n".encode()
        assert put_chunks(raw, chunked(piece, trailer=line), len(piece), header)[0] == 200
        sentence = f"The {name.upper()} you specified did not match the calculated checksum."
        other = piece[:-1] + b"O"
        assert put_chunks(raw, chunked(other, trailer=line), len(piece), header) == (400, "BadDigest", sentence)
        told = skyjar.client("s3").head_object(Bucket=raw.bucket, Key="k", ChecksumMode="ENABLED")
        assert told[f"Checksum{name.upper()}"] == text_of(digest(name, piece))


@pytest.mark.parametrize("size", [3, MIB])
def test_a_wrong_signature_in_the_third_chunk(skyjar: Account, raw: Raw, size: int) -> None:
    iam = skyjar.client("iam")
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    issued = iam.create_access_key(UserName="u")["AccessKey"]
    stamp = skyjar.running.call(lambda: skyjar.running.cloud.clock.now())
    signed = Signed(skyjar, raw, issued, stamp)
    pieces = [bytes([number]) * size for number in range(4)] + [b""]
    assert signed.put(pieces)[0] == 200
    skyjar.client("s3").delete_object(Bucket=raw.bucket, Key="k")
    sentence = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    for wrong in range(5):
        assert signed.put(pieces, wrong) == (403, "SignatureDoesNotMatch", sentence)
    assert keys(skyjar, raw) == []


class Signed:
    """Chunks with a signature each. Source: S3 API reference, "Signature calculations for the Authorization header: transferring payload in
    multiple chunks"."""

    def __init__(self, account: Account, raw: Raw, issued: dict[str, str], now: float) -> None:
        from datetime import UTC, datetime

        self._raw, self._id, self._host = raw, issued["AccessKeyId"], account.running.endpoint.removeprefix("http://")
        self._stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        self._scope = f"{self._stamp[:8]}/us-east-1/s3/aws4_request"
        self._key = ("AWS4" + issued["SecretAccessKey"]).encode()
        for part in self._scope.split("/"):
            self._key = hmac.digest(self._key, part.encode(), "sha256")

    def _sign(self, *lines: str) -> str:
        return hmac.digest(self._key, "\n".join(lines).encode(), "sha256").hex()

    def put(self, pieces: list[bytes], wrong: int | None = None) -> Answer:
        """With the signature of one piece wrong."""
        kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        named = {"host": self._host, "x-amz-content-sha256": kind, "x-amz-date": self._stamp,
                 "x-amz-decoded-content-length": str(sum(map(len, pieces)))}  # fmt: skip
        canonical = "\n".join(
            [
                "PUT",
                f"/{self._raw.bucket}/k",
                "",
                *(f"{name}:{value}" for name, value in named.items()),
                "",
                ";".join(named),
                kind,
            ]
        )
        last = self._sign("AWS4-HMAC-SHA256", self._stamp, self._scope, hashlib.sha256(canonical.encode()).hexdigest())
        head = (
            f"AWS4-HMAC-SHA256 Credential={self._id}/{self._scope}, SignedHeaders={';'.join(named)}, Signature={last}"
        )
        body, empty = b"", hashlib.sha256(b"").hexdigest()
        for number, piece in enumerate(pieces):
            last = self._sign(
                "AWS4-HMAC-SHA256-PAYLOAD", self._stamp, self._scope, last, empty, hashlib.sha256(piece).hexdigest()
            )
            told = last if number != wrong else last[:-1] + ("0" if last[-1] != "0" else "1")
            body += b"%x;chunk-signature=%b\r\n%b\r\n" % (len(piece), told.encode(), piece)
        del named["host"]
        return self._raw.ask("PUT", "/k", body, {"Authorization": head, **named})


# Parts

INVALID_PART = ("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
                "specified entity tag may not match the part's entity tag.")  # fmt: skip
MALFORMED = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)
ORDER = ("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
SMALL = ("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")


def test_parts_that_do_not_fit(skyjar: Account, raw: Raw) -> None:
    s3 = skyjar.client("s3")
    upload = s3.create_multipart_upload(Bucket=raw.bucket, Key="k")["UploadId"]
    where = {"Bucket": raw.bucket, "Key": "k", "UploadId": upload}
    etags = {
        n: s3.upload_part(**where, PartNumber=n, Body=body)["ETag"]
        for n, body in ((1, b"a" * 5 * MIB), (2, b"b"), (3, b"c"))
    }

    def error(call: Callable[[], Any]) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call()
        return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]

    def complete(*parts: tuple[int, str]) -> tuple[str, str]:
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        return error(lambda: s3.complete_multipart_upload(**where, MultipartUpload={"Parts": listed}))

    sentence = "Part number must be an integer between 1 and 10000, inclusive"
    for number in (0, 10_001, -1):
        assert error(lambda: s3.upload_part(**where, PartNumber=number, Body=b"")) == ("InvalidArgument", sentence)  # noqa: B023
    one, two, three = etags.items()
    assert complete(two, one) == complete(one, one) == complete(one, three, two) == ORDER
    assert complete(one, two, three) == SMALL
    assert complete(one, (4, two[1])) == complete(one, (2, one[1])) == complete(one, (2, "")) == INVALID_PART
    assert complete(one, (10_001, two[1])) == INVALID_PART
    assert complete((0, one[1])) == ("InvalidArgument", "PartNumber must be >= 1")
    assert complete() == MALFORMED
    assert error(lambda: s3.complete_multipart_upload(**where)) == MALFORMED
    for part in ({"ETag": one[1]}, {"PartNumber": 1}):
        assert error(lambda: s3.complete_multipart_upload(**where, MultipartUpload={"Parts": [part]})) == MALFORMED  # noqa: B023
    assert raw.ask("POST", f"/k?uploadId={upload}", b"<CompleteMultipartUpload><Part>")[1:] == MALFORMED
    gone = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    assert error(lambda: s3.upload_part(**{**where, "UploadId": "x"}, PartNumber=1, Body=b"")) == ("NoSuchUpload", gone)
    assert keys(skyjar, raw) == []
    s3.complete_multipart_upload(
        **where, MultipartUpload={"Parts": [{"PartNumber": n, "ETag": etags[n]} for n in (1, 2)]}
    )
    assert s3.get_object(Bucket=raw.bucket, Key="k")["Body"].read() == b"a" * 5 * MIB + b"b"
    assert complete(one)[0] == "NoSuchUpload"


# Select


@pytest.mark.parametrize(("packing", "pack"), [("GZIP", gzip.compress), ("BZIP2", bz2.compress)])
def test_packed_bombs(
    skyjar: Account, raw: Raw, monkeypatch: pytest.MonkeyPatch, packing: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(sources, "UNPACKED_BYTES", 1 << 23)
    s3 = skyjar.client("s3")

    def select(body: bytes, packing: str = packing, **form: Any) -> tuple[str, str]:
        s3.put_object(Bucket=raw.bucket, Key="k", Body=body)
        with pytest.raises(ClientError) as caught:
            answer = s3.select_object_content(
                Bucket=raw.bucket, Key="k", Expression="SELECT COUNT(*) FROM s3object", ExpressionType="SQL",
                InputSerialization={**(form or {"CSV": {}}), "CompressionType": packing}, OutputSerialization={"CSV": {}},
            )  # fmt: skip
            list(answer["Payload"])
        return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]

    lines, endless = pack(b"a\n" * (1 << 24)), pack(b"a" * (1 << 25))
    assert len(lines) < 100_000
    refused = ("NotImplemented", f"Skyjar selects from up to {1 << 23} bytes of unpacked content.")
    assert select(lines) == refused
    assert select(endless, JSON={"Type": "DOCUMENT"}) == refused
    assert select(endless)[0] == "OverMaxRecordSize"
    truncated = "Object decompression failed. Check that the object is properly compressed using the format specified in the request."
    assert select(pack(b"a,b\n" * 1000)[:-6]) == ("TruncatedInput", truncated)
    plain = "The file is not in a supported compression format. Only GZIP and BZIP2 are supported."
    assert select(b"a,b\n" * 1000) == select(lines, "ZIP") == ("InvalidCompressionFormat", plain)


# Heads

NOT_ALLOWED = (405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
RULES = {
    "?delete": ("POST", b"<Delete><Object><Key>k</Key></Object></Delete>"),
    "?cors": ("PUT", b"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
              b"</CORSConfiguration>"),
    "?tagging": ("PUT", b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"),
    "?lifecycle": ("PUT", b"<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days>"
                   b"</Expiration></Rule></LifecycleConfiguration>"),
}  # fmt: skip


@pytest.mark.parametrize("query", RULES)
def test_documents_that_need_a_digest(skyjar: Account, raw: Raw, query: str) -> None:
    skyjar.client("s3").put_object(Bucket=raw.bucket, Key="k")
    method, document = RULES[query]
    missing = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    assert raw.ask(method, query, document) == (400, "InvalidRequest", missing)
    assert keys(skyjar, raw) == ["k"]
    digest_md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    assert raw.ask(method, query, document, {"Content-MD5": digest_md5})[0] in (200, 204)
    sha256 = base64.b64encode(hashlib.sha256(document).digest()).decode()
    assert raw.ask(method, query, document, {"x-amz-checksum-sha256": sha256})[0] in (200, 204)


def test_a_body_of_unknown_length(skyjar: Account, raw: Raw) -> None:
    """HTTP's own chunks are for aws-chunked bodies alone, which say their length otherwise."""
    text = "A header you provided implies functionality that is not implemented"
    chunked = {"Transfer-Encoding": "chunked"}
    for path in ("/k", "/k?partNumber=1&uploadId=u"):
        connection = http.client.HTTPConnection(raw._host, timeout=20)
        connection.request(
            "PUT", f"/{raw.bucket}{path}", iter([b"abc"]), {**raw._signed, **chunked}, encode_chunked=True
        )
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        assert answer.status == 501
        assert text in body
        assert "<Header>Transfer-Encoding</Header>" in body
    assert keys(skyjar, raw) == []


def test_announced_checksums(skyjar: Account, raw: Raw) -> None:
    name = "x-amz-sdk-checksum-algorithm"
    absent = f"{name} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
    assert raw.ask("PUT", "/k", b"x", {name: "crc32"}) == (400, "InvalidRequest", absent)
    wrong = f"Value for {name} header is invalid."
    sums = {"x-amz-checksum-crc32": base64.b64encode(digest("crc32", b"x")).decode()}
    assert raw.ask("PUT", "/k", b"x", {name: "SHA256", **sums}) == (400, "InvalidRequest", wrong)
    assert keys(skyjar, raw) == []
    assert raw.ask("PUT", "/k", b"x", {name: "CRC32", **sums})[0] == 200


def test_half_of_a_part_is_no_object(skyjar: Account, raw: Raw) -> None:
    told = (400, "InvalidArgument", "This operation does not accept a query-string.")
    for query in ("uploadId=u", "partNumber=1"):
        assert raw.ask("PUT", f"/k?{query}", b"x") == told
    assert keys(skyjar, raw) == []


def test_versions_without_a_name(skyjar: Account, raw: Raw) -> None:
    skyjar.client("s3").put_object(Bucket=raw.bucket, Key="k")
    empty = (400, "InvalidArgument", "Version id cannot be the empty string")
    invalid = (400, "InvalidArgument", "Invalid version id specified")
    for method, query in (("GET", ""), ("GET", "&tagging"), ("DELETE", "")):
        assert raw.ask(method, f"/k?versionId={query}") == empty
        assert raw.ask(method, f"/k?versionId=nothing{query}") == invalid
    assert keys(skyjar, raw) == ["k"]


def test_methods_that_there_are_not(raw: Raw) -> None:
    assert raw.ask("POST", "/k", b"") == NOT_ALLOWED
    assert raw.ask("PATCH", "/k", b"") == NOT_ALLOWED
    assert raw.ask("PATCH", "", b"") == NOT_ALLOWED
    told = "At least one of the pre-conditions you specified did not hold"
    assert raw.ask("POST", "", b"x", {"Content-Type": "text/plain"}) == (412, "PreconditionFailed", told)


def test_attributes_that_there_are_not(skyjar: Account, raw: Raw) -> None:
    """Not even the object's body is an answer."""
    skyjar.client("s3").put_object(Bucket=raw.bucket, Key="k", Body=b"secret")
    wrong = (400, "InvalidArgument", "Invalid attribute name specified.")
    assert raw.ask("GET", "/k?attributes", headers={"x-amz-object-attributes": "Nothing"}) == wrong
    missing = (400, "InvalidRequest", "Missing required header for this request: x-amz-object-attributes")
    assert raw.ask("GET", "/k?attributes") == missing


@pytest.mark.parametrize(
    ("query", "name"), [("?uploads&max-uploads=-1", "max-uploads"), ("?max-keys=-1", "maxKeys"), ("/k?uploadId=U&max-parts=-1", "max-parts")]
)  # fmt: skip
def test_pages_of_less_than_nothing(skyjar: Account, raw: Raw, query: str, name: str) -> None:
    upload = skyjar.client("s3").create_multipart_upload(Bucket=raw.bucket, Key="k")["UploadId"]
    sentence = f"Argument {name} must be an integer between 0 and 2147483647"
    assert raw.ask("GET", query.replace("=U", f"={upload}")) == (400, "InvalidArgument", sentence)


def test_encodings_that_there_are_not(raw: Raw) -> None:
    told = (400, "InvalidArgument", "Invalid Encoding Method specified in Request")
    for listing in ("uploads&", "versions&", "list-type=2&", ""):
        assert raw.ask("GET", f"?{listing}encoding-type=xml") == told


def test_a_redirect_that_leads_nowhere(skyjar: Account, raw: Raw) -> None:
    sentence = "The website redirect location must have a prefix of &apos;http://&apos; or &apos;https://&apos; or &apos;/&apos;."
    told = raw.ask("PUT", "/k", b"x", {"x-amz-website-redirect-location": "elsewhere"})
    assert told in (
        (400, "InvalidRedirectLocation", sentence),
        (400, "InvalidRedirectLocation", sentence.replace("&apos;", "'")),
    )
    assert keys(skyjar, raw) == []


def test_metadata_beyond_ascii_is_shown_as_mail_shows_it(raw: Raw) -> None:
    """The example of the User Guide: what is sent as UTF-8 is read byte by byte."""
    raw.send("PUT", "/k", b"x", {"x-amz-meta-nonascii": "ÄMÄZÕÑ S3".encode().decode("latin-1")})
    connection = http.client.HTTPConnection(raw._host, timeout=20)
    connection.request("HEAD", f"/{raw.bucket}/k", headers=raw._signed)
    assert connection.getresponse().headers["x-amz-meta-nonascii"] == "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="
    connection.close()


def test_what_is_to_be_locked_comes_with_a_digest(skyjar: Account) -> None:
    """Or with its signed SHA-256, over plain HTTP."""
    s3, raw = skyjar.client("s3"), Raw(skyjar, f"locked-{skyjar.number}")
    s3.create_bucket(Bucket=raw.bucket, ObjectLockEnabledForBucket=True)
    md5, sha256 = base64.b64encode(hashlib.md5(b"x").digest()).decode(), hashlib.sha256(b"x").hexdigest()
    held = {"x-amz-object-lock-legal-hold": "ON"}
    text = "Content-MD5 OR x-amz-checksum- HTTP header is required for {} requests with Object Lock parameters"
    assert raw.ask("PUT", "/k", b"x") == (200, "", "")
    assert raw.ask("PUT", "/k", b"x", held) == (400, "InvalidRequest", text.format("Put Object"))
    assert raw.ask("PUT", "/k", b"x", {**held, "Content-MD5": md5})[0] == 200
    assert raw.ask("PUT", "/k", b"x", {**held, "x-amz-content-sha256": sha256})[0] == 200
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=raw.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    assert raw.ask("PUT", "/k", b"x") == (400, "InvalidRequest", text.format("Put Object"))
    upload = s3.create_multipart_upload(Bucket=raw.bucket, Key="m")["UploadId"]
    part = f"/m?partNumber=1&uploadId={upload}"
    assert raw.ask("PUT", part, b"x") == (400, "InvalidRequest", text.format("Put Part"))
    assert raw.ask("PUT", part, b"x", {"Content-MD5": md5})[0] == 200


def test_a_write_says_how_long_it_is(raw: Raw) -> None:
    told = (411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    assert raw.ask("PUT", "/k") == told
    assert raw.ask("PUT", "/k", headers={"Content-Length": "0"})[0] == 200
    assert raw.ask("PUT", "?acl", headers={"x-amz-acl": "bucket-owner-full-control"})[1] != told[1]


def test_encryption_is_asked_for_only_where_something_is_begun(raw: Raw, skyjar: Account) -> None:
    s3 = skyjar.client("s3")
    asked = {"x-amz-server-side-encryption": "AES256"}
    assert raw.ask("PUT", "/k", b"x", asked)[0] == 200
    upload = s3.create_multipart_upload(Bucket=raw.bucket, Key="m")["UploadId"]
    sentence = "x-amz-server-side-encryption header is not supported for this operation."
    for method, path, body in (
        ("GET", "/k", None),
        ("GET", "", None),
        ("PUT", f"/m?partNumber=1&uploadId={upload}", b"x"),
    ):
        assert raw.ask(method, path, body, asked) == (400, "InvalidArgument", sentence)
    assert raw.send("HEAD", "/k", headers=asked) == (400, b"")
    told = (400, "InvalidArgument", "The encryption method specified is not supported")
    assert raw.ask("PUT", "/k", b"x", {"x-amz-server-side-encryption": "aes:kms"}) == told


def test_a_digest_that_is_empty(raw: Raw) -> None:
    assert raw.ask("PUT", "/k", b"x", {"Content-MD5": ""})[:2] == (400, "InvalidDigest")


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("AWS HAHAHA", 400, "InvalidArgument"),
        ("AWS4-HMAC-SHA256 Credential=HAHAHA", 400, "AuthorizationHeaderMalformed"),
        ("Basic dXNlcjpwYXNz", 400, "InvalidArgument"),
        ("", 403, "AccessDenied"),
    ],
)
def test_what_is_no_signature_is_refused_in_xml(raw: Raw, authorization: str, status: int, code: str) -> None:
    assert raw.ask("GET", "/k", headers={"Authorization": authorization})[:2] == (status, code)


def test_metadata_that_is_not_ascii_travels_as_mail_does(raw: Raw, skyjar: Account) -> None:
    raw.send("PUT", "/k", b"x", {"x-amz-meta-a": "ÄMÄZÕÑ S3".encode().decode("latin-1"), "x-amz-meta-b": "plain"})
    head = skyjar.client("s3").head_object(Bucket=raw.bucket, Key="k")
    assert head["Metadata"] == {"a": "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "b": "plain"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("aws-chunked", None), ("gzip, aws-chunked", "gzip"), ("aws-chunked,deflate, gzip", "deflate,gzip"),
     ("deflate, gzip", "deflate, gzip")],
)  # fmt: skip
def test_of_the_encoding_all_but_the_chunks_is_kept(raw: Raw, skyjar: Account, sent: str, kept: str | None) -> None:
    raw.send("PUT", "/k", b"x", {"Content-Encoding": sent})
    assert skyjar.client("s3").head_object(Bucket=raw.bucket, Key="k").get("ContentEncoding") == kept


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_url_that_has_expired_is_refused_whoever_signed_it(raw: Raw, skyjar: Account, version: str) -> None:
    """Also of keys that Skyjar never issued, of which nothing else is looked at."""
    skyjar.client("s3").put_object(Bucket=raw.bucket, Key="k", Body=b"x")
    now = time.time()
    for seconds, status in ((-60, 403), (60, 200)):
        if version == "s3":
            query = f"AWSAccessKeyId={skyjar.number}&Signature=x&Expires={int(now) + seconds}"
        else:
            stamp = datetime.fromtimestamp(now + seconds - 600, UTC).strftime("%Y%m%dT%H%M%SZ")
            scope = f"{skyjar.number}/{stamp[:8]}/us-east-1/s3/aws4_request"
            query = (
                f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(scope, safe='')}&X-Amz-Date={stamp}"
                f"&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
            )
        connection = http.client.HTTPConnection(skyjar.running.endpoint.removeprefix("http://"), timeout=20)
        connection.request("GET", f"/{raw.bucket}/k?{query}")
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert (answer.status, b"Request has expired" in body) == (status, status == 403)
