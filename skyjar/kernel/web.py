"""HTTP as a service sees it, on data planes that are not AWS operations (API Gateway stages, websites, function URLs)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .blobs import Slices


class WebRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is as sent, percent-encoded; header names are lower-case; `labels` are the endpoint's named parts."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    labels: Mapping[str, str]
    scheme: str = "http"
    source_ip: str = "127.0.0.1"
    version: str = "1.1"


class WebResponse(msgspec.Struct, kw_only=True):
    status: int
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    body: bytes | Slices = b""
