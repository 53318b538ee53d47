"""SSE-C: keys that the client brings with every request. S3 keeps a salted hash of such a key, and forgets the key.

Source: S3 User Guide, "Using server-side encryption with customer-provided keys"; the sentences are S3's.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode

from skyjar.kernel.call import Call

from .errors import AccessDenied, InvalidArgument, InvalidEncryptionAlgorithm, InvalidRequest

_ALGORITHM = "AES256"
_ABOUT = "Requests specifying Server Side Encryption with Customer provided keys must"
_SALT_BYTES = 16
_HEADER = "x-amz-server-side-encryption-customer-"


class CustomerKey:
    __slots__ = ("key", "md5")

    def __init__(self, key: bytes, md5: str) -> None:
        self.key = key
        self.md5 = md5

    def hashed(self, salt: bytes) -> bytes:
        return salt + hmac.digest(salt, self.key, "sha256")

    def is_that(self, kept: bytes) -> bool:
        return hmac.compare_digest(self.hashed(kept[:_SALT_BYTES]), kept)

    def kept(self, call: Call) -> bytes:
        return self.hashed(call.chance.bytes(_SALT_BYTES))

    def shown(self) -> dict[str, str]:
        return {"SSECustomerAlgorithm": _ALGORITHM, "SSECustomerKeyMD5": self.md5}


def read(call: Call, algorithm: str, key: str, md5: str, prefix: str = _HEADER) -> CustomerKey | None:
    """The key of a request's three headers; None when it has none of them. `key` and `md5` are in base64."""
    if not (algorithm or key or md5):
        return None
    if not call.origin.secure:
        raise InvalidRequest(f"{_ABOUT} be made over a secure connection.")
    if not algorithm:
        raise _bad(f"{_ABOUT} provide a valid encryption algorithm.", f"{prefix}algorithm", "null")
    if algorithm != _ALGORITHM:
        raise InvalidEncryptionAlgorithm(ArgumentName=f"{prefix}algorithm", ArgumentValue=algorithm)
    if not key:
        raise _bad(f"{_ABOUT} provide an appropriate secret key.", f"{prefix}key", "null")
    if not md5:
        raise _bad(f"{_ABOUT} provide the client calculated MD5 of the secret key.", f"{prefix}key-MD5", "null")
    try:
        raw = b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise _bad("The secret key was invalid for the specified algorithm.", f"{prefix}key", "null")
    if b64encode(hashlib.md5(raw, usedforsecurity=False).digest()).decode() != md5:
        raise _bad(
            "The calculated MD5 hash of the key did not match the hash that was provided.", f"{prefix}key-MD5", md5
        )
    return CustomerKey(raw, md5)


def _bad(sentence: str, name: str, value: str) -> InvalidArgument:
    return InvalidArgument(sentence, ArgumentName=name, ArgumentValue=value)


def check(kept: bytes, given: CustomerKey | None) -> None:
    """Whether the request brings the key of an object (`kept` is empty for one without), and no other."""
    if not kept:
        if given is not None:
            raise InvalidRequest("The encryption parameters are not applicable to this object.")
        return
    if given is None:
        raise InvalidRequest(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
            "retrieve the object."
        )
    if not given.is_that(kept):
        raise AccessDenied


def check_part(kept: bytes, given: CustomerKey | None) -> None:
    """The same of a part of an upload, whose refusals are S3's own again."""
    if kept and given is None:
        raise InvalidRequest(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
            "encryption parameters."
        )
    if kept and given is not None and not given.is_that(kept):
        raise InvalidRequest("The provided encryption parameters did not match the ones used originally.")
    check(kept, given)
