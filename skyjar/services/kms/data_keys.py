"""Data keys for use outside of KMS: made, handed out, and sealed under a symmetric key; and random bytes."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation

from . import encryption, key_pairs, materials, references, specs, usages
from .encryption import Context
from .errors import DryRunOperationException, ValidationException
from .state import Found

_SPEC_BYTES = {"AES_128": 16, "AES_256": 32}


def _ready(call: Call, key_id: str, name: str, context: Context | None, *, is_dry: bool) -> Found:
    found = references.find(call, key_id)
    encryption.check_ready(found, name, specs.SYMMETRIC, context)
    if is_dry:
        raise DryRunOperationException
    return found


def _length(spec: str, number_of_bytes: int) -> int:
    if bool(spec) == bool(number_of_bytes):
        raise ValidationException("Please specify either number of bytes or key spec.")
    return number_of_bytes or _SPEC_BYTES[spec]


@operation
def generate_data_key(
    call: Call,
    *,
    key_id: str,
    encryption_context: Context | None = None,
    number_of_bytes: int = 0,
    key_spec: str = "",
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    length = _length(key_spec, number_of_bytes)
    found = _ready(call, key_id, "GenerateDataKey", encryption_context, is_dry=dry_run)
    plaintext = call.chance.bytes(length)
    answer = _sealed(call, found, plaintext, encryption_context, "GenerateDataKey", "CiphertextBlob")
    return {**answer, "Plaintext": plaintext}


@operation
def generate_data_key_without_plaintext(
    call: Call,
    *,
    key_id: str,
    encryption_context: Context | None = None,
    key_spec: str = "",
    number_of_bytes: int = 0,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    length = _length(key_spec, number_of_bytes)
    name = "GenerateDataKeyWithoutPlaintext"
    found = _ready(call, key_id, name, encryption_context, is_dry=dry_run)
    return _sealed(call, found, call.chance.bytes(length), encryption_context, name, "CiphertextBlob")


def _sealed(
    call: Call, found: Found, plaintext: bytes, context: Context | None, name: str, member: str
) -> dict[str, Any]:
    blob = encryption.sealed(call, found, plaintext, context)
    usages.note(call, found, name)
    return {member: blob, "KeyId": found.arn, "KeyMaterialId": found.key.current}


@operation
def generate_data_key_pair(
    call: Call,
    *,
    key_id: str,
    key_pair_spec: str,
    encryption_context: Context | None = None,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any] | Outside:
    found = _ready(call, key_id, "GenerateDataKeyPair", encryption_context, is_dry=dry_run)

    def finish(then: Call, secret: bytes | Failed) -> dict[str, Any]:
        shown = _pair(then, found, key_pair_spec, secret, encryption_context, "GenerateDataKeyPair")
        return {**shown, "PrivateKeyPlaintext": secret}

    return _made(call, key_pair_spec, finish)


@operation
def generate_data_key_pair_without_plaintext(
    call: Call,
    *,
    key_id: str,
    key_pair_spec: str,
    encryption_context: Context | None = None,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any] | Outside:
    name = "GenerateDataKeyPairWithoutPlaintext"
    found = _ready(call, key_id, name, encryption_context, is_dry=dry_run)

    def finish(then: Call, secret: bytes | Failed) -> dict[str, Any]:
        return _pair(then, found, key_pair_spec, secret, encryption_context, name)

    return _made(call, key_pair_spec, finish)


def _made(call: Call, spec: str, finish: Any) -> dict[str, Any] | Outside:
    specs.check_supported(spec)
    if key_pairs.is_slow(spec):
        return Outside(Compute(key_pairs.make_rsa, spec), finish)
    done: dict[str, Any] = finish(call, materials.fresh(call, spec))
    return done


def _pair(
    call: Call, found: Found, spec: str, secret: bytes | Failed, context: Context | None, name: str
) -> dict[str, Any]:
    if isinstance(secret, Failed):
        raise secret
    # The key may have changed while the pair was made.
    again = references.find(call, found.arn)
    encryption.check_ready(again, name, specs.SYMMETRIC, context)
    answer = _sealed(call, again, secret, context, name, "PrivateKeyCiphertextBlob")
    return {**answer, "PublicKey": key_pairs.public_of(secret), "KeyPairSpec": spec}


@operation
def generate_random(call: Call, *, number_of_bytes: int = 0) -> dict[str, Any]:
    if not number_of_bytes:
        raise ValidationException("NumberOfBytes is required.")
    return {"Plaintext": call.chance.bytes(number_of_bytes)}
