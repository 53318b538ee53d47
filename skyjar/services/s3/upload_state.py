"""Multipart uploads in progress and their parts as they are stored."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table

from .object_state import UNLOCKED, Lock, Sealing


class Upload(Record, frozen=True):
    """A multipart upload in progress; its fields are those that the object will have."""

    space: str
    key: str
    id: str
    started_s: int
    initiator: str
    storage_class: str = "STANDARD"
    algorithm: str = ""
    checksum_type: str = ""
    headers: dict[str, str | float] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    encryption: str = "AES256"
    kms_key: str = ""
    has_bucket_key: bool = False
    owner: str = ""
    grants: tuple[tuple[str, str], ...] = ()
    lock: Lock = UNLOCKED
    sealing: Sealing | None = None


class Part(Record, frozen=True):
    """`key` is the wrapped secret of its blob."""

    upload: str
    number: int
    etag: str
    size: int
    blob: str
    modified_s: int
    algorithm: str = ""
    checksum: str = ""
    key: bytes = b""


uploads = Table("s3.uploads", Upload, key=("space", "key", "id"))
parts = Table("s3.parts", Part, key=("upload", "number"), blobs=("blob",))
