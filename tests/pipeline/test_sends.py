"""Requests to other servers: what is sent, and what is told of what comes back, or does not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from skyjar.kernel.outside import Failed, Send, Sent
from skyjar.pipeline import sends


class Echo(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("X-Told", f"{self.path} {self.headers['X-Given']}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def sent(url: str, timeout_s: float = 5.0) -> Sent | Failed:
    return asyncio.run(sends.send(Send("PUT", url, {"X-Given": "g"}, b"body", timeout_s)))


def test_the_request_and_the_answer_are_whole_and_redirects_are_not_followed(server: str) -> None:
    answer = sent(f"{server}/a%20b?c=d")
    assert isinstance(answer, Sent)
    assert (answer.status, answer.headers["x-told"], answer.body) == (302, "/a%20b?c=d g", b"body")


def test_nobody_there_and_no_answer_in_time_are_failures() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = sent(url, 0.05)
        assert isinstance(answer, Failed)
        assert "Timeout" in str(answer)
    assert isinstance(sent(url), Failed)
    assert isinstance(sent("ftp://127.0.0.1/"), Failed)
    assert isinstance(sent("http://[bad/"), Failed)
