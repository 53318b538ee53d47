"""Block Public Access of a whole account. S3 keeps to it by itself (`AccountBlocksChanged`)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.service import operation

from . import AccountBlocksChanged, state
from .errors import NoSuchPublicAccessBlockConfiguration

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _check(call: Call, account: str) -> None:
    if account != call.account:
        raise AccessDenied("Access Denied")


@operation
def get_public_access_block(call: Call, *, account_id: str) -> dict[str, Any]:
    _check(call, account_id)
    found = state.blocks.get(call, account_id)
    if found is None:
        raise NoSuchPublicAccessBlockConfiguration(AccountId=account_id)
    return {"PublicAccessBlockConfiguration": dict(zip(FLAGS, found.flags, strict=True))}


@operation
def put_public_access_block(call: Call, *, account_id: str, public_access_block_configuration: dict[str, Any]) -> None:
    _check(call, account_id)
    acls, ignored, policy, restricted = (bool(public_access_block_configuration.get(flag, False)) for flag in FLAGS)
    flags = (acls, ignored, policy, restricted)
    state.blocks.put(call, state.Blocks(number=account_id, flags=flags))
    call.emit(AccountBlocksChanged(account_id, flags))


@operation
def delete_public_access_block(call: Call, *, account_id: str) -> None:
    _check(call, account_id)
    state.blocks.delete(call, account_id)
    call.emit(AccountBlocksChanged(account_id, None))
