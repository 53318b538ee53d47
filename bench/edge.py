"""What the edge costs: server CPU per small POST at 32 keep-alive connections, beside a bare protocol and other servers.

    python bench/edge.py [--rounds 3] [--seconds 3] [raw skyjar uvicorn aiohttp granian]

Needs `wrk`. Rounds are interleaved, so that a busy machine is busy for all; quote the ratio to `raw`, not the figure.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ANSWER = b'{"MessageId":"3f7c1b1e-2f0a-4f7e-9d56-0123456789ab","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}'
HEADERS = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "3f7c1b1e-2f0a-4f7e-9d56-0123456789ab")]
LUA = """
wrk.method = "POST"
wrk.body = string.rep("x", 115)
wrk.headers["X-Amz-Target"] = "AmazonSQS.SendMessage"
wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
wrk.headers["User-Agent"] = "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.9"
wrk.headers["X-Amz-Date"] = "20261121T020000Z"
wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
wrk.headers["amz-sdk-invocation-id"] = "0b6a1b7e-1f0a-4f7e-9d56-0123456789ab"
wrk.headers["amz-sdk-request"] = "attempt=1"
"""


def run_forever(start) -> None:
    import uvloop

    loop = uvloop.new_event_loop()
    loop.run_until_complete(start(loop))
    loop.run_forever()


def raw(port: int) -> None:
    import httptools

    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(ANSWER)
    head += b"".join(f"{name}: {value}\r\n".encode() for name, value in HEADERS) + b"\r\n"

    class Bare(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport
            self.parser = httptools.HttpRequestParser(self)
            self.headers = {}

        def data_received(self, data):
            self.parser.feed_data(data)

        def on_url(self, url):
            self.url = url

        def on_header(self, name, value):
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

        def on_body(self, body):
            self.body = body

        def on_message_complete(self):
            self.headers = {}
            self.transport.write(head + ANSWER)

    run_forever(lambda loop: loop.create_server(Bare, "127.0.0.1", port))


def skyjar(port: int) -> None:
    from skyjar.edge.listener import Edge
    from skyjar.wire.http import Response

    class App:
        def admit(self, request):
            return None

        def handle(self, request, respond):
            respond(Response(200, HEADERS, ANSWER))

        def connect(self, request, socket):
            return Response(404)

    edge = Edge(App())
    run_forever(lambda loop: edge.start("127.0.0.1", port))


async def asgi(scope, receive, send):
    await receive()
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
    headers.append((b"content-length", b"%d" % len(ANSWER)))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


def uvicorn(port: int) -> None:
    import uvicorn

    uvicorn.run(asgi, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False, lifespan="off")


def aiohttp(port: int) -> None:
    from aiohttp import web

    async def handle(request):
        await request.read()
        return web.Response(body=ANSWER, headers=dict(HEADERS))

    async def start(loop):
        app = web.Application()
        app.router.add_post("/", handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    run_forever(start)


async def rsgi(scope, protocol):
    await protocol()
    protocol.response_bytes(200, HEADERS, ANSWER)


def granian(port: int) -> None:
    from granian import Granian

    sys.path.insert(0, str(Path(__file__).parent))
    Granian("edge:rsgi", port=port, interface="rsgi", loop="uvloop", log_enabled=False).serve()


SERVERS = {server.__name__: server for server in (raw, skyjar, uvicorn, aiohttp, granian)}


def cpu_s(process: int) -> float:
    """Of the process and its children, user and system."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == process or int(fields[1]) == process:
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def measure(name: str, seconds: int, script: str) -> tuple[float, float]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, __file__, "--serve", name, str(port)], start_new_session=True)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        command = ["wrk", "-t1", "-c32", "-s", script, f"http://127.0.0.1:{port}/"]
        subprocess.run([*command, "-d1"], capture_output=True, check=True)
        before = cpu_s(server.pid)
        output = subprocess.run([*command, f"-d{seconds}"], capture_output=True, check=True, text=True).stdout
        used = cpu_s(server.pid) - before
        assert "Non-2xx" not in output, output
        requests = int(re.search(r"(\d+) requests in", output)[1])
        return used / requests * 1e6, requests / seconds
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("servers", nargs="*", default=list(SERVERS))
    options = parser.parse_args()
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in options.servers}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA)
        script.flush()
        for _ in range(options.rounds):
            for name in options.servers:
                figures[name].append(measure(name, options.seconds, script.name))
    base = statistics.median(cost for cost, _ in figures[options.servers[0]])
    print(f"{'server':10} {'us CPU/req':>10} {'ratio':>6} {'req/s best':>11}")
    for name, rounds in figures.items():
        cost = statistics.median(cost for cost, _ in rounds)
        print(f"{name:10} {cost:10.1f} {cost / base:6.2f} {max(rate for _, rate in rounds):11.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        SERVERS[sys.argv[2]](int(sys.argv[3]))
    else:
        main()
