"""The warm parent of sandboxes: forks a child for each, and tells Skyjar of every death.

Speaks JSON datagrams over the Unix socket given as argv[1]; argv[2] is its configuration. Where the kernel allows, it
lives in a root of its own making (the interpreter, /usr, /etc, a few devices; Skyjar's real root at /.host), built once, so that a
child only adds its code, its layers, its /tmp and /proc, and drops /.host. It has no threads and uses nothing
but the standard library. Between requests it imports what functions are likely to import.
"""

# What the zygote imports every child holds, so no pathlib; a child reports any error at all.
# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH114, PTH115, PTH116, PTH118, PTH120, PTH123, PTH211
# ruff: noqa: S102, S108, S606, BLE001, SIM105

from __future__ import annotations

import array
import ctypes
import fcntl
import gc
import importlib.util
import json
import os
import resource
import select
import signal
import site
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

NEWNS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
BIND, REC, PRIVATE, NOSUID, NODEV, NOEXEC, DETACH = 4096, 16384, 1 << 18, 2, 4, 8, 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_SETATTR, RECURSIVE, READ_ONLY = 442, 0x8000, 1
libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    values = [value and os.fsencode(value) for value in (source, target, kind, data)]
    check(libc.mount(values[0], values[1], values[2], ctypes.c_ulong(flags), values[3]), f"mount {target}")


def make_read_only(path: str) -> None:
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    check(libc.syscall(MOUNT_SETATTR, -100, os.fsencode(path), RECURSIVE, attributes, 32), "mount_setattr")


def own_user_namespace() -> None:
    """Become able to mount without being root."""
    uid, gid = os.geteuid(), os.getegid()
    check(libc.unshare(NEWUSER), "unshare user")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def bind(source: str, root: str, target: str) -> None:
    """Show `source` at `target` under `root`, making the mount point."""
    place = root + target
    if os.path.isdir(source):
        os.makedirs(place, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "a").close()
    mount(source, place, flags=BIND | REC)


def build_root(config: dict[str, Any]) -> None:
    """Make and enter the root that all sandboxes share; the real one stays at /.host."""
    root = config["root"]
    if os.geteuid() != 0:
        own_user_namespace()
    check(libc.unshare(NEWNS | NEWIPC), "unshare mount")
    mount(None, "/", flags=REC | PRIVATE)
    mount("tmpfs", root, "tmpfs", NOSUID, "size=1m,mode=755")
    for name in ("usr", "etc", "bin", "sbin", "lib", "lib32", "lib64", "nix", "gnu"):
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            bind(f"/{name}", root, f"/{name}")
    for path in config["binds"]:
        if not path.startswith(("/usr/", "/etc/")):
            bind(path, root, path)
    resolver = os.path.realpath("/etc/resolv.conf")
    if os.path.exists(resolver) and not resolver.startswith("/etc/"):
        bind(resolver, root, resolver)
    for source, target in config["files"]:
        bind(source, root, target)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        if os.path.exists(f"/dev/{name}"):
            bind(f"/dev/{name}", root, f"/dev/{name}")
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"{root}/dev/{name}")
    for name in ("/tmp", "/opt", "/var/task", "/var/runtime", "/.host"):
        os.makedirs(root + name, exist_ok=True)
    os.symlink("/tmp", root + "/var/tmp")
    bind("/proc", root, "/proc")
    check(libc.syscall(PIVOT_ROOT[os.uname().machine], os.fsencode(root), os.fsencode(root + "/.host")), "pivot_root")
    os.chdir("/")
    make_read_only("/")


def fill(request: dict[str, Any], private_pids: bool) -> None:
    """In a new mount namespace: the function's own directories; afterwards the machine's files are out of reach."""
    mount("/.host" + request["code"], "/var/task", flags=BIND)
    if request["opt"]:
        mount("/.host" + request["opt"], "/opt", flags=BIND)
    mount("tmpfs", "/tmp", "tmpfs", NOSUID | NODEV, f"size={request['ephemeral_mib']}m,mode=1777")
    if private_pids:
        mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    check(libc.umount2(b"/.host", DETACH), "umount")


def drop_privileges() -> None:
    for number in range(64):
        if libc.prctl(24, number, 0, 0, 0) < 0:  # PR_CAPBSET_DROP
            break
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    check(libc.capset(header, nothing), "capset")


