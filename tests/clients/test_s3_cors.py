"""S3's CORS as browsers see it: raw HTTP, path style and virtual hosts."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any

import pytest

from skyjar.testing.running import Account, running

pytestmark = pytest.mark.client
APP, OTHER = "https://app.example.com", "https://evil.example.net"
RULES = [
    {
        "AllowedMethods": ["GET", "PUT"],
        "AllowedOrigins": [APP],
        "AllowedHeaders": ["x-amz-*", "Content-Type"],
        "ExposeHeaders": ["ETag", "x-amz-meta-a"],
        "MaxAgeSeconds": 3000,
    },
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.org"]},
    {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"]},
]
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
Answer = tuple[int, dict[str, str], str]


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"bucket-{skyjar.number}"
    s3 = skyjar.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"hello")
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": RULES})
    return name


def send(account: Account, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(account.running.endpoint.partition("//")[2], timeout=10)
    connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


def signed(account: Account, bucket: str, operation: str = "get_object", key: str = "k") -> str:
    url: str = account.client("s3").generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key})
    return url.removeprefix(account.running.endpoint)


def ask(account: Account, path: str, origin: str, method: str, **headers: str) -> Answer:
    return send(account, "OPTIONS", path, Origin=origin, Access_Control_Request_Method=method, **headers)


def test_a_preflight_is_answered_from_the_first_rule_that_admits_it(skyjar: Account, bucket: str) -> None:
    wanted = "X-Amz-Date, content-type"
    status, headers, body = ask(skyjar, f"/{bucket}/k", APP, "PUT", Access_Control_Request_Headers=wanted)
    found = {name: value for name, value in headers.items() if name.startswith("access-control-")}
    assert (status, body, headers["vary"]) == (200, "", VARY)
    assert found == {
        "access-control-allow-origin": APP,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "x-amz-date, content-type",
        "access-control-expose-headers": "ETag, x-amz-meta-a",
        "access-control-max-age": "3000",
    }
    status, headers, _ = ask(skyjar, f"/{bucket}", "https://any.where", "HEAD")
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    ("origin", "method", "wanted"),
    [(OTHER, "GET", ""), (APP, "DELETE", ""), (APP, "GET", "authorization"), ("https://example.org", "GET", "")],
)
def test_a_preflight_that_no_rule_admits_is_forbidden(
    skyjar: Account, bucket: str, origin: str, method: str, wanted: str
) -> None:
    more = {"Access_Control_Request_Headers": wanted} if wanted else {}
    status, headers, body = ask(skyjar, f"/{bucket}/k", origin, method, **more)
    assert status == 403
    assert "access-control-allow-origin" not in headers
    assert "<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed." in body
    assert f"<Method>{method}</Method><ResourceType>OBJECT</ResourceType>" in body


def test_preflights_that_ask_nothing_or_of_nothing(skyjar: Account, bucket: str) -> None:
    assert "Origin request header needed" in send(skyjar, "OPTIONS", f"/{bucket}/k")[2]
    status, _, body = send(skyjar, "OPTIONS", f"/{bucket}/k", Origin=APP)
    assert (status, "Invalid Access-Control-Request-Method: null" in body) == (400, True)
    skyjar.client("s3").delete_bucket_cors(Bucket=bucket)
    status, _, body = ask(skyjar, f"/{bucket}", APP, "GET")
    assert (status, "CORS is not enabled for this bucket." in body) == (403, True)
    assert "<ResourceType>BUCKET</ResourceType>" in body
    assert "Bucket not found" in ask(skyjar, "/no-such-bucket-here/k", APP, "GET")[2]


def test_answers_and_errors_carry_the_headers(skyjar: Account, bucket: str) -> None:
    status, headers, body = send(skyjar, "GET", signed(skyjar, bucket), Origin=APP)
    assert (status, body, headers["access-control-allow-origin"], headers["vary"]) == (200, "hello", APP, VARY)
    assert headers["access-control-expose-headers"] == "ETag, x-amz-meta-a"
    status, headers, _ = send(skyjar, "GET", signed(skyjar, bucket, key="none"), Origin=APP)
    assert (status, headers["access-control-allow-origin"]) == (404, APP)
    status, headers, _ = send(skyjar, "GET", f"/{bucket}/k", Origin="https://www.example.org")
    assert (status, headers["access-control-allow-origin"]) == (403, "https://www.example.org")
    path = signed(skyjar, bucket, "put_object", "new")
    status, headers, _ = send(skyjar, "PUT", path, b"x" * 200_000, Origin=APP)
    assert (status, headers["access-control-allow-origin"]) == (200, APP)
    assert "vary" not in send(skyjar, "GET", signed(skyjar, bucket))[1]


def test_a_virtual_host_answers_the_same(skyjar: Account, bucket: str) -> None:
    for host in (f"{bucket}.s3.localhost", f"{bucket}.s3.us-east-1.amazonaws.com"):
        status, headers, _ = ask(skyjar, "/k", APP, "GET", Host=host)
        assert (status, headers["access-control-allow-origin"]) == (200, APP)
        status, headers, _ = send(skyjar, "GET", "/k", Host=host, Origin=APP)
        assert (status, headers["access-control-allow-origin"]) == (403, APP)


def test_a_website_and_a_form_answer_other_origins_by_the_same_rules(skyjar: Account, bucket: str) -> None:
    s3 = skyjar.client("s3")
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "k"}})
    for address, path in (
        (f"{bucket}.s3-website.us-east-1.localhost", "/k"),
        ("localhost", f"/_aws/s3-website/{bucket}/k"),
    ):
        status, headers, _ = ask(skyjar, path, APP, "GET", Host=address)
        assert (status, headers["access-control-allow-origin"]) == (200, APP)
        assert ask(skyjar, path, OTHER, "GET", Host=address)[0] == 403
        for origin, told in ((APP, APP), (OTHER, None)):
            status, headers, _ = send(skyjar, "GET", path, Host=address, Origin=origin)
            assert (status, headers.get("access-control-allow-origin")) == (403, told), (
                "nobody may read it, but the page may know"
            )
    form = {"Content_Type": "multipart/form-data; boundary=b", "Origin": APP}
    status, headers, _ = send(skyjar, "POST", f"/{bucket}", b"--b--", **form)
    assert (status, "access-control-allow-origin" in headers) == (403, False), "POST is in no rule"
    s3.put_bucket_cors(
        Bucket=bucket, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["POST"], "AllowedOrigins": [APP]}]}
    )
    status, headers, text = send(skyjar, "POST", f"/{bucket}", b"--b--", **form)
    assert (status, headers["access-control-allow-origin"], "<Code>InvalidArgument</Code>" in text) == (400, APP, True)


def test_a_foreign_page_without_a_rule_does_nothing(skyjar: Account, bucket: str) -> None:
    path = signed(skyjar, bucket, "put_object", "stolen")
    status, headers, _ = send(skyjar, "PUT", path, b"x", Origin=OTHER)
    assert (status, "access-control-allow-origin" in headers) == (403, False)
    assert "stolen" not in str(skyjar.client("s3").list_objects_v2(Bucket=bucket))
    target: dict[str, Any] = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Origin": APP}
    assert send(skyjar, "POST", f"/{bucket}", b"{}", **target)[0] == 403


def test_a_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with running(data=tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0


@pytest.mark.spec("s3-143", "s3-144", "s3-145", "s3-146", "s3-147", "s3-148")
def test_a_site_of_one_bucket_reads_from_another(skyjar: Account, bucket: str) -> None:
    """The rules stand at the bucket that is called; the first that admits origin, method and headers counts."""
    s3, site = skyjar.client("s3"), "http://site.s3-website.us-east-1.localhost"
    first = {"AllowedMethods": ["GET"], "AllowedOrigins": [site], "MaxAgeSeconds": 1}
    second = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": [site], "AllowedHeaders": ["*"], "MaxAgeSeconds": 2}
    third = {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 3}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [first, second, third]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [first, second, third]

    def age(origin: str, method: str, **more: str) -> str:
        status, headers, _ = ask(skyjar, f"/{bucket}/k", origin, method, **more)
        assert status == (200 if "access-control-allow-origin" in headers else 403)
        return headers.get("access-control-max-age", "")

    assert [age(site, "GET"), age(site, "PUT"), age(OTHER, "HEAD"), age(OTHER, "GET")] == ["1", "2", "3", ""]
    assert age(site, "GET", Access_Control_Request_Headers="x-anything") == "2"
    assert [age(f"{site}:8080", "GET"), age("http://other.localhost", "GET")] == ["", ""]
    status, headers, body = send(skyjar, "GET", signed(skyjar, bucket), Origin=site)  # simple: no preflight
    assert (status, body, headers["access-control-allow-origin"]) == (200, "hello", site)
    status, headers, _ = send(skyjar, "HEAD", signed(skyjar, bucket, "head_object"), Origin=OTHER)
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-origin" not in send(skyjar, "GET", signed(skyjar, bucket), Origin=OTHER)[1]
