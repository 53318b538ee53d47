"""S3 as DuckDB's httpfs reads and writes it: Parquet by ranges, globs and hive partitions by listings, COPY in parts. Skipped where it
is not installed (`tools/install.sh`)."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from skyjar.testing.running import Account

PYTHON = Path(__file__).parents[2] / ".tools" / "s3" / "bin" / "python"
IS_THERE = PYTHON.exists() and any(PYTHON.parents[1].glob("lib/python3*/site-packages/duckdb_extension_httpfs"))
pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(not IS_THERE, reason="DuckDB with httpfs is missing: tools/install.sh"),
]
RUN = """
import duckdb, duckdb_extension_httpfs, json, pathlib, sys
folder = pathlib.Path(duckdb_extension_httpfs.__file__).parent
db = duckdb.connect()
db.execute("SET enable_progress_bar = false")
db.execute(f"LOAD '{next(folder.glob('**/*.duckdb_extension'))}'")
for statement in json.load(sys.stdin):
    try:
        found = db.execute(statement).fetchall()
    except duckdb.Error as error:
        found = f"{type(error).__name__}: {error}"
print(json.dumps(found, default=str))
"""


class Duck:
    """DuckDB in a process of its own, with the account's keys in a secret."""

    def __init__(self, account: Account, secret: str = "test", style: str = "path") -> None:
        self._host = account.running.endpoint.removeprefix("http://")
        self._keys = (f"CREATE SECRET (TYPE s3, KEY_ID '{account.number}', SECRET '{secret}', REGION 'us-east-1',"
                      f" ENDPOINT '{self._host}', URL_STYLE '{style}', USE_SSL false)")  # fmt: skip

    def ask(self, *statements: str) -> Any:
        """The rows of the last statement, or its error as text."""
        asked = json.dumps([self._keys, *statements])
        done = subprocess.run([PYTHON, "-c", RUN], input=asked, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"duck-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def duck(skyjar: Account) -> Duck:
    return Duck(skyjar)


def calls(account: Account) -> Counter[tuple[str, int]]:
    """How often each operation was answered with each status, in this account."""
    records = account.running.call(account.running.cloud.pipeline.records.everything)
    return Counter((each.operation, each.status) for each in records if each.account == account.number)


def keys(account: Account, bucket: str) -> list[str]:
    return [each["Key"] for each in account.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


SMALL_PARTS = "SET s3_uploader_max_filesize = '50GB'"  # which is ten thousand parts


@pytest.mark.spec("s3-024")
def test_parquet_is_read_by_ranges(skyjar: Account, bucket: str, duck: Duck) -> None:
    """Of eight columns and many row groups only what a question needs is asked for."""
    s3, wide = skyjar.client("s3"), ", ".join(f"md5((i * {n})::varchar) AS c{n}" for n in range(1, 8))
    rows = f"SELECT i, {wide} FROM range(200000) t(i)"
    assert duck.ask(f"COPY ({rows}) TO 's3://{bucket}/wide.parquet' (ROW_GROUP_SIZE 20000)") == [[200_000]]
    assert s3.head_object(Bucket=bucket, Key="wide.parquet")["ContentLength"] > 40_000_000
    before = calls(skyjar)
    found = duck.ask(
        f"SELECT count(*), sum(i), min(c3) FROM 's3://{bucket}/wide.parquet' WHERE i BETWEEN 1000 AND 1999"
    )
    digests = [hashlib.md5(str(i * 3).encode(), usedforsecurity=False).hexdigest() for i in range(1000, 2000)]
    assert found == [[1000, 1_499_500, min(digests)]]
    made = calls(skyjar) - before
    assert set(made) <= {("HeadObject", 200), ("GetObject", 206)}
    assert 2 <= made["GetObject", 206] <= 9


def test_globs_and_partitions_are_listed(skyjar: Account, bucket: str, duck: Duck) -> None:
    partitions = "(FORMAT parquet, PARTITION_BY (year, place))"
    rows = (
        "SELECT i, 2020 + i % 3 AS year, CASE WHEN i % 2 = 0 THEN 'a b+c' ELSE 'ü%/x' END AS place FROM range(600) t(i)"
    )
    assert duck.ask(f"COPY ({rows}) TO 's3://{bucket}/table' {partitions}") == [[600]]
    made = keys(skyjar, bucket)
    assert len(made) == 6 and all(key.startswith(("table/year=202",)) for key in made), made
    seen = duck.ask(f"SELECT year, place, count(*), sum(i) FROM read_parquet('s3://{bucket}/table/**/*.parquet', hive_partitioning = true)"
                    " WHERE year > 2020 GROUP BY ALL ORDER BY ALL")  # fmt: skip
    expected = [[year, place, 100, sum(i for i in range(600) if 2020 + i % 3 == year and (i % 2 == 0) == (place == "a b+c"))]
                for year in (2021, 2022) for place in ("a b+c", "ü%/x")]  # fmt: skip
    assert seen == expected
    some = duck.ask(f"SELECT count(*) FROM 's3://{bucket}/table/year=202[01]/*/*.parquet'")
    assert some == [[400]]
    assert sorted(duck.ask(f"SELECT file FROM glob('s3://{bucket}/table/**')")) == sorted(
        [f"s3://{bucket}/{key}"] for key in made
    )
    assert "No files found" in duck.ask(f"SELECT * FROM 's3://{bucket}/nothing/*.parquet'")


def test_copy_writes_in_parts_and_reads_back_csv_and_json(skyjar: Account, bucket: str, duck: Duck) -> None:
    before = calls(skyjar)
    rows = "SELECT i, sha256(i::varchar) AS s FROM range(300000) t(i)"
    for name in ("big.csv", "big.csv.gz", "big.json"):
        assert duck.ask(SMALL_PARTS, f"COPY ({rows}) TO 's3://{bucket}/{name}'") == [[300_000]]
        assert duck.ask(f"SELECT count(*), sum(i), max(length(s)) FROM 's3://{bucket}/{name}'") == [
            [300_000, 44_999_850_000, 64]
        ]
    made = calls(skyjar) - before
    assert made["CreateMultipartUpload", 200] == made["CompleteMultipartUpload", 200] == 3
    assert made["UploadPart", 200] > 3
    s3 = skyjar.client("s3")
    assert s3.head_object(Bucket=bucket, Key="big.csv")["ETag"].rstrip('"').rpartition("-")[2].isdigit()
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads") is None


def test_a_bucket_by_its_host_name(skyjar: Account, bucket: str) -> None:
    """DuckDB puts the bucket before the endpoint's host."""
    host = skyjar.running.endpoint.removeprefix("http://").replace("127.0.0.1", "s3.localhost")
    skyjar.client("s3").put_object(Bucket=bucket, Key="ü +&.csv", Body=b"a,b\n1,2\n")
    asked = f"SET s3_endpoint = '{host}'", "SET s3_url_style = 'vhost'", "SET s3_use_ssl = false"
    keys = (
        f"SET s3_access_key_id = '{skyjar.number}'",
        "SET s3_secret_access_key = 'test'",
        "SET s3_region = 'us-east-1'",
    )
    drop = "DROP SECRET __default_s3"
    assert Duck(skyjar).ask(drop, *asked, *keys, f"SELECT * FROM 's3://{bucket}/ü +&.csv'") == [[1, 2]]


def test_what_s3_refuses_is_an_error(skyjar: Account, bucket: str, duck: Duck) -> None:
    assert "404" in duck.ask(f"SELECT * FROM 's3://{bucket}/absent.parquet'")
    assert "404" in duck.ask("SELECT * FROM 's3://no-such-bucket-anywhere/a.parquet'")
    iam = skyjar.client("iam")
    iam.create_user(UserName="u")
    issued = iam.create_access_key(UserName="u")["AccessKey"]
    skyjar.client("s3").put_object(Bucket=bucket, Key="a.csv", Body=b"a\n1\n")
    mine = (f"CREATE OR REPLACE SECRET (TYPE s3, KEY_ID '{issued['AccessKeyId']}', SECRET '%s', REGION 'us-east-1', URL_STYLE 'path',"
            f" ENDPOINT '{skyjar.running.endpoint.removeprefix('http://')}', USE_SSL false)")  # fmt: skip
    read, write = f"SELECT * FROM 's3://{bucket}/a.csv'", f"COPY (SELECT 1) TO 's3://{bucket}/b.csv'"
    for secret in ("wrong", issued["SecretAccessKey"]):
        assert "403" in duck.ask(mine % secret, read)
        assert "403" in duck.ask(mine % secret, write)
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert duck.ask(mine % issued["SecretAccessKey"], read) == [[1]]
    assert "403" in duck.ask(mine % issued["SecretAccessKey"], write)
    assert keys(skyjar, bucket) == ["a.csv"]
