"""Message authentication codes."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import references, specs, state, usages
from .errors import DryRunOperationException, KMSInvalidMacException
from .state import Found

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "HMAC_SHA_224": hashes.SHA224,
    "HMAC_SHA_256": hashes.SHA256,
    "HMAC_SHA_384": hashes.SHA384,
    "HMAC_SHA_512": hashes.SHA512,
}


def _hmac(found: Found, algorithm: str, message: bytes) -> hmac.HMAC:
    made = hmac.HMAC(state.current_of(found.at, found.key).secret, _HASHES[algorithm]())
    made.update(message)
    return made


@operation
def generate_mac(
    call: Call,
    *,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "GenerateMac", specs.MAC, mac_algorithm)
    if dry_run:
        raise DryRunOperationException
    mac = _hmac(found, mac_algorithm, message).finalize()
    usages.note(call, found, "GenerateMac")
    return {"Mac": mac, "MacAlgorithm": mac_algorithm, "KeyId": found.arn}


@operation
def verify_mac(
    call: Call,
    *,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    mac: bytes,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "VerifyMac", specs.MAC, mac_algorithm)
    if dry_run:
        raise DryRunOperationException
    try:
        _hmac(found, mac_algorithm, message).verify(mac)
    except InvalidSignature:
        raise KMSInvalidMacException from None
    usages.note(call, found, "VerifyMac")
    return {"KeyId": found.arn, "MacValid": True, "MacAlgorithm": mac_algorithm}
