"""Websites and browsers' forms, over HTTP as a browser speaks it."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import urllib.request
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import Config

from skyjar.edge.certificates import Authority
from skyjar.kernel.digests import digest
from skyjar.testing.running import Account

pytestmark = pytest.mark.client


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"www.site-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return name


def publish(s3: Any, bucket: str) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


class Site:
    def __init__(self, account: Account, bucket: str, host: str = ".s3-website.us-east-1.localhost") -> None:
        self.host, self.address = bucket + host, account.running.endpoint.removeprefix("http://")

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection(self.address)
        connection.request(method, path, headers={"Host": self.host, **headers})
        answer = connection.getresponse()
        try:
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
        finally:
            connection.close()


@pytest.mark.spec("s3-140")
def test_a_domain_of_ones_own_is_the_bucket_of_its_name_and_nothing_else(skyjar: Account) -> None:
    s3, name = skyjar.client("s3"), f"www.site-{skyjar.number}.org"
    site = Site(skyjar, name, "")
    assert (site.get("/")[0], b"not one of Skyjar's" in site.get("/")[1]) == (400, True)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_object(Bucket=name, Key="index.html", Body=b"home")
    s3.put_object(Bucket=name, Key="docs/index.html", Body=b"docs")
    publish(s3, name)
    assert site.get("/")[1] == b"home"
    assert site.get("/docs")[2]["location"] == "/docs/"
    assert Site(skyjar, name, ":80").get("/docs/")[1] == b"docs"
    assert Site(skyjar, f"other.site-{skyjar.number}.org", "").get("/")[0] == 400
    for path in ("/_skyjar/health", f"/_aws/s3-website/{name}/", "/_aws/execute-api/a/b"):
        status, body, _ = site.get(path, **{"X-Amz-Target": "AmazonSQS.ListQueues"})
        assert (status, b"<li>Code: AccessDenied</li>" in body) == (403, True), "which is an object that is not there"
    assert site.get("/?Action=GetCallerIdentity&Version=2011-06-15")[1] == b"home"
    assert site.get("/", "POST")[0] == 405
    s3.delete_bucket_website(Bucket=name)
    assert site.get("/")[0] == 400


@pytest.mark.spec("s3-137", "s3-138", "s3-141")
def test_a_website(skyjar: Account, bucket: str) -> None:
    s3, site = skyjar.client("s3"), Site(skyjar, bucket)
    assert site.get("/")[0] == 404
    website = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    back = s3.get_bucket_website(Bucket=bucket)
    assert {name: back[name] for name in website} == website
    big = b"<p>" + b"x" * 100_000
    for key, body in (("index.html", b"home"), ("docs/index.html", big), ("error.html", b"sorry")):
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/html")
    status, body, headers = site.get("/")
    assert (status, b"<li>Code: AccessDenied</li>" in body, headers["content-type"]) == (
        403, True, "text/html; charset=utf-8")  # fmt: skip
    s3.delete_public_access_block(Bucket=bucket)
    assert site.get("/")[0] == 403
    publish(s3, bucket)
    status, body, headers = site.get("/")
    assert (status, body, headers["content-type"]) == (200, b"home", "text/html")
    assert Site(skyjar, bucket, ".s3-website-us-east-1.amazonaws.com").get("/")[1] == b"home"
    assert site.get("/docs/")[:2] == (200, big)
    assert (site.get("/docs")[0], site.get("/docs")[2]["location"]) == (302, "/docs/")
    assert site.get("/Index.html")[:2] == (403, b"sorry")  # nobody may list, so nobody is told that it is not there
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*",
                 "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert site.get("/missing")[:2] == (404, b"sorry")
    s3.delete_object(Bucket=bucket, Key="error.html")
    status, body, _ = site.get("/missing")
    assert (status, b"<li>Code: NoSuchKey</li>" in body, b"Custom Error Document" in body) == (404, True, True)
    assert site.get("/index.html", Range="bytes=1-2")[:2] == (206, b"om")
    etag = site.get("/index.html")[2]["etag"]
    assert site.get("/index.html", **{"If-None-Match": etag})[0] == 304
    head = site.get("/index.html", "HEAD")
    assert (head[0], head[1], head[2]["content-length"]) == (200, b"", "4")
    assert site.get("/index.html", "PUT")[0] == 405
    with urllib.request.urlopen(f"{skyjar.running.endpoint}/_aws/s3-website/{bucket}/") as answer:
        assert answer.read() == b"home"
    s3.delete_bucket_website(Bucket=bucket)
    assert b"NoSuchWebsiteConfiguration" in site.get("/")[1]
    assert b"NoSuchBucket" in Site(skyjar, "no-such-bucket-anywhere").get("/")[1]


@pytest.mark.spec("s3-139")
def test_a_website_speaks_http_only(skyjar: Account, bucket: str) -> None:
    s3, domain, cloud = skyjar.client("s3"), f"www.plain-{skyjar.number}.org", skyjar.running
    authority = cloud.call(lambda: Authority(cloud.cloud.data / "certificates"))
    trusting = ssl.create_default_context(cafile=str(authority.certificate_path))
    trusting.check_hostname = False
    for name in (bucket, domain):
        if name == domain:
            s3.create_bucket(Bucket=name)
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
        s3.put_object(Bucket=name, Key="index.html", Body=b"home")
        publish(s3, name)
    host, _, port = cloud.endpoint.removeprefix("http://").rpartition(":")

    def secure(shaken: str, asked: str, path: str = "/") -> tuple[int, bytes]:
        """The answer to a request for one name on a connection whose handshake named another."""
        with (
            socket.create_connection((host, int(port))) as plain,
            trusting.wrap_socket(plain, server_hostname=shaken) as talk,
        ):
            talk.sendall(f"GET {path} HTTP/1.1\r\nHost: {asked}\r\nConnection: close\r\n\r\n".encode())
            with talk.makefile("rb") as file:
                text = file.read()
        return int(text.split(b" ")[1]), text.partition(b"\r\n\r\n")[2]

    names = [bucket + end for end in (".s3-website.us-east-1.localhost", ".s3-website-us-east-1.amazonaws.com",
                                      ".s3-website.eu-central-1.amazonaws.com")]  # fmt: skip
    for name in (*names, domain):
        assert Site(skyjar, name, "").get("/")[:2] == (200, b"home")
        with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
            secure(name, name)
        assert secure("localhost", name) == (421, b"Website endpoints speak HTTP only.\n")
    assert secure("localhost", "localhost", f"/_aws/s3-website/{bucket}/")[0] == 421
    assert secure(f"{bucket}.s3.localhost", f"{bucket}.s3.localhost", "/index.html") == (200, b"home")


def test_redirects_of_a_website(skyjar: Account, bucket: str) -> None:
    s3, site = skyjar.client("s3"), Site(skyjar, bucket)
    publish(s3, bucket)
    rules = [
        {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
        {"Condition": {"KeyPrefixEquals": "away"}, "Redirect": {"HostName": "example.com", "Protocol": "https",
                                                                "HttpRedirectCode": "307", "ReplaceKeyWith": "a b"}},
        {"Condition": {"HttpErrorCodeReturnedEquals": "403"}, "Redirect": {"ReplaceKeyWith": "login"}},
    ]  # fmt: skip
    s3.put_bucket_website(
        Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": rules}
    )
    s3.put_object(Bucket=bucket, Key="moved", Body=b"", WebsiteRedirectLocation="/elsewhere")

    def location(path: str) -> tuple[int, str]:
        status, _, headers = site.get(path)
        return status, headers["location"]

    assert location("/old/x.html") == (301, f"http://{site.host}/new/x.html")
    assert location("/away") == (307, "https://example.com/a%20b")
    assert location("/missing") == (301, f"http://{site.host}/login")
    assert location("/moved") == (301, "/elsewhere")
    everything = {"RedirectAllRequestsTo": {"HostName": "example.org", "Protocol": "https"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=everything)
    assert location("/a/b") == (301, "https://example.org/a/b")


def post(
    skyjar: Account,
    bucket: str,
    fields: dict[str, str],
    body: bytes,
    name: str = "c.txt",
    change: Callable[[bytes], bytes] = bytes,
) -> tuple[int, bytes, Any]:
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    data = "".join(parts).encode() + file.encode() + body + f"\r\n--{boundary}--\r\n".encode()
    connection = http.client.HTTPConnection(skyjar.running.endpoint.removeprefix("http://"))
    connection.request(
        "POST", f"/{bucket}", change(data), {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    answer = connection.getresponse()
    try:
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("is_issued", [False, True])
def test_a_form_uploads_what_its_policy_permits(skyjar: Account, bucket: str, is_issued: bool, version: str) -> None:
    s3 = signer = skyjar.client("s3", Config(signature_version=version))
    if is_issued:
        iam = skyjar.client("iam")
        iam.create_user(UserName="u")
        iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
        keys = iam.create_access_key(UserName="u")["AccessKey"]
        signer = skyjar.client(
            "s3",
            Config(signature_version=version),
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
        )
    made = signer.generate_presigned_post(
        bucket,
        "up/${filename}",
        Fields={"success_action_status": "201", "x-amz-meta-by": "form"},
        Conditions=[
            {"success_action_status": "201"},
            ["starts-with", "$x-amz-meta-by", "fo"],
            ["content-length-range", 1, 9],
        ],
    )["fields"]
    status, body, headers = post(skyjar, bucket, made, b"hello\r\n--")
    assert (status, b"<Key>up/c.txt</Key>" in body, headers["ETag"] is not None) == (201, True, True)
    got = s3.get_object(Bucket=bucket, Key="up/c.txt")
    assert (got["Body"].read(), got["Metadata"]) == (b"hello\r\n--", {"by": "form"})

    def refused(fields: dict[str, str], body: bytes = b"x") -> tuple[int, str]:
        status, text, _ = post(skyjar, bucket, fields, body)
        return status, text.decode().partition("<Code>")[2].partition("</Code>")[0]

    assert refused({**made, "x-amz-meta-by": "me"}) == (403, "AccessDenied")
    assert refused({**made, "x-amz-meta-extra": "me"}) == (403, "AccessDenied")
    assert refused(made, b"0123456789") == (400, "EntityTooLarge")
    assert refused(made, b"") == (400, "EntityTooSmall")
    assert refused({**made, "policy": "bm9uc2Vuc2U="})[0] in (400, 403)
    assert refused({"key": "anonymous"}) == (403, "AccessDenied")
    if is_issued:
        name = "x-amz-signature" if version == "s3v4" else "signature"
        assert refused({**made, name: "0" * 64}) == (403, "SignatureDoesNotMatch")


def test_a_form_tells_of_an_object_what_a_header_would(skyjar: Account, bucket: str) -> None:
    """Tags, checksums and encryption are fields; a field of S3's that is not there is refused by name."""
    s3 = skyjar.client("s3")
    tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    fields = {"tagging": tagging, "x-amz-checksum-crc32": crc, "x-amz-server-side-encryption": "AES256", "Cache-Control": "no-cache",
              "Expires": "Wed, 21 Oct 2026 07:28:00 GMT", "x-amz-storage-class": "STANDARD_IA"}  # fmt: skip
    conditions = [{name: value} for name, value in fields.items()]
    given = {**s3.generate_presigned_post(bucket, "k", Conditions=conditions)["fields"], **fields}
    assert post(skyjar, bucket, given, b"hello")[0] == 204
    found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    told = (
        found["ChecksumCRC32"],
        found["CacheControl"],
        found["ExpiresString"],
        found["StorageClass"],
        found["TagCount"],
    )
    assert told == (crc, "no-cache", fields["Expires"], "STANDARD_IA", 1)
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "b"}]
    status, text, _ = post(skyjar, bucket, given, b"hollo")
    assert (status, b"<Code>BadDigest</Code>" in text) == (400, True)
    for name in ("md5", "sha512", "xxhash64", "xxhash3", "xxhash128"):
        held = {f"x-amz-checksum-{name}": base64.b64encode(digest(name, b"hello")).decode()}
        made = {**s3.generate_presigned_post(bucket, "k", Conditions=[held])["fields"], **held}
        assert post(skyjar, bucket, made, b"hello")[0] == 204
        (value,) = held.values()
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[f"Checksum{name.upper()}"] == value
        status, text, _ = post(skyjar, bucket, made, b"hollo")
        assert (status, b"<Code>BadDigest</Code>" in text) == (400, True)
    unknown = s3.generate_presigned_post(bucket, "k", Fields={"x-amz-new": "1"}, Conditions=[{"x-amz-new": "1"}])[
        "fields"
    ]
    status, text, _ = post(skyjar, bucket, unknown, b"hello")
    assert (status, b"Skyjar does not implement the field x-amz-new of a form." in text) == (501, True)


