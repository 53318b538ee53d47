"""Bad input: smuggling, floods, slowness, foreign origins and hosts."""

from __future__ import annotations

import logging

import pytest

from skyjar.edge.limits import Limits
from skyjar.edge.origins import Origins, host_name

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
SMUGGLING = {
    "both lengths": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths the other way": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "signed length": HEAD + b"Content-Length: +3\r\n\r\nabc",
    "list of lengths": HEAD + b"Content-Length: 3, 3\r\n\r\nabc",
    "huge length": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "negative chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
    "chunked not last": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding with a control": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in 1.0": b"POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "bare LF in headers": b"GET / HTTP/1.1\r\nHost: localhost\nX: b\r\n\r\n",
    "bare CR": b"GET / HTTP/1.1\r\nHost: localhost\rX: b\r\n\r\n",
    "obs-fold": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n",
    "two authorizations": b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "fragment": b"GET /a#b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "raw non-ASCII path": b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "not HTTP": b"\x00\x01\x02 hello\r\n\r\n",
    "body behind an upgrade is no request": b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\n"
    b"Upgrade: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "a coding behind an upgrade": HEAD + b"Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "upgrades without end": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" * 20,
    "chunk ends with LF": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("attempt", SMUGGLING)
def test_ambiguous_framing_is_refused_and_closed(server, caplog, attempt):
    client = server.connect().send(SMUGGLING[attempt] + b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
    status, headers, _ = client.receive()
    while status == 200:
        status, headers, _ = client.receive()
    assert status in (400, 501)
    assert headers["connection"] == "close"
    assert client.ended()
    assert all(request.path != "/smuggled" for request in server.app.requests)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_rubbish_behind_a_running_request_lets_it_finish(server):
    from skyjar.wire.http import Response

    client = server.connect().send(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\nrubbish\r\n\r\n")
    server.answer(Response(200, [], b"fine"))
    status, headers, body = client.receive()
    assert (status, headers["connection"], body) == (200, "close", b"fine")
    assert client.ended()


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9"])
def test_other_versions_are_505(server, version):
    client = server.connect().send(b"GET / " + version + b"\r\nHost: localhost\r\n\r\n")
    assert client.receive()[0] in (400, 505)


def test_connect_is_refused(server):
    assert server.connect().send(b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n").receive()[0] == 405


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"a" * 70_000,
        b"a" * 70_000 + b": b",
        b"A: b\r\n" * 300,
        b"".join(b"A%d: b\r\n" % n for n in range(300)),
    ],
    ids=["long value", "long name", "many of one", "many"],
)
def test_too_large_a_head_is_431(server, headers):
    client = server.connect().send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n\r\n")
    assert client.receive()[0] == 431


def test_a_long_target_is_431_and_an_endless_head_is_cut(server):
    assert server.connect().send(b"GET /" + b"a" * 70_000).receive()[0] == 431


def test_a_head_just_below_the_limit_is_served(server):
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 65_000 + b"\r\n\r\n"
    assert server.connect().send(head).receive()[0] == 200


def test_endless_trailers_and_chunk_extensions_are_cut(server):
    for framing in (b"0\r\nX: " + b"a" * 200_000, b"1;" + b"a" * 200_000):
        client = server.connect()
        client.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            client.send(framing)
            assert client.receive()[0] in (400, 431)
        except ConnectionError:
            pass


def test_chunks_that_come_many_at_a_time_are_no_endless_framing(server):
    """As clients send them whose body is wrapped in chunks of its own: what a read brings is body, and a little framing."""
    client = server.connect()
    client.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(4):
        client.send((b"7d0\r\n" + b"x" * 2000 + b"\r\n") * 100)
    assert client.send(b"0\r\n\r\n").receive()[0] == 200


def test_who_waits_for_100_continue_without_a_body_gets_it(server):
    """botocore does with every upload, and takes the next answer on the connection for a broken one otherwise."""
    client = server.connect()
    client.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n")
    assert client.receive()[0] == 100
    assert client.receive()[0] == 200


def test_a_slow_head_is_408(server):
    client = server.connect().send(b"GET / HT")
    server.until(lambda: any(getattr(c, "_head_since", None) is not None for c in server.edge.connections))
    server.call(server.edge.advance, 19)
    client.send(b"TP/1.1\r\n")
    server.call(server.edge.advance, 1)
    assert client.receive()[0] == 408


def test_a_silent_connection_is_closed(server):
    client = server.connect()
    server.until(lambda: server.edge.connections)
    server.call(server.edge.advance, 20)
    assert client.ended()


def test_an_idle_connection_is_closed_and_a_waiting_one_is_not(server):
    from skyjar.wire.http import Response

    idle = server.connect().send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    idle.receive()
    waiting = server.connect().send(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
    server.until(lambda: server.app.waiting)
    server.call(server.edge.advance, 76)
    assert idle.ended()
    server.answer(Response(200, [], b"at last"))
    assert waiting.receive()[2] == b"at last"


def test_a_stalled_body_is_408(server):
    client = server.connect().send(HEAD + b"Content-Length: 10\r\n\r\nabc")
    server.until(lambda: any(getattr(c, "_reading", None) is not None for c in server.edge.connections))
    server.call(server.edge.advance, 61)
    assert client.receive()[0] == 408


def test_connections_beyond_the_limit_are_dropped(serve):
    server = serve(limits=Limits(connections=2))
    clients = [server.connect() for _ in range(2)]
    server.until(lambda: len(server.edge.connections) == 2)
    assert server.connect().ended()
    assert clients[0].send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").receive()[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Origin: http://evil.example.com", 403),
        ("Origin: null", 403),
        ("Origin: http://localhost.evil.com", 403),
        ("Origin: http://127.0.0.1.evil.com", 403),
        ("Origin: http://127.evil.com", 403),
        ("Origin: http://localhost@evil.com", 403),
        ("Sec-Fetch-Site: cross-site", 403),
        ("Sec-Fetch-Site: cross-site\r\nReferer: https://evil.com/page", 403),
        ("Sec-Fetch-Site: cross-site\r\nReferer: http://127.0.0.1:3000/page", 200),
        ("Sec-Fetch-Site: same-site", 200),
        ("Origin: http://localhost:3000", 200),
        ("Origin: https://127.0.0.1:8443", 200),
        ("Origin: http://[::1]:3000", 200),
        ("Origin: http://my.app.localhost", 200),
        ("Origin: https://listed.example.org", 200),
    ],
)
def test_a_page_of_another_site_is_refused(serve, headers, status):
    server = serve(origins=Origins(["https://listed.example.org"]))
    client = server.connect().send(f"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode())
    assert client.receive()[0] == status
    assert len(server.app.requests) == (status == 200)


def test_the_application_decides_for_its_data_planes(server):
    server.app.allows_origin = lambda request, origin: request.host.startswith("bucket.s3.")
    server.app.allows_host = lambda host: host == "www.shop.com"
    client = server.connect()
    client.send(b"GET / HTTP/1.1\r\nHost: bucket.s3.localhost\r\nOrigin: http://shop.com\r\n\r\n")
    assert client.receive()[0] == 200
    assert client.send(b"GET / HTTP/1.1\r\nHost: www.shop.com\r\n\r\n").receive()[0] == 200
    client.send(b"GET / HTTP/1.1\r\nHost: sqs.localhost\r\nOrigin: http://shop.com\r\n\r\n")
    assert client.receive()[0] == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:4566", 200),
        ("127.0.0.1", 200),
        ("[::1]:4566", 200),
        ("192.168.1.7:4566", 200),
        ("skyjar:4566", 200),
        ("bucket.s3.localhost:4566", 200),
        ("sqs.eu-west-1.amazonaws.com", 200),
        ("localhost.localstack.cloud:4566", 200),
        ("LOCALHOST", 200),
        ("000000000000.127.0.0.1:4566", 200),
        ("evil.com", 400),
        ("localhost.evil.com", 400),
        ("127.0.0.1.evil.com", 400),
        ("amazonaws.com.evil.com", 400),
        ("evil-amazonaws.com", 400),
        ("localhost:99999", 400),
        ("localhost:", 400),
        ("a b", 400),
        ("a/b", 400),
        ("user@localhost", 400),
        ("localhost\\", 400),
        ("", 400),
        ("[::1", 400),
        ("a..localhost", 400),
        ("x" * 300 + ".localhost", 400),
        ("localhost,evil.com", 400),
    ],
)
def test_only_names_that_are_ours_are_answered(server, host, status):
    client = server.connect().send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert client.receive()[0] == status


def test_host_names_are_read_without_port_and_brackets():
    assert host_name("A.Localhost.:80") == "a.localhost"
    assert host_name("[::1]:80") == "::1"
    assert host_name("-a") is None
