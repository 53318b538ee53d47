"""Who is calling, and whose a key is."""

from __future__ import annotations

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from .errors import ValidationError


@operation
def get_caller_identity(call: Call) -> dict[str, str]:
    caller = call.caller
    return {"UserId": caller.id, "Account": caller.account, "Arn": caller.arn}


@operation
def get_access_key_info(call: Call, *, access_key_id: str) -> dict[str, str]:
    """The account of a key that Skyjar issued. (AWS reads it out of any key.)"""
    held = credentials.find(call.tx, access_key_id)
    if held is None:
        raise ValidationError(f"Access key {access_key_id} was not issued here.")
    return {"Account": held.principal.account}
