"""Records of calls: what was asked, by whom, what was decided and why, and how long it took.

They are diagnostics, not state: kept in memory in a ring, and written to the store in batches from time to time, so a
`kill -9` may cost those of the last moments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from skyjar.kernel import keys, usage
from skyjar.kernel.store import Store, Transaction

from .judgement import Judgement

KEPT = 5_000  # records in memory
BATCH = 256  # records a stored value
BATCHES = 200  # stored values kept
_ROOT = keys.text("pipeline.calls")


class CallRecord(msgspec.Struct, array_like=True, gc=False):
    """`at`: seconds since the epoch by the cloud's clock. `took_us`: microseconds on the machine's."""

    request_id: str
    parent: str
    at: float
    service: str
    operation: str
    principal: str
    account: str
    region: str
    status: int
    error: str
    took_us: int
    source_ip: str
    judgement: Judgement | None
    message: str = ""
    access_key: str = ""

    def public(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self.judgement) if self.judgement is not None else {}
        return {
            "request_id": self.request_id,
            "parent": self.parent,
            "at": self.at,
            "service": self.service,
            "operation": self.operation,
            "principal": self.principal,
            "account": self.account,
            "region": self.region,
            "status": self.status,
            "error": self.error,
            "message": self.message,
            "took_ms": self.took_us / 1000,
            "source_ip": self.source_ip,
            "decision": found,
        }


class Records:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: deque[CallRecord] = deque(maxlen=KEPT)
        self._unwritten: list[CallRecord] = []
        self.full: Callable[[], object] = self.flush  # a loop does it later, so that no call fails for its record
        self._encode = msgspec.msgpack.Encoder().encode
        self._uses: Any = None
        self._decode = msgspec.msgpack.Decoder(list[CallRecord]).decode
        last = store.driver.scan(_ROOT, keys.after(_ROOT), 1, True, False)
        self._batch = int.from_bytes(last[0][0][-8:], "big") - (1 << 63) + 1 if last else 0
        self.total = 0

    def add(self, record: CallRecord) -> None:
        self.total += 1
        self._kept.append(record)
        self._unwritten.append(record)
        if not len(self._unwritten) % BATCH:
            self.full()

    def flush(self) -> None:
        if not self._unwritten:
            return
        batch, self._unwritten = self._unwritten, []
        try:
            self._store.transact(lambda tx: self._write(tx, batch))
        except BaseException:
            self._unwritten = [*batch, *self._unwritten][-KEPT:]
            raise
        self._batch += 1

    def _write(self, tx: Transaction, batch: list[CallRecord]) -> None:
        tx.put(_ROOT + keys.integer(self._batch), self._encode(batch))
        if self._batch >= BATCHES:
            tx.delete(_ROOT + keys.integer(self._batch - BATCHES))
        unpriced = usage.unpriced({each.service for each in batch})
        if unpriced:
            usage.called(
                tx,
                [(each.at, each.account, each.region, each.service) for each in batch if each.service in unpriced],
            )
        latest = {(each.principal, each.access_key, each.service, each.operation): each for each in batch}.values()
        issued = [each for each in latest if each.access_key[:4] == "AKIA" or not each.principal.endswith(":root")]
        if issued:
            self._remember_uses(tx, issued)

    def _remember_uses(self, tx: Transaction, batch: list[CallRecord]) -> None:
        """Last uses of keys, users and roles are `iam`'s, which is loaded with the first of them."""
        if self._uses is None:
            from skyjar.services.iam.uses import Uses

            self._uses = Uses()
        self._uses.write(tx, batch)

    def latest(self, limit: int, *, after: int = 0) -> tuple[int, list[CallRecord]]:
        """The count of calls so far, and up to `limit` of those behind the `after`-th, oldest first."""
        if not after and self.total < limit:  # fewer than that since the start: those of before count as well
            return self.total, self.everything()[-limit:] if limit > 0 else []
        fresh = min(self.total - after, limit, len(self._kept))
        return self.total, list(self._kept)[-fresh:] if fresh > 0 else []

    def find(self, request_id: str) -> list[CallRecord]:
        """The call with that id, or whose id begins so, and all calls below it."""
        everything = list(self._kept)
        if not any(record.request_id.startswith(request_id) for record in everything):
            everything = self._stored()
        found = [record for record in everything if record.request_id.startswith(request_id)]
        known = {record.request_id for record in found}
        for record in everything:
            if record.parent in known and record.request_id not in known:
                known.add(record.request_id)
                found.append(record)
        return found

    def everything(self) -> list[CallRecord]:
        """All that are kept, oldest first."""
        return self._stored() + list(self._kept)

    def _stored(self) -> list[CallRecord]:
        """Those of before the memory's oldest, from the store."""
        kept = {record.request_id for record in self._kept}  # the very oldest of which may be in the store no more
        found: list[CallRecord] = []
        for _, value in self._store.driver.scan(_ROOT, keys.after(_ROOT), None, False, False):
            for record in self._decode(value):
                if record.request_id in kept:
                    return found
                found.append(record)
        return found