def succeeds(attempt: Callable[[], None]) -> bool:
    """Whether a child can do it."""
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def try_pids(own: int | None) -> None:
    """Make a pid namespace with its own /proc and, if asked for, come back to ours."""
    check(libc.unshare(NEWPID), "unshare pid")

    def show() -> None:
        check(libc.unshare(NEWNS), "unshare mount")
        mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)

    if not succeeds(show):
        raise OSError("no /proc in a pid namespace")
    if own is not None:
        check(libc.setns(own, NEWPID), "setns")


class Zygote:
    def __init__(self, control: socket.socket, config: dict[str, Any]) -> None:
        self.control, self.config = control, config
        self.children: dict[int, tuple[int, int]] = {}  # pidfd -> its pid, the sandbox's pid
        self.lifeline, self.held = os.pipe()  # children read the first; only the zygote has the second
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.preload = list(config["preload"])
        self.private_pids: int | None = None  # our own pid namespace, to come back to after each fork
        self.nested = False  # we may not come back: each child has an outer process that made the namespace
        here = os.path.dirname(os.path.abspath(__file__))
        spec = importlib.util.spec_from_file_location("_runtime", os.path.join(here, "python.py"))
        assert spec and spec.loader
        self.runtime = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.runtime)
        self.isolated = self.isolate()

    def isolate(self) -> str:
        if not self.config["root"]:
            return "none: not asked for"
        try:
            build_root(self.config)
        except (OSError, KeyError) as error:
            return f"none: {error}"
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        if succeeds(lambda: try_pids(own)):
            self.private_pids = own
            return "mount, pid, ipc"
        os.close(own)
        if succeeds(lambda: try_pids(None)):
            self.nested = True
            return "mount, pid, ipc, user"
        return "mount, ipc"

    @property
    def own_pids(self) -> bool:
        return self.nested or self.private_pids is not None

    def divert(self) -> None:
        """The next fork makes the first process of a new pid namespace."""
        if self.private_pids is not None:
            check(libc.unshare(NEWPID), "unshare pid")

    def serve(self) -> NoReturn:
        self.send({"hello": sys.version.split()[0], "isolation": self.isolated})
        while True:
            ready = self.poll.poll(10 if self.preload else None)
            if not ready and self.preload:
                self.warm(self.preload.pop(0))
            for fd, _ in ready:
                if fd == self.control.fileno():
                    self.receive()
                else:
                    self.bury(fd)

    def send(self, message: dict[str, Any]) -> None:
        try:
            self.control.send(json.dumps(message).encode())
        except OSError:
            self.end()

    def receive(self) -> None:
        data, rights, _, _ = self.control.recvmsg(1 << 20, socket.CMSG_SPACE(8))
        if not data:
            self.end()
        fds = array.array("i")
        for _, _, raw in rights:
            fds.frombytes(raw)
        request = json.loads(data)
        if "fill" in request:
            self.adopt(request)
        else:
            self.spawn(request, list(fds))
        for fd in fds:
            os.close(fd)

    def spawn(self, request: dict[str, Any], fds: list[int]) -> None:
        self.divert()
        entered, told = os.pipe()
        outer = pid = os.fork()
        if pid == 0:
            if self.nested:
                self.surround(told)
            self.become(request, fds, told)
        os.close(told)
        if self.nested:
            pid = int(os.read(entered, 16) or outer)
        elif not request["code"]:
            os.read(entered, 1)  # it has its own namespace, so that `adopt` will not change ours
        os.close(entered)
        if self.private_pids is not None:
            check(libc.setns(self.private_pids, NEWPID), "setns")
        watch = os.pidfd_open(outer)
        self.children[watch] = (outer, pid)
        self.poll.register(watch, select.POLLIN)
        self.send({"id": request["id"], "pid": pid})

    def surround(self, told: int) -> None:
        """Fork into a new pid namespace; returns in the inner process, whose end becomes that of the outer one."""
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)
        check(libc.unshare(NEWPID), "unshare pid")
        ready, entered = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ready)
            self.entered = entered
            return
        os.close(entered)
        os.read(ready, 1)
        os.write(told, str(pid).encode())
        os.closerange(0, 1024)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            os.kill(os.getpid(), os.WTERMSIG(status))
        os._exit(os.waitstatus_to_exitcode(status) & 255)

    def become(self, request: dict[str, Any], fds: list[int], told: int) -> NoReturn:
        """The child: enter the sandbox and run. Never returns."""
        try:
            os.setsid()
            libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
            os.close(self.held)
            if select.select([self.lifeline], [], [], 0)[0]:
                os._exit(1)
            os.dup2(fds[0], 1)
            os.dup2(fds[0], 2)
            # Any number may be taken, by the handle of one of many children.
            assigned = fcntl.fcntl(fds[1], fcntl.F_DUPFD, 3) if len(fds) > 1 else None
            self.control.close()
            for fd in (*self.children, *fds, *([self.private_pids] if self.private_pids else [])):
                os.close(fd)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if self.config["root"] and self.isolated[:4] != "none":
                check(libc.unshare(NEWNS | NEWIPC), "unshare")
                if request["code"]:
                    fill(request, self.own_pids)
                    os.chdir("/var/task")
                elif self.own_pids:
                    mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
                drop_privileges()
            else:
                libc.prctl(38, 1, 0, 0, 0)
                os.chdir(request["code"] or "/")
            os.close(told)
            if self.nested:
                os.close(self.entered)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            self.start(request, assigned)
        except SystemExit as error:
            leave(error.code)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
            os._exit(1)

    def start(self, request: dict[str, Any], assigned: int | None) -> NoReturn:
        environment = request["environment"]
        if request["argv"]:
            if assigned is not None and assigned != 3:
                os.dup2(assigned, 3)
                os.close(assigned)
            program = next((path for path in request["programs"] if os.access(path, os.X_OK)), None)
            if program is None:
                message = f"Couldn't find valid bootstrap(s): [{' '.join(request['programs'])}]"
                os.environ.update(environment)
                fault = {"errorMessage": message, "errorType": "Runtime.InvalidEntrypoint"}
                self.runtime.Api(environment["AWS_LAMBDA_RUNTIME_API"]).error("/init/error", fault)
                os._exit(1)
            for extension in request["extensions"]:
                launch(extension, environment)
            os.execve(program, [program, *request["argv"][1:]], environment)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        for extension in request["extensions"]:
            launch(extension, environment)
        sys.dont_write_bytecode = True
        sys.path[:0] = request["path"]
        if any(os.path.lexists(f"{place}/{name}") for place in request["path"] for name in self.config["family"]):
            forget(self.config["family"])
        sys.argv = ["/var/runtime/bootstrap.py"]
        gc.enable()
        self.runtime.run()
        os._exit(0)

    def adopt(self, request: dict[str, Any]) -> None:
        """Give an idle sandbox, whose namespace is still open, its function's directories."""
        if self.isolated[:4] != "none":
            pid = os.fork()
            if pid == 0:
                try:
                    namespace = os.open(f"/proc/{request['fill']}/ns/mnt", os.O_RDONLY)
                    if os.fstat(namespace).st_ino == os.stat("/proc/self/ns/mnt").st_ino:
                        raise OSError("the process has no namespace of its own")
                    check(libc.setns(namespace, NEWNS), "setns")
                    fill(request, False)
                except BaseException as error:
                    self.send({"id": request["id"], "error": str(error)})
                    os._exit(1)
                self.send({"id": request["id"]})
                os._exit(0)
            os.waitpid(pid, 0)
        else:
            self.send({"id": request["id"]})

    def bury(self, watch: int) -> None:
        outer, pid = self.children.pop(watch)
        self.poll.unregister(watch)
        os.close(watch)
        _, status = os.waitpid(outer, 0)
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            pass
        self.send({"exit": pid, "status": os.waitstatus_to_exitcode(status)})

    def warm(self, step: str) -> None:
        try:
            exec(step, {})
        except Exception as error:
            sys.stderr.write(f"preload {step}: {error}\n")
        if not self.preload:
            gc.collect()
            gc.freeze()

    def end(self, *signals: object) -> NoReturn:
        for _, pid in self.children.values():
            try:
                os.killpg(pid, signal.SIGKILL)
            except OSError:
                pass
        os._exit(0)


def leave(code: object) -> NoReturn:
    """End as Python does at sys.exit, without the zygote's own exit handlers."""
    number = code if isinstance(code, int) else 0 if code is None else 1
    if number == 1 and code != 1:
        os.write(2, f"{code}\n".encode())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(number & 255)


def launch(program: str, environment: dict[str, str]) -> None:
    """Start an external extension beside the runtime."""
    if os.fork() == 0:
        try:
            os.execve(program, [program], environment)
        finally:
            os._exit(1)


def forget(names: list[str]) -> None:
    """The function brings its own copies of these packages: those must be imported, not ours."""
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]


def main() -> NoReturn:
    libc.prctl(1, signal.SIGTERM, 0, 0, 0)
    control = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(control.fileno(), False)
    config = json.loads(sys.argv[2])
    zygote = Zygote(control, config)
    sys.path.insert(0, "/var/runtime" if zygote.isolated[:4] != "none" else config["runtime"])
    site.setquit()
    signal.signal(signal.SIGTERM, zygote.end)
    zygote.serve()


if __name__ == "__main__":
    main()
