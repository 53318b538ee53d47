"""Where things are kept, and which cloud a command speaks to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import urllib.error

DEFAULT_PORT = 4566


class Problem(Exception):
    """Told to the person in one line; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def data_home() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "skyjar"


def default_data() -> Path:
    return data_home() / "default"


def log_file(port: int) -> Path:
    return data_home() / "logs" / f"{port}.log"


def endpoint(port: int | None) -> str:
    """`--port`, else SKYJAR_ENDPOINT, else the default port on this machine."""
    if port is not None:
        return f"http://127.0.0.1:{port}"
    return os.environ.get("SKYJAR_ENDPOINT", f"http://127.0.0.1:{DEFAULT_PORT}").rstrip("/")


def ask(base: str, path: str, body: dict[str, Any] | None = None, method: str = "", timeout_s: float = 30) -> Any:
    """Speak to the control interface. Problem when nothing answers or the answer is a refusal."""
    import urllib.error  # `skyjar up` does without
    import urllib.request

    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(  # noqa: S310 - http on loopback
        base + path, data=data, method=method or ("POST" if data is not None else "GET"),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=timeout_s) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Problem(_reason(error)) from error
    except (urllib.error.URLError, OSError) as error:
        raise Problem(
            f"No Skyjar answers at {base}.", "Start it with `skyjar up`, or name its port with --port."
        ) from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error).get("error", error))
    except (ValueError, AttributeError):
        return str(error)


def environment(base: str) -> dict[str, str]:
    """What AWS tools need to reach the cloud. Keys that are set already are kept."""
    return {
        "AWS_ENDPOINT_URL": base,
        "AWS_ACCESS_KEY_ID": os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        "AWS_SECRET_ACCESS_KEY": os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        "AWS_REGION": os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1")),
    }
