"""A stack's table that begins with what is in S3 (ImportSourceSpecification): imported, then changed to all that ImportTable does not
take, as CloudFormation does it."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.outside import Compute, Outside

from . import cfn_changes, cfn_tables, state
from .cfn_properties import index, sse, units
from .errors import ValidationException
from .state import StackTable

SOURCE = "ImportSourceSpecification"
_TAKEN = ("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput",
          "SSESpecification", "GlobalSecondaryIndexes")  # fmt: skip


def create_table(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    if SOURCE not in properties:
        return cfn_tables.create_table(call, resource, properties)
    made = state.stack_tables.get(call, resource.token)
    if made is None:
        name = properties.get("TableName") or resource.name(255)
        call.ask("dynamodb").import_table(**_request(resource, properties, name))
        state.stack_tables.add(call, StackTable(token=resource.token, table=name))
        return Outside(Compute(str), lambda call, _: cfn_tables.wait(call))
    physical = cfn_tables.described(call, made.table)
    if not _is_done(call, physical.attributes["Arn"]):
        return cfn_tables.wait(call)
    return cfn_changes.update_table(call, _untagged(resource), physical, properties, _imported(properties))


def _untagged(resource: Resource) -> Resource:
    return Resource(
        logical_id=resource.logical_id, type=resource.type, stack_name=resource.stack_name, stack_id=resource.stack_id,
        token=resource.token, tags=resource.tags,
    )  # fmt: skip


def _imported(properties: Properties) -> Properties:
    """What of it ImportTable took."""
    taken = {name: properties[name] for name in _TAKEN if name in properties}
    if "GlobalSecondaryIndexes" in taken:
        taken["GlobalSecondaryIndexes"] = [
            {name: value for name, value in each.items() if name != "ContributorInsightsSpecification"}
            for each in taken["GlobalSecondaryIndexes"]
        ]
    return taken


def _request(resource: Resource, properties: Properties, name: str) -> dict[str, Any]:
    source = properties[SOURCE]
    if properties.get("LocalSecondaryIndexes"):
        raise NotImplementedHere("ImportTable makes no local secondary indexes: LocalSecondaryIndexes.")
    creation: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": properties.get("AttributeDefinitions", []),
        "KeySchema": properties["KeySchema"],
    }
    for member in ("BillingMode", "ProvisionedThroughput", "OnDemandThroughput"):
        if properties.get(member):
            creation[member] = properties[member] if member == "BillingMode" else units(properties[member])
    if sse(properties)["Enabled"]:
        creation["SSESpecification"] = sse(properties)
    if properties.get("GlobalSecondaryIndexes"):
        creation["GlobalSecondaryIndexes"] = [index(each) for each in properties["GlobalSecondaryIndexes"]]
    given = {
        "client_token": resource.token,
        "s3_bucket_source": source["S3BucketSource"],
        "input_format": source["InputFormat"],
        "table_creation_parameters": creation,
    }
    if source.get("InputFormatOptions"):
        given["input_format_options"] = source["InputFormatOptions"]
    if source.get("InputCompressionType"):
        given["input_compression_type"] = source["InputCompressionType"]
    return given


def _is_done(call: Call, table_arn: str) -> bool:
    """Whether the import has come to its end; one that failed fails the resource."""
    dynamodb = call.ask("dynamodb")
    latest = dynamodb.list_imports(table_arn=table_arn)["ImportSummaryList"][0]["ImportArn"]
    shown = dynamodb.describe_import(import_arn=latest)["ImportTableDescription"]
    if shown["ImportStatus"] in ("FAILED", "CANCELLED"):
        raise ValidationException(shown.get("FailureMessage") or f"The import is {shown['ImportStatus']}")
    return bool(shown["ImportStatus"] == "COMPLETED")
