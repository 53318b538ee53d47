from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from skyjar.edge.limits import Limits
from skyjar.wire.http import Response

from .conftest import Client


class EchoSocket:
    subprotocol = "graphql-ws"

    def __init__(self, socket):
        self.socket = socket
        self.ended = []

    def opened(self):
        self.socket.send("welcome")

    def received(self, message):
        if message == "bye":
            self.socket.close(4001, "told to")
        elif message == "bug":
            raise ZeroDivisionError
        else:
            self.socket.send(message)

    def closed(self, code, reason):
        self.ended.append((code, reason))


@pytest.fixture
def echo(server):
    handlers = []

    def accept(request, socket):
        handlers.append(EchoSocket(socket))
        return handlers[-1]

    server.app.handler = accept
    server.handlers = handlers
    return server


def dial(server, **options):
    return connect(f"ws://127.0.0.1:{server.port}/live?x", proxy=None, **options)


def test_messages_are_echoed(echo):
    with dial(echo, subprotocols=["graphql-ws"]) as client:
        assert client.subprotocol == "graphql-ws"
        assert client.recv(5) == "welcome"
        for message in ("text é", b"\x00binary", "x" * 200_000, ["in", "pieces"]):
            client.send(message)
            assert client.recv(5) == ("inpieces" if isinstance(message, list) else message)
        client.ping().wait(5)
    echo.until(lambda: echo.handlers[0].ended)
    assert echo.handlers[0].ended == [(1000, "")]


def test_the_handler_may_close(echo):
    with dial(echo, subprotocols=["graphql-ws"]) as client:
        client.recv(5)
        client.send("bye")
        with pytest.raises(ConnectionClosedError) as error:
            client.recv(5)
    assert (error.value.rcvd.code, error.value.rcvd.reason) == (4001, "told to")


def test_a_handlers_bug_is_1011(echo, caplog):
    with dial(echo, subprotocols=["graphql-ws"]) as client:
        client.recv(5)
        client.send("bug")
        with pytest.raises(ConnectionClosedError) as error:
            client.recv(5)
    assert error.value.rcvd.code == 1011
    assert len([record for record in caplog.records if record.name == "skyjar.edge"]) == 1


def test_a_message_beyond_the_limit_is_1009(echo):
    echo.edge.limits = Limits(websocket_message_bytes=1000)
    with dial(echo, subprotocols=["graphql-ws"]) as client:
        client.recv(5)
        client.send("x" * 1001)
        with pytest.raises(ConnectionClosedError) as error:
            client.recv(5)
    assert error.value.rcvd.code == 1009


def test_a_lost_client_is_told(echo):
    client = dial(echo, subprotocols=["graphql-ws"])
    client.recv(5)
    client.socket.close()
    echo.until(lambda: echo.handlers[0].ended)


def test_frames_sent_with_the_handshake_are_not_lost(echo):
    client = echo.connect().send(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\x00\x00\x00\x00hi"
    )
    status, headers = client.head()
    assert (status, headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert client.file.read(13) == b"\x81\x07welcome\x81\x02hi"


def test_it_works_over_tls(echo):
    client = Client(echo.tls(alpn=("http/1.1",)))
    client.send(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert client.head()[0] == 101
    assert client.file.read(9) == b"\x81\x07welcome"
    assert client.send(b"\x81\x82\x00\x00\x00\x00hi").file.read(4) == b"\x81\x02hi"


def test_the_application_may_refuse(server):
    server.app.handler = lambda request, socket: Response(401, [], b"who?")
    with pytest.raises(InvalidStatus) as error:
        dial(server)
    assert error.value.response.status_code == 401


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Sec-WebSocket-Version: 13", 400),
        ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short", 400),
        ("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 426),
        ("Origin: http://evil.com", 403),
    ],
)
def test_bad_handshakes_are_refused(echo, header, status):
    head = f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{header}\r\n\r\n"
    assert echo.connect().send(head.encode()).receive()[0] == status
    assert not echo.handlers


def test_a_stop_says_going_away(echo):
    with dial(echo, subprotocols=["graphql-ws"]) as client:
        client.recv(5)
        echo.stop(2)
        with pytest.raises((ConnectionClosedOK, ConnectionClosedError)) as error:
            client.recv(5)
    assert error.value.rcvd.code == 1001
