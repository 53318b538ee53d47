"""Imports from S3 into a new table, read as the caller: DynamoDB JSON or CSV, plain or compressed with gzip.

What cannot be an item is counted and left out, as on AWS; of items with the same key the last one stays.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.jobs import job
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import encryption, item_rows, limits, plain_items, schemas, state, tables, values, writes
from .errors import ImportConflictException, ImportNotFoundException, ValidationException
from .schemas import Schema
from .transfer_state import Import, imports
from .values import Item

CHUNK = 5_000
_MEMBERS = {
    "TableName": "table_name",
    "AttributeDefinitions": "attribute_definitions",
    "KeySchema": "key_schema",
    "BillingMode": "billing_mode",
    "ProvisionedThroughput": "provisioned_throughput",
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
    _check(input_format, input_compression_type, table_creation_parameters)
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
    due = call.now + durations.of(call, "dynamodb.ImportTable")
    call.later(read_files, due=due, key=made.id, source=made.id, after_key="", object_key="", line=0)
    return {"ImportTableDescription": _describe(call, made)}


def _check(input_format: str, compression: str, creation: dict[str, Any]) -> None:
    for member, value in (("InputFormat", input_format), ("InputCompressionType", compression)):
        if value in ("ION", "ZSTD"):
            raise NotImplementedHere(f"Skyjar does not implement {member} {value} in dynamodb:ImportTable.")
    for member in creation:
        if member not in _MEMBERS:
            raise NotImplementedHere(f"Skyjar does not implement {member} in dynamodb:ImportTable.")


@job()
def read_files(call: Call, *, source: str, after_key: str, object_key: str, line: int) -> None:
    """Read some more items: of the object `object_key` from that one on, or of the next object."""
    found = imports.get(call, source)
    schema = schemas.find(call, found.table) if found is not None else None
    if found is None or schema is None:
        return
    encryption.open_for_itself(call, schema)
    try:
        key = object_key or _next_object(call, found, after_key)
        if not key:
            _end(call, found, "COMPLETED")
            return
        body = _body(call, found, key)
    except AWSError as error:
        code = {"NoSuchBucket": "S3NoSuchBucket", "AccessDenied": "S3AccessDenied"}.get(error.code, error.code)
        _end(call, state.replace(found, failure_code=code, failure=error.message), "FAILED")
        return
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        _end(call, state.replace(found, failure_code="InvalidInput", failure=f"{key}: {error}"), "FAILED")
        return
    count = wrong = 0
    for item in islice(_items(found, schema, body), line, line + CHUNK):
        count += 1
        if not _write(call, schema, item):
            wrong += 1
    size = len(body) if not line else 0
    imports.put(
        call,
        state.replace(
            found,
            processed=found.processed + count,
            imported=found.imported + count - wrong,
            errors=found.errors + wrong,
            size_bytes=found.size_bytes + size,
        ),
    )
    if count == CHUNK:
        call.later(read_files, key=source, source=source, after_key=after_key, object_key=key, line=line + CHUNK)
    else:
        call.later(read_files, key=source, source=source, after_key=key, object_key="", line=0)


def _bucket(found: Import) -> dict[str, str]:
    given: dict[str, str] = found.request["S3BucketSource"]
    owner = {"expected_bucket_owner": given["S3BucketOwner"]} if given.get("S3BucketOwner") else {}
    return {"bucket": given["S3Bucket"], **owner}


def _next_object(call: Call, found: Import, after_key: str) -> str:
    """The key of the next object below the prefix; empty at the end."""
    given = found.request["S3BucketSource"]
    start = {"start_after": after_key} if after_key else {}
    answer = call.ask("s3").list_objects_v2(**_bucket(found), prefix=given.get("S3KeyPrefix", ""), max_keys=1, **start)
    contents = answer.get("Contents") or []
    return contents[0]["Key"] if contents else ""


def _body(call: Call, found: Import, key: str) -> bytes:
    body = call.ask("s3").get_object(**_bucket(found), key=key)["Body"]
    data: bytes = body if isinstance(body, bytes) else body.read()
    if found.request["InputCompressionType"] == "GZIP":
        reader = zlib.decompressobj(wbits=31)
        data = reader.decompress(data, limits.IMPORT_BYTES)
        if not reader.eof:
            raise EOFError(f"not gzip, or more than {limits.IMPORT_BYTES} bytes")
    if found.request["InputFormat"] == "CSV":
        data.decode()
    return data


def _items(found: Import, schema: Schema, body: bytes) -> Iterator[Item | None]:
    """Its items; None for what is none."""
    if found.request["InputFormat"] == "CSV":
        options = (found.request.get("InputFormatOptions") or {}).get("Csv") or {}
        delimiter, header = options.get("Delimiter", ","), options.get("HeaderList")
        yield from plain_items.rows(body.decode(), delimiter, header, schema.definition.types)
        return
    for line in body.splitlines():
        if line.strip():
            try:
                yield plain_items.read(line)
            except ValidationException:
                yield None


def _write(call: Call, schema: Schema, item: Item | None) -> bool:
    if item is None:
        return False
    try:
        write = writes.put(schema, item, values.admit(item))
    except ValidationException:
        return False
    stored = call.tx.get(write.key.bytes)
    old = item_rows.load(stored) if stored is not None else None
    assert write.change is not None
    new, size = write.change(old)
    item_rows.save(call, schema, write.key, stored, old, new, size)
    return True


def _end(call: Call, found: Import, status: str) -> None:
    imports.put(call, state.replace(found, status=status, ended_s=call.now))
    definition = state.tables.get(call, found.table)
    if definition is not None:
        state.tables.replace(call, definition, state.replace(definition, status="ACTIVE"))


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
    kept = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime", "EndTime")
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
