"""S3 as a browser meets it: headless Chromium opens pages, posts forms, fetches across origins and reads websites. Skipped where
Chromium is not installed (`tools/install.sh`).

Chromium is driven by its own DevTools protocol. It takes every name for this machine's, so that a page can be of any origin: one of
`app.example.com` is foreign to Skyjar, one of `localhost` is the developer's own.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from skyjar.testing.running import Account

PROGRAM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is missing: apt install chromium-headless-shell"),
]
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0",
         "--host-resolver-rules=MAP * 127.0.0.1", "about:blank")  # fmt: skip
PATIENCE_S = 20


class Page:
    """A tab of the browser."""

    def __init__(self, talk: ClientConnection) -> None:
        self._talk, self._number, self._session = talk, 0, ""
        context = self._ask("Target.createBrowserContext")["browserContextId"]
        target = self._ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Page.enable")

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        self._talk.send(json.dumps({"id": self._number, "method": method, "params": parameters, **session}))
        found = self._until(lambda told: told.get("id") == self._number)
        assert "error" not in found, found
        return found["result"]

    def _until(self, is_wanted: Any) -> dict[str, Any]:
        while True:
            told: dict[str, Any] = json.loads(self._talk.recv(PATIENCE_S))
            if is_wanted(told):
                return told

    def _loaded(self) -> None:
        self._until(lambda told: told.get("method") == "Page.loadEventFired")

    def open(self, url: str) -> None:
        assert "errorText" not in self._ask("Page.navigate", url=url)
        self._loaded()

    def run(self, script: str) -> Any:
        """What the script, which may be a promise, comes to."""
        found = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def choose(self, selector: str, file: Path) -> None:
        """A file, in an `input` of the page."""
        root = self._ask("DOM.getDocument")["root"]["nodeId"]
        node = self._ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self._ask("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def submit(self) -> None:
        """Press the page's button, and wait for the page that follows."""
        self._ask("Runtime.evaluate", expression="document.querySelector('button').click()")
        self._loaded()

    @property
    def text(self) -> str:
        return str(self.run("document.documentElement.textContent"))

    def element(self, name: str) -> str | None:
        """The text of the first element of that name in an XML document that is shown."""
        return self.run(f"document.getElementsByTagName({json.dumps(name)})[0]?.textContent")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientConnection]:
    folder = tmp_path_factory.mktemp("chromium")
    words = [str(PROGRAM), f"--user-data-dir={folder}", *FLAGS]
    own = {**os.environ, "HOME": str(folder)}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=own, start_new_session=True) as process:
        try:
            assert process.stderr is not None
            address = next(filter(None, (re.search(r"listening on (ws://\S+)", line) for line in process.stderr)))[1]
            with connect(address, max_size=None) as talk:
                yield talk
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # what was started may be a script that starts the browser


@pytest.fixture
def page(browser: ClientConnection) -> Page:
    return Page(browser)


@contextmanager
def pages() -> Iterator[tuple[int, dict[str, str]]]:
    """A web server of somebody else, on a port of its own; its pages by path."""
    found = {"/": "<!doctype html><title>app</title>"}

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = found.get(self.path.partition("?")[0])
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class App:
    """An application of the web at an origin, with the pages that it serves."""

    def __init__(self, host: str, port: int, served: dict[str, str]) -> None:
        self.origin, self.served = f"http://{host}:{port}", served


@pytest.fixture(params=["app.example.com", "localhost"])
def app(request: pytest.FixtureRequest) -> Iterator[App]:
    with pages() as (port, served):
        yield App(request.param, port, served)


@pytest.fixture
def foreign() -> Iterator[App]:
    with pages() as (port, served):
        yield App("app.example.com", port, served)


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"browser-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return name


def allow(account: Account, bucket: str, *rules: dict[str, Any]) -> None:
    account.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})


# Forms

CONTENT = bytes(range(256)) * 12_000 + b"\r\n--\r\n"
NAME = 'ü +&; "q".bin'


