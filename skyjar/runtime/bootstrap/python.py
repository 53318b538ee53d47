"""The Python runtime inside a sandbox: loads the handler, then takes invocations from the Runtime API until it is killed.

Runs in a process forked from zygote.py, or alone (`python python.py`). Needs nothing but the standard library. A log event
of several lines is written as one line with NUL for each inner newline; the parent turns them back (see sandbox.py).
"""

# ruff: noqa: SIM115, BLE001 (the files stay open; whatever a function raises is its answer)

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

VERSION = "/2018-06-01/runtime"


class Api:
    """A keep-alive connection to the Runtime API; `call` answers (headers with lower-case names, body)."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.host = address
        self.socket = socket.socket()
        self.socket.connect((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[dict[str, str], bytes]:
        head = f"{method} {VERSION}{path} HTTP/1.1\r\nHost: {self.host}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.receive()
        lines = received[:end].decode("latin-1").split("\r\n")[1:]
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length, parts = int(found["content-length"]), [received[end + 4 :]]
        missing = length - len(parts[0])
        while missing > 0:
            parts.append(self.receive())
            missing -= len(parts[-1])
        return found, b"".join(parts)

    def receive(self) -> bytes:
        data = self.socket.recv(65536)  # more would be mapped and unmapped each time
        if not data:
            os._exit(0)  # the parent is gone
        return data

    def error(self, path: str, fault: dict[str, Any]) -> None:
        headers = "Content-Type: application/vnd.aws.lambda.error+json\r\n"
        headers += f"Lambda-Runtime-Function-Error-Type: {fault['errorType']}\r\n"
        self.call("POST", path, json.dumps(fault).encode(), headers)


class Fault(Exception):
    """An error that the runtime itself reports, with Lambda's name for it."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class Parts:
    """A plain object of the given names, for context.identity and context.client_context."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{','.join(f'{name}={value}' for name, value in self.__dict__.items())}])"


class CognitoIdentity(Parts):
    pass


class ClientContext(Parts):
    pass


class Client(Parts):
    pass


class LambdaContext:
    def __init__(self, headers: dict[str, str]) -> None:
        environment = os.environ
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.client_context = client_context(headers.get("lambda-runtime-client-context"))
        cognito = json.loads(headers.get("lambda-runtime-cognito-identity") or "{}")
        self.identity = CognitoIdentity(
            cognito_identity_id=cognito.get("cognitoIdentityId"),
            cognito_identity_pool_id=cognito.get("cognitoIdentityPoolId"),
        )
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        return f"LambdaContext([{','.join(f'{k}={v}' for k, v in self.__dict__.items() if k[0] != '_')}])"


def client_context(text: str | None) -> ClientContext | None:
    if not text:
        return None
    values = json.loads(text)
    client = values.get("client")
    names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
    return ClientContext(
        custom=values.get("custom"),
        env=values.get("env"),
        client=client and Client(**{name: client.get(name) for name in names}),
    )


def write_event(text: str) -> None:
    """Write one log event, which may have several lines."""
    sys.stdout.flush()
    sys.stdout.write(text.rstrip("\n").replace("\n", "\0") + "\n")
    sys.stdout.flush()


class LogHandler(logging.Handler):
    """Root log handler of the managed runtime; `request_id` is set for each invocation."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        record.__dict__["aws_request_id"] = self.request_id
        write_event(self.format(record))


class JsonFormatter(logging.Formatter):
    usual = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "aws_request_id"}

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line: dict[str, Any] = {"timestamp": stamp, "level": record.levelname}
        line.update(message=record.getMessage(), logger=record.name)
        line.update({name: value for name, value in vars(record).items() if name not in self.usual})
        if record.exc_info and record.exc_info[0]:
            kind, value, trace = record.exc_info
            name = kind.__name__ if kind else ""
            line.update(errorType=name, errorMessage=str(value), stackTrace=traceback.format_tb(trace))
            line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        line["requestId"] = record.__dict__["aws_request_id"]
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logging() -> LogHandler:
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), "utf-8", "backslashreplace", line_buffering=True)
    sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), "utf-8", "backslashreplace", line_buffering=True)
    handler = LogHandler()
    root = logging.getLogger()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        handler.setFormatter(JsonFormatter())
    else:
        # Lambda does not pad the milliseconds.
        layout = "[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s\n"
        formatter = logging.Formatter(layout, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
    if level:
        names = {"TRACE": "NOTSET", "WARN": "WARNING", "FATAL": "CRITICAL"}
        root.setLevel(names.get(level.upper(), level.upper()))
    root.addHandler(handler)
    return handler


def load(name: str) -> Callable[[Any, LambdaContext], Any]:
    """The handler called `name`; raises Fault when there is none, and whatever the module raises."""
    module_name, dot, function = name.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {reason}")
    try:
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise Fault("Runtime.ImportModuleError", f"Cannot use built-in module {module_name} as a handler module")
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        place = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", place) from None
    try:
        found: Callable[[Any, LambdaContext], Any] = getattr(module, function)
    except AttributeError:
        message = f"Handler '{function}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None
    return found


def fault_of(error: BaseException, request_id: str) -> dict[str, Any]:
    """What the caller gets for an exception."""
    if isinstance(error, Fault):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": request_id, "stackTrace": error.trace}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    while frames and (frames[0].filename.startswith("<frozen importlib") or "importlib/__init__" in frames[0].filename):
        frames.pop(0)
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }


def log_fault(fault: dict[str, Any]) -> None:
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return write_event(json.dumps({"timestamp": stamp, "log_level": "ERROR", **fault}, ensure_ascii=False))
    lines = [f"[ERROR] {fault['errorType']}: {fault['errorMessage']}", "Traceback (most recent call last):"]
    for element in fault["stackTrace"]:
        for line in element.splitlines():
            text = line.lstrip(" ")
            lines.append("\xa0" * (len(line) - len(text)) + text)  # as Lambda: the console keeps these
    return write_event("\n".join(lines))


def plain(value: object) -> float:
    if isinstance(value, Decimal):
        number = float(value)
        return int(number) if number.is_integer() and value == int(value) else number
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def answer(handler: Callable[[Any, LambdaContext], Any], headers: dict[str, str], body: bytes) -> bytes:
    """The bytes that the handler returns for an event."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    result = handler(event, LambdaContext(headers))
    if isinstance(result, bytes):
        message = "Unable to marshal response: Object of type bytes is not JSON serializable"
        raise Fault("Runtime.MarshalError", message)
    try:
        return json.dumps(result, ensure_ascii=False, default=plain).encode()
    except (TypeError, ValueError, OverflowError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def run() -> NoReturn:
    """Serve invocations; never returns."""
    logs = set_up_logging()
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        fault = fault_of(error, "")
        log_fault(fault)
        api.error("/init/error", fault)
        os._exit(1)
    while True:
        headers, body = api.call("GET", "/invocation/next")
        request_id = logs.request_id = headers["lambda-runtime-aws-request-id"]
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        try:
            result = answer(handler, headers, body)
        except Exception as error:
            fault = fault_of(error, request_id)
            log_fault(fault)
            api.error(f"/invocation/{request_id}/error", fault)
        else:
            sys.stdout.flush()
            api.call("POST", f"/invocation/{request_id}/response", result, "Content-Type: application/json\r\n")


if __name__ == "__main__":
    sys.path[0:1] = [os.environ["LAMBDA_TASK_ROOT"], *os.environ.get("_SKYJAR_PATH", "").split(":")]
    run()
