from __future__ import annotations

import contextlib
import gc
import logging
import socket
import struct

import pytest

from skyjar.edge.limits import Limits
from skyjar.wire.http import FileSlice, Response

from .conftest import Upload

GET = b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n"


def post(path, body, *headers, length=True):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_a_request_arrives_as_sent(server):
    client = server.connect()
    client.send(
        b"PUT /a%20b/%2F?x=%20&y HTTP/1.1\r\nHost: localhost:4566\r\nX-Two: 1\r\nx-two:  2 \t\r\n"
        b"X-Amz-Meta-\x41: caf\xe9\r\nX-Empty:\r\nContent-Length: 3\r\n\r\nabc"
    )
    status, headers, body = client.receive()
    request = server.app.requests[0]
    assert (status, body) == (200, b"abc")
    assert (request.method, request.path, request.query) == ("PUT", "/a%20b/%2F", "x=%20&y")
    assert request.headers["x-two"] == "1,2"
    assert request.headers["x-amz-meta-a"] == "caf\xe9"
    assert request.headers["x-empty"] == ""
    assert (request.host, request.scheme, request.peer, request.version) == (
        "localhost:4566",
        "http",
        "127.0.0.1",
        "1.1",
    )
    assert headers["content-length"] == "3"
    assert headers["server"] == "Skyjar"
    assert headers["date"].endswith("GMT")


def test_the_connection_is_kept_and_has_no_delay(server):
    client = server.connect()
    for number in range(3):
        assert client.send(post("/", b"%d" % number)).receive()[2] == b"%d" % number
    assert len(server.edge.connections) == 1
    (connection,) = server.edge.connections
    assert connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_both_loopback_addresses_listen_on_one_port(server):
    addresses = dict(server.edge.addresses)
    assert addresses["127.0.0.1"] == server.port
    if "::1" in addresses:
        with socket.create_connection(("::1", server.port), 5) as connection:
            connection.sendall(GET % b"/")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_head_may_come_byte_by_byte(server):
    client = server.connect()
    for byte in post("/slow?q", b"body", "X-A: b"):
        client.send(bytes([byte]))
    assert client.receive()[2] == b"body"
    assert server.app.requests[0].headers["x-a"] == "b"


def test_pipelined_requests_are_answered_in_order(server):
    client = server.connect()
    client.send(GET % b"/wait" + post("/second", b"2") + GET % b"/wait" + post("/fourth", b"4"))
    server.answer(Response(200, [], b"first"))
    server.answer(Response(200, [], b"third"))
    assert [client.receive()[2] for _ in range(4)] == [b"first", b"2", b"third", b"4"]


def test_more_pipelined_requests_than_the_queue_are_all_answered(server):
    client = server.connect()
    client.send(GET % b"/wait" + b"".join(post("/", b"%d" % number) for number in range(500)))
    server.answer(Response(200, [], b"first"))
    assert client.receive()[2] == b"first"
    assert [int(client.receive()[2]) for _ in range(500)] == list(range(500))


def test_a_pipelined_long_body_waits_for_its_turn(serve):
    server = serve(limits=Limits(buffered_body_bytes=10))
    upload = Upload()
    server.app.admission = lambda request: upload
    client = server.connect()
    client.send(GET % b"/wait" + post("/long", b"x" * 1000) + post("/short", b"s"))
    assert not upload.writes
    server.answer(Response(200, [], b"first"))
    assert [client.receive()[2] for _ in range(3)] == [b"first", b"x" * 1000, b"s"]


def test_a_chunked_body_is_joined_and_its_trailers_dropped(server):
    client = server.connect()
    client.send(post("/", b"", "Transfer-Encoding: chunked", length=False))
    client.send(b"3;ext=1\r\nabc\r\n").send(b"2\r\nde\r\n0\r\nHost: evil\r\nX-T: 1\r\n\r\n")
    assert client.receive()[2] == b"abcde"
    assert "x-t" not in server.app.requests[0].headers
    assert client.send(GET % b"/next").receive()[1]["x-path"] == "/next"
    assert "x-t" not in server.app.requests[1].headers


