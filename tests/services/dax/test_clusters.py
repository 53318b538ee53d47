from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.listening import Listen, Unlisten, listeners
from skyjar.services.dax import errors, limits

ROLE = "arn:aws:iam::111122223333:role/dax"


@pytest.fixture
def ports(desk: Any) -> dict[str, int]:
    """What listens, by name: in place of the rim."""
    found: dict[str, int] = {}

    async def listen(wanted: Listen) -> list[int]:
        for name in wanted.names:
            found.setdefault(name, 40_000 + len(found))
        return [found[name] for name in wanted.names]

    async def unlisten(wanted: Unlisten) -> None:
        for name in wanted.names:
            found.pop(name, None)

    desk.pipeline.performers[Listen] = listen
    desk.pipeline.performers[Unlisten] = unlisten
    return found


def create(desk: Any, name: str = "fast", count: int = 1, **more: Any) -> dict[str, Any]:
    given = {"node_type": "dax.t3.small", "replication_factor": count, "iam_role_arn": ROLE, **more}
    made: dict[str, Any] = desk.ask("dax").create_cluster(cluster_name=name, **given)["Cluster"]
    return made


def described(desk: Any, name: str = "fast") -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("dax").describe_clusters(cluster_names=[name])["Clusters"][0]
    return found


def refusal(kind: type[AWSError], call: Any, *given: Any, **parameters: Any) -> str:
    with pytest.raises(kind) as refused:
        call(*given, **parameters)
    return refused.value.message


def test_a_cluster_with_tls_says_so(desk: Any, ports: dict[str, int]) -> None:
    made = create(desk, cluster_endpoint_encryption_type="TLS")
    desk.settle()
    found = described(desk)
    assert made["ClusterEndpointEncryptionType"] == found["ClusterEndpointEncryptionType"] == "TLS"
    assert found["ClusterDiscoveryEndpoint"]["URL"] == f"daxs://127.0.0.1:{ports['fast']}"
    assert create(desk, "plain")["ClusterEndpointEncryptionType"] == "NONE"


