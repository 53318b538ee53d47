"""Exports to S3, and imports from it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import zstandard

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.services.dynamodb import exports, import_files, incremental_exports

from .conftest import Make, item, keys, types


def refused(code: str, call: Any, **given: Any) -> None:
    with pytest.raises(AWSError) as caught:
        call(**given)
    assert caught.value.code == code


def body(desk: Any, key: str) -> bytes:
    found = desk.ask("s3").get_object(bucket="files", key=key)["Body"]
    data: bytes = found if isinstance(found, bytes) else found.read()
    return data


@pytest.fixture
def db(desk: Any, table: Make) -> Any:
    made = table()
    desk.ask("s3").create_bucket(bucket="files")
    return made


ARN = "arn:aws:dynamodb:us-east-1:111122223333:table/tab"
CREATE = {
    "TableName": "new",
    "KeySchema": keys("pk"),
    "AttributeDefinitions": types(pk="S"),
    "BillingMode": "PAY_PER_REQUEST",
}


def start(db: Any, **more: Any) -> str:
    given = {"s3_bucket_source": {"S3Bucket": "files", "S3KeyPrefix": "in/"}, "input_format": "DYNAMODB_JSON",
             "table_creation_parameters": CREATE, **more}  # fmt: skip
    arn: str = db.import_table(**given)["ImportTableDescription"]["ImportArn"]
    return arn


def shown(db: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = db.describe_import(import_arn=arn)["ImportTableDescription"]
    return found


def test_an_export_is_the_table_at_a_moment(desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "FILE_ITEMS", 2)
    given = {"table_arn": ARN, "s3_bucket": "files", "s3_prefix": "out", "client_token": "t"}
    refused("PointInTimeRecoveryUnavailableException", db.export_table_to_point_in_time, **given)
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": True}
    )
    whole = [item(pk=f"k{n}", b=b"\0\1", s={"x"}, m={"l": [1, None]}) for n in range(5)]
    for each in whole:
        db.put_item(table_name="tab", item=each)
    desk.advance(10)
    moment = desk.clock.now() - 5
    db.put_item(table_name="tab", item=item(pk="k0", late=True))
    made = db.export_table_to_point_in_time(**given, export_time=moment)["ExportDescription"]
    assert made["ExportStatus"] == "IN_PROGRESS"
    assert db.export_table_to_point_in_time(**given)["ExportDescription"]["ExportArn"] == made["ExportArn"]
    refused("ExportConflictException", db.export_table_to_point_in_time, **{**given, "s3_prefix": "other"})
    refused("InvalidExportTimeException", db.export_table_to_point_in_time, table_arn=ARN, s3_bucket="files",
            export_time=desk.clock.now() + 9)  # fmt: skip
    desk.settle()
    done = db.describe_export(export_arn=made["ExportArn"])["ExportDescription"]
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 5)
    summary = json.loads(body(desk, done["ExportManifest"]))
    assert (summary["itemCount"], summary["outputFormat"]) == (5, "DYNAMODB_JSON")
    files = [json.loads(line) for line in body(desk, summary["manifestFilesS3Key"]).splitlines()]
    assert [each["itemCount"] for each in files] == [2, 2, 1]
    for file in files:
        desk.ask("s3").put_object(
            bucket="files", key=f"in/{file['dataFileS3Key'][-20:]}", body=body(desk, file["dataFileS3Key"])
        )
    lines = b"".join(gzip.decompress(body(desk, file["dataFileS3Key"])) for file in files).splitlines()
    first = next(json.loads(line)["Item"] for line in lines if b'"k0"' in line)
    assert first == {
        "pk": {"S": "k0"},
        "b": {"B": "AAE="},
        "s": {"SS": ["x"]},
        "m": {"M": {"l": {"L": [{"N": "1"}, {"NULL": True}]}}},
    }
    arn = start(db, input_compression_type="GZIP")
    refused("ResourceNotFoundException", db.scan, table_name="new")
    desk.settle()
    assert shown(db, arn)["ImportStatus"] == "COMPLETED"
    assert sorted(db.scan(table_name="new")["Items"], key=lambda each: each["pk"]["S"]) == whole
    assert [each["ExportArn"] for each in db.list_exports(table_arn=ARN)["ExportSummaries"]] == [made["ExportArn"]]


def test_an_export_that_cannot_be_written_fails(desk: Any, db: Any) -> None:
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": True}
    )
    arn = db.export_table_to_point_in_time(table_arn=ARN, s3_bucket="nowhere-at-all")["ExportDescription"]["ExportArn"]
    desk.settle()
    failed = db.describe_export(export_arn=arn)["ExportDescription"]
    assert (failed["ExportStatus"], failed["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


def told(desk: Any, arn: str) -> list[dict[str, Any]]:
    """The log of an import's errors."""
    stream = f"{arn.rpartition('/')[2]}/error"
    events = desk.ask("logs").get_log_events(
        log_group_name="/aws-dynamodb/imports", log_stream_name=stream, start_from_head=True
    )["events"]
    return [json.loads(each["message"]) for each in events]


