"""Bytes that nothing names leave the disk of a running cloud."""

import time
from typing import Any

from skyjar.kernel.blobs import GRACE_S


def sweep(desk: Any, now: float) -> int:
    return sum(desk.pipeline.sweeping.sweep(now) for _ in range(3))


def files(desk: Any) -> int:
    return len(list(desk.pipeline.blobs.files()))


def test_the_bytes_of_a_deleted_object_go_after_a_grace_period(desk: Any) -> None:
    s3, now = desk.ask("s3"), time.time() + GRACE_S
    s3.create_bucket(bucket="bkt")
    for key in ("kept", "deleted", "replaced"):
        s3.put_object(bucket="bkt", key=key, body=b"x" * 100_000)
    s3.delete_object(bucket="bkt", key="deleted")
    s3.put_object(bucket="bkt", key="replaced", body=b"y" * 100_000)
    assert files(desk) == 4
    assert (sweep(desk, now), files(desk)) == (0, 4)
    assert (sweep(desk, now + GRACE_S), files(desk)) == (2, 2)
    assert s3.get_object(bucket="bkt", key="replaced")["Body"].read() == b"y" * 100_000


def test_the_parts_of_an_aborted_upload_go(desk: Any) -> None:
    s3, now = desk.ask("s3"), time.time() + GRACE_S
    s3.create_bucket(bucket="bkt")
    upload = s3.create_multipart_upload(bucket="bkt", key="k")["UploadId"]
    s3.upload_part(bucket="bkt", key="k", upload_id=upload, part_number=1, body=b"x" * 100_000)
    sweep(desk, now)
    assert (sweep(desk, now + GRACE_S), files(desk)) == (0, 1)
    s3.abort_multipart_upload(bucket="bkt", key="k", upload_id=upload)
    sweep(desk, now + GRACE_S)
    assert (sweep(desk, now + 2 * GRACE_S), files(desk)) == (1, 0)
