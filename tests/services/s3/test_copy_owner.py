"""The owner that a copy expects its source to have."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError


def test_a_part_is_not_copied_from_another_owner_than_expected(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="source-and-target")
    s3.put_object(bucket="source-and-target", key="from", body=b"x")
    upload = s3.create_multipart_upload(bucket="source-and-target", key="to")["UploadId"]
    with pytest.raises(AWSError) as error:
        s3.upload_part_copy(
            bucket="source-and-target",
            key="to",
            part_number=1,
            upload_id=upload,
            copy_source="source-and-target/from",
            expected_source_bucket_owner="999999999999",
        )
    assert error.value.code == "AccessDenied"
