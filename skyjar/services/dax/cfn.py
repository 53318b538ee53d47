"""AWS::DAX::Cluster and AWS::DAX::ParameterGroup. A stack waits until its cluster listens, and until it is gone."""

from __future__ import annotations

import re
from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.outside import Compute, Outside

from . import limits, state
from .errors import ClusterNotFoundFault, ParameterGroupNotFoundFault
from .state import StackCluster

_NAME_CHARS = 20


def _name(resource: Resource) -> str:
    return re.sub("-+", "-", resource.name(_NAME_CHARS, is_lower=True))


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """Of the stack and of the resource (a map of names and values)."""
    own = {key: str(value) for key, value in (properties.get("Tags") or {}).items()}
    return {key: value for key, value in (resource.tags | own).items() if not key.startswith("aws:")}


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _wait(call: Call, _: Any = None) -> Any:
    raise Wait(on=state.clusters.watched(call), until=call.now + 1)


def _begun() -> Outside:
    """What was begun is committed, and then waited for."""
    return Outside(Compute(str), _wait)


def _described(call: Call, name: str) -> dict[str, Any]:
    found: dict[str, Any] = call.ask("dax").describe_clusters(cluster_names=[name])["Clusters"][0]
    return found


def create_cluster(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    made = state.stack_clusters.get(call, resource.token)
    if made is None:
        name = properties.get("ClusterName") or _name(resource)
        given: dict[str, Any] = {
            "cluster_name": name,
            "node_type": properties["NodeType"],
            "replication_factor": int(properties["ReplicationFactor"]),
            "iam_role_arn": properties["IAMRoleARN"],
            "tags": _tag_list(_tags(resource, properties)),
        }
        for member, label in (
            ("description", "Description"),
            ("availability_zones", "AvailabilityZones"),
            ("subnet_group_name", "SubnetGroupName"),
            ("preferred_maintenance_window", "PreferredMaintenanceWindow"),
            ("parameter_group_name", "ParameterGroupName"),
            ("cluster_endpoint_encryption_type", "ClusterEndpointEncryptionType"),
            ("notification_topic_arn", "NotificationTopicARN"),
        ):
            if properties.get(label):
                given[member] = properties[label]
        if str((properties.get("SSESpecification") or {}).get("SSEEnabled")).lower() == "true":
            given["sse_specification"] = {"Enabled": True}
        call.ask("dax").create_cluster(**given)
        state.stack_clusters.add(call, StackCluster(token=resource.token, cluster=name.lower()))
        return _begun()
    found = _described(call, made.cluster)
    return _physical(found) if found["Status"] == "available" else _wait(call)


def _physical(found: dict[str, Any]) -> Physical:
    endpoint = found["ClusterDiscoveryEndpoint"]
    attributes = {
        "Id": found["ClusterName"],
        "Arn": found["ClusterArn"],
        "ClusterDiscoveryEndpoint": f"{endpoint['Address']}:{endpoint['Port']}",
        "ClusterDiscoveryEndpointURL": endpoint["URL"],
    }
    return Physical(found["ClusterName"], attributes)


def update_cluster(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical | Outside:
    dax, found = call.ask("dax"), _described(call, old.id)
    if found["Status"] != "available":
        return _wait(call)  # type: ignore[no-any-return]
    wanted, there = int(properties["ReplicationFactor"]), found["TotalNodes"]
    if wanted != there:
        change = dax.increase_replication_factor if wanted > there else dax.decrease_replication_factor
        change(cluster_name=old.id, new_replication_factor=wanted)
        return _begun()
    changes: dict[str, Any] = {}
    for member, label, default in (
        ("description", "Description", ""),
        ("preferred_maintenance_window", "PreferredMaintenanceWindow", None),
        ("parameter_group_name", "ParameterGroupName", limits.DEFAULT_GROUP),
        ("notification_topic_arn", "NotificationTopicARN", ""),
    ):
        value = properties.get(label, default)
        if value != before.get(label, default) and value is not None:
            changes[member] = value
    if changes:
        dax.update_cluster(cluster_name=old.id, **changes)
    tags, were = _tags(resource, properties), _tags(resource.before(), before)
    if tags != were:
        gone = sorted(were.keys() - tags.keys())
        if gone:
            dax.untag_resource(resource_name=found["ClusterArn"], tag_keys=gone)
        if tags:
            dax.tag_resource(resource_name=found["ClusterArn"], tags=_tag_list(tags))
    return _physical(found)


def delete_cluster(call: Call, resource: Resource, old: Physical, properties: Properties) -> Outside | None:
    state.stack_clusters.delete(call, resource.token)
    try:
        found = _described(call, old.id)
    except ClusterNotFoundFault:
        return None
    if found["Status"] != "deleting":
        call.ask("dax").delete_cluster(cluster_name=old.id)
        return _begun()
    return _wait(call)  # type: ignore[no-any-return]


def create_group(call: Call, resource: Resource, properties: Properties) -> Physical:
    dax, name = call.ask("dax"), properties.get("ParameterGroupName") or resource.name(255, is_lower=True)
    dax.create_parameter_group(parameter_group_name=name, description=properties.get("Description", ""))
    _set(dax, name, properties)
    return Physical(name, {"Id": name})


def _set(dax: Any, name: str, properties: Properties) -> None:
    """`ParameterNameValues` is a map; what it does not name has its default."""
    given = properties.get("ParameterNameValues") or {}
    defaults = {limits.QUERY_TTL: limits.TTL_MS, limits.RECORD_TTL: limits.TTL_MS}
    pairs = [{"ParameterName": key, "ParameterValue": str(value)} for key, value in {**defaults, **given}.items()]
    dax.update_parameter_group(parameter_group_name=name, parameter_name_values=pairs)


def update_group(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    _set(call.ask("dax"), old.id, properties)
    return old


def delete_group(call: Call, resource: Resource, old: Physical, properties: Properties) -> None:
    try:
        call.ask("dax").delete_parameter_group(parameter_group_name=old.id)
    except ParameterGroupNotFoundFault:
        return


RESOURCE_TYPES = {
    "AWS::DAX::Cluster": ResourceType(
        create=create_cluster,
        update=update_cluster,
        delete=delete_cluster,
        properties=(
            "ClusterName",
            "NodeType",
            "ReplicationFactor",
            "IAMRoleARN",
            "Description",
            "AvailabilityZones",
            "SubnetGroupName",
            "PreferredMaintenanceWindow",
            "ParameterGroupName",
            "Tags",
            "ClusterEndpointEncryptionType",
            "NotificationTopicARN",
            "SSESpecification",
        ),
        replaced_by=frozenset({"AvailabilityZones"}),
    ),
    "AWS::DAX::ParameterGroup": ResourceType(
        create=create_group,
        update=update_group,
        delete=delete_group,
        properties=("ParameterGroupName", "Description", "ParameterNameValues"),
    ),
}
