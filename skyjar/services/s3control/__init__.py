"""Amazon S3 Control: what is set for a whole account, access points, and batch operations."""

import msgspec

from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.service import Service

service = Service("s3control", iam="s3", access_denied=AccessDenied)


class AccountBlocksChanged(msgspec.Struct, frozen=True):
    """Block Public Access of an account: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets;
    None when it was deleted."""

    account: str
    blocks: tuple[bool, bool, bool, bool] | None


class AccessPointChanged(msgspec.Struct, frozen=True):
    """An access point is there now, or has another policy. `owner` is the account that the bucket is said to be of."""

    account: str
    region: str
    name: str
    alias: str
    bucket: str
    owner: str
    is_vpc: bool
    policy: str
    is_public: bool
    blocks: tuple[bool, bool, bool, bool]
    tags: dict[str, str]


class AccessPointDeleted(msgspec.Struct, frozen=True):
    account: str
    region: str
    name: str


class ReplicationWanted(msgspec.Struct, frozen=True):
    """A batch replication asks that this version (the current one when it is empty) be replicated now; S3 raises why not."""

    bucket: str
    key: str
    version: str


class ObjectLambdaChanged(msgspec.Struct, frozen=True):
    """An Object Lambda access point is there now, or is another. `functions` are (operation, function's ARN, payload)."""

    account: str
    region: str
    name: str
    alias: str
    supporting: str
    functions: tuple[tuple[str, str, str], ...]
    policy: str


class ObjectLambdaDeleted(msgspec.Struct, frozen=True):
    account: str
    region: str
    name: str


class BucketTagsChanged(msgspec.Struct, frozen=True):
    """These are now all the tags of a bucket of the account; S3 raises what is wrong with them."""

    bucket: str
    tags: list[dict[str, str]]


class BucketsSought(msgspec.Struct, frozen=True):
    """S3 appends to `regions` where each of `buckets`, (name, account), is, and raises when one is not there."""

    buckets: tuple[tuple[str, str], ...]
    regions: list[str]


class MultiRegionPointChanged(msgspec.Struct, frozen=True):
    """A Multi-Region access point is there now, or is another. `replicas` are (Region, bucket, its account, 100 or 0)."""

    account: str
    alias: str
    replicas: tuple[tuple[str, str, str, int], ...]
    policy: str
    is_public: bool
    blocks: tuple[bool, bool, bool, bool]


class MultiRegionPointDeleted(msgspec.Struct, frozen=True):
    account: str
    alias: str
