"""What a sandbox is made from and what comes out of it: plain values."""

from __future__ import annotations

from pathlib import Path

import msgspec

ON_DEMAND, PROVISIONED = "on-demand", "provisioned-concurrency"  # AWS_LAMBDA_INITIALIZATION_TYPE
RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # what Lambda accepts from a runtime
INIT_S = 10.0  # the init phase is not counted against the function's timeout for this long
TAIL_BYTES = 4096  # of log, for LogType=Tail


class Credentials(msgspec.Struct, frozen=True):
    """Temporary credentials of the execution role; `expires` is in seconds since the epoch."""

    access_key: str
    secret_key: str
    session_token: str
    expires: float


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a sandbox needs. Equal values share sandboxes; another `revision` retires them.

    `code` and `layers` are unpacked directories that nobody changes any more. `arn` is the function's, without version.
    """

    arn: str
    name: str
    version: str = "$LATEST"
    runtime: str
    handler: str
    code: Path
    environment: tuple[tuple[str, str], ...] = ()
    memory_mib: int = 128
    timeout_s: float = 3.0
    layers: tuple[Path, ...] = ()
    ephemeral_mib: int = 512
    revision: str = ""
    log_group: str = ""
    log_format: str = "Text"
    architecture: str = "x86_64"
    region: str = "us-east-1"
    account: str = "000000000000"
    endpoint_url: str | None = None
    xray_address: str = "127.0.0.1:2000"
    role: str = ""
    init_type: str = ON_DEMAND


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one invocation. `error` is what X-Amz-Function-Error says; `log_tail` the last 4 KiB of its log.

    `init_ms` is there when this invocation started the sandbox. `log_stream` is where its lines went.
    """

    payload: bytes
    error: str | None = None
    log_tail: bytes = b""
    duration_ms: float = 0.0
    billed_ms: int = 0
    init_ms: float | None = None
    max_memory_mib: int = 0
    log_stream: str = ""
    content_type: str = "application/json"
    init_type: str = ON_DEMAND


class RuntimeMissing(Exception):
    """The machine lacks what a runtime needs; the message says what to install."""


class Stopped(Exception):
    """The sandboxes were stopped while this invocation ran or waited."""
