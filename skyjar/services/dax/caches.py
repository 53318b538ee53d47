"""The item cache and the query cache of a cluster.

They are rows like everything else, so that they end with the cloud's clock, go with a snapshot, and change with the write that goes
through them. An item that is not there is cached too. Whatever is over the limit goes from those that end first.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyjar.kernel.call import Call

from . import encryption, jobs, limits, state
from .state import CachedAnswer, CachedItem, Cluster, Sweep

Item = dict[str, Any]


def expires_ms(call: Call, cluster: Cluster, parameter: str) -> int:
    ttl = state.ttl_ms(call, cluster, parameter)
    return call.now_ms + ttl if ttl else limits.FOREVER_MS


def item(call: Call, cluster: Cluster, table: str, key: bytes) -> CachedItem | None:
    """What is cached of an item, if that is still valid."""
    found = state.cached_items.get(call, cluster.name, table, key)
    if found is None or found.expires_ms <= call.now_ms:
        return None
    if not found.sealed:
        return found
    opened = encryption.opened(call, cluster, _about(call, cluster, table, key.hex()), found.sealed)
    return msgspec.structs.replace(found, item=opened, sealed=b"")


def _about(call: Call, cluster: Cluster, *place: str) -> str:
    """What a sealed row is about, so that it means nothing in another's place."""
    return " ".join((state.arn_of(call, cluster.name), *place))


def keep_item(call: Call, cluster: Cluster, table: str, key: bytes, found: Item | None) -> None:
    until = expires_ms(call, cluster, limits.RECORD_TTL)
    sealed = encryption.sealed(call, cluster, _about(call, cluster, table, key.hex()), found)
    kept = None if sealed else found
    row = CachedItem(cluster=cluster.name, table=table, key=key, expires_ms=until, item=kept, sealed=sealed)
    state.cached_items.put(call, row)
    _plan(call, cluster)


def drop_item(call: Call, cluster: Cluster, table: str, key: bytes) -> None:
    state.cached_items.delete(call, cluster.name, table, key)


def digest_of(asked: Any) -> str:
    """Of all that decides an answer, in an order of its own."""
    return hashlib.sha256(msgspec.msgpack.encode(asked, order="deterministic")).hexdigest()


def answer(call: Call, cluster: Cluster, digest: str) -> dict[str, Any] | None:
    found = state.cached_answers.get(call, cluster.name, digest)
    if found is None or found.expires_ms <= call.now_ms:
        return None
    if not found.sealed:
        return found.answer
    opened: dict[str, Any] = encryption.opened(call, cluster, _about(call, cluster, digest), found.sealed)
    return opened


def keep_answer(call: Call, cluster: Cluster, digest: str, found: dict[str, Any]) -> None:
    until = expires_ms(call, cluster, limits.QUERY_TTL)
    sealed = encryption.sealed(call, cluster, _about(call, cluster, digest), found)
    kept = {} if sealed else found
    row = CachedAnswer(cluster=cluster.name, digest=digest, expires_ms=until, answer=kept, sealed=sealed)
    state.cached_answers.put(call, row)
    _plan(call, cluster)


def _plan(call: Call, cluster: Cluster) -> None:
    if state.sweeps.get(call, cluster.name) is None:
        state.sweeps.add(call, Sweep(cluster=cluster.name))
        call.later(jobs.sweep, due=call.now + limits.SWEEP_S, key=cluster.name, name=cluster.name)


def sweep(call: Call, name: str) -> None:
    """Delete what is over, and what is too much; come again as long as anything is there."""
    state.sweeps.delete(call, name)
    left = 0
    for table in (state.cached_items, state.cached_answers):
        rows: Any = table
        for row in rows.range(call, name, via="expiry", end=(call.now_ms + 1,)):
            rows.remove(call, row)
        count = rows.count(call, name)
        if count > limits.CACHED:
            for row in rows.range(call, name, via="expiry", limit=count - limits.CACHED):
                rows.remove(call, row)
        left += count
    found = state.clusters.get(call, name)
    if left and found is not None:
        _plan(call, found)


def clear(call: Call, name: str) -> None:
    for table in (state.cached_items, state.cached_answers):
        rows: Any = table
        for row in rows.range(call, name):
            rows.remove(call, row)
