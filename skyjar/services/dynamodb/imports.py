"""Imports from S3 into a new table, read as the caller: DynamoDB JSON, Amazon Ion or CSV, plain or compressed.
How the files are read: `import_files.py`.

What the table cannot hold is counted, told in a log (`import_logs.py`) and left out, as on AWS; with what cannot be read as an item
the rest of its object is left out. An import with errors ends as FAILED. Of items with the same key the last one stays.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import import_files, import_logs, ion_items, limits, schemas, state, tables
from .errors import ImportConflictException, ImportNotFoundException, ValidationException
from .transfer_state import Import, imports

CHUNK = 5_000
_MEMBERS = {
    "TableName": "table_name",
    "AttributeDefinitions": "attribute_definitions",
    "KeySchema": "key_schema",
    "BillingMode": "billing_mode",
    "ProvisionedThroughput": "provisioned_throughput",
    "OnDemandThroughput": "on_demand_throughput",
    "SSESpecification": "sse_specification",
    "GlobalSecondaryIndexes": "global_secondary_indexes",
}


@operation
def import_table(
    call: Call,
    *,
    client_token: str | None = None,
    s3_bucket_source: dict[str, str],
    input_format: str,
    input_format_options: dict[str, Any] | None = None,
    input_compression_type: str = "NONE",
    table_creation_parameters: dict[str, Any],
) -> dict[str, Any]:
    _check(input_format, table_creation_parameters)
    request: dict[str, Any] = {
        "S3BucketSource": s3_bucket_source,
        "InputFormat": input_format,
        "InputCompressionType": input_compression_type,
        "TableCreationParameters": table_creation_parameters,
    }
    if input_format_options is not None:
        request["InputFormatOptions"] = input_format_options
    token = client_token or call.new_id()
    known = imports.first(call, token, via="token")
    if known is not None:
        if known.request != request:
            raise ImportConflictException("There was a conflict when importing from the specified S3 source.")
        return {"ImportTableDescription": _describe(call, known)}
    given = {_MEMBERS[name]: value for name, value in table_creation_parameters.items()}
    name = tables.create_table(call, **given)["TableDescription"]["TableName"]
    definition = state.tables.get(call, name)
    assert definition is not None
    state.tables.replace(call, definition, state.replace(definition, status="IMPORTING"))
    made = Import(
        id=f"{call.now_ms:014}-{call.chance.hex(8)}",
        table=name,
        table_id=definition.id,
        token=token,
        request=request,
        started_s=call.now,
    )
    imports.add(call, made)
    import_files.begin(call, made.id, call.now + durations.of(call, "dynamodb.ImportTable"))
    return {"ImportTableDescription": _describe(call, made)}


def _check(input_format: str, creation: dict[str, Any]) -> None:
    if input_format == "ION":
        ion_items.check_there()
    for member in creation:
        if member not in _MEMBERS:
            raise NotImplementedHere(f"Skyjar does not implement {member} in dynamodb:ImportTable.")


def _arn(call: Call, found: Import) -> str:
    return f"{schemas.arn_of(call, found.table)}/import/{found.id}"


@operation
def describe_import(call: Call, *, import_arn: str) -> dict[str, Any]:
    found = imports.get(call, import_arn.rpartition("/")[2])
    if found is None or _arn(call, found) != import_arn:
        raise ImportNotFoundException(f"Import not found: {import_arn}")
    return {"ImportTableDescription": _describe(call, found)}


@operation
def list_imports(
    call: Call, *, table_arn: str | None = None, page_size: int = limits.PAGE, next_token: str | None = None
) -> dict[str, Any]:
    found = [each for each in imports.range(call) if table_arn in (None, schemas.arn_of(call, each.table))]
    try:
        shown, token = page(found, next_token or "", page_size)
    except BadToken:
        raise ValidationException("Invalid NextToken") from None
    kept = ("ImportArn", "ImportStatus", "TableArn", "CloudWatchLogGroupArn", "S3BucketSource", "InputFormat",
            "StartTime", "EndTime")  # fmt: skip
    described = [_describe(call, each) for each in shown]
    summaries = [{name: each[name] for name in kept if name in each} for each in described]
    return {"ImportSummaryList": summaries, **({"NextToken": token} if token else {})}


def _describe(call: Call, found: Import) -> dict[str, Any]:
    shown = {
        "ImportArn": _arn(call, found),
        "ImportStatus": found.status,
        "TableArn": schemas.arn_of(call, found.table),
        "TableId": found.table_id,
        "ClientToken": found.token,
        "StartTime": found.started_s,
        "CloudWatchLogGroupArn": import_logs.group_arn(call),
        "ErrorCount": found.errors,
        "ProcessedItemCount": found.processed,
        "ImportedItemCount": found.imported,
        "ProcessedSizeBytes": found.size_bytes,
        **found.request,
    }
    if found.ended_s:
        shown["EndTime"] = found.ended_s
    if found.failure_code:
        shown |= {"FailureCode": found.failure_code, "FailureMessage": found.failure}
    return shown
