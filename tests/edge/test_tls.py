from __future__ import annotations

import ssl
import stat

import httpx
import pytest

from skyjar.edge.certificates import Authority
from skyjar.wire.http import FileSlice, Response

from .conftest import Client

GET = b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("name", ["localhost", "bucket.localhost", "b.s3.localhost", "127.0.0.1", "s3.amazonaws.com"])
def test_tls_is_spoken_on_the_same_port(server, name):
    client = Client(server.tls(name))
    for _ in range(2):
        assert client.send(GET % b"/tls").receive()[1]["x-path"] == "/tls"
    assert server.app.requests[0].scheme == "https"
    plain = server.connect()
    assert plain.send(GET % b"/plain").receive()[0] == 200


def test_large_bodies_pass_through_tls(server, tmp_path):
    content = bytes(range(256)) * 12_000
    (tmp_path / "blob").write_bytes(content)
    server.app.answers["/file"] = lambda request: Response(200, [], FileSlice(str(tmp_path / "blob"), 0, len(content)))
    client = Client(server.tls())
    assert client.send(GET % b"/file").receive()[2] == content
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(content)
    assert client.send(head + content).receive()[2] == content


def test_close_is_announced(server):
    client = Client(server.tls())
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").receive()
    assert client.file.read() == b""  # an SSLEOFError if close_notify were missing


def test_alpn_chooses_http_2_or_1_1(server):
    assert server.tls(alpn=("h2", "http/1.1")).selected_alpn_protocol() == "h2"
    assert server.tls(alpn=("http/1.1",)).selected_alpn_protocol() == "http/1.1"


def test_httpx_speaks_http_2(server):
    server.call(server.edge.authority)
    context = ssl.create_default_context(cafile=str(server.edge.authority().certificate_path))
    with httpx.Client(http2=True, verify=context, trust_env=False) as client:
        answer = client.post(f"https://localhost:{server.port}/a?b", content=b"x" * 300_000)
    assert (answer.http_version, answer.status_code, len(answer.content)) == ("HTTP/2", 200, 300_000)
    assert server.app.requests[0].scheme == "https"


def test_rubbish_after_the_first_byte_is_closed(server, caplog):
    client = server.connect().send(b"\x16rubbish that is no handshake at all")
    client.file.read()
    assert not caplog.records


def test_plain_start_makes_no_authority(server, tmp_path):
    assert not (tmp_path / "tls").exists()


def test_private_files_are_private_and_kept(tmp_path):
    first = Authority(tmp_path)
    first.context_for("a.localhost")
    again = Authority(tmp_path)
    assert again._certificate == first._certificate
    assert stat.S_IMODE((tmp_path / "authority.key.pem").stat().st_mode) == 0o600
    before = (tmp_path / "names" / "a.localhost.pem").read_bytes()
    again.context_for("A.localhost")
    assert (tmp_path / "names" / "a.localhost.pem").read_bytes() == before
    assert stat.S_IMODE((tmp_path / "names" / "a.localhost.pem").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("**/.new-*"))


def test_a_name_that_is_no_name_gets_the_default_certificate(tmp_path):
    authority = Authority(tmp_path)
    for name in ("../../etc/passwd", "a/b", "", ".", "a..b", "x" * 300, "*.localhost"):
        assert authority.context_for(name) is authority.default_context()
    assert [path.name for path in (tmp_path / "names").iterdir()] == ["default.pem"]


def test_a_broken_certificate_is_made_again(tmp_path):
    Authority(tmp_path).context_for("a.localhost")
    (tmp_path / "names" / "a.localhost.pem").write_text("broken")
    Authority(tmp_path).context_for("a.localhost")
    assert b"BEGIN CERT" in (tmp_path / "names" / "a.localhost.pem").read_bytes()


def test_a_name_that_speaks_no_tls_fails_its_handshakes_and_no_other(server):
    server.app.is_plain = lambda name: name == "plain.localhost"
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        server.tls("Plain.localhost")
    assert Client(server.tls("localhost")).send(GET % b"/tls").receive()[1]["x-path"] == "/tls"
