"""Why a call was refused, for those who may know."""

from __future__ import annotations

from skyjar.kernel import seals
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from .errors import InvalidAuthorizationMessageException


@operation
def decode_authorization_message(call: Call, *, encoded_message: str) -> dict[str, str]:
    """Of a call of the same account."""
    try:
        text = seals.opened(call.tx, "denials", encoded_message, call.account)
    except seals.Broken:
        raise InvalidAuthorizationMessageException("Encoded authorization message is invalid") from None
    return {"DecodedMessage": text.decode()}
