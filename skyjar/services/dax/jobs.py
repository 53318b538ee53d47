"""What brings a cluster to the state that was asked for, and what keeps its caches small."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.listening import Listen, Listener, Unlisten, listeners
from skyjar.kernel.outside import Outside

from . import caches, state
from .state import SERVICE


@job()
def settle(call: Call, *, name: str) -> Outside | None:
    """Listen for the nodes that are to be, and no longer for those that are to go."""
    found = state.clusters.get(call, name)
    if found is None:
        return None
    if found.status == "deleting":
        names = (found.name, *(state.port_name(name, node.id) for node in found.nodes))
        return Outside(Unlisten(SERVICE, call.account, call.region, names), lambda later, _: _gone(later, name, names))
    parted = tuple(state.port_name(name, letter) for letter in found.parted)
    staying = [node for node in found.nodes if node.id not in found.parted]
    names = (found.name, *(state.port_name(name, node.id) for node in staying))

    def listen(later: Call, _: Any) -> Outside:
        for gone in parted:
            listeners.delete(later, SERVICE, later.account, later.region, gone)
        return Outside(Listen(SERVICE, call.account, call.region, names, is_tls=found.is_tls), ready)

    def ready(later: Call, ports: list[int]) -> None:
        for each, port in zip(names, ports, strict=True):
            row = Listener(
                service=SERVICE, account=later.account, region=later.region, name=each, port=port, is_tls=found.is_tls
            )
            listeners.put(later, row)
        _ready(later, name)

    return Outside(Unlisten(SERVICE, call.account, call.region, parted), listen)


def _ready(call: Call, name: str) -> None:
    found = state.clusters.get(call, name)
    if found is None or found.status == "deleting":
        return  # the job of the deletion closes what was opened meanwhile
    nodes = tuple(
        msgspec.structs.replace(node, status="available") for node in found.nodes if node.id not in found.parted
    )
    if found.status == "creating":
        state.note(call, name, "CLUSTER", "Cluster created")
    state.change(call, found, status="available", nodes=nodes, parted=())


def _gone(call: Call, name: str, names: tuple[str, ...]) -> None:
    for each in names:
        listeners.delete(call, SERVICE, call.account, call.region, each)
    found = state.clusters.get(call, name)
    if found is None:
        return
    caches.clear(call, name)
    for table in (state.schemas, state.lists):
        rows: Any = table
        for row in rows.range(call, name):
            rows.remove(call, row)
    state.sessions.delete(call, name)
    state.clusters.remove(call, found)
    state.note(call, name, "CLUSTER", "Cluster deleted")


@job()
def forget(call: Call, *, name: str) -> None:
    """A node that reboots has an empty cache."""
    caches.clear(call, name)


@job()
def sweep(call: Call, *, name: str) -> None:
    caches.sweep(call, name)