GOOD = [json.dumps({"Item": {"pk": {"S": f"k{n}"}, "n": {"N": "01.0"}}}) for n in range(4)]


def test_items_that_the_table_cannot_hold_are_told(desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "CHUNK", 2)
    bad = [
        '{"Item": {"n": {"N": "1"}}}',
        '{"Item": {"pk": {"S": "x"}, "n": {"N": "x"}}}',
        '{"Item": {"pk": {"N": "1"}}}',
    ]
    desk.ask("s3").put_object(bucket="files", key="in/1", body="\n".join([*GOOD[:2], *bad, GOOD[2]]).encode())
    desk.ask("s3").put_object(bucket="files", key="in/2", body=GOOD[3].encode())
    arn = start(db)
    desk.settle()
    done = shown(db, arn)
    assert (done["ImportStatus"], done["ImportedItemCount"], done["ErrorCount"]) == ("FAILED", 4, 3)
    assert done["ProcessedItemCount"] == 7
    assert (done["FailureCode"], done["FailureMessage"]) == (
        "ItemValidationError",
        "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.",
    )
    assert done["CloudWatchLogGroupArn"] == "arn:aws:logs:us-east-1:111122223333:log-group:/aws-dynamodb/imports:*"
    assert {each["n"]["N"] for each in db.scan(table_name="new")["Items"]} == {"1"}, "the table has the others"
    (summary,) = db.list_imports()["ImportSummaryList"]
    assert (summary["ImportArn"], summary["CloudWatchLogGroupArn"]) == (arn, done["CloudWatchLogGroupArn"])
    events = told(desk, arn)
    assert events[0] == {
        "itemS3Pointer": {"bucket": "files", "key": "in/1", "itemIndex": 2},
        "importArn": arn,
        "errorMessages": ["One or more parameter values were invalid: Missing the key pk in the item"],
    }
    assert [each["itemS3Pointer"]["itemIndex"] for each in events] == [2, 3, 4]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "Unexpected token"),
        ("[" * 9000, "Unexpected token"),
        ("[]", "Expected 'Item' top level container"),
        ('{"Item": 1}', "Expected 'Item' top level container"),
        ('{"Item": {"pk": {"S": 1}}}', "not an item"),
        ('{"Item": {"pk": {"S": "x"}, "b": {"B": "?"}}}', "not an item"),
        ('{"Item": {"pk": {"Q": "x"}}}', "not an item"),
        ('{"Item": {"pk": {}}}', "not an item"),
    ],
)
def test_after_a_line_that_is_no_item_the_rest_of_its_object_is_left_out(
    desk: Any, db: Any, line: str, sentence: str
) -> None:
    desk.ask("s3").put_object(bucket="files", key="in/1", body="\n".join([*GOOD[:2], line, GOOD[2]]).encode())
    desk.ask("s3").put_object(bucket="files", key="in/2", body=GOOD[3].encode())
    arn = start(db)
    desk.settle()
    done = shown(db, arn)
    assert (done["ImportStatus"], done["ImportedItemCount"], done["ErrorCount"]) == ("FAILED", 3, 1)
    (event,) = told(desk, arn)
    assert event["itemS3Pointer"] == {"bucket": "files", "key": "in/1", "itemIndex": 2}
    assert sentence in event["errorMessages"][0]


