"""What S3 Control's operations need: S3's actions on the account as a whole."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

_AS = {
    "get_public_access_block": "s3:GetAccountPublicAccessBlock",
    "put_public_access_block": "s3:PutAccountPublicAccessBlock",
    "delete_public_access_block": "s3:PutAccountPublicAccessBlock",
}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    return [_AS[operation]] if operation in _AS else None
