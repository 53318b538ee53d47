"""Starting the process of a sandbox: which zygote forks it, what it sees, its environment.

Python functions run in a fork of a zygote of their version. A Node process is kept waiting without a function, and is
given one when it is needed. Other runtimes are their own programs, started by a zygote that has imported nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from skyjar.runtime import interpreters
from skyjar.runtime.functions import Credentials, Function, RuntimeMissing
from skyjar.runtime.zygotes import BOOTSTRAP, PRELOAD, Zygote

PROVIDED = ("provided", "provided.al2", "provided.al2023")


class Process:
    """A started child: its pid (0 while unknown), the read end of its output, and the pipe by which it gets a function."""

    def __init__(self) -> None:
        self.pid = 0
        self.exit_code: int | None = None
        self.on_exit: Callable[[], None] | None = None
        self.assign: int | None = None
        self.output, self._theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.output, False)
        self.zygote: Zygote | None = None

    async def start(self, zygote: Zygote, request: dict[str, Any], *, waiting: bool = False) -> None:
        self.zygote = zygote
        fds = [self._theirs]
        if waiting:
            theirs, self.assign = os.pipe2(os.O_CLOEXEC)
            fds.append(theirs)
        try:
            self.pid = await zygote.spawn(request, fds, self._died)
        finally:
            for fd in fds:
                os.close(fd)

    def _died(self, code: int) -> None:
        self.exit_code = code
        if self.on_exit:
            self.on_exit()

    def signal(self, number: int) -> None:
        if self.pid and self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def close(self) -> None:
        os.close(self.output)
        if self.assign is not None:
            os.close(self.assign)
            self.assign = None


class Launchers:
    def __init__(self, directory: Path, *, lenient: bool, isolate: bool, node_modules: Path | None) -> None:
        self._directory, self._lenient, self._isolate = directory, lenient, isolate
        self._node_modules = node_modules
        self._zygotes: dict[str, Zygote] = {}
        self._waiting: dict[str, asyncio.Task[Process]] = {}

    def check(self, runtime: str) -> None:
        if runtime not in PROVIDED:
            interpreters.interpreter(runtime, lenient=self._lenient)

    async def prepare(self, runtime: str) -> None:
        if runtime.startswith("python"):
            await self._python(runtime)
        elif runtime.startswith("nodejs"):
            await asyncio.shield(self._keep_waiting(runtime))
        else:
            await self.launcher()

    async def launcher(self) -> Zygote:
        """The zygote for programs that are not Python."""
        own = interpreters.python(f"{sys.version_info.major}.{sys.version_info.minor}")
        if own is None:
            raise RuntimeMissing("Skyjar's own Python interpreter was not found")
        binds = {own.prefix, *(node.prefix for node in interpreters.nodes())}
        return await self._zygote("programs", own.path, binds, ())

    async def _python(self, runtime: str) -> Zygote:
        found = interpreters.interpreter(runtime, lenient=self._lenient)
        return await self._zygote(found.name, found.path, {found.prefix}, PRELOAD)

    async def _zygote(self, name: str, python: Path, binds: set[Path], preload: tuple[str, ...]) -> Zygote:
        zygote = self._zygotes.get(name)
        if zygote is None or not zygote.alive:
            self._directory.mkdir(parents=True, exist_ok=True)
            family = interpreters.boto3_family()
            files = [(str(path), f"/var/runtime/{name}") for name, path in family.items()]
            files += [(str(BOOTSTRAP / name), f"/var/runtime/{name}") for name in ("python.py", "node.mjs")]
            if self._node_modules:
                files.append((str(self._node_modules), "/var/runtime/node_modules"))
            config: dict[str, Any] = {
                "binds": sorted(str(path) for path in binds if path != Path("/usr")),
                "files": files,
                "family": [name.removesuffix(".py") for name in family],
                "preload": preload,
                "runtime": str(self._runtime_directory(files)),
            }
            if not self._isolate:
                config["root"] = None
            zygote = self._zygotes[name] = Zygote(name, python, config, self._directory.resolve())
        await zygote.ready()
        return zygote

    def _runtime_directory(self, files: list[tuple[str, str]]) -> Path:
        """The stand-in for /var/runtime where there are no namespaces: a directory of links."""
        directory = self._directory.resolve() / "runtime"
        directory.mkdir(exist_ok=True)
        for source, target in files:
            link = directory / Path(target).name
            if link.is_symlink() and link.readlink() != Path(source):
                link.unlink()
            if not link.is_symlink():
                link.symlink_to(source)
        return directory

    async def start(self, function: Function, credentials: Credentials, api: str, stream: str) -> Process:
        """Start a process that runs `function` and talks to the Runtime API at `api`."""
        opt = await self._opt(function.layers)
        wrapper = dict(function.environment).get("AWS_LAMBDA_EXEC_WRAPPER")
        if function.runtime in PROVIDED:
            zygote = await self.launcher()
        elif function.runtime.startswith("python") and not wrapper:
            zygote = await self._python(function.runtime)
        else:
            self.check(function.runtime)
            zygote = await self.launcher()
        seen = Seen(function, opt, zygote.isolated, self._directory.resolve())
        environment = environment_of(function, credentials, api, stream, seen)
        request: dict[str, Any] = {
            "code": str(function.code.resolve()),
            "opt": str(opt) if opt else None,
            "ephemeral_mib": function.ephemeral_mib,
            "environment": environment,
            "extensions": extensions(opt, seen),
            "argv": [],
            "path": [seen.task, *seen.layer(f"python/lib/{function.runtime}/site-packages", "python")],
        }
        if function.runtime.startswith("nodejs") and not wrapper and "NODE_OPTIONS" not in environment:
            return await self._assign_node(function.runtime, zygote, request)
        if zygote.name == "programs":
            request.update(self._program(function, seen, wrapper))
        process = Process()
        await process.start(zygote, request)
        return process

    def _program(self, function: Function, seen: Seen, wrapper: str | None) -> dict[str, Any]:
        if function.runtime in PROVIDED:
            return {"programs": [f"{seen.task}/bootstrap", *seen.layer("bootstrap")], "argv": ["bootstrap"]}
        path = interpreters.interpreter(function.runtime, lenient=self._lenient).path
        if function.runtime.startswith("python"):
            command = [str(path), "-S", f"{seen.runtime}/python.py"]
        else:
            command = [str(path), f"{seen.runtime}/node.mjs"]
        if wrapper:
            return {"programs": [wrapper], "argv": [wrapper, *command]}
        return {"programs": [command[0]], "argv": command}

    async def _assign_node(self, runtime: str, zygote: Zygote, request: dict[str, Any]) -> Process:
        while True:
            process = await asyncio.shield(self._keep_waiting(runtime))
            self._waiting.pop(runtime, None)
            if process.exit_code is None:
                break
            process.close()
        await zygote.fill(process.pid, request)
        for extension in request["extensions"]:
            raise RuntimeMissing(f"External extensions beside Node are not supported yet: {extension}")
        assert process.assign is not None
        task = request["code"] if not zygote.isolated else "/var/task"
        await asyncio.to_thread(
            os.write, process.assign, msgspec.json.encode({"environment": request["environment"], "task": task}) + b"\n"
        )
        asyncio.get_running_loop().call_later(0.2, self._refill, runtime)
        return process

    def _refill(self, runtime: str) -> None:
        if self._zygotes:
            self._keep_waiting(runtime)

    def _keep_waiting(self, runtime: str) -> asyncio.Task[Process]:
        task = self._waiting.get(runtime)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._waiting[runtime] = asyncio.get_running_loop().create_task(self._start_node(runtime))
        return task

    async def _start_node(self, runtime: str) -> Process:
        node = interpreters.interpreter(runtime, lenient=self._lenient).path
        zygote = await self.launcher()
        script = "/var/runtime/node.mjs" if zygote.isolated else str(BOOTSTRAP / "node.mjs")
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8", "TZ": ":UTC", "_SKYJAR_WAIT": "3"}
        request: dict[str, Any] = {"code": None, "environment": environment, "extensions": []}
        request |= {"programs": [str(node)], "argv": ["node", script]}
        process = Process()
        await process.start(zygote, request, waiting=True)
        return process

    async def _opt(self, layers: tuple[Path, ...]) -> Path | None:
        """One directory with all layers, later ones over earlier ones."""
        if len(layers) <= 1:
            return layers[0].resolve() if layers else None
        digest = hashlib.sha256("\0".join(map(str, layers)).encode()).hexdigest()[:32]
        merged = self._directory.resolve() / "layers" / digest
        if not merged.exists():
            await asyncio.to_thread(merge, layers, merged)
        return merged

    async def stop(self) -> None:
        zygotes, self._zygotes = list(self._zygotes.values()), {}
        waiting, self._waiting = list(self._waiting.values()), {}
        for zygote in zygotes:
            await zygote.stop()
        for process in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(process, Process):
                process.close()


def merge(layers: tuple[Path, ...], target: Path) -> None:
    building = target.with_suffix(f".{os.getpid()}")
    for layer in layers:
        shutil.copytree(layer, building, symlinks=True, dirs_exist_ok=True)
    with contextlib.suppress(OSError):
        building.rename(target)
    shutil.rmtree(building, ignore_errors=True)


class Seen:
    """Where a function finds things: AWS's places in a namespace, the real ones without."""

    def __init__(self, function: Function, opt: Path | None, isolated: bool, directory: Path) -> None:
        self.task = "/var/task" if isolated else str(function.code.resolve())
        self.opt = ("/opt" if isolated else str(opt)) if opt or isolated else None
        self.runtime = "/var/runtime" if isolated else str(directory / "runtime")

    def layer(self, *names: str) -> list[str]:
        return [f"{self.opt}/{name}" for name in names] if self.opt else []