def test_a_cluster_is_created_then_available(desk: Any, ports: dict[str, int]) -> None:
    made = create(desk, "Fast", 2, description="d", tags=[{"Key": "a", "Value": "b"}])
    assert (made["ClusterName"], made["Status"], made["TotalNodes"], made["ActiveNodes"]) == ("fast", "creating", 2, 0)
    assert "ClusterDiscoveryEndpoint" not in made
    assert made["ClusterArn"] == "arn:aws:dax:us-east-1:111122223333:cache/fast"
    desk.settle()
    found = described(desk)
    assert (found["Status"], found["ActiveNodes"]) == ("available", 2)
    assert found["ClusterDiscoveryEndpoint"] == {
        "Address": "127.0.0.1", "Port": ports["fast"], "URL": f"dax://127.0.0.1:{ports['fast']}",
    }  # fmt: skip
    assert [(node["NodeId"], node["AvailabilityZone"], node["Endpoint"]["Port"]) for node in found["Nodes"]] == [
        ("fast-a", "us-east-1a", ports["fast/a"]),
        ("fast-b", "us-east-1b", ports["fast/b"]),
    ]
    assert desk.ask("dax").list_tags(resource_name=found["ClusterArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_what_is_wrong_with_a_cluster_is_said(desk: Any, ports: dict[str, int]) -> None:
    create(desk)
    refusal(errors.ClusterAlreadyExistsFault, create, desk, "FAST")
    for name in ("1a", "a--b", "a-", "a" * 21, ""):
        refusal(errors.InvalidParameterValueException, create, desk, name)
    refusal(errors.InvalidParameterValueException, create, desk, "b", node_type="t3.small")
    refusal(errors.InvalidParameterValueException, create, desk, "b", iam_role_arn="role")
    refusal(errors.InvalidParameterValueException, create, desk, "b", count=0)
    refusal(errors.NodeQuotaForClusterExceededFault, create, desk, "b", count=limits.NODES + 1)
    refusal(errors.InvalidParameterCombinationException, create, desk, "b", count=2, availability_zones=["us-east-1a"])
    refusal(errors.ParameterGroupNotFoundFault, create, desk, "b", parameter_group_name="none")
    refusal(errors.SubnetGroupNotFoundFault, create, desk, "b", subnet_group_name="none")
    refusal(errors.ClusterNotFoundFault, described, desk, "b")
    refusal(errors.InvalidClusterStateFault, desk.ask("dax").reboot_node, cluster_name="fast", node_id="fast-a")
    desk.settle()
    refusal(errors.NodeNotFoundFault, desk.ask("dax").reboot_node, cluster_name="fast", node_id="fast-z")


def test_networks_are_none_however_that_is_said(desk: Any, ports: dict[str, int]) -> None:
    """Terraform says it with an empty name and an empty list."""
    made = create(desk, subnet_group_name="", security_group_ids=[])
    assert made["SubnetGroup"] == "default"
    with pytest.raises(NotImplementedHere, match="SecurityGroupIds"):
        create(desk, "b", security_group_ids=["sg-1"])


def test_a_deleted_cluster_listens_no_more(desk: Any, ports: dict[str, int]) -> None:
    create(desk, count=3)
    create(desk, "other")
    desk.settle()
    assert len(ports) == 6
    desk.ask("dax").delete_cluster(cluster_name="fast")
    assert described(desk)["Status"] == "deleting"
    refusal(errors.InvalidClusterStateFault, desk.ask("dax").delete_cluster, cluster_name="fast")
    desk.settle()
    assert set(ports) == {"other", "other/a"}
    rows = desk.store.transact(lambda tx: listeners.range(desk.call(tx)))
    assert {row.name for row in rows} == set(ports)
    refusal(errors.ClusterNotFoundFault, described, desk)


def test_a_cluster_deleted_while_it_is_created_leaves_nothing(desk: Any, ports: dict[str, int]) -> None:
    create(desk)
    desk.ask("dax").delete_cluster(cluster_name="fast")
    desk.settle()
    assert not ports
    create(desk)
    desk.settle()
    assert described(desk)["Status"] == "available"


def test_creating_takes_as_long_as_on_aws_where_that_is_asked_for(desk: Any, ports: dict[str, int]) -> None:
    desk.pipeline.behaviour.has_aws_timing = True
    create(desk)
    desk.advance(599)
    assert described(desk)["Status"] == "creating"
    desk.advance(1)
    assert described(desk)["Status"] == "available"


def test_parameter_groups(desk: Any, ports: dict[str, int]) -> None:
    dax = desk.ask("dax")
    assert [each["ParameterGroupName"] for each in dax.describe_parameter_groups()["ParameterGroups"]] == [
        "default.dax1.0"
    ]
    values = {each["ParameterName"]: each["ParameterValue"] for each in dax.describe_default_parameters()["Parameters"]}
    assert values == {"query-ttl-millis": "300000", "record-ttl-millis": "300000"}
    dax.create_parameter_group(parameter_group_name="short", description="d")
    change = dax.update_parameter_group
    pair = {"ParameterName": "query-ttl-millis", "ParameterValue": "5"}
    change(parameter_group_name="short", parameter_name_values=[pair])
    shown = dax.describe_parameters(parameter_group_name="short")["Parameters"]
    assert {each["ParameterName"]: each["ParameterValue"] for each in shown} == {**values, "query-ttl-millis": "5"}
    wrong = {"parameter_group_name": "short", "parameter_name_values": [{**pair, "ParameterValue": "-1"}]}
    refusal(errors.InvalidParameterValueException, change, **wrong)
    wrong["parameter_name_values"] = [{**pair, "ParameterName": "ttl"}]
    refusal(errors.InvalidParameterValueException, change, **wrong)
    refusal(
        errors.InvalidParameterGroupStateFault,
        change,
        parameter_group_name="default.dax1.0",
        parameter_name_values=[pair],
    )
    refusal(errors.ParameterGroupAlreadyExistsFault, dax.create_parameter_group, parameter_group_name="short")
    create(desk, parameter_group_name="short")
    refusal(errors.InvalidParameterGroupStateFault, dax.delete_parameter_group, parameter_group_name="short")
    desk.settle()
    dax.update_cluster(cluster_name="fast", parameter_group_name="default.dax1.0")
    dax.delete_parameter_group(parameter_group_name="short")
    refusal(errors.ParameterGroupNotFoundFault, dax.describe_parameters, parameter_group_name="short")


def test_tags_and_events(desk: Any, ports: dict[str, int]) -> None:
    dax = desk.ask("dax")
    arn = create(desk)["ClusterArn"]
    desk.settle()
    dax.tag_resource(resource_name=arn, tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    assert dax.untag_resource(resource_name=arn, tag_keys=["a"])["Tags"] == [{"Key": "b", "Value": ""}]
    refusal(errors.TagNotFoundFault, dax.untag_resource, resource_name=arn, tag_keys=["a"])
    refusal(errors.InvalidARNFault, dax.list_tags, resource_name="arn:aws:s3:::b")
    many = [{"Key": str(n)} for n in range(limits.TAGS + 1)]
    refusal(errors.TagQuotaPerResourceExceeded, dax.tag_resource, resource_name=arn, tags=many)
    assert [each["Message"] for each in dax.describe_events()["Events"]] == [
        "Cluster creation started", "Cluster created",
    ]  # fmt: skip
    first = dax.describe_events(max_results=1)
    second = dax.describe_events(max_results=1, next_token=first["NextToken"])
    assert ("NextToken" in second, second["Events"][0]["Message"]) == (False, "Cluster created")
    desk.advance(3601)
    assert dax.describe_events()["Events"] == []
    assert len(dax.describe_events(duration=90)["Events"]) == 2
    refusal(errors.InvalidParameterCombinationException, dax.describe_events, source_name="fast")
