"""Who is calling."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation


@operation
def get_caller_identity(call: Call) -> dict[str, str]:
    caller = call.caller
    return {"UserId": caller.id, "Account": caller.account, "Arn": caller.arn}
