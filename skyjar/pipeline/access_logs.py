"""Notes the requests to buckets that keep a log. Others pay one test, and those to S3 none while no bucket keeps one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from skyjar.kernel import service as services
from skyjar.kernel.access_logs import Line, append, buckets
from skyjar.kernel.store import Store, Transaction
from skyjar.wire.http import Response

if TYPE_CHECKING:
    from skyjar.kernel.call import Call

    from .exchange import Exchange
    from .pipeline import Pipeline

BATCH = 256
PENDING = 16 * BATCH  # where the disk is full


class AccessLogs:
    """`is_on`: whether any bucket may keep a log."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._buckets: frozenset[str] | None = None
        self._pending: list[Line] = []
        self.full: Callable[[], object] = self.flush
        self.is_on = True

    def see(self, pipeline: Pipeline, x: Exchange, response: Response) -> None:
        chosen = self._load() if self._buckets is None else self._buckets
        if x.name != "s3" or not chosen:
            return
        bucket, _, key = x.addressed.path[1:].partition("/")
        if x.plane is not None:
            bucket, key = x.labels.get("bucket", "").rstrip("/"), x.labels.get("path", "/")[1:]
        bucket, point = unquote(bucket), ""
        if bucket not in chosen:
            bucket, point = _behind(pipeline, x, bucket)
        if bucket in chosen:
            line = _line(x, response, bucket, key, point)
            self._keep(line)
            for deleted in _deleted(x):
                self._keep(
                    _changed(line, kind="BATCH", key=quote(deleted["Key"]), object_version=deleted.get("VersionId", ""))
                )
        if "x-amz-copy-source" in x.request.headers:
            self._see_source(x, response, chosen)

    def _see_source(self, x: Exchange, response: Response, chosen: frozenset[str]) -> None:
        """A copy is read from somewhere, too."""
        bucket, _, key = x.request.headers["x-amz-copy-source"].partition("?")[0].lstrip("/").partition("/")
        if bucket in chosen:
            line = _line(x, response, bucket, key, "")
            self._keep(_changed(line, kind="COPY", object_version=""))

    def _keep(self, line: Line) -> None:
        self._pending.append(line)
        if not len(self._pending) % BATCH:
            self.full()

    def _load(self) -> frozenset[str]:
        tx = self._store.begin()
        try:
            found = self._buckets = buckets(tx)
        finally:
            tx.abort()
        self.is_on = bool(found)
        return found

    def changed(self, call: Call, event: Any) -> None:
        """The reaction to a bucket's beginning or ceasing to keep a log, once that has been committed."""
        call.tx.after_commit.append(self._forget)

    def _forget(self) -> None:
        self._buckets, self.is_on = None, True

    def flush(self) -> bool:
        """Write what was seen; whether there was anything."""
        if not self._pending:
            return False
        pending, self._pending = self._pending, []

        def write(tx: Transaction) -> None:
            for line in pending:
                append(tx, line)

        try:
            self._store.transact(write)
        except BaseException:
            self._pending = pending[-PENDING:]
            raise
        return True


def _behind(pipeline: Pipeline, x: Exchange, name: str) -> tuple[str, str]:
    """The bucket and the ARN of the access point that stands where a bucket's name might."""
    service = services.load(x.name)
    if service is None or service.access_logs is None:
        return "", ""
    x.tx = pipeline.store.begin()
    try:
        return service.access_logs.behind(pipeline.call_of(x), name) or ("", "")
    finally:
        x.tx.abort()


def _deleted(x: Exchange) -> list[dict[str, str]]:
    """The objects of a request that deletes many."""
    if x.model is None or x.model.name != "DeleteObjects" or not isinstance(x.result, dict):
        return []
    return list(x.result.get("Deleted") or ())


def _changed(line: Line, **fields: Any) -> Line:
    return Line(**{**{name: getattr(line, name) for name in line.__struct_fields__}, **fields})


def _size(x: Exchange, response: Response) -> int:
    """Of the object that was read or written; -1 where there is none, or its size would have to be looked up."""
    name = x.model.name if x.model is not None else x.plane.name if x.plane is not None else ""
    if response.status >= 300 or "x-amz-copy-source" in x.request.headers:
        return -1
    if name in ("PutObject", "UploadPart"):
        body: Any = x.parameters.get("body", b"")
        return len(body) if isinstance(body, bytes) else int(body.size)
    if name not in ("GetObject", "HeadObject", "website"):
        return -1
    told = {header.lower(): value for header, value in response.headers}
    if "content-range" in told:
        return int(told["content-range"].rpartition("/")[2])
    return int(told["content-length"]) if "content-length" in told else _length(response.body)


def _length(body: Any) -> int:
    return len(body) if isinstance(body, bytes) else int(getattr(body, "length", 0))


def _line(x: Exchange, response: Response, bucket: str, key: str, point: str) -> Line:
    request, credential = x.request, x.credential
    version = next((value for name, value in response.headers if name.lower() == "x-amz-version-id"), "")
    return Line(
        bucket=bucket,
        number=0,
        at=x.clock_began,
        source_ip=request.peer,
        requester="" if x.principal.kind == "anonymous" else x.principal.arn,
        request_id=x.request_id,
        method=request.method,
        key=key,
        path=request.path,
        query=request.query,
        version=request.version,
        status=response.status,
        error=x.error_code,
        sent=0 if request.method == "HEAD" else _length(response.body),
        lasted_ms=int((time.perf_counter() - x.began) * 1000),
        referer=x.referer,
        user_agent=x.user_agent,
        host=request.host,
        signature="" if credential is None else ("SigV2" if "v2" in credential.scheme else "SigV4"),
        auth="" if credential is None else ("AuthHeader" if credential.scheme.endswith("-header") else "QueryString"),
        is_secure=request.scheme == "https",
        kind=x.plane.name.upper() if x.plane is not None else "REST",
        size=_size(x, response),
        object_version=version,
        secured=getattr(x.respond, "secured", ("", "")),
        point=point,
        is_copy="x-amz-copy-source" in request.headers,
    )
