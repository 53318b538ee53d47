"""What services ask of the sandboxes, as values; `invoker.py` carries them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from skyjar.runtime.functions import Function, Result, RuntimeMissing, Stopped

Lines = list[tuple[int, str]]


class Unpack(msgspec.Struct, frozen=True):
    """Check a deployment package and unpack it. Answers a `Package`, or a `PackageRefused`."""

    blob: str


class Package(msgspec.Struct, frozen=True):
    """`sha256` is in base64, as CodeSha256; sizes in bytes."""

    sha256: str
    size: int
    unzipped: int


class PackageRefused(Exception):
    """The archive cannot be used: Lambda's sentence."""


class Retire(msgspec.Struct, frozen=True):
    """End the idle sandboxes of a function."""

    arn: str


class Limit(msgspec.Struct, frozen=True):
    """At most `most` invocations at a time of what shares the `pool`; `reason` is what a refusal says."""

    pool: str
    most: int
    reason: str


class Invocation(msgspec.Struct, frozen=True):
    """Answers an `Outcome`, a `Throttled`, a `RuntimeMissing` or a `Stopped`.

    `key` says which function this is, to the revision; `describe`, given where a blob is unpacked, makes its description.
    """

    key: tuple[str, str, str]
    blobs: tuple[str, ...]
    describe: Callable[[Callable[[str], Path]], Function]
    payload: bytes
    request_id: str
    invoked_arn: str
    limit: Limit
    client_context: str | None = None
    trace_id: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """`lines` are those of the log that are not written yet: (epoch ms, text). `invoked_arn` is the ARN by which it was
    called; `concurrent` is how many invocations of the function ran when it began, itself included."""

    result: Result
    function: Function
    lines: Lines
    invoked_arn: str = ""
    concurrent: int = 1


class Throttled(msgspec.Struct, frozen=True):
    reason: str
    invoked_arn: str = ""


Answer = Outcome | Throttled | RuntimeMissing | Stopped
