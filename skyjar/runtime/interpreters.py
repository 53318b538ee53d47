"""Which language runtimes this machine has.

An interpreter is found by its name on PATH and in the places where pyenv, uv and nvm put theirs. Shims (scripts that look
for the real one each time) are passed over: they cost 80 ms a start.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from skyjar.runtime.functions import RuntimeMissing

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
NODES = ("18", "20", "22", "24")


class Interpreter(msgspec.Struct, frozen=True):
    """`name` is the Lambda runtime that it serves, `path` the real file."""

    name: str
    path: Path
    version: str

    @property
    def prefix(self) -> Path:
        """The directory that holds all its files."""
        return self.path.parent.parent


def usable(path: Path) -> Path | None:
    """The real file behind `path` when that is a program and not a shim."""
    if not os.access(path, os.X_OK) or not path.is_file():
        return None
    real = path.resolve()
    with real.open("rb") as file:
        return None if file.read(2) == b"#!" else real


def version_of(path: Path) -> str:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, env={}, check=False)
    return (done.stdout or done.stderr).strip().removeprefix("Python ").removeprefix("v")


def places(*patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(Path.home().glob(pattern), reverse=True)


@cache
def python(version: str) -> Interpreter | None:
    """The interpreter for python<version>, such as 3.11."""
    own = Path(getattr(sys, "_base_executable", "") or sys.executable)
    candidates = [own] if version == f"{sys.version_info.major}.{sys.version_info.minor}" else []
    candidates += [Path(folder, f"python{version}") for folder in os.get_exec_path()]
    candidates.append(Path(f"/usr/bin/python{version}"))
    candidates += places(
        f".pyenv/versions/{version}.*/bin/python{version}",
        f".local/share/uv/python/cpython-{version}.*/bin/python{version}",
    )
    for candidate in candidates:
        if (path := usable(candidate)) and (found := version_of(path)).startswith(version):
            return Interpreter(f"python{version}", path, found)
    return None


@cache
def nodes() -> tuple[Interpreter, ...]:
    """Every Node found, by major version; the first of each counts."""
    found: dict[str, Interpreter] = {}
    candidates = [Path(folder, "node") for folder in os.get_exec_path()]
    candidates.append(Path("/usr/bin/node"))
    candidates += places(".nvm/versions/node/v*/bin/node", ".local/share/fnm/node-versions/*/installation/bin/node")
    for candidate in candidates:
        if path := usable(candidate):
            version = version_of(path)
            major = version.partition(".")[0]
            found.setdefault(major, Interpreter(f"nodejs{major}.x", path, version))
    return tuple(found.values())


def interpreter(runtime: str, *, lenient: bool = False) -> Interpreter:
    """The interpreter for a Lambda runtime; with `lenient` the nearest version will do. Raises RuntimeMissing."""
    if match := re.fullmatch(r"python(3\.\d+)", runtime):
        wanted = python(match[1])
        others = [found for version in PYTHONS if (found := python(version))] if wanted is None else []
    elif match := re.fullmatch(r"nodejs(\d+)\.x", runtime):
        everything = {found.name: found for found in nodes()}
        wanted, others = everything.get(runtime), list(everything.values())
    else:
        raise RuntimeMissing(f"Runtime {runtime} is not one that Skyjar can run")
    if wanted:
        return wanted
    if lenient and others:
        return min(others, key=lambda found: abs(_number(found.name) - _number(runtime)))
    program = f"python{match[1]}" if runtime.startswith("python") else f"Node.js {match[1]}"
    seen = f"only {', '.join(found.name for found in others)}" if others else "none"
    how = f"uv python install {match[1]}" if runtime.startswith("python") else f"nvm install {match[1]}"
    raise RuntimeMissing(
        f"Runtime {runtime} needs a {program} interpreter, and {seen} was found; install it (for example: {how})"
    )


def _number(runtime: str) -> float:
    return float(re.sub(r"[^\d]", "", runtime.removeprefix("python3.").removesuffix(".x")))


def found() -> list[Interpreter]:
    """Everything that this machine can run, for `skyjar doctor`."""
    return [*filter(None, map(python, PYTHONS)), *nodes()]


@cache
def node_packages() -> Path | None:
    """Where the AWS SDK for JavaScript is, which Lambda's Node runtimes provide: in the folder that SKYJAR_NODE_MODULES names, or among
    the packages that npm has installed globally."""
    named = os.environ.get("SKYJAR_NODE_MODULES")
    candidates = [Path(named)] if named else []
    candidates += [node.prefix / "lib" / "node_modules" for node in nodes()]
    candidates += [Path("/usr/local/lib/node_modules"), Path("/usr/lib/node_modules")]
    return next((path.resolve() for path in candidates if (path / "@aws-sdk").is_dir()), None)


def boto3_family() -> dict[str, Path]:
    """What Lambda's Python runtime provides besides the standard library, as found beside Skyjar's own botocore."""
    names = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
    import botocore

    home = Path(botocore.__file__).parent.parent
    return {name: home / name for name in names if (home / name).exists()}
