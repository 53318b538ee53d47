"""Clusters and their nodes. What listens for them is begun and ended by jobs."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import encryption, jobs, limits, notifications, paging, state
from .errors import (
    ClusterAlreadyExistsFault,
    ClusterQuotaForCustomerExceededFault,
    InvalidClusterStateFault,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    NodeNotFoundFault,
    NodeQuotaForClusterExceededFault,
    SubnetGroupNotFoundFault,
)
from .state import Cluster, Node
from .tags import Tags, merged

ADDRESS = "127.0.0.1"


@operation
def create_cluster(
    call: Call,
    *,
    cluster_name: str,
    node_type: str,
    replication_factor: int,
    iam_role_arn: str,
    description: str = "",
    availability_zones: list[str] | None = None,
    subnet_group_name: str = "default",
    security_group_ids: list[str] | None = None,
    preferred_maintenance_window: str = "",
    parameter_group_name: str = limits.DEFAULT_GROUP,
    notification_topic_arn: str = "",
    tags: Tags | None = None,
    sse_specification: dict[str, bool] | None = None,
    cluster_endpoint_encryption_type: str = "NONE",
) -> dict[str, Any]:
    name = cluster_name.lower()
    if not limits.NAME.fullmatch(name):
        raise InvalidParameterValueException(f"Invalid cluster name: {cluster_name}")
    if not limits.NODE_TYPES.fullmatch(node_type):
        raise InvalidParameterValueException(f"Invalid node type: {node_type}")
    if not iam_role_arn.startswith("arn:") or f":{call.account}:role/" not in iam_role_arn:
        raise InvalidParameterValueException(f"Invalid IAM role ARN: {iam_role_arn}")
    if subnet_group_name not in ("", "default"):  # Terraform sends an empty name, and an empty list
        raise SubnetGroupNotFoundFault
    if security_group_ids:
        raise NotImplementedHere("Skyjar does not implement the parameter SecurityGroupIds of dax:CreateCluster.")
    state.parameter_group(call, parameter_group_name)
    if state.clusters.get(call, name) is not None:
        raise ClusterAlreadyExistsFault
    if state.clusters.count(call, limit=limits.CLUSTERS) >= limits.CLUSTERS:
        raise ClusterQuotaForCustomerExceededFault("You have attempted to exceed the maximum number of DAX clusters.")
    made = Cluster(
        name=name,
        node_type=node_type,
        role=iam_role_arn,
        status="creating",
        nodes=_more_nodes(call, (), replication_factor, availability_zones),
        description=description,
        parameter_group=parameter_group_name,
        window=preferred_maintenance_window or _window(call),
        tags=merged({}, tags or []),
        is_tls=cluster_endpoint_encryption_type == "TLS",
        **notifications.wanted(call, "", notification_topic_arn or None, None),
        data_key=encryption.new_key(call, name) if (sse_specification or {}).get("Enabled") else b"",
    )
    state.clusters.add(call, made)
    notifications.note(call, made, "Cluster creation started")
    _later(call, made, "dax.CreateCluster")
    return {"Cluster": show(call, made)}


def _window(call: Call) -> str:
    """An hour of the week, when nobody says which."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[int(call.chance.hex(2), 16) % 7]
    hour = int(call.chance.hex(2), 16) % 23
    return f"{day}:{hour:02}:00-{day}:{hour + 1:02}:00"


def _more_nodes(call: Call, nodes: tuple[Node, ...], count: int, zones: list[str] | None) -> tuple[Node, ...]:
    """`nodes` and as many new ones as make `count`, in the given zones or in turn."""
    if count < 1:
        raise InvalidParameterValueException("ReplicationFactor must be at least 1.")
    if count > limits.NODES:
        raise NodeQuotaForClusterExceededFault(
            "You have attempted to exceed the maximum number of nodes for a DAX cluster."
        )
    new = count - len(nodes)
    if zones is not None and len(zones) != new:
        raise InvalidParameterCombinationException(
            "The number of Availability Zones must equal the number of nodes to be created."
        )
    chosen = zones or [f"{call.region}{limits.ZONES[(len(nodes) + n) % 3]}" for n in range(new)]
    letters = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in {node.id for node in nodes}]
    return (*nodes, *(Node(letter, call.now, zone) for letter, zone in zip(letters, chosen, strict=False)))


def _later(call: Call, made: Cluster, what: str) -> None:
    call.later(jobs.settle, due=call.now + durations.of(call, what), key=made.name, name=made.name)


@operation
def describe_clusters(
    call: Call, *, cluster_names: list[str] | None = None, max_results: int | None = None, next_token: str = ""
) -> dict[str, Any]:
    if cluster_names:
        return {"Clusters": [show(call, state.cluster(call, name)) for name in cluster_names]}
    return paging.page(call, "Clusters", state.clusters, max_results, next_token, lambda found: show(call, found))


@operation
def update_cluster(
    call: Call,
    *,
    cluster_name: str,
    description: str | None = None,
    preferred_maintenance_window: str | None = None,
    notification_topic_arn: str | None = None,
    notification_topic_status: str | None = None,
    parameter_group_name: str | None = None,
) -> dict[str, Any]:
    """Takes effect at once: both parameters are of the immediate kind."""
    found = state.available(call, cluster_name)
    changes = notifications.wanted(call, found.topic, notification_topic_arn, notification_topic_status)
    if description is not None:
        changes["description"] = description
    if preferred_maintenance_window is not None:
        changes["window"] = preferred_maintenance_window
    if parameter_group_name is not None:
        changes["parameter_group"] = state.parameter_group(call, parameter_group_name).name
    return {"Cluster": show(call, state.change(call, found, **changes))}


