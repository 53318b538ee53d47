"""Block Public Access of a whole account. S3 keeps to it by itself (`AccountBlocksChanged`)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import AccountBlocksChanged, state
from .errors import NoSuchPublicAccessBlockConfiguration
from .state import Flags

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
BLOCK_POLICY = 2


def flags_of(given: dict[str, Any]) -> Flags:
    """What is not said is off."""
    acls, ignored, policy, restricted = (bool(given.get(flag, False)) for flag in FLAGS)
    return acls, ignored, policy, restricted


def shown(flags: Flags) -> dict[str, bool]:
    return dict(zip(FLAGS, flags, strict=True))


@operation
def get_public_access_block(call: Call, *, account_id: str) -> dict[str, Any]:
    state.check_account(call, account_id)
    found = state.blocks.get(call, account_id)
    if found is None:
        raise NoSuchPublicAccessBlockConfiguration(AccountId=account_id)
    return {"PublicAccessBlockConfiguration": shown(found.flags)}


@operation
def put_public_access_block(call: Call, *, account_id: str, public_access_block_configuration: dict[str, Any]) -> None:
    state.check_account(call, account_id)
    flags = flags_of(public_access_block_configuration)
    state.blocks.put(call, state.Blocks(number=account_id, flags=flags))
    call.emit(AccountBlocksChanged(account_id, flags))


@operation
def delete_public_access_block(call: Call, *, account_id: str) -> None:
    state.check_account(call, account_id)
    state.blocks.delete(call, account_id)
    call.emit(AccountBlocksChanged(account_id, None))