def test_expect_is_answered_with_continue(server):
    client = server.connect()
    client.send(b"PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert client.receive()[0] == 100
    assert client.send(b"body").receive()[2] == b"body"


def test_an_unknown_expectation_is_passed_over(server):
    assert server.connect().send(post("/", b"x", "Expect: tea")).receive()[::2] == (200, b"x")


def test_a_refused_upload_is_never_asked_for(server):
    server.app.admission = lambda request: Response(403, [], b"no")
    client = server.connect()
    client.send(b"PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    status, headers, body = client.receive()
    assert (status, headers["connection"], body) == (403, "close", b"no")
    assert client.ended()


def test_a_long_body_is_streamed_into_the_sink(server):
    upload = Upload()
    server.app.admission = lambda request: upload
    content = bytes(range(256)) * 20_000
    client = server.connect().send(post("/", content))
    assert client.receive()[2] == content
    assert upload.writes > 1
    assert server.app.requests[0].body is upload


def test_a_sinks_refusal_reaches_the_application(server):
    upload = Upload(refuse_at=100_000)
    server.app.admission = lambda request: upload
    client = server.connect()
    client.send(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\n" + b"x" * 200_000)
    status, headers, _ = client.receive()
    assert (status, headers["x-code"], headers["connection"]) == (400, "BadDigest", "close")
    assert upload.aborted.is_set()
    client.close()


def test_a_sink_that_refuses_at_the_end_keeps_the_connection(serve):
    server = serve(limits=Limits(buffered_body_bytes=1))

    class Late(Upload):
        def close(self):
            raise self_error

    from .conftest import BadDigest

    self_error = BadDigest()
    server.app.admission = lambda request: Late()
    client = server.connect()
    assert client.send(post("/", b"abc")).receive()[1]["x-code"] == "BadDigest"
    assert client.send(GET % b"/").receive()[0] == 200


def test_a_client_that_leaves_early_aborts_the_sink(server):
    upload = Upload()
    server.app.admission = lambda request: upload
    client = server.connect()
    client.send(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\nabc")
    assert upload.begun.wait(5)
    client.close()
    assert upload.aborted.wait(5)


def test_a_client_that_leaves_a_long_poll_is_noticed(server):
    client = server.connect().send(GET % b"/wait")
    server.until(lambda: server.app.waiting)
    client.close()
    assert server.app.closed.wait(5)
    server.answer(Response(200, [], b"too late"))


def test_too_large_a_body_is_413(serve):
    server = serve(limits=Limits(buffered_body_bytes=10, maximum_buffered_body_bytes=100))
    client = server.connect().send(post("/", b"x" * 101))
    assert client.receive()[0] == 413
    chunked = server.connect().send(post("/", b"", "Transfer-Encoding: chunked", length=False))
    chunked.send(b"64\r\n" + b"x" * 100 + b"\r\n1\r\nx\r\n")
    assert chunked.receive()[0] == 413


@pytest.mark.parametrize("length", [0, 1, 1000, 65_537, 3_000_000])
def test_a_file_slice_is_sent(server, tmp_path, length):
    path = tmp_path / "blob"
    content = bytes(range(256)) * 12_000
    path.write_bytes(content)
    server.app.answers["/file"] = lambda request: Response(200, [], FileSlice(str(path), 7, length))
    client = server.connect()
    for _ in range(2):
        assert client.send(GET % b"/file").receive()[2] == content[7 : 7 + length]


def test_a_missing_file_is_a_500(server, tmp_path, caplog):
    server.app.answers["/file"] = lambda request: Response(200, [], FileSlice(str(tmp_path / "none"), 0, 9))
    client = server.connect()
    assert client.send(GET % b"/file").receive()[0] == 500
    assert client.send(GET % b"/").receive()[0] == 200


async def numbers(count, closed=None):
    try:
        for number in range(count):
            yield b"%d\n" % number
    finally:
        if closed is not None:
            closed.append(True)


def test_an_iterator_is_sent_in_chunks(server):
    closed = []
    server.app.answers["/stream"] = lambda request: Response(200, [], numbers(100, closed))
    client = server.connect()
    client.send(GET % b"/stream" + GET % b"/after")
    _status, headers, body = client.receive()
    assert headers["transfer-encoding"] == "chunked"
    assert "content-length" not in headers
    assert body.split() == [b"%d" % number for number in range(100)]
    assert client.receive()[1]["x-path"] == "/after"
    assert closed


class Sized:
    """Chunks that are as long together as is told, or not."""

    def __init__(self, length, *chunks):
        self.length = length
        self.chunks = list(chunks)
        self.is_closed = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)

    async def aclose(self):
        self.is_closed = True


def test_an_iterator_that_knows_its_length_tells_it(server):
    body = Sized(5, b"ab", b"cde")
    server.app.answers["/sized"] = lambda request: Response(200, [], body)
    client = server.connect()
    client.send(GET % b"/sized" + GET % b"/after")
    _status, headers, data = client.receive()
    assert (headers["content-length"], "transfer-encoding" in headers, data) == ("5", False, b"abcde")
    assert client.receive()[1]["x-path"] == "/after"
    assert body.is_closed


@pytest.mark.parametrize("chunks", [(b"ab", b"cdef"), (b"ab",)])
def test_an_iterator_of_another_length_than_told_cuts_the_connection(server, chunks):
    body = Sized(5, *chunks)
    server.app.answers["/sized"] = lambda request: Response(200, [], body)
    client = server.connect().send(GET % b"/sized" + GET % b"/after")
    client.head()
    rest = b""
    with contextlib.suppress(ConnectionResetError):
        rest = client.file.read()
    assert rest in (b"ab", b"")
    server.until(lambda: body.is_closed)


def test_an_iterator_waits_for_a_slow_client_and_is_closed_when_it_goes(server):
    made, closed = [], []

    async def endless():
        try:
            while True:
                made.append(1)
                yield b"x" * 100_000
        finally:
            closed.append(True)

    server.app.answers["/stream"] = lambda request: Response(200, [], endless())
    client = server.connect()
    client.send(GET % b"/stream")
    client.head()
    (connection,) = server.edge.connections
    server.until(lambda: connection._write_paused)
    before = len(made)
    server.call(lambda: None)
    assert len(made) == before < 1000
    client.close()
    server.until(lambda: closed and not server.edge.connections)


def test_an_iterator_that_fails_cuts_the_connection(server, caplog):
    async def failing():
        yield b"abc"
        raise ZeroDivisionError

    server.app.answers["/stream"] = lambda request: Response(200, [], failing())
    client = server.connect().send(GET % b"/stream")
    client.head()
    rest = b""
    with contextlib.suppress(ConnectionResetError):
        rest = client.file.read()
    assert not rest.endswith(b"0\r\n\r\n")
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_head_tells_the_length_and_sends_nothing(server):
    server.app.answers["/object"] = lambda request: Response(200, [("Content-Length", "12345")])
    server.app.answers["/page"] = lambda request: Response(200, [], b"page")
    client = server.connect()
    client.send(b"HEAD /object HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /page HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.receive(head_only=True)[1]["content-length"] == "12345"
    assert client.receive(head_only=True)[1]["content-length"] == "4"
    assert client.send(GET % b"/page").receive()[2] == b"page"


@pytest.mark.parametrize("status", [204, 304])
def test_no_content_has_no_body_and_no_length(server, status):
    server.app.answers["/none"] = lambda request: Response(status, [("ETag", "x")], b"ignored")
    client = server.connect().send(GET % b"/none")
    assert "content-length" not in client.receive()[1]
    assert client.send(GET % b"/next").receive()[0] == 200


def test_the_applications_date_and_server_are_kept(server):
    server.app.answers["/s3"] = lambda request: Response(200, [("server", "AmazonS3"), ("Date", "then")], b"x")
    server.app.answers["/s"] = lambda request: Response(200, [("Server", "AmazonS3")], b"x")
    client = server.connect()
    headers = client.send(GET % b"/s3").receive()[1]
    assert (headers["server"], headers["date"]) == ("AmazonS3", "then")
    headers = client.send(GET % b"/s").receive()[1]
    assert headers["server"] == "AmazonS3"
    assert headers["date"].endswith("GMT")


def test_a_line_break_in_a_response_header_is_a_bug_not_a_header(server, caplog):
    server.app.answers["/split"] = lambda request: Response(200, [("X", "a\r\nSet-Cookie: b")], b"x")
    status, headers, _ = server.connect().send(GET % b"/split").receive()
    assert status == 500
    assert "set-cookie" not in headers


def test_connection_close_is_honoured(server):
    client = server.connect().send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert client.receive()[1]["connection"] == "close"
    assert client.ended()


def test_http_1_0_closes_unless_it_asks(server):
    client = server.connect().send(b"GET / HTTP/1.0\r\n\r\n")
    assert client.receive()[0] == 200
    assert client.ended()
    client = server.connect().send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert client.receive()[1]["connection"] == "keep-alive"
    server.app.answers["/stream"] = lambda request: Response(200, [], numbers(3))
    assert client.send(b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").receive()[2] == b"0\n1\n2\n"


def test_an_absolute_target_names_the_host(server):
    client = server.connect().send(b"GET http://a.localhost:80/p?q HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.receive()[1]["x-path"] == "/p"
    request = server.app.requests[0]
    assert (request.host, request.headers["host"], request.query) == ("a.localhost:80", "a.localhost:80", "q")


def test_an_upgrade_we_do_not_know_is_ignored(server):
    client = server.connect()
    upgrade = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"
    client.send(post("/", b"abc", *upgrade) + post("/", b"a", *upgrade) + GET % b"/next")
    assert client.receive()[2] == b"abc"
    assert client.receive()[2] == b"a"
    assert client.receive()[1]["x-path"] == "/next"


def test_a_bug_is_a_500_and_one_log_record(server, caplog):
    client = server.connect()
    assert client.send(GET % b"/bug").receive()[0] == 500
    assert client.send(GET % b"/").receive()[0] == 200
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info[0] is ZeroDivisionError


def test_a_reset_in_the_middle_is_no_error(server, caplog):
    client = server.connect().send(GET % b"/wait")
    server.until(lambda: server.app.waiting)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    server.until(lambda: not server.edge.connections)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_nothing_of_a_connection_is_kept(server):
    client = server.connect().send(GET % b"/")
    client.receive()
    client.close()
    server.until(lambda: not server.edge.connections)
    gc.collect()
