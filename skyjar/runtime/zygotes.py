"""Skyjar's side of a zygote (bootstrap/zygote.py): starts it, asks it for children, hears of their deaths.

The zygote dies when the control socket closes, which the kernel does however Skyjar ends, and its children die with it.
"""

from __future__ import annotations

import array
import asyncio
import itertools
import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

BOOTSTRAP = Path(__file__).parent / "bootstrap"

# Done one after the other while the zygote has nothing else to do. Clients make botocore import what it imports late. What
# a botocore Loader has read (service models, endpoints, the list of services) is given to every later Loader with the same
# search paths: a session would read it again, in 60 ms, and shares it between its clients anyway.
PRELOAD = (
    "import encodings.idna, stringprep, json, logging, decimal, datetime, uuid, hashlib, base64, re, random, threading, functools, typing",
    "import urllib.request, http.client, ssl, email.parser, concurrent.futures, asyncio",
    "import urllib3, dateutil.parser, jmespath",
    "import botocore.session",
    "import boto3, s3transfer.manager",
    "import boto3\nboto3.session.Session('x', 'x', region_name='us-east-1').resource('dynamodb')",
    """
import botocore.loaders, botocore.session
session = botocore.session.Session()
loader = session.get_component("data_loader")
for service in ("sqs", "sns", "s3", "dynamodb"):
    session.create_client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
# boto3 adds a folder of resources to a loader after it is made, so what is known of resources is not handed on.
known = {key: value for key, value in loader._cache.items() if "resources-1" not in str(key)}
start, places = botocore.loaders.Loader.__init__, list(loader.search_paths)
def begin(self, *values, **named):
    start(self, *values, **named)
    if list(self.search_paths) == places:
        self._cache.update(known)
botocore.loaders.Loader.__init__ = begin
""",
)


class Zygote:
    """One warm parent. `isolation` says what separates its children from the machine; it begins with `none` if nothing."""

    def __init__(self, name: str, python: Path, config: dict[str, Any], directory: Path) -> None:
        self.name = name
        self.isolation = ""
        self.alive = True
        self.deaths: dict[int, Callable[[int], None]] = {}
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._hello: asyncio.Future[None] = self._loop.create_future()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        ours.setblocking(False)
        self._control = ours
        root = directory / "root"
        root.mkdir(parents=True, exist_ok=True)
        config = {"root": str(root), **config}
        fd = str(theirs.fileno())
        with theirs, (directory / f"zygote-{name}.log").open("wb") as log:
            self._process = subprocess.Popen(
                [python, "-I", "-S", "-X", "utf8", BOOTSTRAP / "zygote.py", fd, json.dumps(config)],
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        self._log = directory / f"zygote-{name}.log"
        self._loop.add_reader(ours.fileno(), self._read)

    async def ready(self) -> None:
        await asyncio.shield(self._hello)

    @property
    def isolated(self) -> bool:
        return not self.isolation.startswith("none")

    @property
    def pid(self) -> int:
        return self._process.pid

    async def spawn(self, request: dict[str, Any], fds: list[int], died: Callable[[int], None]) -> int:
        """Fork a child with `fds` as its output and, if there is a second, its fd 3; `died` hears its exit code."""
        pid: int = (await self._ask(request, fds))["pid"]
        if self.alive:
            self.deaths[pid] = died
        else:
            died(-9)
        return pid

    async def fill(self, pid: int, request: dict[str, Any]) -> None:
        """Give a waiting child its function's directories."""
        answer = await self._ask({"fill": pid, **request}, [])
        if "error" in answer:
            raise OSError(answer["error"])

    async def _ask(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._answers[number] = answer
        data = msgspec.json.encode({"id": number, **request})
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self._control.sendmsg([data], rights)
        except BlockingIOError:
            # The zygote is importing something: wait for it off the loop's path.
            await self._writable()
            self._control.sendmsg([data], rights)
        except OSError:
            self._end()
        return await answer

    async def _writable(self) -> None:
        free = asyncio.Event()
        self._loop.add_writer(self._control.fileno(), free.set)
        await free.wait()
        self._loop.remove_writer(self._control.fileno())

    def _read(self) -> None:
        while True:
            try:
                data = self._control.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._end()
                return
            self._hear(msgspec.json.decode(data))

    def _hear(self, message: dict[str, Any]) -> None:
        if "hello" in message:
            self.isolation = message["isolation"]
            if not self._hello.done():
                self._hello.set_result(None)
        elif "exit" in message:
            # A child may die before its spawn has been taken in by whoever waits for the answer.
            pid, status = message["exit"], message["status"]
            self._loop.call_soon(self._bury, pid, status)
        elif (answer := self._answers.pop(message["id"], None)) and not answer.done():
            answer.set_result(message)

    def _bury(self, pid: int, status: int) -> None:
        if died := self.deaths.pop(pid, None):
            died(status)

    def _end(self) -> None:
        """The zygote has gone, and all its children with it."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        reason = self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""
        error = ConnectionError(f"The process that starts {self.name} sandboxes ended: {reason}")
        waiting: list[asyncio.Future[Any]] = [self._hello, *self._answers.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()
        self._answers.clear()
        deaths, self.deaths = self.deaths, {}
        for died in deaths.values():
            died(-9)

    async def stop(self) -> None:
        """End it and everything it started; returns when it is gone."""
        self._end()
        await self._loop.run_in_executor(None, self._process.wait)
