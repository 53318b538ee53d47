"""Notes the requests to buckets that keep a log. Others pay one test, and those to S3 none while no bucket keeps one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from skyjar.kernel.access_logs import Line, append, buckets
from skyjar.kernel.store import Store, Transaction
from skyjar.wire.http import Response

if TYPE_CHECKING:
    from skyjar.kernel.call import Call

    from .exchange import Exchange

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

    def see(self, x: Exchange, response: Response) -> None:
        chosen = self._load() if self._buckets is None else self._buckets
        if x.name != "s3" or not chosen:
            return
        bucket, _, key = x.addressed.path[1:].partition("/")
        if x.plane is not None:
            bucket, key = x.labels.get("bucket", ""), x.labels.get("path", "/")[1:]
        bucket = unquote(bucket)
        if bucket in chosen:
            self._pending.append(_line(x, response, bucket, key))
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


def _line(x: Exchange, response: Response, bucket: str, key: str) -> Line:
    request, credential = x.request, x.credential
    body: Any = response.body
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
        sent=len(body) if isinstance(body, bytes) else int(getattr(body, "length", 0)),
        lasted_ms=int((time.perf_counter() - x.began) * 1000),
        referer=x.referer,
        user_agent=x.user_agent,
        host=request.host,
        signature="" if credential is None else ("SigV2" if "v2" in credential.scheme else "SigV4"),
        auth="" if credential is None else ("AuthHeader" if credential.scheme.endswith("-header") else "QueryString"),
        is_secure=request.scheme == "https",
    )
