"""Checksums of bodies: MD5 for the ETag, and S3's ten algorithms, given and compared, or CRC64NVME by default. Pure."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import Any

from skyjar.kernel import digests
from skyjar.kernel.digests import DIGESTS

from .errors import BadDigest, InvalidDigest, InvalidRequest

DEFAULT = "CRC64NVME"
FULL, COMPOSITE = "FULL_OBJECT", "COMPOSITE"


MEMBERS = {name.upper(): f"Checksum{name.upper()}" for name in DIGESTS}
_SIZES = {
    "CRC32": 4,
    "CRC32C": 4,
    "CRC64NVME": 8,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "MD5": 16,
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}
_NONE = ("",) * len(MEMBERS)
COMBINED = {"CRC32": "combine_crc32", "CRC32C": "combine_crc32c", "CRC64NVME": "combine_crc64nvme"}


class Sums:
    """What was computed of a body: `md5` as bytes, the checksum in base64."""

    __slots__ = ("algorithm", "checksum", "md5")

    def __init__(self, md5: bytes, algorithm: str, checksum: str) -> None:
        self.md5 = md5
        self.algorithm = algorithm
        self.checksum = checksum

    @property
    def shown(self) -> dict[str, str]:
        return shown(self.algorithm, self.checksum, FULL)


def shown(algorithm: str, checksum: str, kind: str) -> dict[str, str]:
    """As an answer's members."""
    return {MEMBERS[algorithm]: checksum, "ChecksumType": kind} if checksum else {}


def given(*sums: str) -> tuple[str, str] | None:
    """The one (algorithm, checksum) of a request, or None; `sums` are those of MEMBERS, in order."""
    if sums == _NONE:
        return None
    found = [pair for pair in zip(MEMBERS, sums, strict=True) if pair[1]]
    if len(found) > 1:
        raise InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    return found[0]


def check_part(algorithm: str, kind: str, sum_given: tuple[str, str] | None) -> None:
    """Whether a part comes with a checksum of its upload's algorithm; composite ones need each part's."""
    if not algorithm or (sum_given is None and kind == FULL):
        return
    actual = sum_given[0] if sum_given is not None else "null"
    if actual != algorithm:
        raise InvalidRequest(
            f"Checksum Type mismatch occurred, expected checksum Type: {algorithm.lower()}, actual checksum Type: "
            f"{actual.lower()}"
        )


def check_algorithm(algorithm: str) -> str:
    if algorithm and algorithm not in MEMBERS:
        raise InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(sorted(MEMBERS))}]"
        )
    return algorithm


def compute(algorithm: str, data: bytes) -> str:
    return b64encode(digests.digest(algorithm.lower(), data)).decode()


def check(body: Any, content_md5: str, sum_given: tuple[str, str] | None, wanted: str = "") -> Sums:
    """The body's sums, after comparing what the request promised. `body` is bytes or a streamed blob's digests.

    `wanted` is the algorithm to use when the request gives none.
    """
    known: dict[str, bytes] | None = getattr(body, "digests", None)
    data: bytes = body if known is None and isinstance(body, bytes) else b""
    if known is None and not isinstance(body, bytes):
        data = body.read()
    md5 = known["md5"] if known is not None else hashlib.md5(data, usedforsecurity=False).digest()
    if content_md5:
        _check_md5(md5, content_md5)
    algorithm = sum_given[0] if sum_given is not None else check_algorithm(wanted) if wanted else DEFAULT
    if known is None:
        checksum = compute(algorithm, data)
    elif algorithm.lower() in known:
        checksum = b64encode(known[algorithm.lower()]).decode()
    elif sum_given is not None:
        return Sums(md5, *sum_given)  # a trailer's, compared while the body came in
    else:
        checksum = compute(algorithm, body.read())
    if sum_given is not None and sum_given[1] != checksum:
        _refuse(algorithm, sum_given[1])
    return Sums(md5, algorithm, checksum)


def _refuse(algorithm: str, promised: str) -> None:
    try:
        is_sound = len(b64decode(promised, validate=True)) == _SIZES[algorithm]
    except (NotBase64, ValueError):
        is_sound = False
    if not is_sound:
        raise InvalidRequest(f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")
    raise BadDigest(f"The {algorithm} you specified did not match the calculated checksum.")


def _check_md5(md5: bytes, promised: str) -> None:
    try:
        wanted = b64decode(promised, validate=True)
    except (NotBase64, ValueError):
        wanted = b""
    if len(wanted) != 16:
        raise InvalidDigest(**{"Content-MD5": promised})
    if wanted != md5:
        raise BadDigest(ExpectedDigest=wanted.hex(), CalculatedDigest=b64encode(md5).decode())


def composite(algorithm: str, sums: Iterable[str]) -> str:
    """The checksum of the parts' checksums, with their number behind it."""
    raw = [b64decode(each) for each in sums]
    return f"{compute(algorithm, b''.join(raw))}-{len(raw)}"


def combined(algorithm: str, sums: Iterable[tuple[str, int]]) -> str:
    """The checksum of the whole from the (checksum, length) of its parts."""
    from awscrt import checksums

    combine = getattr(checksums, COMBINED[algorithm])
    whole = 0
    for checksum, length in sums:
        whole = combine(whole, int.from_bytes(b64decode(checksum), "big"), length)
    return b64encode(whole.to_bytes(_SIZES[algorithm], "big")).decode()


def of_pieces(pieces: Any, algorithm: str) -> tuple[str, str]:
    """The MD5 (hexadecimal) and the checksum of a body in pieces, read a little at a time. Slow: for a thread."""
    md5 = hashlib.md5(usedforsecurity=False)
    sums: list[tuple[str, int]] = []
    whole = DIGESTS[algorithm.lower()]() if algorithm not in COMBINED else None
    for blob, offset, length in pieces:
        at = offset
        while at < offset + length:
            data = blob.read(at, min(1 << 20, offset + length - at))
            at += len(data)
            md5.update(data)
            if whole is not None:
                whole.update(data)
            else:
                sums.append((compute(algorithm, data), len(data)))
    checksum = b64encode(whole.digest()).decode() if whole is not None else combined(algorithm, sums)
    return md5.hexdigest(), checksum
