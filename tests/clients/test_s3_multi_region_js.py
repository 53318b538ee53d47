"""A Multi-Region access point with the SDK for JavaScript, which signs with SigV4A in JavaScript (`@aws-sdk/signature-v4a`) and always
goes to AWS's own host name: a request handler leads it here, as s3control's README says."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
JS = Path(__file__).parents[2] / ".tools" / "js"
IRELAND = "eu-west-1"
PROGRAM = """
    import { S3Client, PutObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, DeleteObjectsCommand,
        CreateMultipartUploadCommand, UploadPartCommand, CompleteMultipartUploadCommand } from "@aws-sdk/client-s3";
    import { NodeHttpHandler } from "@smithy/node-http-handler";
    import "@aws-sdk/signature-v4a";
    const [port, arn, accessKeyId, secretAccessKey] = process.argv.slice(1);
    const seen = new Set();
    class Led extends NodeHttpHandler {
        handle(request, options) {
            seen.add(`${request.protocol}//${request.hostname} ${request.headers.authorization?.split(" ")[0]} ` +
                request.headers["x-amz-region-set"]);
            request.headers.host = request.hostname;
            Object.assign(request, { protocol: "http:", hostname: "127.0.0.1", port: Number(port) });
            return super.handle(request, options);
        }
    }
    const client = keys => new S3Client({ region: "us-east-1", maxAttempts: 1, requestHandler: new Led(), credentials: keys });
    const s3 = client({ accessKeyId, secretAccessKey }), Bucket = arn, Key = "a/k é", failure = error => error.name;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "hello", Metadata: { x: "y" } }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    const body = await got.Body.transformToString();
    const keys = (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents.map(each => each.Key);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "long" }));
    const Parts = [];
    for (const [PartNumber, size] of [[1, 5 << 20], [2, 100]]) {
        const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: "long", UploadId, PartNumber,
            Body: Buffer.alloc(size, PartNumber) }));
        Parts.push({ PartNumber, ETag });
    }
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "long", UploadId, MultipartUpload: { Parts } }));
    const size = (await s3.send(new HeadObjectCommand({ Bucket, Key: "long" }))).ContentLength;
    const wrong = await client({ accessKeyId, secretAccessKey: "another" })
        .send(new PutObjectCommand({ Bucket, Key, Body: "x" })).catch(failure);
    const many = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } })).catch(failure);
    console.log(JSON.stringify({ body, metadata: got.Metadata, keys, size, wrong, many, seen: [...seen] }));
"""


@pytest.fixture
def alias(account: Account, found_names: None) -> str:
    """Of a point over a bucket in Virginia, which takes nothing, and one in Ireland."""
    port = urlsplit(account.running.endpoint).port
    s3, ireland = account.client("s3"), account.client("s3", region_name=IRELAND)
    s3.create_bucket(Bucket=f"va-{account.number}")
    ireland.create_bucket(Bucket=f"ie-{account.number}", CreateBucketConfiguration={"LocationConstraint": IRELAND})
    control = account.session(region_name="us-west-2").client("s3control", endpoint_url=f"http://localhost:{port}")
    buckets = [{"Bucket": f"{name}-{account.number}"} for name in ("va", "ie")]
    control.create_multi_region_access_point(AccountId=account.number, Details={"Name": "front", "Regions": buckets})
    shown = control.get_multi_region_access_point(AccountId=account.number, Name="front")["AccessPoint"]
    control.submit_multi_region_access_point_routes(
        AccountId=account.number,
        Mrap=f"arn:aws:s3::{account.number}:accesspoint/{shown['Alias']}",
        RouteUpdates=[{"Region": "us-east-1", "TrafficDialPercentage": 0}],
    )
    found: str = shown["Alias"]
    return found


def user(account: Account) -> list[str]:
    iam = account.client("iam")
    iam.create_user(UserName="u")
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document)
    made = iam.create_access_key(UserName="u")["AccessKey"]
    return [made["AccessKeyId"], made["SecretAccessKey"]]


def ran(port: int, arn: str, keys: list[str]) -> dict[str, Any]:
    command = ["node", "--input-type=module", "-e", PROGRAM, str(port), arn, *keys]
    done = subprocess.run(command, cwd=JS, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_sdk_for_javascript(account: Account, alias: str) -> None:
    if shutil.which("node") is None or not (JS / "node_modules" / "@aws-sdk" / "signature-v4a").is_dir():
        pytest.skip("The SDK for JavaScript, or its SigV4A, is not installed: tools/install.sh")
    port = urlsplit(account.running.endpoint).port
    assert port is not None
    found = ran(port, f"arn:aws:s3::{account.number}:accesspoint/{alias}", user(account))
    assert found == {
        "body": "hello", "metadata": {"x": "y"}, "keys": ["a/k é"], "size": (5 << 20) + 100,
        "wrong": "SignatureDoesNotMatch", "many": "MethodNotAllowed",
        "seen": [f"https://{alias}.accesspoint.s3-global.amazonaws.com AWS4-ECDSA-P256-SHA256 *"],
    }  # fmt: skip
    held = account.client("s3", region_name=IRELAND).list_objects_v2(Bucket=f"ie-{account.number}")
    assert [each["Key"] for each in held["Contents"]] == ["a/k é", "long"]
    assert "Contents" not in account.client("s3").list_objects_v2(Bucket=f"va-{account.number}")
