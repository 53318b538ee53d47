"""A real `skyjar up` process on a data directory that can be killed and started again, and a client without retries."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SCOPE = "20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Server:
    """The process. `kill` is SIGKILL; `start` waits until it is ready."""

    def __init__(self, data: Path, log: Path | None = None, options: tuple[str, ...] = ()) -> None:
        self.data = data
        self.port = free_port()
        self._options = options
        self._log = log or data.parent / "server.log"
        self.log = self._log.open("ab")
        self.process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def spawn(self) -> None:
        words = ["up", "--port", str(self.port), "--data", str(self.data), *self._options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "skyjar.cli.main", *words], stdout=subprocess.PIPE, stderr=self.log
        )

    def start(self) -> None:
        self.spawn()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(b"Ready"), self._log.read_text()[-4000:]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self.log.close()

    def errors(self) -> str:
        """What the server complained about, in all its lives."""
        return self._log.read_text()


class Gone(Exception):
    """The server died before it answered: whether it did what was asked is not known."""


class Wire:
    """One connection. Keys that Skyjar never issued are not verified, so the signature need not be one."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Gone from error

    def json(self, service: str, target: str, body: dict[str, Any], version: str = "1.0") -> tuple[int, dict[str, Any]]:
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "x-amz-target": target,
            "authorization": "AWS4-HMAC-SHA256 Credential=test/" + SCOPE.format(service),
            "x-amz-date": "20260101T000000Z",
        }
        status, answer = self.send("POST", "/", json.dumps(body).encode(), headers)
        return status, json.loads(answer or b"{}")

    def done(self, service: str, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """As `json`, and it must succeed."""
        status, answer = self.json(service, target, body)
        assert status == 200, (target, status, answer)
        return answer

    def s3(self, method: str, path: str, body: bytes = b"", **more: str) -> tuple[int, bytes]:
        """`more` are further headers, with `_` for `-`."""
        headers = {
            **{name.replace("_", "-"): value for name, value in more.items()},
            "authorization": "AWS4-HMAC-SHA256 Credential=test/" + SCOPE.format("s3"),
            "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
            "x-amz-date": "20260101T000000Z",
        }
        return self.send(method, path, body, headers)

    def advance(self, seconds: float) -> None:
        body = json.dumps({"action": "advance", "seconds": seconds}).encode()
        status, answer = self.send("POST", "/_skyjar/clock", body, {"content-type": "application/json"})
        assert status == 200, answer

    def close(self) -> None:
        self._connection.close()


def descendants(root: int) -> dict[int, int]:
    """All processes below one, by id, with when they started (ids are used again)."""
    parents: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(folder.name)] = (int(fields[1]), int(fields[19]))
    found: dict[int, int] = {}
    todo = [root]
    while todo:
        here = todo.pop()
        for pid, (parent, began) in parents.items():
            if parent == here and pid not in found:
                found[pid] = began
                todo.append(pid)
    return found


def still_alive(processes: dict[int, int]) -> list[int]:
    left = []
    for pid, began in processes.items():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[19]) == began and fields[0] != "Z":
            left.append(pid)
    return left


def eventually(check: Any, within_s: float = 10.0) -> Any:
    """The first true answer of `check`."""
    deadline = time.monotonic() + within_s
    while True:
        found = check()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)
