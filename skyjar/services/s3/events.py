"""What other services tell S3."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import state


@on("s3control.AccountBlocksChanged")
def keep_blocks(call: Call, event: Any) -> None:
    """Block Public Access of a whole account; None: it has none."""
    if event.blocks is None:
        state.accounts.delete(call, event.account)
    else:
        state.accounts.put(call, state.Account(number=event.account, blocks=event.blocks))
