"""A full disk: whoever writes is told so by an AWS error, nothing that was acknowledged is harmed, and with room the cloud goes
on by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from . import boxes
from .boxes import BOXES, FAR, NEAR
from .servers import Server, eventually

pytestmark = pytest.mark.client
SMALL, ROOMY = "48m", "256m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system."""
    if os.geteuid() != 0:
        pytest.skip("a small file system can only be mounted by root")
    where = tmp_path / "disk"
    where.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(where)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let file systems be mounted (a container without CAP_SYS_ADMIN)")
    yield where
    subprocess.run(["umount", "--lazy", str(where)], check=True)


@pytest.fixture
def server(disk: Path, tmp_path: Path) -> Iterator[Server]:
    made = Server(disk / "data", log=tmp_path / "server.log")
    made.start()
    boxes.prepare(made)
    yield made
    made.stop()


def grow(disk: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={ROOMY}", str(disk)], check=True)


def fill(s3: Any, size: int) -> tuple[dict[str, bytes], dict[str, bytes], set[str]]:
    """Put objects until twenty are refused: what was acknowledged, what was refused, and the codes of the refusals."""
    kept: dict[str, bytes] = {}
    refused: dict[str, bytes] = {}
    codes: list[str] = []
    number = 0
    while len(codes) < 20:
        number += 1
        body = os.urandom(size)  # so that nothing can be compressed
        try:
            s3.put_object(Bucket=NEAR, Key=f"r-{number}", Body=body)
            kept[f"r-{number}"] = body
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
            refused[f"r-{number}"] = body
        assert number < 20_000
    return kept, refused, set(codes)


def differing(s3: Any, bucket: str, kept: dict[str, bytes]) -> list[str]:
    return [key for key, body in kept.items() if s3.get_object(Bucket=bucket, Key=key)["Body"].read() != body]


def can_write(s3: Any) -> bool:
    try:
        s3.put_object(Bucket=BOXES, Key="after", Body=b"x")
    except ClientError:
        return False
    return True


@pytest.mark.parametrize("size", [700_001, 14_000], ids=["bodies", "the store"])
def test_a_full_disk_is_an_error_of_aws_and_harms_nothing(server: Server, disk: Path, size: int) -> None:
    s3 = boxes.client(server)
    kept, refused, codes = fill(s3, size)
    assert codes == {"InternalError"}
    assert len(kept) > 20
    patient = boxes.client(server, attempts=5)  # who reads while a write fails may be told to try again
    assert not differing(patient, NEAR, kept)
    assert not list((server.data / "blobs" / "incoming").iterdir()), "what was not written whole lies about"
    grow(disk)
    assert eventually(lambda: can_write(s3), 30)
    there = {key for key, _, _ in boxes.versions(s3, NEAR)}
    assert sorted(set(kept) - there) == []
    kept |= {
        key: refused[key] for key in there - set(kept)
    }  # an internal error says nothing, but half of it is not there
    assert eventually(lambda: boxes.versions(s3, FAR) == boxes.versions(s3, NEAR), 30), "the jobs went on"
    assert not differing(s3, FAR, kept)
    server.kill()
    server.start()
    assert not differing(s3, NEAR, kept)
    assert {key for key, _, _ in boxes.versions(s3, NEAR)} == set(kept)
