"""A whole cloud on a free port, on a thread of this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from skyjar.app import Cloud, Settings
from skyjar.edge.listener import new_event_loop

T = TypeVar("T")
REGION = "us-east-1"
_accounts = count(100_000_000_001)


class Account:
    """An account of its own, empty and isolated: its keys act as its root user."""

    def __init__(self, running: Running, number: str) -> None:
        self.running = running
        self.number = number

    @property
    def environment(self) -> dict[str, str]:
        """What AWS tools and SDKs need to reach this account here."""
        return {
            "AWS_ENDPOINT_URL": self.running.endpoint,
            "AWS_ACCESS_KEY_ID": self.number,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def session(self, **keys: str) -> Any:
        """A boto3 session; `keys` may be those of a user or role (aws_access_key_id, …)."""
        import boto3

        given = {"aws_access_key_id": self.number, "aws_secret_access_key": "test", "region_name": REGION, **keys}
        return boto3.Session(**given)

    def client(self, service: str, config: Any = None, **keys: str) -> Any:
        """A boto3 client pointed here."""
        return self.session(**keys).client(service, endpoint_url=self.running.endpoint, config=config)

    def resource(self, service: str, **keys: str) -> Any:
        return self.session(**keys).resource(service, endpoint_url=self.running.endpoint)


class Running:
    """A running cloud. `endpoint` is its address; `account()` gives a fresh account, in no time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="skyjar", daemon=True)
        self.cloud: Cloud
        self.loop: asyncio.AbstractEventLoop
        self._thread.start()
        self._ready.wait(30)
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        loop = self.loop = new_event_loop()
        try:
            self.cloud = Cloud(self._settings)
            loop.run_until_complete(self.cloud.start())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self._failure = error
            self._ready.set()
            return
        self._ready.set()
        loop.run_forever()
        loop.run_until_complete(self.cloud.stop())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    @property
    def endpoint(self) -> str:
        return self.cloud.endpoint

    def account(self) -> Account:
        return Account(self, str(next(_accounts)))

    def client(self, service: str, config: Any = None, **keys: str) -> Any:
        """A boto3 client of the default account's root user."""
        return Account(self, "000000000000").client(service, config, **keys)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the cloud's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def call(self, function: Callable[[], T]) -> T:
        async def run() -> T:
            return function()

        return self.do(run())

    def freeze(self, at: float | None = None) -> None:
        self.call(lambda: self.cloud.clock.freeze(at))

    def resume(self) -> None:
        self.call(self.cloud.clock.resume)

    def advance(self, seconds: float) -> None:
        """Turn the clock on, doing what falls due on the way, in order."""
        runner = self.cloud.pipeline.runner
        self.do(runner.advance(self.call(self.cloud.clock.now) + seconds))

    def settle(self) -> None:
        """Wait until nothing that is due is left undone."""
        self.do(self.cloud.pipeline.runner.settle())

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(30)


@contextmanager
def running(
    *,
    port: int = 0,
    data: Path | None = None,
    is_strict: bool = False,
    is_auditing: bool = False,
    is_lenient: bool = False,
    trusts_loopback: bool = True,
    seed: int | None = None,
    frozen_at: float | None = None,
    stale_reads_s: float = 0.0,
    has_aws_timing: bool = False,
) -> Iterator[Running]:
    """Start a cloud on a free port; it and, without `data`, its state are gone afterwards."""
    settings = Settings(
        port=port,
        data=data,
        is_strict=is_strict,
        is_auditing=is_auditing,
        is_lenient=is_lenient,
        trusts_loopback=trusts_loopback,
        seed=seed,
        frozen_at=frozen_at,
        stale_reads_s=stale_reads_s,
        has_aws_timing=has_aws_timing,
    )
    cloud = Running(settings)
    try:
        yield cloud
    finally:
        cloud.stop()