def test_an_import_that_may_not_log_fails(desk: Any, db: Any) -> None:
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    ann = Principal(kind="user", account=desk.account, arn=made["Arn"], name="ann", id=made["UserId"])
    allowed = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": ["dynamodb:*", "s3:*"], "Resource": "*"},
    }
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=json.dumps(allowed))
    desk.ask("s3").put_object(bucket="files", key="in/1", body=GOOD[0].encode())
    arn = start(desk.ask("dynamodb", ann))
    desk.settle()
    done = shown(db, arn)
    assert (done["ImportStatus"], done["ImportedItemCount"]) == ("FAILED", 0)
    assert "is not authorized to perform: logs:DescribeLogGroups" in done["FailureMessage"]
    refused("ResourceNotFoundException", db.describe_table, table_name="new")


def test_an_import_from_nowhere_leaves_no_table(desk: Any, db: Any) -> None:
    arn = start(db, s3_bucket_source={"S3Bucket": "nowhere-at-all"})
    desk.settle()
    assert (shown(db, arn)["ImportStatus"], shown(db, arn)["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    refused("ResourceNotFoundException", db.describe_table, table_name="new")


def test_csv(desk: Any, db: Any) -> None:
    desk.ask("s3").put_object(bucket="files", key="in/a.csv", body=b'pk;sk;text\na;1;"x;y"\na;2;\n')
    create = {**CREATE, "KeySchema": keys("pk", "sk"), "AttributeDefinitions": types(pk="S", sk="N")}
    start(db, input_format="CSV", input_format_options={"Csv": {"Delimiter": ";"}}, table_creation_parameters=create)
    desk.settle()
    found = db.query(
        table_name="new", key_condition_expression="pk = :p", expression_attribute_values={":p": {"S": "a"}}
    )
    assert found["Items"] == [item(pk="a", sk=1, text="x;y"), item(pk="a", sk=2)]


def test_broken_files_fail_the_import(desk: Any, db: Any) -> None:
    desk.ask("s3").put_object(bucket="files", key="in/1", body=b"not gzip")
    arn = start(db, input_compression_type="GZIP")
    desk.settle()
    assert (shown(db, arn)["ImportStatus"], shown(db, arn)["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert told(desk, arn)[0]["itemS3Pointer"] == {"bucket": "files", "key": "in/1", "itemIndex": 0}
    for key, kind, broken in (
        ("in/1", "GZIP", gzip.compress(b"x" * 100)[:-12]),
        ("in/1", "ZSTD", b"not zstd at all"),
        ("in/1", "ZSTD", zstandard.compress(b"x" * 100_000)[:-9]),
    ):
        desk.ask("s3").put_object(bucket="files", key=key, body=broken)
        name = f"new-{len(db.list_tables()['TableNames'])}"
        arn = start(db, input_compression_type=kind, table_creation_parameters={**CREATE, "TableName": name})
        desk.settle()
        assert (shown(db, arn)["ImportStatus"], shown(db, arn)["FailureCode"]) == (
            "FAILED",
            "ItemValidationError",
        ), broken


def test_ion_there_and_back(desk: Any, db: Any) -> None:
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": True}
    )
    whole = item(
        pk="a", n=12, b=b"\0\1", yes=True, none=None, s={"x", "y"}, ns={1, 2}, m={"l": [1, "two", {"x": False}]}
    )
    whole["bs"] = {"BS": [b"q"]}
    db.put_item(table_name="tab", item=whole)
    arn = db.export_table_to_point_in_time(table_arn=ARN, s3_bucket="files", s3_prefix="in", export_format="ION")
    desk.settle()
    done = db.describe_export(export_arn=arn["ExportDescription"]["ExportArn"])["ExportDescription"]
    summary = json.loads(body(desk, done["ExportManifest"]))
    assert summary["outputFormat"] == "ION"
    key = json.loads(body(desk, summary["manifestFilesS3Key"]))["dataFileS3Key"]
    text = gzip.decompress(body(desk, key))
    assert text.startswith(b"$ion_1_0 {Item:{") and b"s:$dynamodb_SS::[" in text
    other = (
        b'$ion_1_0 {Item:{pk:"b",n:1d3}}\n{Item:{pk:"c",n:5}}\n{Item:{pk:sym}}\n{Item:\n{Item:{pk:"d",x:$odd::[1]}}\n'
    )
    desk.ask("s3").put_object(bucket="files", key="ion/1.gz", body=gzip.compress(text) + gzip.compress(other))
    source = {"S3Bucket": "files", "S3KeyPrefix": "ion/"}
    made = start(db, input_format="ION", input_compression_type="GZIP", s3_bucket_source=source)
    desk.settle()
    assert (shown(db, made)["ImportedItemCount"], shown(db, made)["ErrorCount"]) == (3, 1), "the rest is left out"
    found = {each["pk"]["S"]: each for each in db.scan(table_name="new")["Items"]}
    assert found["a"] == whole
    assert (found["b"]["n"], found["c"]["n"]) == ({"N": "1000"}, {"N": "5"})


def test_long_files_are_read_a_part_at_a_time(desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the parts: lines longer than one, lines that end in different ways, empty objects, none at all."""
    monkeypatch.setattr(import_files, "CHUNK", 3)
    monkeypatch.setattr(import_files, "PIECE_BYTES", 100)
    lines = [json.dumps({"Item": {"pk": {"S": f"k{n}"}, "text": {"S": "x" * (n * 37 % 500)}}}) for n in range(50)]
    plain = ("\n".join(lines[:25]) + "\r\n\n" + "\n".join(lines[25:])).encode()
    for number, kind in enumerate(("NONE", "GZIP", "ZSTD")):
        packed = {"NONE": bytes, "GZIP": gzip.compress, "ZSTD": zstandard.compress}[kind](plain)
        desk.ask("s3").put_object(bucket="files", key=f"{kind}/1", body=packed)
        desk.ask("s3").put_object(bucket="files", key=f"{kind}/0", body=b"")
        name = f"new-{number}"
        arn = start(db, input_compression_type=kind, table_creation_parameters={**CREATE, "TableName": name},
                    s3_bucket_source={"S3Bucket": "files", "S3KeyPrefix": f"{kind}/"})  # fmt: skip
        desk.settle()
        done = shown(db, arn)
        counts = (done["ImportStatus"], done["ImportedItemCount"], done["ErrorCount"], done["ProcessedSizeBytes"])
        assert counts == ("COMPLETED", 50, 0, len(plain)), kind
        found = {each["pk"]["S"]: each["text"]["S"] for each in db.scan(table_name=name)["Items"]}
        assert found == {f"k{n}": "x" * (n * 37 % 500) for n in range(50)}


def test_an_object_that_changes_meanwhile_fails_the_import(desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "CHUNK", 1)
    line = b'{"Item": {"pk": {"S": "a"}}}\n'
    desk.ask("s3").put_object(bucket="files", key="in/1", body=line * 3)
    first = import_files._write
    monkeypatch.setattr(
        import_files,
        "_write",
        lambda *given: desk_changes(given[0]) and first(*given),
    )

    def desk_changes(call: Any) -> bool:
        call.ask("s3").put_object(bucket="files", key="in/1", body=line * 4)
        return True

    arn = start(db)
    desk.settle()
    assert (shown(db, arn)["ImportStatus"], shown(db, arn)["FailureCode"]) == ("FAILED", "PreconditionFailed")


def test_exported_files_are_under_the_key_that_is_named(desk: Any, db: Any) -> None:
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": True}
    )
    db.put_item(table_name="tab", item=item(pk="a"))
    key = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    given = {"table_arn": ARN, "s3_bucket": "files", "s3_sse_kms_key_id": key}
    refused("ValidationException", db.export_table_to_point_in_time, **given)
    arn = db.export_table_to_point_in_time(**given, s3_sse_algorithm="KMS")["ExportDescription"]["ExportArn"]
    desk.settle()
    done = db.describe_export(export_arn=arn)["ExportDescription"]
    assert (done["ExportStatus"], done["S3SseAlgorithm"], done["S3SseKmsKeyId"]) == ("COMPLETED", "KMS", key)
    s3 = desk.ask("s3")
    files = s3.list_objects_v2(bucket="files")["Contents"]
    assert len(files) == 5
    assert {s3.head_object(bucket="files", key=each["Key"])["SSEKMSKeyId"] for each in files} == {key}


def changes(desk: Any, db: Any, **specification: Any) -> dict[str, dict[str, Any]]:
    """What an incremental export has, by partition key."""
    arn = db.export_table_to_point_in_time(
        table_arn=ARN,
        s3_bucket="files",
        export_type="INCREMENTAL_EXPORT",
        incremental_export_specification=specification,
    )["ExportDescription"]["ExportArn"]
    db.put_item(table_name="tab", item=item(pk="meanwhile"))
    db.put_item(table_name="tab", item=item(pk="changed", v="after it was asked for"))
    desk.settle()
    done = db.describe_export(export_arn=arn)["ExportDescription"]
    assert done["ExportStatus"] == "COMPLETED", done
    summary = json.loads(body(desk, done["ExportManifest"]))
    assert (summary["exportType"], summary["itemCount"]) == ("INCREMENTAL_EXPORT", done["ItemCount"])
    files = [json.loads(line)["dataFileS3Key"] for line in body(desk, summary["manifestFilesS3Key"]).splitlines()]
    lines = b"".join(gzip.decompress(body(desk, file)) for file in files).splitlines()
    assert len(lines) == done["ItemCount"]
    return {each["Keys"]["pk"]["S"]: each for each in map(json.loads, lines)}


@pytest.mark.parametrize("small", [False, True])
def test_an_incremental_export_has_what_changed(
    desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    if small:
        monkeypatch.setattr(incremental_exports, "CHUNK", 1)
        monkeypatch.setattr(exports, "FILE_ITEMS", 1)
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": True}
    )

    def put(pk: str, v: str) -> None:
        db.put_item(table_name="tab", item=item(pk=pk, v=v))
        desk.advance(1)

    for pk in ("same", "changed", "deleted", "again", "restored"):
        put(pk, "old")
    desk.advance(10)
    start = desk.clock.now()
    put("changed", "between")
    changed_at = desk.clock.now()
    put("changed", "new")
    put("added", "new")
    put("brief", "new")
    for pk in ("deleted", "brief", "again"):
        db.delete_item(table_name="tab", key=item(pk=pk))
    put("again", "new")
    desk.advance(900)
    end = desk.clock.now()
    put("changed", "later")
    put("late", "later")
    db.delete_item(table_name="tab", key=item(pk="added"))
    desk.advance(10)
    found = changes(desk, db, ExportFromTime=start, ExportToTime=end)
    images = {pk: (each.get("OldImage", {}).get("v"), each.get("NewImage", {}).get("v")) for pk, each in found.items()}
    old, new = {"S": "old"}, {"S": "new"}
    assert images == {"changed": (old, new), "added": (None, new), "deleted": (old, None), "again": (old, new)}
    stamp = found["changed"]["Metadata"]["WriteTimestampMicros"]
    assert stamp == {"N": str(round(changed_at * 1_000_000))}
    only = changes(desk, db, ExportFromTime=start, ExportToTime=end, ExportViewType="NEW_IMAGE")
    assert not any("OldImage" in each for each in only.values())
    assert only.keys() == found.keys()
    recent = changes(desk, db, ExportFromTime=start + 10)
    assert recent["changed"]["OldImage"]["v"] == new
    assert recent["changed"]["NewImage"]["v"] == {"S": "later"}, "just before its end, which is now"


def test_what_an_incremental_export_refuses(desk: Any, db: Any) -> None:
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": True}
    )
    desk.advance(2000)
    now = desk.clock.now()
    given = {"table_arn": ARN, "s3_bucket": "files", "export_type": "INCREMENTAL_EXPORT"}
    for specification, code in (
        (None, "ValidationException"),
        ({"ExportToTime": now}, "ValidationException"),
        ({"ExportFromTime": now - 899}, "InvalidExportTimeException"),
        ({"ExportFromTime": now - 90_000}, "InvalidExportTimeException"),
        ({"ExportFromTime": now - 5000}, "InvalidExportTimeException"),
        ({"ExportFromTime": now, "ExportToTime": now + 1000}, "InvalidExportTimeException"),
    ):
        more = {"incremental_export_specification": specification} if specification is not None else {}
        refused(code, db.export_table_to_point_in_time, **given, **more)
    whole = {"ExportFromTime": now - 1000}
    refused("ValidationException", db.export_table_to_point_in_time, **given, export_time=now - 1000,
            incremental_export_specification=whole)  # fmt: skip
    refused("ValidationException", db.export_table_to_point_in_time, table_arn=ARN, s3_bucket="files",
            incremental_export_specification=whole)  # fmt: skip
    again = {**given, "client_token": "t", "incremental_export_specification": whole}
    arns = set()
    for _ in range(2):
        arns.add(db.export_table_to_point_in_time(**again)["ExportDescription"]["ExportArn"])
        desk.advance(10)
    assert len(arns) == 1
