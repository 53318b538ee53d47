"""AWS::DynamoDB::Table."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.outside import Compute, Outside

from . import cfn_settings, state
from .cfn_properties import index, policy, sse, stream, tags, truth, units
from .errors import ResourceNotFoundException
from .state import StackTable

SUPPORTED = frozenset(
    (
        "TableName",
        "AttributeDefinitions",
        "KeySchema",
        "LocalSecondaryIndexes",
        "GlobalSecondaryIndexes",
        "BillingMode",
        "ProvisionedThroughput",
        "TableClass",
        "DeletionProtectionEnabled",
        "TimeToLiveSpecification",
        "Tags",
        "SSESpecification",
        "PointInTimeRecoverySpecification",
        "StreamSpecification",
        "KinesisStreamSpecification",
        "ResourcePolicy",
        "OnDemandThroughput",
        "WarmThroughput",
        "ContributorInsightsSpecification",
        "ImportSourceSpecification",
    )
)


def described(call: Call, name: str) -> Physical:
    table = call.ask("dynamodb").describe_table(table_name=name)["Table"]
    stream = {"StreamArn": table["LatestStreamArn"]} if "StreamSpecification" in table else {}
    return Physical(name, {"Arn": table["TableArn"], **stream})


def create_table(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    """Run again until the table is there, where that takes AWS's time; what it made is found by its token."""
    dynamodb = call.ask("dynamodb")
    made = state.stack_tables.get(call, resource.token)
    if made is None:
        name = properties.get("TableName") or resource.name(255)
        dynamodb.create_table(**_creation(resource, properties, name))
        state.stack_tables.add(call, StackTable(token=resource.token, table=name))
        if durations.of(call, "dynamodb.CreateTable"):
            return Outside(Compute(str), lambda call, _: wait(call))
    else:
        name = made.table
    if dynamodb.describe_table(table_name=name)["Table"]["TableStatus"] == "CREATING":
        return wait(call)
    physical = described(call, name)
    cfn_settings.settle(dynamodb, physical, properties, {})
    return physical


def wait(call: Call) -> Physical:
    raise Wait(on=state.tables.watched(call), until=call.now + 1)


def _creation(resource: Resource, properties: Properties, name: str) -> dict[str, Any]:
    """The parameters of CreateTable."""
    given: dict[str, Any] = {
        "table_name": name,
        "attribute_definitions": properties.get("AttributeDefinitions", []),
        "key_schema": properties["KeySchema"],
        "billing_mode": properties.get("BillingMode"),
        "provisioned_throughput": units(properties.get("ProvisionedThroughput")),
        "on_demand_throughput": units(properties.get("OnDemandThroughput")),
        "warm_throughput": units(properties.get("WarmThroughput")),
        "table_class": properties.get("TableClass"),
        "deletion_protection_enabled": truth(properties.get("DeletionProtectionEnabled")),
    }
    if sse(properties)["Enabled"]:
        given["sse_specification"] = sse(properties)
    if properties.get("ResourcePolicy"):
        given["resource_policy"] = policy(properties["ResourcePolicy"])
    if properties.get("StreamSpecification"):
        given["stream_specification"] = stream(properties["StreamSpecification"])
    for member, label in (
        ("local_secondary_indexes", "LocalSecondaryIndexes"),
        ("global_secondary_indexes", "GlobalSecondaryIndexes"),
    ):
        if properties.get(label):
            given[member] = [index(each) for each in properties[label]]
    tagged = tags(resource, properties)
    if tagged:
        given["tags"] = [{"Key": key, "Value": value} for key, value in tagged.items()]
    return given


def delete_table(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    state.stack_tables.delete(call, resource.token)
    try:
        call.ask("dynamodb").delete_table(table_name=physical.id)
    except ResourceNotFoundException:
        return
