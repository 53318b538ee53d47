"""The lines that the Lambda service itself writes to a function's log, exactly as it writes them, and its error payloads."""

from __future__ import annotations

import math
import signal
from datetime import UTC, datetime

import orjson

from skyjar.runtime.functions import RESPONSE_BYTES, Function


def stamp(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(epoch_s * 1000) % 1000:03}Z"


def platform(function: Function, epoch_s: float, kind: str, record: dict[str, object], text: str) -> str:
    """One line of the platform's, in the function's log format."""
    if function.log_format == "JSON":
        return orjson.dumps({"time": stamp(epoch_s), "type": f"platform.{kind}", "record": record}).decode()
    return text


def init_start(function: Function, epoch_s: float, version: str) -> str:
    record: dict[str, object] = {
        "initializationType": function.init_type,
        "phase": "init",
        "runtimeVersion": version,
        "functionName": function.name,
        "functionVersion": function.version,
    }
    return platform(function, epoch_s, "initStart", record, f"INIT_START Runtime Version: {version}")


def init_report(function: Function, epoch_s: float, init_ms: float, status: str, kind: str | None) -> str:
    text = f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: init\tStatus: {status}"
    record: dict[str, object] = {
        "initializationType": function.init_type,
        "phase": "init",
        "status": status,
        "metrics": {"durationMs": round(init_ms, 3)},
    }
    if kind:
        text += f"\tError Type: {kind}"
        record["errorType"] = kind
    return platform(function, epoch_s, "initReport", record, text)


def start(function: Function, epoch_s: float, request_id: str) -> str:
    record: dict[str, object] = {"requestId": request_id, "version": function.version}
    return platform(function, epoch_s, "start", record, f"START RequestId: {request_id} Version: {function.version}")


def end(request_id: str) -> str:
    return f"END RequestId: {request_id}"


def billed(duration_ms: float, init_ms: float | None) -> int:
    """Since August 2025 the init phase is billed for every kind of function."""
    return math.ceil(round(duration_ms, 2) + (round(init_ms, 2) if init_ms is not None else 0))


def report(
    function: Function,
    epoch_s: float,
    request_id: str,
    duration_ms: float,
    init_ms: float | None,
    memory_mib: int,
    status: str = "success",
    kind: str | None = None,
) -> str:
    metrics: dict[str, object] = {
        "durationMs": round(duration_ms, 3),
        "billedDurationMs": billed(duration_ms, init_ms),
        "memorySizeMB": function.memory_mib,
        "maxMemoryUsedMB": memory_mib,
    }
    text = (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\t"
        f"Billed Duration: {metrics['billedDurationMs']} ms\tMemory Size: {function.memory_mib} MB\t"
        f"Max Memory Used: {memory_mib} MB\t"
    )
    if init_ms is not None:
        text += f"Init Duration: {init_ms:.2f} ms\t"
        metrics["initDurationMs"] = round(init_ms, 3)
    record: dict[str, object] = {"requestId": request_id, "metrics": metrics, "status": status}
    if status != "success":
        text += f"Status: {status}\t"
    if kind and status == "error":
        text += f"Error Type: {kind}\t"
        record["errorType"] = kind
    return platform(function, epoch_s, "report", record, text)


def payload(kind: str, message: str) -> bytes:
    return orjson.dumps({"errorType": kind, "errorMessage": message})


def timed_out(function: Function) -> str:
    return f"Task timed out after {function.timeout_s:.2f} seconds"


def exited(code: int | None) -> str:
    """What Lambda says of a runtime process that ended; a negative code is a signal, as in Python's subprocess."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code is not None and code < 0:
        words = {signal.SIGABRT: "aborted", signal.SIGKILL: "killed", signal.SIGTERM: "terminated"}
        words |= {
            signal.SIGSEGV: "segmentation fault",
            signal.SIGBUS: "bus error",
            signal.SIGILL: "illegal instruction",
        }
        return f"Runtime exited with error: signal: {words.get(signal.Signals(-code), signal.Signals(-code).name)}"
    return f"Runtime exited with error: exit status {code}"


TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
