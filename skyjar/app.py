"""The composition root: the only place that wires everything together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from skyjar.control import clock as kept_clock
from skyjar.control.routes import Control
from skyjar.edge.listener import Edge, new_event_loop
from skyjar.edge.origins import Origins
from skyjar.edge.ports import Ports
from skyjar.kernel.blobs import Blobs
from skyjar.kernel.certificates import Certify
from skyjar.kernel.clock import Clock
from skyjar.kernel.ids import Chance
from skyjar.kernel.listening import Listen, Unlisten
from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Store
from skyjar.pipeline.conversations import Conversation
from skyjar.pipeline.functions import Functions
from skyjar.pipeline.pipeline import Pipeline

DEFAULT_PORT = 4566


@dataclass
class Settings:
    """How a cloud is run. `data` None keeps its state in a folder that is removed at the end (`--ephemeral`).

    `trusts_loopback`: plain HTTP counts as `aws:SecureTransport`, because it never leaves the machine and stands in for
    AWS's HTTPS endpoints; without that, SAM's and CDK's own buckets would refuse the tools that made them.
    """

    port: int = DEFAULT_PORT
    host: str | None = None
    data: Path | None = None
    is_strict: bool = False
    is_auditing: bool = False
    is_lenient: bool = False
    is_synced: bool = False
    trusts_loopback: bool = True
    seed: int | None = None
    frozen_at: float | None = None
    stale_reads_s: float = 0.0
    has_aws_timing: bool = False
    origins: tuple[str, ...] = field(default=())


class Cloud:
    """A whole cloud: store, pipeline, edge. `start` and `stop` run on its event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._temporary = None if settings.data else Path(tempfile.mkdtemp(prefix="skyjar-"))
        self.data = settings.data or self._temporary or Path()
        _make_private(self.data)
        self.store = Store(RocksDriver(self.data / "store"))
        self.clock = Clock(frozen_at=settings.frozen_at)
        self.chance = Chance(settings.seed)
        self.blobs = Blobs(self.data / "blobs", is_synced=settings.is_synced)
        self.pipeline = Pipeline(
            self.store,
            self.clock,
            self.chance,
            self.blobs,
            is_strict=settings.is_strict,
            is_auditing=settings.is_auditing,
            is_lenient=settings.is_lenient,
            is_synced=settings.is_synced,
            trusts_loopback=settings.trusts_loopback,
        )
        self.pipeline.behaviour.stale_reads_s = settings.stale_reads_s
        self.pipeline.behaviour.has_aws_timing = settings.has_aws_timing
        self.functions = Functions(self.pipeline, self.data / "lambda")
        self.pipeline.ends.append(self.functions.stop)
        self.pipeline.internal = Control(self).answer
        self.edge = Edge(self.pipeline, certificates=self.data / "certificates", origins=Origins(settings.origins))
        self.pipeline.performers[Certify] = self.edge.certify
        self.ports = Ports(self.edge, self.store, lambda listener, peer: Conversation(self.pipeline, listener, peer))
        self.pipeline.performers[Listen] = self.ports.listen
        self.pipeline.performers[Unlisten] = self.ports.unlisten
        self.pipeline.ends.append(self.ports.stop)
        self.ended = asyncio.Event()
        kept_clock.recall(self.store, self.clock)

    @property
    def is_ephemeral(self) -> bool:
        return self._temporary is not None

    @property
    def port(self) -> int:
        return self.edge.port

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.edge.port}"

    async def start(self) -> None:
        await self.edge.start(self.settings.host, self.settings.port)
        self.pipeline.own_endpoint = self.endpoint
        self.pipeline.start(asyncio.get_running_loop())
        await self.ports.start()

    def end(self) -> None:
        """Ask a served cloud to stop."""
        self.ended.set()

    async def quiesce(self) -> None:
        """End what runs outside and the jobs that wait, so that the state can be swapped."""
        await self.pipeline.quiesce()

    def reopen(self, driver: RocksDriver) -> None:
        """Go on with another state. Calls that wait are woken and look again."""
        self.blobs.prepare()
        self.store.swap(driver)
        self.pipeline.resume()
        self.pipeline.spawn(self.ports.start())

    async def stop(self) -> None:
        await self.ports.stop()
        await self.edge.stop()
        await self.functions.stop()
        await self.pipeline.stop()
        self.store.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _make_private(data: Path) -> None:
    """A data folder is its owner's alone: bodies, keys and secrets lie in it as they are. A folder that holds other
    things already is left as it is."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (data / "store").exists() or not any(data.iterdir()):
        with contextlib.suppress(PermissionError):
            data.chmod(0o700)


def _allow_files() -> None:
    """Connections and sandboxes need file descriptors: as many as this process may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def serve(settings: Settings, ready: object = None) -> None:
    """Run a cloud until SIGINT or SIGTERM."""
    cloud = Cloud(settings)
    await cloud.start()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, cloud.end)
    if callable(ready):
        ready(cloud)
    await cloud.ended.wait()
    await cloud.stop()


def run(settings: Settings, ready: object = None) -> None:
    """Run a cloud in this process until it is ended. What was loaded so far is kept out of the collector's way."""
    _allow_files()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    loop = new_event_loop()
    with contextlib.closing(loop):
        loop.run_until_complete(serve(settings, ready))