@pytest.mark.parametrize("size", [5, 3_000_000])  # held in memory, and streamed
def test_a_form_that_cannot_be_taken_leaves_nothing(skyjar: Account, bucket: str, size: int) -> None:
    s3, body = skyjar.client("s3"), b"x" * size

    def sent(change: Callable[[bytes], bytes] = bytes, **fields: str) -> tuple[int, str]:
        made = s3.generate_presigned_post(bucket, "k", Conditions=[{name: value} for name, value in fields.items()])[
            "fields"
        ]
        status, text, _ = post(skyjar, bucket, {**made, **fields}, body, change=change)
        return status, text.decode().partition("<Code>")[2].partition("</Code>")[0]

    wrong = base64.b64encode(bytes(4)).decode()
    assert sent(**{"x-amz-checksum-crc32": wrong}) == (400, "BadDigest")
    assert sent(**{"content-md5": base64.b64encode(bytes(16)).decode()}) == (400, "BadDigest")
    assert sent(**{"x-ignore-a": "y" * 21_000}) == (400, "MaxPostPreDataLengthExceeded")
    assert sent(lambda data: data[: -len(uuid.uuid4().hex) - 8]) == (400, "MalformedPOSTRequest")
    assert sent(lambda data: data.replace(b'name="file"', b'name="flie"')) == (
        400, "InvalidArgument" if size < 20_000 else "MaxPostPreDataLengthExceeded")  # fmt: skip
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    assert sent(**{"x-amz-checksum-crc32": crc}) == (204, "")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_a_page_s_own_script_gets_the_path_that_there_is_not(skyjar: Account, bucket: str) -> None:
    """What a rule says goes into the URL as it is: `#!/` is no part of a key."""
    s3, site = skyjar.client("s3"), Site(skyjar, bucket)
    publish(s3, bucket)
    missing = {"KeyPrefixEquals": "app/", "HttpErrorCodeReturnedEquals": "403"}
    rules = [
        {"Condition": missing, "Redirect": {"HostName": "example.com", "ReplaceKeyPrefixWith": "#!/"}},
        {
            "Condition": {"KeyPrefixEquals": "ask"},
            "Redirect": {"HostName": "example.com", "ReplaceKeyWith": "page?a=b c"},
        },
    ]
    s3.put_bucket_website(
        Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": rules}
    )
    assert site.get("/app/a%20b?x=1")[2]["location"] == "http://example.com/#!/a%20b"
    assert site.get("/ask/more")[2]["location"] == "http://example.com/page?a=b%20c"


def test_what_a_website_refuses_it_refuses_in_s3_s_words(skyjar: Account, bucket: str) -> None:
    status, body, _ = Site(skyjar, bucket).get("/", "OPTIONS")
    assert (status, b"<Code>BadRequest</Code>" in body) == (400, True)


def test_a_form_that_is_not_of_several_parts(skyjar: Account, bucket: str) -> None:
    request = urllib.request.Request(f"{skyjar.running.endpoint}/{bucket}", b"key=k&file=x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    text = refused.value.read()
    assert (refused.value.code, b"<Code>PreconditionFailed</Code>" in text) == (412, True)
    assert b"<Condition>Bucket POST must be of the enclosure-type multipart/form-data</Condition>" in text