def form_of(account: Account, bucket: str, fields: dict[str, str], *conditions: Any) -> str:
    """A page with the form that boto3 signs for that bucket."""
    given = account.client("s3").generate_presigned_post(
        bucket, "up/${filename}", Fields=fields, Conditions=[*({name: fields[name]} for name in fields), *conditions]
    )
    hidden = "".join(
        f"<input type=hidden name='{name}' value='{value}'>" for name, value in given["fields"].items()
    )  # fmt: skip
    return (
        f"<!doctype html><meta charset=utf-8><form method=post enctype=multipart/form-data action='{given['url']}'>{hidden}"
        "<input type=file name=file><button>Send</button></form>"
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / NAME
    made.write_bytes(CONTENT)
    return made


def send(page: Page, app: App, file: Path) -> None:
    page.open(f"{app.origin}/form")
    page.choose("input[type=file]", file)
    page.submit()


def test_a_form_uploads_a_file(skyjar: Account, bucket: str, app: App, page: Page, file: Path) -> None:
    s3 = skyjar.client("s3")
    allow(skyjar, bucket, {"AllowedMethods": ["POST"], "AllowedOrigins": ["http://app.example.com:*"]})
    fields = {"success_action_status": "201", "Content-Type": "application/x-test", "x-amz-meta-by": "form"}
    app.served["/form"] = form_of(skyjar, bucket, fields, ["content-length-range", 1, 10 << 20])
    send(page, app, file)
    [found] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert found["Key"] == "up/ü +&; %22q%22.bin", "as browsers send a quotation mark"
    got = s3.get_object(Bucket=bucket, Key=found["Key"])
    assert got["Body"].read() == CONTENT
    assert (got["ContentType"], got["Metadata"]) == ("application/x-test", {"by": "form"})
    told = [page.element(name) for name in ("Bucket", "Key", "ETag")]
    assert told == [bucket, found["Key"], got["ETag"]]


def test_a_form_leads_back_to_where_its_signer_said(
    skyjar: Account, bucket: str, app: App, page: Page, file: Path
) -> None:
    allow(skyjar, bucket, {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"]})
    app.served["/thanks"] = "<!doctype html><title>thanks</title>"
    back = f"{app.origin}/thanks?n=1"
    app.served["/form"] = form_of(skyjar, bucket, {"success_action_redirect": back})
    send(page, app, file)
    assert page.run("document.title") == "thanks"
    [found] = skyjar.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    told = page.run("Object.fromEntries(new URL(location.href).searchParams)")
    assert told == {"n": "1", "bucket": bucket, "key": found["Key"], "etag": found["ETag"]}


@pytest.mark.parametrize(
    ("condition", "code", "message"),
    [
        (["content-length-range", 1, 9], "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
        (["content-length-range", 1 << 25, 1 << 26], "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"),
        (["starts-with", "$key", "down/"], "AccessDenied", 'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "down/"]'),
    ],
)  # fmt: skip
def test_a_form_that_its_policy_does_not_permit_shows_why(
    skyjar: Account, bucket: str, app: App, page: Page, file: Path, condition: Any, code: str, message: str
) -> None:
    allow(skyjar, bucket, {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"]})
    app.served["/form"] = form_of(skyjar, bucket, {}, condition)
    send(page, app, file)
    assert [page.element("Code"), page.element("Message")] == [code, message]
    assert "Contents" not in skyjar.client("s3").list_objects_v2(Bucket=bucket)


def test_a_form_of_a_foreign_page_needs_a_rule(
    skyjar: Account, bucket: str, foreign: App, page: Page, file: Path
) -> None:
    """Here only: whoever knows the keys that everybody knows could sign it."""
    allow(skyjar, bucket, {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]})
    foreign.served["/form"] = form_of(skyjar, bucket, {})
    send(page, foreign, file)
    assert "Requests from pages of other sites are refused" in page.text
    assert "Contents" not in skyjar.client("s3").list_objects_v2(Bucket=bucket)


# fetch

FETCH = """(async () => {
  try {
    const answer = await fetch(%s, %s);
    return [answer.status, await answer.text(), Object.fromEntries(answer.headers)];
  } catch (error) { return error.name; }
})()"""


class Script:
    """A page's script that fetches with presigned URLs."""

    def __init__(self, account: Account, bucket: str, page: Page, app: App) -> None:
        self._s3, self._bucket, self._page = account.client("s3"), bucket, page
        page.open(f"{app.origin}/")

    def fetch(self, operation: str, key: str = "k", **options: Any) -> Any:
        """`[status, text, headers that the script may see]`, or the name of the error that is all it is told."""
        method = {"get_object": "GET", "put_object": "PUT", "delete_object": "DELETE", "head_object": "HEAD"}[operation]
        url = self._s3.generate_presigned_url(operation, Params={"Bucket": self._bucket, "Key": key})
        return self._page.run(FETCH % (json.dumps(url), json.dumps({"method": method, "cache": "no-store", **options})))


@pytest.fixture
def filled(skyjar: Account, bucket: str) -> str:
    skyjar.client("s3").put_object(Bucket=bucket, Key="k", Body=b"hello", Metadata={"a": "b"})
    return bucket


def body_of(account: Account, bucket: str, key: str = "k") -> bytes:
    return bytes(account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_without_a_rule_a_script_of_another_origin_is_told_nothing(
    skyjar: Account, filled: str, app: App, page: Page
) -> None:
    script = Script(skyjar, filled, page, app)
    assert script.fetch("get_object") == "TypeError"
    assert script.fetch("put_object", body="stolen") == "TypeError"
    assert script.fetch("delete_object") == "TypeError"
    assert body_of(skyjar, filled) == b"hello"


def test_with_a_rule_it_writes_and_reads_what_the_rule_says(skyjar: Account, filled: str, app: App, page: Page) -> None:
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": [app.origin], "AllowedHeaders": ["content-type", "x-amz-*"],
            "ExposeHeaders": ["ETag", "x-amz-meta-a"]}  # fmt: skip
    allow(skyjar, filled, rule)
    script = Script(skyjar, filled, page, app)
    status, text, seen = script.fetch("get_object")
    assert (status, text, seen["x-amz-meta-a"]) == (200, "hello", "b")
    assert "x-amz-request-id" not in seen, "which no rule exposes"
    big = "ü" * 1_000_000
    status, _, seen = script.fetch("put_object", "new", body=big, headers={"Content-Type": "text/x-own"})
    assert (status, seen["etag"]) == (200, skyjar.client("s3").head_object(Bucket=filled, Key="new")["ETag"])
    assert body_of(skyjar, filled, "new") == big.encode()
    status, text, _ = script.fetch("get_object", "absent")
    assert (status, "<Code>NoSuchKey</Code>" in text) == (404, True), "a script may read errors too"
    assert script.fetch("delete_object") == "TypeError", "a method that no rule has"
    assert script.fetch("put_object", body="x", headers={"x-other": "1"}) == "TypeError", "a header that no rule has"
    assert body_of(skyjar, filled) == b"hello"


def test_credentials_and_wildcards(skyjar: Account, filled: str, app: App, page: Page) -> None:
    script = Script(skyjar, filled, page, app)

    def fetch(origin: str, **options: str) -> Any:
        allow(skyjar, filled, {"AllowedMethods": ["GET"], "AllowedOrigins": [origin]})
        return script.fetch("get_object", **options)

    host, port = app.origin.rsplit(":", 1)
    half = f"http://*{host[-4:]}:{port}"
    assert [fetch(origin)[0] for origin in ("*", app.origin, half)] == [200, 200, 200]
    assert fetch("*", credentials="include") == "TypeError", "any origin is no origin to send credentials to"
    assert [fetch(origin, credentials="include")[0] for origin in (app.origin, half)] == [200, 200]
    assert fetch("http://*.example.net") == fetch(host) == fetch(app.origin.replace("http:", "https:")) == "TypeError"


def preflights(account: Account) -> int:
    records = account.running.call(lambda: account.running.cloud.pipeline.records.everything())
    return sum(1 for each in records if each.service == "s3" and each.operation == "")


@pytest.mark.parametrize("age", [None, 600])
def test_a_preflight_is_remembered_for_as_long_as_the_rule_says(
    skyjar: Account, filled: str, foreign: App, page: Page, age: int | None
) -> None:
    rule: dict[str, Any] = {
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": ["*"],
        "MaxAgeSeconds": 0 if age is None else age,
    }
    allow(skyjar, filled, rule)
    page.open(f"{foreign.origin}/")
    url = skyjar.client("s3").generate_presigned_url("put_object", Params={"Bucket": filled, "Key": "k"})
    before = preflights(skyjar)
    for n in range(3):
        assert page.run(FETCH % (json.dumps(url), json.dumps({"method": "PUT", "body": str(n)})))[0] == 200
    assert preflights(skyjar) - before == (3 if age is None else 1)
    assert body_of(skyjar, filled) == b"2"


# Websites


@pytest.mark.spec("s3-137", "s3-144")
def test_a_website_is_browsed_and_its_script_reads_from_another_bucket(
    skyjar: Account, filled: str, page: Page
) -> None:
    s3, name = skyjar.client("s3"), f"site-{skyjar.number}"
    port = skyjar.running.endpoint.rpartition(":")[2]
    site = f"http://{name}.s3-website.us-east-1.localhost:{port}"
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
                 "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}  # fmt: skip
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    rules = [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}}]
    website = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "sorry.html"}, "RoutingRules": rules}
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration=website)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": filled, "Key": "k"})
    script = f"<script>fetch({json.dumps(url)}).then((a) => a.text()).then((t) => {{ document.title = t }})</script>"
    for key, body in (("index.html", "<title>home</title><p id=p>x<script src=a.js></script>"), ("sorry.html", "<title>sorry</title>"),
                      ("docs/index.html", "<title>docs</title><a href=../index.html>home</a>"), ("script.html", script)):  # fmt: skip
        s3.put_object(Bucket=name, Key=key, Body=body.encode(), ContentType="text/html")
    s3.put_object(
        Bucket=name, Key="a.js", Body=b"document.getElementById('p').textContent = 'run'", ContentType="text/javascript"
    )

    def seen(path: str) -> tuple[str, str]:
        page.open(site + path)
        return page.run("document.title"), page.run("location.pathname")

    assert (seen("/"), page.run("document.getElementById('p').textContent")) == (("home", "/"), "run")
    assert seen("/docs") == ("docs", "/docs/")
    assert seen("/old/index.html") == ("docs", "/docs/index.html")
    assert seen("/nothing/here") == ("sorry", "/nothing/here")
    assert page.run("fetch('/nothing').then((a) => a.status)") == 404
    seen("/script.html")
    assert page.run(FETCH % (json.dumps(url), "{}")) == "TypeError"
    allow(skyjar, filled, {"AllowedMethods": ["GET"], "AllowedOrigins": [site]})
    seen("/script.html")
    titled = "new Promise((done) => { const look = () => document.title ? done(document.title) : setTimeout(look, 5); look() })"
    assert page.run(titled) == "hello"
    with pytest.raises(AssertionError, match="ERR_SSL"):
        page.open(site.replace("http:", "https:"))
