"""Real sandboxes on an event loop of their own; whatever a test leaves behind is stopped."""

import asyncio
import itertools
import json
import time
import uuid
from pathlib import Path

import pytest

from skyjar.runtime.functions import Credentials, Function
from skyjar.runtime.sandboxes import Sandboxes

DEADLINE_S = 20


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.loop = asyncio.new_event_loop()
        self.lines: list[tuple[str, str, str]] = []  # function name, stream, line
        self.expires_in_s = 3600.0
        self.options: dict = {}
        self._sandboxes: Sandboxes | None = None
        self._names = itertools.count()

    @property
    def sandboxes(self) -> Sandboxes:
        if self._sandboxes is None:
            self._sandboxes = Sandboxes(
                directory=self.directory / "run",
                credentials=lambda f: Credentials("ASIAKEY", "secret", "token", time.time() + self.expires_in_s),
                logs=lambda f, stream, lines: self.lines.extend((f.name, stream, line) for _, line in lines),
                **self.options,
            )
        return self._sandboxes

    def code(self, files: dict[str, str]) -> Path:
        folder = self.directory / f"code{next(self._names)}"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        return folder

    def function(self, source: str = "", *, files: dict[str, str] | None = None, **fields) -> Function:
        fields.setdefault("runtime", "python3.11")
        fields.setdefault("handler", "app.handler")
        name = fields.setdefault("name", f"f{next(self._names)}")
        fields.setdefault("arn", f"arn:aws:lambda:us-east-1:000000000000:function:{name}")
        fields.setdefault("code", self.code(files or {"app.py": source}))
        fields.setdefault("timeout_s", 5.0)
        return Function(**fields)

    async def call(self, function: Function, event=None, **options):
        options.setdefault("request_id", str(uuid.uuid4()))
        return await self.sandboxes.invoke(function, json.dumps(event).encode(), **options)

    def run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, DEADLINE_S))

    def invoke(self, function: Function, event=None, **options):
        return self.run(self.call(function, event, **options))

    def value(self, function: Function, event=None, **options):
        result = self.invoke(function, event, **options)
        assert result.error is None, result.payload
        return json.loads(result.payload)

    def fault(self, function: Function, event=None, **options):
        result = self.invoke(function, event, **options)
        assert result.error == "Unhandled", result.payload
        return json.loads(result.payload)

    def log(self) -> list[str]:
        return [line for _, _, line in self.lines]

    def close(self) -> None:
        if self._sandboxes:
            self.run(self._sandboxes.stop())
        self.loop.close()


@pytest.fixture
def world(tmp_path: Path):
    world = World(tmp_path)
    yield world
    world.close()
