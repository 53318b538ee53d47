from __future__ import annotations

import socket

import httpx
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, InformationalResponseReceived, ResponseReceived, StreamEnded, StreamReset

from skyjar.edge.limits import Limits
from skyjar.wire.http import FileSlice, Response

from .conftest import Upload
from .test_http1 import Sized, numbers

HEADERS = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", "/echo?q")]


class Prior:
    """An h2 client with prior knowledge."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 5)
        self.h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.events = []
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def request(self, body=b"", headers=(), path="/echo?q", end=True):
        stream = self.h2.get_next_available_stream_id()
        head = [*HEADERS[:3], (":path", path), *headers]
        self.h2.send_headers(stream, head, end_stream=end and not body)
        self.flush()
        if body:
            self.send(stream, body, end)
        return stream

    def send(self, stream, body, end=True):
        while body:
            size = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if not size:
                self.read()
                continue
            self.h2.send_data(stream, body[:size], end_stream=end and size == len(body))
            body = body[size:]
            self.flush()

    def read(self, acknowledge=True):
        data = self.socket.recv(65536)
        assert data, "closed"
        for event in self.h2.receive_data(data):
            if isinstance(event, DataReceived) and acknowledge:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.events.append(event)
        self.flush()

    def until(self, kind, stream):
        while True:
            for event in self.events:
                if isinstance(event, kind) and event.stream_id == stream:
                    return event
            self.read()

    def response(self, stream):
        self.until(StreamEnded, stream)
        headers = dict(self.until(ResponseReceived, stream).headers)
        body = b"".join(e.data for e in self.events if isinstance(e, DataReceived) and e.stream_id == stream)
        return int(headers[":status"]), headers, body


@pytest.fixture
def client(server):
    made = Prior(server)
    yield made
    made.socket.close()


def test_prior_knowledge_is_recognised(server, client):
    status, headers, body = client.response(client.request(b"abc", [("x-a", "1"), ("x-a", "2"), ("cookie", "a=b")]))
    assert (status, body, headers["content-length"], headers["server"]) == (200, b"abc", "3", "Skyjar")
    request = server.app.requests[0]
    assert (request.method, request.path, request.query, request.host) == ("POST", "/echo", "q", "localhost")
    assert (request.version, request.scheme, request.headers["x-a"]) == ("2", "http", "1,2")


def test_a_preface_in_pieces_is_recognised(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        h2 = H2Connection()
        h2.initiate_connection()
        for byte in h2.data_to_send():
            connection.sendall(bytes([byte]))
        assert connection.recv(100)[3] == 4  # a SETTINGS frame


def test_streams_do_not_wait_for_each_other(server, client):
    waits = client.request(path="/wait")
    assert client.response(client.request(b"quick"))[2] == b"quick"
    server.answer(Response(200, [], b"late"))
    assert client.response(waits)[2] == b"late"


def test_flow_control_both_ways(client):
    content = bytes(range(256)) * 12_000
    assert client.response(client.request(content))[2] == content


def test_what_was_asked_for_before_a_goaway_is_answered(server, client):
    """Clients that make a connection for each stream of events say that they ask for nothing more, and go on reading."""
    waits = client.request(path="/wait")
    client.socket.sendall(bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + bytes(8))  # GOAWAY, no error, seen 0
    client.flush = lambda: None  # the server ends the connection with its answer, and would not hear more
    server.answer(Response(200, [], numbers(50, [])))
    assert len(client.response(waits)[2].split()) == 50


def test_a_closed_window_holds_the_answer_back(server, client):
    server.app.answers["/big"] = lambda request: Response(200, [], b"x" * 200_000)
    stream = client.request(path="/big")
    received = 0
    while received < 65_535:
        client.read(acknowledge=False)
        received = sum(len(e.data) for e in client.events if isinstance(e, DataReceived))
    assert received == 65_535
    client.h2.increment_flow_control_window(200_000)
    client.h2.increment_flow_control_window(200_000, stream)
    client.flush()
    assert len(client.response(stream)[2]) == 200_000


def test_files_and_iterators_are_streamed(server, client, tmp_path):
    (tmp_path / "blob").write_bytes(b"0123456789" * 50_000)
    server.app.answers["/file"] = lambda request: Response(200, [], FileSlice(str(tmp_path / "blob"), 5, 400_000))
    closed = []
    server.app.answers["/stream"] = lambda request: Response(200, [], numbers(50, closed))
    _status, headers, body = client.response(client.request(path="/file"))
    assert (headers["content-length"], body) == ("400000", (b"0123456789" * 50_000)[5:400_005])
    assert len(client.response(client.request(path="/stream"))[2].split()) == 50
    assert closed


def test_an_iterator_that_knows_its_length_tells_it(server, client):
    server.app.answers["/sized"] = lambda request: Response(200, [], Sized(5, b"ab", b"cde"))
    _status, headers, body = client.response(client.request(path="/sized"))
    assert (headers["content-length"], body) == ("5", b"abcde")


def test_head_sends_no_body(server, client):
    stream = client.h2.get_next_available_stream_id()
    server.app.answers["/o"] = lambda request: Response(200, [("Content-Length", "12345"), ("Connection", "close")])
    client.h2.send_headers(stream, [(":method", "HEAD"), *HEADERS[1:3], (":path", "/o")], end_stream=True)
    client.flush()
    _status, headers, body = client.response(stream)
    assert (headers["content-length"], body) == ("12345", b"")
    assert "connection" not in headers


def test_a_long_body_goes_to_the_sink_after_continue(server, client):
    upload = Upload()
    server.app.admission = lambda request: upload
    stream = client.request(headers=[("expect", "100-continue"), ("content-length", "3000000")], end=False)
    client.until(InformationalResponseReceived, stream)
    client.send(stream, b"x" * 3_000_000)
    assert client.response(stream)[0] == 200
    assert server.app.requests[0].body is upload


def test_a_reset_stream_is_noticed(server, client):
    upload = Upload()
    server.app.admission = lambda request: upload
    waits = client.request(path="/wait")
    sends = client.request(headers=[("content-length", "3000000")], end=False, body=b"abc")
    assert upload.begun.wait(5)
    for stream in (waits, sends):
        client.h2.reset_stream(stream)
    client.flush()
    assert upload.aborted.wait(5)
    assert server.app.closed.wait(5)


def test_a_refusal_before_the_body(server, client):
    server.app.admission = lambda request: Response(403, [], b"no")
    stream = client.request(headers=[("content-length", "3000000")], end=False)
    assert client.response(stream)[0] == 403
    assert client.until(StreamReset, stream).error_code == 0


def test_hostile_heads_are_refused(server, client):
    assert client.response(client.request(headers=[("origin", "http://evil.com")]))[0] == 403
    stream = client.h2.get_next_available_stream_id()
    head = [(":method", "GET"), (":scheme", "http"), (":authority", "evil.com"), (":path", "/")]
    client.h2.send_headers(stream, head, end_stream=True)
    client.flush()
    assert client.response(stream)[0] == 400
    assert not server.app.requests


def test_rubbish_frames_are_a_goaway(server, client, caplog):
    try:
        client.socket.sendall(b"\xff" * 400_000)
        while client.socket.recv(65536):
            pass
    except ConnectionError:
        pass
    server.until(lambda: not server.edge.connections)
    assert not caplog.records


def test_rapid_resets_end_the_connection(serve):
    server = serve(limits=Limits(http2_resets=20))
    client = Prior(server)
    try:
        for _ in range(50):
            client.h2.reset_stream(client.request(path="/wait"))
            client.flush()
        while client.socket.recv(65536):
            pass
    except ConnectionError:
        pass
    server.until(lambda: not server.edge.connections)


def test_a_bug_is_a_500(server, client, caplog):
    assert client.response(client.request(path="/bug"))[0] == 500
    assert len(caplog.records) == 1


def test_httpx_with_prior_knowledge(server):
    with httpx.Client(http1=False, http2=True, trust_env=False) as client:
        for _ in range(3):
            answer = client.post(f"http://127.0.0.1:{server.port}/a", content=b"x" * 100_000)
            assert (answer.http_version, len(answer.content)) == ("HTTP/2", 100_000)


def test_graceful_stop_finishes_streams(server, client):
    stream = client.request(path="/wait")
    server.until(lambda: server.app.waiting)
    stopping = __import__("asyncio").run_coroutine_threadsafe(server.edge.stop(5), server.loop)
    server.until(lambda: server.edge.stopping)
    server.answer(Response(200, [], b"done"))
    assert client.response(stream)[2] == b"done"
    stopping.result(5)
