"""HTTP as a service sees it, on data planes that are not AWS operations (API Gateway stages, websites, function URLs)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .blobs import Blob, Slices


class WebForm(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's form: `fields` by lower-case name, the name of its file without folders, and the file; or that there was more than is taken
    in front of the file, or no whole form at all."""

    fields: dict[str, str]
    filename: str
    content: bytes | Blob
    has_file: bool = False
    is_malformed: bool = False
    is_long: bool = False


class WebRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is as sent, percent-encoded; header names are lower-case; `labels` are the endpoint's named parts; `form` is
    there for endpoints that take forms, whose `body` is empty then."""

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
    form: WebForm | None = None


class WebResponse(msgspec.Struct, kw_only=True):
    status: int
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    body: bytes | Slices = b""
