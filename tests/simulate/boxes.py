"""What clients do with S3 until the server is killed under them, and what must be true afterwards.

Every body says over and over whose it is, so that one put together of two is seen. What was asked when the server died is
in doubt: it may have happened or not, but wholly.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
from botocore.config import Config

from skyjar.kernel import keys
from skyjar.kernel.blobs import GRACE_S, Blobs, Collector
from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Store
from skyjar.services.s3 import object_state, upload_state

from .servers import Gone, Server, Wire

BOXES, NEAR, FAR, DYING = "boxes", "near", "far", "dying"
PART_LEAST = 5 << 20
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_RULE = {
    "ID": "all",
    "Status": "Enabled",
    "Filter": {"Prefix": "r-"},
    "Priority": 1,
    "DeleteMarkerReplication": {"Status": "Enabled"},
    "Destination": {"Bucket": f"arn:aws:s3:::{FAR}"},
}


def client(server: Server, service: str = "s3", attempts: int = 1) -> Any:
    return boto3.client(
        service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(retries={"total_max_attempts": attempts}, read_timeout=60),
    )  # fmt: skip


def role(server: Server) -> str:
    """The ARN of a role in which S3 may do everything."""
    iam = client(server, "iam")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "s3.amazonaws.com"}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = iam.create_role(RoleName="copying", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="copying", PolicyName="p", PolicyDocument=json.dumps(every))
    return arn


LEFT = "left/"


def prepare(server: Server) -> None:
    s3, acting = client(server), role(server)
    for name in (BOXES, NEAR, FAR, DYING):
        s3.create_bucket(Bucket=name)
    for name in (NEAR, FAR):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(Bucket=NEAR, ReplicationConfiguration={"Role": acting, "Rules": [_RULE]})
    rule = {"ID": "one", "Status": "Enabled", "Filter": {"Prefix": ""}}
    left = {"Filter": {"Prefix": LEFT}}  # others are under way when a day passes
    uploads = {**rule, **left, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=BOXES, LifecycleConfiguration={"Rules": [uploads]})
    ending = {**rule, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=DYING, LifecycleConfiguration={"Rules": [ending]})


def body_of(name: str, size: int) -> bytes:
    word = f"{name};".encode()
    return (word * (size // len(word) + 1))[:size]


class Doer(threading.Thread):
    """One client's life until the server dies. `certain` is what its keys of BOXES hold (None: deleted), over all lives;
    a key that is in doubt may hold any of `doubtful`."""

    def __init__(self, server: Server, memory: Memory) -> None:
        super().__init__(daemon=True)
        self.wire = Wire(server.port)
        self.memory = memory

    def run(self) -> None:
        acts = (
            self.upload,
            self.upload,
            self.copy,
            self.replicated,
            self.replicated,
            self.mortal,
            self.abandon,
            self.remove,
        )
        try:
            while True:
                self.memory.chance.choice(acts)()
                self.memory.acknowledged += 1
        except Gone:
            pass
        except Exception as error:
            self.memory.problems.append(f"a client failed: {error!r}")
        finally:
            self.wire.close()

    def done(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        status, answer = self.wire.s3(method, path, body, **headers)
        assert status in (200, 204), (method, path, status, answer[:300])
        return answer

    def upload(self) -> None:
        """Over a key that may hold another object."""
        memory = self.memory
        key = f"{memory.name}-{memory.chance.randrange(12)}"
        name, chance = memory.next(), memory.chance
        first = [body_of(f"{name}.1", PART_LEAST)] if chance.random() < 0.1 else []
        parts = [*first, body_of(f"{name}.last", chance.randrange(1, 150_000))]
        self._settle(key, b"".join(parts), lambda: self._complete(key, parts))

    def _complete(self, key: str, parts: list[bytes]) -> None:
        began = self.done("POST", f"/{BOXES}/{key}?uploads")
        upload = ElementTree.fromstring(began).findtext(f"{_NAMESPACE}UploadId")
        listed = []
        for number, part in enumerate(parts, 1):
            self.done("PUT", f"/{BOXES}/{key}?partNumber={number}&uploadId={upload}", part)
            shown = self.done("GET", f"/{BOXES}/{key}?uploadId={upload}").decode()
            etag = re.findall(r"<ETag>(.*?)</ETag>", shown)[-1]
            listed.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        document = f"<CompleteMultipartUpload>{''.join(listed)}</CompleteMultipartUpload>"
        self.done("POST", f"/{BOXES}/{key}?uploadId={upload}", document.encode())

    def abandon(self) -> None:
        """A part of an upload that nobody completes."""
        key = f"{LEFT}{self.memory.name}"
        upload = ElementTree.fromstring(self.done("POST", f"/{BOXES}/{key}?uploads")).findtext(f"{_NAMESPACE}UploadId")
        self.done("PUT", f"/{BOXES}/{key}?partNumber=1&uploadId={upload}", body_of(self.memory.next(), 100_000))

    def copy(self) -> None:
        key = f"{self.memory.name}-copy-{self.memory.chance.randrange(12)}"
        held = [each for each, body in self.memory.certain.items() if body is not None and each != key]
        if held:
            source = self.memory.chance.choice(held)
            body = self.memory.certain[source]
            self._settle(key, body, lambda: self._copied(source, key))

    def _copied(self, source: str, key: str) -> None:
        answer = self.done("PUT", f"/{BOXES}/{key}", x_amz_copy_source=f"/{BOXES}/{source}")
        assert b"<CopyObjectResult" in answer, answer

    def remove(self) -> None:
        if self.memory.certain:
            key = self.memory.chance.choice(sorted(self.memory.certain))
            self._settle(key, None, lambda: self.done("DELETE", f"/{BOXES}/{key}"))

    def _settle(self, key: str, body: bytes | None, act: Any) -> None:
        """Have it done to a key, which is in doubt until it is acknowledged."""
        before = self.memory.certain.pop(key, None)
        self.memory.doubtful[key] = (before, body)
        act()
        del self.memory.doubtful[key]
        self.memory.certain[key] = body

    def replicated(self) -> None:
        memory = self.memory
        key = f"r-{memory.name}-{memory.chance.randrange(5)}"
        if memory.chance.random() < 0.1:
            self.done("DELETE", f"/{NEAR}/{key}")
        else:
            body = body_of(memory.next(), memory.chance.choice((10, 10_000, 100_000)))
            self.done("PUT", f"/{NEAR}/{key}", body)
            memory.sent.append((key, body))

    def mortal(self) -> None:
        self.done("PUT", f"/{DYING}/{self.memory.next()}", body_of("d", self.memory.chance.choice((10, 20_000))))


class Memory:
    """What a client remembers from one life to the next."""

    def __init__(self, number: int, seed: int) -> None:
        self.name = f"c{number}"
        self.chance = random.Random(seed * 1000 + number)
        self.certain: dict[str, bytes | None] = {}
        self.doubtful: dict[str, tuple[bytes | None, bytes | None]] = {}
        self.sent: list[tuple[str, bytes]] = []
        self.acknowledged = 0
        self.problems: list[str] = []
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"{self.name}.{self._count}"


def held(wire: Wire, bucket: str, key: str) -> bytes | None:
    status, body = wire.s3("GET", f"/{bucket}/{key}")
    assert status in (200, 404), (key, status, body[:200])
    return body if status == 200 else None


def check(wire: Wire, memory: Memory) -> None:
    """After a restart; what was in doubt is certain from now on."""
    for key, either in memory.doubtful.items():
        found = held(wire, BOXES, key)
        if found not in either:
            memory.problems.append(f"{key}, which was in doubt, holds neither what it held nor what it was to hold")
        memory.certain[key] = found
    memory.doubtful.clear()
    for key, body in memory.certain.items():
        if held(wire, BOXES, key) != body:
            memory.problems.append(f"{key} does not hold what was acknowledged")


def versions(s3: Any, bucket: str) -> list[tuple[str, str, str]]:
    """(key, version id, ETag) of all versions and markers, in S3's order."""
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found += [(each["Key"], each["VersionId"], each["ETag"]) for each in page.get("Versions", ())]
        found += [(each["Key"], each["VersionId"], "") for each in page.get("DeleteMarkers", ())]
    return found


def collected(data: Path, now: float) -> tuple[set[str], set[str]]:
    """Collect what is unnamed in the data of a server that is stopped, at a time of the machine and when the grace period is
    over; the blobs that are there then, and those that objects and parts name."""
    store = Store(RocksDriver(data / "store"))
    blobs = Blobs(data / "blobs")
    try:
        collector = Collector(blobs)
        for at in (now, now + 2 * GRACE_S):
            for _ in range(2):
                tx = store.begin()
                collector.step(tx, at, 1_000_000)
                tx.abort()
        return {file.name for file in blobs.files()}, set(_named(store))
    finally:
        store.close()


def _named(store: Store) -> Iterator[str]:
    for table in (object_state.objects, upload_state.parts):
        start = keys.text(table.name)
        for _, value in store.driver.scan(start, keys.after(start), None, False, False):
            record: Any = table.load(value)
            yield from record.blobs if isinstance(record, object_state.Object) else (record.blob,)
