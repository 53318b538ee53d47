"""The checksums of objects, whichever of the ten algorithms: given, asked for, of parts, of copies, in listings."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest

from skyjar.kernel.digests import DIGESTS, digest
from skyjar.kernel.outside import Outside
from skyjar.services.s3 import checksums, errors

ALGORITHMS = tuple(checksums.MEMBERS)
ONLY_COMPOSITE = [name for name in ALGORITHMS if name not in checksums.COMBINED]


def parameter(algorithm: str) -> str:
    return {"CRC32C": "checksum_crc32_c", "CRC64NVME": "checksum_crc64_nvme"}.get(
        algorithm, f"checksum_{algorithm.lower()}"
    )


def sum_of(algorithm: str, data: bytes) -> str:
    return b64encode(digest(algorithm.lower(), data)).decode()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [  # xxHash's own sanity values; what S3 answers for "hello world" (aws-sdk-go-v2, issue 3404); FIPS 180
        ("xxhash64", b"", "ef46db3751d8e999"), ("xxhash3", b"", "2d06800538d394c2"),
        ("xxhash128", b"", "99aa06d3014798d86001c324468d497f"), ("xxhash64", b"hello world", "45ab6734b21e6968"),
        ("sha512", b"abc", hashlib.sha512(b"abc").hexdigest()), ("md5", b"abc", "900150983cd24fb0d6963f7d28e17f72"),
    ],
)  # fmt: skip
def test_published_values(name: str, data: bytes, expected: str) -> None:
    assert digest(name, data).hex() == expected
    bit_by_bit = DIGESTS[name]()
    for at in range(len(data)):
        bit_by_bit.update(data[at : at + 1])
    assert bit_by_bit.digest().hex() == expected
    for kind in (bytearray, memoryview):  # as pieces of long bodies come
        assert digest(name, kind(data)).hex() == expected


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_that_is_given(s3: Any, algorithm: str) -> None:
    right, member = sum_of(algorithm, b"abc"), f"Checksum{algorithm}"
    put = s3.put_object(bucket="first", key="k", body=b"abc", **{parameter(algorithm): right})
    assert (put[member], put["ChecksumType"]) == (right, "FULL_OBJECT")
    assert s3.put_object(bucket="first", key="asked", body=b"abc", checksum_algorithm=algorithm)[member] == right
    assert s3.head_object(bucket="first", key="k", checksum_mode="ENABLED")[member] == right
    attributes = s3.get_object_attributes(bucket="first", key="k", object_attributes=["Checksum"])
    assert attributes["Checksum"] == {member: right, "ChecksumType": "FULL_OBJECT"}
    assert [row["ChecksumAlgorithm"] for row in s3.list_objects_v2(bucket="first")["Contents"]] == [(algorithm,)] * 2
    with pytest.raises(errors.BadDigest, match=f"^The {algorithm} you specified did not match"):
        s3.put_object(bucket="first", key="k", body=b"abd", **{parameter(algorithm): right})
    with pytest.raises(errors.InvalidRequest, match=f"^Value for x-amz-checksum-{algorithm.lower()} header is invalid"):
        s3.put_object(bucket="first", key="k", body=b"abc", **{parameter(algorithm): "AAA="})
    other = "checksum_sha1" if algorithm != "SHA1" else "checksum_md5"
    with pytest.raises(errors.InvalidRequest, match="Multiple checksum Types are not allowed"):
        s3.put_object(bucket="first", key="k", body=b"abc", **{parameter(algorithm): right, other: "AAA="})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_copy_takes_the_algorithm_of_its_source_or_another(s3: Any, algorithm: str) -> None:
    s3.put_object(bucket="first", key="k", body=b"abc", checksum_algorithm=algorithm)
    copied = s3.copy_object(bucket="first", key="copy", copy_source="first/k")["CopyObjectResult"]
    assert copied[f"Checksum{algorithm}"] == sum_of(algorithm, b"abc")
    s3.put_object(bucket="first", key="plain", body=b"abc")
    changed = s3.copy_object(bucket="first", key="copy", copy_source="first/plain", checksum_algorithm=algorithm)
    assert changed["CopyObjectResult"][f"Checksum{algorithm}"] == sum_of(algorithm, b"abc")


@pytest.mark.parametrize("algorithm", ONLY_COMPOSITE)
def test_what_cannot_be_combined_is_composite(s3: Any, algorithm: str) -> None:
    with pytest.raises(
        errors.InvalidRequest, match=f"FULL_OBJECT checksum type cannot be used with the {algorithm.lower()}"
    ):
        s3.create_multipart_upload(bucket="first", key="k", checksum_algorithm=algorithm, checksum_type=checksums.FULL)
    made = s3.create_multipart_upload(bucket="first", key="k", checksum_algorithm=algorithm)
    assert (made["ChecksumAlgorithm"], made["ChecksumType"]) == (algorithm, "COMPOSITE")
    where, member = {"bucket": "first", "key": "k", "upload_id": made["UploadId"]}, f"Checksum{algorithm}"
    bodies = [b"a" * 5 * 1024**2, b"b"]
    parts = [
        {"PartNumber": number, "ETag": one["ETag"], member: one[member]}
        for number, body in enumerate(bodies, 1)
        for one in [s3.upload_part(**where, part_number=number, body=body, **{parameter(algorithm): sum_of(algorithm, body)})]
    ]  # fmt: skip
    assert [part[member] for part in s3.list_parts(**where)["Parts"]] == [sum_of(algorithm, body) for body in bodies]
    with pytest.raises(errors.InvalidRequest, match="It was missing for part 1"):
        without = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        s3.complete_multipart_upload(**where, multipart_upload={"Parts": without})
    with pytest.raises(errors.InvalidRequest, match="Checksum Type mismatch occurred"):
        s3.upload_part(**where, part_number=3, body=b"c", checksum_crc32=sum_of("CRC32", b"c"))
    whole = digest(algorithm.lower(), b"".join(digest(algorithm.lower(), body) for body in bodies))
    expected = f"{b64encode(whole).decode()}-2"
    with pytest.raises(errors.BadDigest):
        s3.complete_multipart_upload(
            **where, multipart_upload={"Parts": parts}, **{parameter(algorithm): sum_of(algorithm, b"")}
        )
    done = s3.complete_multipart_upload(**where, multipart_upload={"Parts": parts}, **{parameter(algorithm): expected})
    assert (done[member], done["ChecksumType"]) == (expected, "COMPOSITE")
    asked = ["Checksum", "ObjectParts"]
    told = s3.get_object_attributes(bucket="first", key="k", object_attributes=asked)
    assert told["Checksum"] == {member: expected, "ChecksumType": "COMPOSITE"}
    assert [part[member] for part in told["ObjectParts"]["Parts"]] == [sum_of(algorithm, body) for body in bodies]
    joined = b"".join(bodies)
    copying = s3.copy_object(bucket="first", key="copy", copy_source="first/k")
    assert isinstance(copying, Outside)
    assert checksums.of_pieces(_pieces(joined), algorithm) == (
        hashlib.md5(joined).hexdigest(),
        sum_of(algorithm, joined),
    )


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


def _pieces(data: bytes) -> list[tuple[_Bytes, int, int]]:
    return [(_Bytes(data), 0, 3), (_Bytes(data), 3, len(data) - 3)]


def test_an_algorithm_that_nobody_knows(s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"abc")
    sentence = (
        r"^Checksum algorithm provided is unsupported\. Please try again with any of the valid types: \[CRC32, CRC32C, "
        r"CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64\]$"
    )
    for ask in (
        lambda: s3.put_object(bucket="first", key="k", body=b"abc", checksum_algorithm="XXHASH"),
        lambda: s3.copy_object(bucket="first", key="c", copy_source="first/k", checksum_algorithm="XXHASH"),
        lambda: s3.create_multipart_upload(bucket="first", key="k", checksum_algorithm="XXHASH"),
    ):
        with pytest.raises(errors.InvalidRequest, match=sentence):
            ask()
