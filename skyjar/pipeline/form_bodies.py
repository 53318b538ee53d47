"""Browsers' forms that are posted to an endpoint that takes them: read as they come, their file streamed into a blob."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from skyjar.kernel import service as services
from skyjar.kernel.blobs import Blobs
from skyjar.kernel.web import WebForm
from skyjar.planes.form_data import Malformed, Reader, TooLong
from skyjar.wire.http import Request

from .bodies import BlobSink, Received

if TYPE_CHECKING:
    from .exchange import Exchange

_CHECKSUM = "x-amz-checksum-"


class FormBody:
    """A form that has come, as the request's body."""

    __slots__ = ("form",)

    def __init__(self, form: WebForm) -> None:
        self.form = form

    @property
    def size(self) -> int:
        return len(self.form.content) if isinstance(self.form.content, bytes) else self.form.content.size

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        return b""


class FormSink:
    """`make` gives the sink of the file when its fields, which may promise checksums, are known. What is wrong with the form is told to
    the endpoint, which answers in its service's way."""

    def __init__(self, content_type: str, most: int, make: Callable[[dict[str, str]], BlobSink]) -> None:
        self._make = make
        self._file: BlobSink | None = None
        self._problem: Malformed | TooLong | None = None
        self._reader: Reader | None = None
        try:
            self._reader = Reader(content_type, most)
        except Malformed as problem:
            self._problem = problem

    def write(self, chunk: bytes) -> None:
        if self._reader is None or self._problem is not None:
            return
        try:
            data = self._reader.feed(chunk)
        except (Malformed, TooLong) as problem:
            self._problem = problem
            return
        if self._reader.has_file and self._file is None:
            promised = {name: value for name, value in self._reader.fields.items() if name.startswith(_CHECKSUM)}
            self._file = self._make(promised)
        if data and self._file is not None:
            self._file.write(data)

    def close(self) -> FormBody:
        try:
            if self._reader is not None and self._problem is None:
                self._reader.close()
        except Malformed as problem:
            self._problem = problem
        if self._problem is not None or self._reader is None:
            self.abort()
            return FormBody(_wrong(self._problem))
        content: bytes | Received = self._file.close() if self._file is not None else b""
        return FormBody(_form(self._reader, content))

    def abort(self) -> None:
        if self._file is not None:
            self._file.abort()


def form_sink(blobs: Blobs, x: Exchange, most: int) -> FormSink:
    """Of an endpoint's form that begins to come, with so many bytes in front of its file."""
    service = services.load(x.name)
    is_sealed, check = (service.seals_bodies, service.check_body) if service is not None else (False, None)

    def make(promised: dict[str, str]) -> BlobSink:
        return BlobSink(blobs, None, promised, is_sealed=is_sealed, check=check)

    return FormSink(x.request.headers.get("content-type", ""), most, make)


def form_of(request: Request, most: int) -> WebForm:
    """Of a request whose body has come, in memory or through a sink."""
    if isinstance(request.body, FormBody):
        return request.body.form
    try:
        reader = Reader(request.headers.get("content-type", ""), most)
        content = reader.feed(request.body if isinstance(request.body, bytes) else request.body.read())
        reader.close()
    except (Malformed, TooLong) as problem:
        return _wrong(problem)
    return _form(reader, content)


def _form(reader: Reader, content: bytes | Received) -> WebForm:
    return WebForm(fields=reader.fields, filename=reader.filename, content=content, has_file=reader.has_file)


def _wrong(problem: Exception | None) -> WebForm:
    return WebForm(
        fields={},
        filename="",
        content=b"",
        is_malformed=not isinstance(problem, TooLong),
        is_long=isinstance(problem, TooLong),
    )
