"""Amazon S3 Control: what is set for a whole account."""

import msgspec

from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.service import Service

service = Service("s3control", iam="s3", access_denied=AccessDenied)


class AccountBlocksChanged(msgspec.Struct, frozen=True):
    """Block Public Access of an account: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets;
    None when it was deleted."""

    account: str
    blocks: tuple[bool, bool, bool, bool] | None
