"""An upload whose completion is asked for twice, as by a client that lost the answer."""

from typing import Any

import pytest

from skyjar.services.s3.errors import NoSuchUpload


def upload(s3: Any) -> tuple[str, dict[str, Any]]:
    number = s3.create_multipart_upload(bucket="first", key="k")["UploadId"]
    etag = s3.upload_part(bucket="first", key="k", upload_id=number, part_number=1, body=b"abc")["ETag"]
    return number, {"Parts": [{"PartNumber": 1, "ETag": etag}]}


@pytest.mark.parametrize("versioning", ["", "Enabled", "Suspended"])
def test_it_is_answered_as_before_and_nothing_is_written(s3: Any, versioning: str) -> None:
    if versioning:
        s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": versioning})
    number, parts = upload(s3)
    first = s3.complete_multipart_upload(bucket="first", key="k", upload_id=number, multipart_upload=parts)
    again = s3.complete_multipart_upload(bucket="first", key="k", upload_id=number, multipart_upload=parts)
    assert again == first
    assert len(s3.list_object_versions(bucket="first")["Versions"]) == 1


def test_not_with_other_parts_or_under_another_id(s3: Any) -> None:
    number, parts = upload(s3)
    s3.complete_multipart_upload(bucket="first", key="k", upload_id=number, multipart_upload=parts)
    other = {"Parts": [{"PartNumber": 1, "ETag": "0" * 32}]}
    for given, listed in ((number, other), (number, {"Parts": []}), ("x" + number, parts), (number, {"Parts": [{}]})):
        with pytest.raises(NoSuchUpload):
            s3.complete_multipart_upload(bucket="first", key="k", upload_id=given, multipart_upload=listed)


def test_not_once_the_object_is_another_or_gone(s3: Any) -> None:
    for end in (s3.put_object, s3.delete_object):
        number, parts = upload(s3)
        s3.complete_multipart_upload(bucket="first", key="k", upload_id=number, multipart_upload=parts)
        end(bucket="first", key="k")
        with pytest.raises(NoSuchUpload):
            s3.complete_multipart_upload(bucket="first", key="k", upload_id=number, multipart_upload=parts)


def test_an_upload_that_was_aborted_is_not_completed(s3: Any) -> None:
    number, parts = upload(s3)
    s3.abort_multipart_upload(bucket="first", key="k", upload_id=number)
    with pytest.raises(NoSuchUpload):
        s3.complete_multipart_upload(bucket="first", key="k", upload_id=number, multipart_upload=parts)
