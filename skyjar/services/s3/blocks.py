"""Block Public Access: a bucket's own settings, and its account's (`s3control` sets these), of which the stricter count."""

from __future__ import annotations

from typing import Any

from . import state
from .state import Bucket

Flags = tuple[bool, bool, bool, bool]
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
BLOCK_ACLS, IGNORE_ACLS, BLOCK_POLICY, RESTRICT_BUCKETS = range(4)
_NONE = (False, False, False, False)


def of(call: Any, bucket: Bucket) -> Flags:
    own = bucket.blocks or _NONE
    account = state.accounts.get(call, bucket.account)
    theirs = account.blocks if account is not None else _NONE
    acls, ignored, policy, restricted = (one or other for one, other in zip(own, theirs, strict=True))
    return acls, ignored, policy, restricted
