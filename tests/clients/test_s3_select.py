"""SelectObjectContent with boto3: the event stream, sealed and long bodies, refusals before it begins."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.exceptions import ClientError, EventStreamError

from skyjar.pipeline import event_streams
from skyjar.testing.running import Account

pytestmark = pytest.mark.client


@pytest.mark.spec("s3-165")
def test_only_the_matches_come(account: Account, tmp_path: Path) -> None:
    s3, bucket = account.client("s3"), f"b-{account.number}"
    s3.create_bucket(Bucket=bucket)
    rows = "".join(f"{number},{'even' if number % 2 == 0 else 'odd'}\n" for number in range(50_000))
    s3.put_object(Bucket=bucket, Key="short.csv", Body=b"n,kind\n1,odd\n2,even\n")
    s3.put_object(Bucket=bucket, Key="long.csv.gz", Body=gzip.compress(("n,kind\n" + rows).encode()))

    def select(key: str, sql: str, packing: str = "NONE", **more: Any) -> tuple[bytes, list[str], dict[str, int]]:
        answer = s3.select_object_content(
            Bucket=bucket,
            Key=key,
            Expression=sql,
            ExpressionType="SQL",
            InputSerialization={"CSV": {"FileHeaderInfo": "USE"}, "CompressionType": packing},
            OutputSerialization={"JSON": {}},
            **more,
        )
        events = list(answer["Payload"])
        data = b"".join(event["Records"]["Payload"] for event in events if "Records" in event)
        stats = next(event["Stats"]["Details"] for event in events if "Stats" in event)
        return data, [next(iter(event)) for event in events], stats

    data, kinds, stats = select("short.csv", "SELECT s.n FROM s3object s WHERE s.kind = 'even'")
    assert data == b'{"n":"2"}\n'
    assert kinds == ["Records", "Stats", "End"]
    assert stats == {"BytesScanned": 20, "BytesProcessed": 20, "BytesReturned": 10}
    data, kinds, stats = select(
        "long.csv.gz", "SELECT * FROM s3object s WHERE s.kind = 'odd'", "GZIP", RequestProgress={"Enabled": True}
    )
    assert data.count(b"\n") == 25_000
    assert "Progress" in kinds and kinds[-1] == "End"
    assert stats["BytesProcessed"] == len(rows) + 7
    data, _, _ = select("short.csv", "SELECT s.n FROM s3object s", ScanRange={"Start": 8, "End": 30})
    assert data == b'{"n":"2"}\n'
    path = tmp_path / "p"
    duckdb.connect(":memory:").execute(f"COPY (SELECT range AS n FROM range(50000)) TO '{path}' (FORMAT PARQUET)")
    s3.put_object(Bucket=bucket, Key="p.parquet", Body=path.read_bytes())
    answer = s3.select_object_content(
        Bucket=bucket,
        Key="p.parquet",
        Expression="SELECT COUNT(*), MAX(n) FROM s3object WHERE n % 2 = 0",
        ExpressionType="SQL",
        InputSerialization={"Parquet": {}},
        OutputSerialization={"CSV": {}},
    )
    records = [event["Records"]["Payload"] for event in answer["Payload"] if "Records" in event]
    assert records == [b"25000,49998\n"]
    for sql, code in (
        ("SELECT 1 FROM s3object GROUP BY x", "UnsupportedSqlStructure"),
        ("SELEC", "ParseExpectedKeyword"),
    ):
        with pytest.raises(ClientError) as caught:
            select("short.csv", sql)
        assert caught.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError) as caught:
        select("absent", "SELECT 1 FROM s3object")
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"


def test_an_answer_is_told_while_it_is_worked_out(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records come before the end is known, so that an error in the last record ends a stream that has begun; while nothing is found, the
    stream says so."""
    s3, bucket = account.client("s3"), f"b-{account.number}"
    s3.create_bucket(Bucket=bucket)
    pad = b"x" * 1000
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"".join(b'{"n":%d,"pad":"%b"}\n' % (n, pad) for n in range(5000)) + b'{"n":\n'
    )

    def select(sql: str, **more: Any) -> Any:
        reading = {"JSON": {"Type": "LINES"}}
        given = {"ExpressionType": "SQL", "InputSerialization": reading, "OutputSerialization": {"JSON": {}}, **more}
        return s3.select_object_content(Bucket=bucket, Key="k", Expression=sql, **given)["Payload"]

    told: list[Any] = []
    with pytest.raises(EventStreamError) as caught:
        told.extend(select("SELECT * FROM s3object"))
    assert caught.value.response["Error"]["Code"] == "JSONParsingError"
    records = [each["Records"]["Payload"] for each in told]
    assert len(records) == 4 and b"".join(records).count(b"\n") > 4000
    with pytest.raises(ClientError, match="JSONParsingError") as early:
        select("SELECT COUNT(*) FROM s3object")
    assert early.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400, "before anything was told"
    may_work, work = threading.Event(), event_streams._next
    monkeypatch.setattr(event_streams, "IDLE_S", 0.001)
    monkeypatch.setattr(event_streams, "_next", lambda events: may_work.wait(60) and work(events))
    for progress, kind in ((False, "Cont"), (True, "Progress")):
        may_work.clear()
        stream = iter(select("SELECT n FROM s3object WHERE n = 4000 LIMIT 1", RequestProgress={"Enabled": progress}))
        told = [next(stream)]
        may_work.set()
        told.extend(stream)
        kinds = [next(iter(each)) for each in told]
        assert kinds[0] == kind and [each for each in kinds if each != kind] == ["Records", "Stats", "End"]
    scanned = [each["Progress"]["Details"]["BytesScanned"] for each in told if "Progress" in each]
    assert scanned == sorted(scanned) and scanned[-1] > 4_000_000
