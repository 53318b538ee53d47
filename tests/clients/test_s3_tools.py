"""S3 as other programs use it: s3fs with pandas, s3cmd, rclone, the AWS CLI, the SDK for JavaScript. Each is skipped where it is
not installed (`tools/install.sh`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
TOOLS = Path(__file__).parents[2] / ".tools"
PYTHON = TOOLS / "s3" / "bin" / "python"
PART = 5 << 20


@pytest.fixture
def bucket(skyjar: Account) -> str:
    name = f"tools-{skyjar.number}"
    skyjar.client("s3").create_bucket(Bucket=name)
    return name


def keys(account: Account, bucket: str) -> list[str]:
    return [each["Key"] for each in account.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


def run(account: Account, *words: str, **more: str) -> str:
    """What it prints; it must end well."""
    known = {
        "AWS_ACCESS_KEY_ID": account.number, "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": account.running.endpoint, "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    machine = {name: value for name, value in os.environ.items() if name not in ("AWS_CA_BUNDLE", "AWS_PROFILE")}
    done = subprocess.run(words, env={**machine, **known, **more}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def folder_of(path: Path) -> dict[str, bytes]:
    return {str(each.relative_to(path)): each.read_bytes() for each in sorted(path.rglob("*")) if each.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Names that must be encoded, an empty file, one that goes up in parts. They are older than what a bucket will say of them,
    which is whole seconds: `aws s3 sync` sends again what is newer here."""
    made = tmp_path / "folder"
    yesterday = time.time() - 86_400
    for name, body in (
        ("a.txt", b"a"), ("empty", b""), ("deep/er/ü +%&.txt", b"umlaut"), ("deep/long.bin", os.urandom(2 * PART + 17)),
    ):  # fmt: skip
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(body)
        os.utime(made / name, (yesterday, yesterday))
    return made


S3FS = """
import sys, pandas, s3fs
bucket = sys.argv[1]
fs = s3fs.S3FileSystem()
with fs.open(f"{bucket}/dir/a.txt", "wb") as file:
    file.write(b"hello ")
    file.write(b"x" * (12 << 20))
assert fs.size(f"{bucket}/dir/a.txt") == 6 + (12 << 20)
with fs.open(f"{bucket}/dir/a.txt", "rb") as file:
    file.seek(3)
    assert file.read(5) == b"lo xx"
fs.copy(f"{bucket}/dir/a.txt", f"{bucket}/dir/b.txt")
assert fs.ls(f"{bucket}/dir") == [f"{bucket}/dir/a.txt", f"{bucket}/dir/b.txt"]
assert fs.glob(f"{bucket}/**/b*") == [f"{bucket}/dir/b.txt"]
fs.rm(f"{bucket}/dir", recursive=True)
assert not fs.exists(f"{bucket}/dir")
frame = pandas.DataFrame({"n": range(1000), "day": ["mon", "tue"] * 500})
frame.to_parquet(f"s3://{bucket}/table", partition_cols=["day"])
back = pandas.read_parquet(f"s3://{bucket}/table", filters=[("day", "==", "tue")])
assert back["n"].tolist() == list(range(1, 1000, 2))
try:
    fs.open(f"{bucket}/absent", "rb").read()
except FileNotFoundError:
    print("done")
"""


@pytest.mark.skipif(not PYTHON.exists(), reason="s3fs is missing: tools/install.sh")
def test_s3fs_and_pandas(skyjar: Account, bucket: str) -> None:
    assert run(skyjar, str(PYTHON), "-c", S3FS, bucket) == "done\n"
    assert len([key for key in keys(skyjar, bucket) if key.endswith(".parquet")]) == 2


@pytest.mark.skipif(not PYTHON.exists(), reason="s3cmd is missing: tools/install.sh")
def test_s3cmd(skyjar: Account, bucket: str, folder: Path, tmp_path: Path) -> None:
    host = skyjar.running.endpoint.removeprefix("http://")
    options = ("--no-ssl", f"--host={host}", f"--host-bucket={host}", f"--access_key={skyjar.number}",
               "--secret_key=test", "--multipart-chunk-size-mb=5", f"--config={os.devnull}")  # fmt: skip

    def s3cmd(*words: str) -> str:
        return run(skyjar, str(PYTHON.parent / "s3cmd"), *options, *words)

    s3cmd("sync", f"{folder}/", f"s3://{bucket}/up/")
    assert len(s3cmd("ls", "--recursive", f"s3://{bucket}").splitlines()) == 4
    s3cmd("sync", f"s3://{bucket}/up/", f"{tmp_path}/back/")
    assert folder_of(tmp_path / "back") == folder_of(folder)
    s3cmd("cp", f"s3://{bucket}/up/a.txt", f"s3://{bucket}/copy")
    assert "MD5 sum:   0cc175b9c0f1b6a831c399e269772661" in s3cmd("info", f"s3://{bucket}/copy")
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}/up/")
    assert keys(skyjar, bucket) == ["copy"]


@pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is missing: apt install rclone")
def test_rclone(skyjar: Account, bucket: str, folder: Path, tmp_path: Path) -> None:
    told = {"TYPE": "s3", "PROVIDER": "Other", "ENV_AUTH": "true", "ENDPOINT": skyjar.running.endpoint, "REGION": "us-east-1",
            "FORCE_PATH_STYLE": "true", "ACL": "bucket-owner-full-control"}  # fmt: skip
    remote = {f"RCLONE_CONFIG_SKY_{name}": value for name, value in told.items()}

    def rclone(*words: str) -> str:
        return run(
            skyjar, "rclone", "--s3-upload-cutoff=5Mi", "--s3-chunk-size=5Mi", "--s3-no-check-bucket", *words, **remote
        )

    rclone("sync", str(folder), f"sky:{bucket}/up")
    rclone("check", "--download", str(folder), f"sky:{bucket}/up")
    before = [each["LastModified"] for each in skyjar.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    rclone("sync", str(folder), f"sky:{bucket}/up")
    after = [each["LastModified"] for each in skyjar.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert before == after, "what is there already is not sent again"
    (folder / "a.txt").unlink()
    rclone("sync", str(folder), f"sky:{bucket}/up")
    rclone("copy", f"sky:{bucket}/up", str(tmp_path / "back"))
    assert folder_of(tmp_path / "back") == folder_of(folder)
    rclone("moveto", f"sky:{bucket}/up/empty", f"sky:{bucket}/moved")
    assert "moved" in keys(skyjar, bucket)


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is missing: pip install awscli")
def test_the_clis_sync_and_presigned_urls(skyjar: Account, bucket: str, folder: Path, tmp_path: Path) -> None:
    run(skyjar, "aws", "s3", "sync", str(folder), f"s3://{bucket}/up")
    assert run(skyjar, "aws", "s3", "sync", str(folder), f"s3://{bucket}/up") == "", "nothing is left to do"
    (folder / "a.txt").unlink()
    assert "delete: " in run(skyjar, "aws", "s3", "sync", "--delete", str(folder), f"s3://{bucket}/up")
    run(skyjar, "aws", "s3", "sync", f"s3://{bucket}/up", str(tmp_path / "back"))
    assert folder_of(tmp_path / "back") == folder_of(folder)
    url = run(skyjar, "aws", "s3", "presign", f"s3://{bucket}/up/deep/er/ü +%&.txt", "--expires-in", "60").strip()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"umlaut"


JAVASCRIPT = """
import { S3Client, PutObjectCommand, GetObjectCommand, ListObjectsV2Command, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
const s3 = new S3Client({ forcePathStyle: true });
const Bucket = process.env.BUCKET;
const chunk = Buffer.alloc(100000, "x");
const length = 30 * chunk.length;
const Body = Readable.from((function* () { for (let n = 0; n < 30; n++) yield chunk; })());
await s3.send(new PutObjectCommand({ Bucket, Key: "streamed", Body, ContentLength: length }));
const found = await s3.send(new GetObjectCommand({ Bucket, Key: "streamed", Range: "bytes=1-" }));
let bytes = 0;
for await (const each of found.Body) bytes += each.length;
for (let n = 0; n < 5; n++) await s3.send(new PutObjectCommand({ Bucket, Key: `k${n}`, Body: "ü" }));
let pages = 0;
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) pages += 1;
const text = await (await s3.send(new GetObjectCommand({ Bucket, Key: "k1" }))).Body.transformToString();
console.log(JSON.stringify([bytes, pages, text]));
"""


@pytest.mark.skipif(
    shutil.which("node") is None or not (TOOLS / "js/node_modules/@aws-sdk/client-s3").is_dir(),
    reason="the SDK for JavaScript is missing: tools/install.sh",
)
def test_streams_of_the_sdk_for_javascript(skyjar: Account, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to((TOOLS / "js" / "node_modules").resolve())
    (tmp_path / "run.mjs").write_text(JAVASCRIPT)
    assert run(skyjar, "node", str(tmp_path / "run.mjs"), BUCKET=bucket) == '[2999999,3,"ü"]\n'


def test_directory_buckets_are_refused_by_name(skyjar: Account, bucket: str) -> None:
    """Also where a request is like one for ordinary buckets but for what it is signed for."""
    s3 = skyjar.client("s3")
    location = {"Type": "AvailabilityZone", "Name": "use1-az4"}
    kind = {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"}
    for call in (
        s3.list_directory_buckets,
        lambda: s3.create_bucket(
            Bucket="express--use1-az4--x-s3", CreateBucketConfiguration={"Location": location, "Bucket": kind}
        ),
        lambda: s3.put_object(Bucket="express--use1-az4--x-s3", Key="k", Body=b"x"),
    ):
        with pytest.raises(ClientError, match="Skyjar does not implement") as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "NotImplemented"
        assert "directory buckets" in str(refused.value) or "CreateSession" in str(refused.value)
    for service, call in (("s3tables", "list_table_buckets"), ("s3vectors", "list_vector_buckets")):
        with pytest.raises(ClientError, match=f"does not implement {service}:"):
            getattr(skyjar.client(service), call)()