@operation
def delete_cluster(call: Call, *, cluster_name: str) -> dict[str, Any]:
    found = state.cluster(call, cluster_name)
    if found.status == "deleting":
        raise InvalidClusterStateFault
    nodes = tuple(msgspec.structs.replace(node, status="deleting") for node in found.nodes)
    gone = state.change(call, found, status="deleting", nodes=nodes, parted=tuple(node.id for node in nodes))
    notifications.note(call, gone, "Cluster deletion started")
    _later(call, gone, "dax.DeleteCluster")
    return {"Cluster": show(call, gone)}


@operation
def increase_replication_factor(
    call: Call, *, cluster_name: str, new_replication_factor: int, availability_zones: list[str] | None = None
) -> dict[str, Any]:
    found = state.available(call, cluster_name)
    if new_replication_factor <= len(found.nodes):
        raise InvalidParameterValueException("The new replication factor must be greater than the present one.")
    nodes = _more_nodes(call, found.nodes, new_replication_factor, availability_zones)
    changed = state.change(call, found, status="modifying", nodes=nodes)
    _later(call, changed, "dax.ModifyCluster")
    return {"Cluster": show(call, changed)}


@operation
def decrease_replication_factor(
    call: Call, *, cluster_name: str, new_replication_factor: int, node_ids_to_remove: list[str] | None = None
) -> dict[str, Any]:
    """Without NodeIdsToRemove the youngest nodes go."""
    found = state.available(call, cluster_name)
    count = len(found.nodes) - new_replication_factor
    if new_replication_factor < 1 or count <= 0:
        raise InvalidParameterValueException("The new replication factor must be less than the present one.")
    letters = [_node(found, identity).id for identity in node_ids_to_remove or []]
    if letters and len(set(letters)) != count:
        raise InvalidParameterCombinationException("NodeIdsToRemove must name as many nodes as are to be removed.")
    parted = tuple(letters or [node.id for node in found.nodes[-count:]])
    nodes = tuple(
        msgspec.structs.replace(node, status="deleting") if node.id in parted else node for node in found.nodes
    )
    changed = state.change(call, found, status="modifying", nodes=nodes, parted=parted)
    _later(call, changed, "dax.ModifyCluster")
    return {"Cluster": show(call, changed)}


@operation
def reboot_node(call: Call, *, cluster_name: str, node_id: str) -> dict[str, Any]:
    """What the cluster has cached is forgotten: here all nodes have one cache."""
    found = state.available(call, cluster_name)
    rebooting = _node(found, node_id).id
    nodes = tuple(
        msgspec.structs.replace(node, status="rebooting") if node.id == rebooting else node for node in found.nodes
    )
    changed = state.change(call, found, status="modifying", nodes=nodes)
    notifications.note(call, changed, "Node reboot started", node_id)
    call.later(jobs.forget, key=f"{changed.name} reboots", name=changed.name)
    _later(call, changed, "dax.RebootNode")
    return {"Cluster": show(call, changed)}


def _node(found: Cluster, identity: str) -> Node:
    for node in found.nodes:
        if identity == f"{found.name}-{node.id}":
            return node
    raise NodeNotFoundFault


def show(call: Call, found: Cluster) -> dict[str, Any]:
    def endpoint(name: str, *, has_url: bool) -> dict[str, Any]:
        port = state.port_of(call, name)
        if not port:
            return {}
        scheme = "daxs" if found.is_tls else "dax"
        url = {"URL": f"{scheme}://{ADDRESS}:{port}"} if has_url else {}
        return {"Address": ADDRESS, "Port": port, **url}

    def node(each: Node) -> dict[str, Any]:
        shown = endpoint(state.port_name(found.name, each.id), has_url=False)
        return {
            "NodeId": f"{found.name}-{each.id}",
            **({"Endpoint": shown} if shown else {}),
            "NodeCreateTime": each.created_at,
            "AvailabilityZone": each.zone,
            "NodeStatus": each.status,
            "ParameterGroupStatus": "in-sync",
        }

    discovery = endpoint(found.name, has_url=True)
    return {
        "ClusterName": found.name,
        **({"Description": found.description} if found.description else {}),
        "ClusterArn": state.arn_of(call, found.name),
        "TotalNodes": len(found.nodes),
        "ActiveNodes": sum(each.status == "available" for each in found.nodes),
        "NodeType": found.node_type,
        "Status": found.status,
        **({"ClusterDiscoveryEndpoint": discovery} if discovery else {}),
        **({"NodeIdsToRemove": [f"{found.name}-{each}" for each in found.parted]} if found.parted else {}),
        "Nodes": [node(each) for each in found.nodes],
        "PreferredMaintenanceWindow": found.window,
        **notifications.shown(found),
        "SubnetGroup": "default",
        "IamRoleArn": found.role,
        "ParameterGroup": {
            "ParameterGroupName": found.parameter_group,
            "ParameterApplyStatus": "in-sync",
            "NodeIdsToReboot": [],
        },
        "SSEDescription": {"Status": "ENABLED" if found.data_key else "DISABLED"},
        "ClusterEndpointEncryptionType": "TLS" if found.is_tls else "NONE",
    }
