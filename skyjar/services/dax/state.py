"""Clusters, their parameter groups and what they cache, as stored."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.listening import listeners
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At, Record, Table

from . import limits
from .errors import ClusterNotFoundFault, InvalidARNFault, InvalidClusterStateFault, ParameterGroupNotFoundFault

SERVICE = "dax"


class Node(msgspec.Struct, frozen=True, array_like=True):
    """`id` is a letter."""

    id: str
    created_at: float
    zone: str
    status: str = "creating"


class Cluster(Record, frozen=True):
    """`status`: creating, available, modifying or deleting. `parted` are the letters of nodes that are to go."""

    name: str
    node_type: str
    role: str
    status: str
    nodes: tuple[Node, ...]
    description: str = ""
    parameter_group: str = limits.DEFAULT_GROUP
    window: str = ""
    tags: dict[str, str] = {}
    parted: tuple[str, ...] = ()
    is_tls: bool = False


class ParameterGroup(Record, frozen=True):
    """`values` are milliseconds by parameter."""

    name: str
    description: str = ""
    values: dict[str, int] = {}


class Happening(Record, frozen=True):
    """An event that DescribeEvents tells of. `id` counts those of one millisecond."""

    at_ms: int
    id: str
    source: str
    kind: str
    message: str


class Session(Record, frozen=True):
    """The cluster's role, as it acts in it."""

    cluster: str
    expires_at: float
    principal: Principal


class Schema(Record, frozen=True):
    """The key of a table: (name, type) of each part."""

    cluster: str
    table: str
    key: tuple[tuple[str, str], ...]
    expires_ms: int


class AttributeList(Record, frozen=True):
    """The names of an item's attributes, known by a number. `digest` is of the names."""

    cluster: str
    number: int
    digest: str
    names: tuple[str, ...]


class CachedItem(Record, frozen=True):
    """`item` is None for one that is not in the table."""

    cluster: str
    table: str
    key: bytes
    expires_ms: int
    item: dict[str, Any] | None


class CachedAnswer(Record, frozen=True):
    """Of a Query or Scan; `digest` is of all that was asked."""

    cluster: str
    digest: str
    expires_ms: int
    answer: dict[str, Any]


class Sweep(Record, frozen=True):
    """There while a sweep of the cluster's caches is planned."""

    cluster: str


class StackCluster(Record, frozen=True):
    """A cluster that a stack makes, by the token of the stack's resource."""

    token: str
    cluster: str


_EXPIRY = {"expiry": ("cluster", "expires_ms")}
clusters = Table("dax.clusters", Cluster, key=("name",), remembers=True)
parameter_groups = Table("dax.parameter_groups", ParameterGroup, key=("name",))
happenings = Table("dax.happenings", Happening, key=("at_ms", "id"))
sessions = Table("dax.sessions", Session, key=("cluster",), remembers=True)
schemas = Table("dax.schemas", Schema, key=("cluster", "table"), remembers=True)
lists = Table(
    "dax.attribute_lists", AttributeList, key=("cluster", "number"), indexes={"digest": ("cluster", "digest")}
)
cached_items = Table("dax.items", CachedItem, key=("cluster", "table", "key"), indexes=_EXPIRY)
cached_answers = Table("dax.answers", CachedAnswer, key=("cluster", "digest"), indexes=_EXPIRY)
stack_clusters = Table("dax.stack_clusters", StackCluster, key=("token",))
sweeps = Table("dax.sweeps", Sweep, key=("cluster",))


def cluster(at: At, name: str) -> Cluster:
    found = clusters.get(at, name.lower())
    if found is None:
        raise ClusterNotFoundFault
    return found


def available(at: At, name: str) -> Cluster:
    found = cluster(at, name)
    if found.status != "available":
        raise InvalidClusterStateFault
    return found


def change(at: At, found: Cluster, **changes: Any) -> Cluster:
    changed = msgspec.structs.replace(found, **changes)
    clusters.replace(at, found, changed)
    return changed


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:dax:{at.region}:{at.account}:cache/{name.lower()}"


def by_arn(call: Call, arn: str) -> Cluster:
    head = arn_of(call, "")
    if not arn.startswith(head):
        raise InvalidARNFault("The Amazon Resource Name (ARN) supplied in the request is not valid.")
    return cluster(call, arn.removeprefix(head))


def parameter_group(at: At, name: str) -> ParameterGroup:
    found = parameter_groups.get(at, name)
    if found is None and name == limits.DEFAULT_GROUP:
        return ParameterGroup(name=name, description="Default parameter group for DAX 1.0")
    if found is None:
        raise ParameterGroupNotFoundFault
    return found


def ttl_ms(at: At, found: Cluster, name: str) -> int:
    return parameter_group(at, found.parameter_group).values.get(name, limits.TTL_MS)


def port_name(name: str, node: str = "") -> str:
    """What listens for the whole cluster, or for one of its nodes."""
    return f"{name}/{node}" if node else name


def port_of(at: At, name: str) -> int:
    """0 while nothing listens there."""
    found = listeners.get(at, SERVICE, at.account, at.region, name)
    return found.port if found is not None else 0


def note(call: Call, source: str, kind: str, message: str) -> None:
    """Write an event, and forget those that are too old."""
    horizon = call.now_ms - limits.EVENTS_S * 1000
    for old in happenings.range(call, end=(horizon,), limit=20):
        happenings.remove(call, old)
    last = happenings.range(call, call.now_ms, limit=1, reverse=True)
    number = int(last[0].id) + 1 if last else 0
    happenings.add(call, Happening(at_ms=call.now_ms, id=f"{number:06}", source=source, kind=kind, message=message))
