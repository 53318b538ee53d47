from __future__ import annotations

import asyncio
import socket

import boto3
import pytest
from botocore.config import Config

from skyjar.edge.limits import Limits
from skyjar.edge.listener import Edge
from skyjar.wire.http import Response

from .conftest import Echo, Upload
from .test_http1 import GET


def test_a_stop_lets_running_requests_finish(server):
    client = server.connect().send(GET % b"/wait")
    idle = server.connect().send(GET % b"/")
    idle.receive()
    server.until(lambda: server.app.waiting)
    stopping = asyncio.run_coroutine_threadsafe(server.edge.stop(5), server.loop)
    assert idle.ended()
    with pytest.raises(OSError):
        server.connect()
    server.answer(Response(200, [], b"done"))
    _status, headers, body = client.receive()
    assert (headers["connection"], body) == ("close", b"done")
    stopping.result(5)


def test_a_stop_does_not_wait_for_ever(server):
    client = server.connect().send(GET % b"/wait")
    server.until(lambda: server.app.waiting)
    server.stop(0.05)
    assert client.ended()
    assert server.app.closed.is_set()


def test_a_stop_ends_streams(server):
    closed = []

    async def endless():
        try:
            yield b"x"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    server.app.answers["/stream"] = lambda request: Response(200, [], endless())
    client = server.connect().send(GET % b"/stream")
    client.head()
    server.stop(0.05)
    assert closed


def test_a_taken_port_is_an_error(server):
    async def start():
        await Edge(Echo()).start(port=server.port)

    with pytest.raises(OSError):
        asyncio.run(start())


def test_the_standard_loop_serves_too(tmp_path):
    async def main():
        edge = Edge(Echo(), certificates=tmp_path)
        await edge.start(port=0)
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(GET % b"/a" + GET % b"/b")
        await writer.drain()
        assert (await reader.readuntil(b"/b\r\n")).count(b"200 OK") == 2
        writer.close()
        await edge.stop(1)
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


def test_boto3_uploads_with_expect_continue(serve):
    server = serve(limits=Limits())
    upload = Upload()
    asked = []
    server.app.answers["/b/k"] = lambda request: Response(200, [("ETag", '"e"')])

    def admit(request):
        asked.append(request.headers.get("expect"))
        return upload

    server.app.admission = admit
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, request_checksum_calculation="when_required", proxies={}),
    )
    s3.put_object(Bucket="b", Key="k", Body=b"x" * 3_000_000)
    assert asked == ["100-continue"]
    assert upload.content == b"x" * 3_000_000


def test_a_pause_does_not_lose_a_sniffed_head(server):
    client = server.connect()
    for piece in (b"P", b"RI", b" / HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        client.send(piece)
    assert client.receive()[0] == 400
    client = server.connect().send(b"P")
    assert client.send(b"UT / HTTP/1.1\r\nHost: localhost\r\n\r\n").receive()[0] == 200


def test_only_loopback_is_bound(server):
    assert {address for address, _ in server.edge.addresses} <= {"127.0.0.1", "::1"}
    name = socket.gethostbyname(socket.gethostname())
    if not name.startswith("127."):
        with pytest.raises(OSError):
            socket.create_connection((name, server.port), 1)
