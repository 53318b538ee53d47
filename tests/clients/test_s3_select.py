"""SelectObjectContent with boto3: the event stream, sealed and long bodies, refusals before it begins."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.exceptions import ClientError

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