def extensions(opt: Path | None, seen: Seen) -> list[str]:
    """The external extensions of the layers: each program in /opt/extensions."""
    folder = opt / "extensions" if opt else None
    if folder is None or not folder.is_dir():
        return []
    return [f"{seen.opt}/extensions/{path.name}" for path in sorted(folder.iterdir()) if os.access(path, os.X_OK)]


def environment_of(function: Function, credentials: Credentials, api: str, stream: str, seen: Seen) -> dict[str, str]:
    """The whole environment of a sandbox; nothing of Skyjar's own is in it."""
    generation = re.sub(r"\D", "", function.runtime)
    path = [*seen.layer("bin"), "/var/lang/bin", "/usr/local/bin", "/usr/bin/", "/bin"]
    environment = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": ":".join(path),
        "LD_LIBRARY_PATH": ":".join([seen.task, f"{seen.task}/lib", *seen.layer("lib")]),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": function.xray_address,
        "_AWS_XRAY_DAEMON_ADDRESS": function.xray_address.partition(":")[0],
        "_AWS_XRAY_DAEMON_PORT": function.xray_address.partition(":")[2],
    }
    if function.runtime.startswith("python"):
        environment["PYTHONPATH"] = seen.runtime
    if function.runtime.startswith("nodejs"):
        places = [*seen.layer(f"nodejs/node{generation}/node_modules", "nodejs/node_modules")]
        environment["NODE_PATH"] = ":".join([*places, f"{seen.runtime}/node_modules", seen.runtime, seen.task])
    if function.endpoint_url:
        environment["AWS_ENDPOINT_URL"] = function.endpoint_url
        environment["AWS_DISABLE_HOST_PREFIX_INJECTION"] = "true"  # nobody finds names below an address
    environment.update(function.environment)
    environment |= {
        "_HANDLER": function.handler,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mib),
        "AWS_LAMBDA_INITIALIZATION_TYPE": function.init_type,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group or f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": seen.task,
        "LAMBDA_RUNTIME_DIR": seen.runtime,
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
    }
    if function.runtime not in PROVIDED:
        environment["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{function.runtime}"
    if function.log_format == "Text":
        del environment["AWS_LAMBDA_LOG_FORMAT"]
    return environment
