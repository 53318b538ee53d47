"""Encrypting and decrypting with a key."""

from __future__ import annotations

from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import ciphertexts, key_pairs, limits, references, specs, state, usages
from .errors import (
    AccessDeniedException,
    DryRunOperationException,
    IncorrectKeyException,
    InvalidCiphertextException,
    ValidationException,
)
from .specs import SYMMETRIC
from .state import Found, Material

Context = dict[str, str]
_OAEP = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}
IGNORE_CIPHERTEXT = "IGNORE_CIPHERTEXT"
# AWS's words where a ciphertext's key cannot be told from one that is not there.
UNKNOWN = (
    "on the resource associated with this ciphertext because the resource does not exist in this Region, no "
    "resource-based policies allow access, or a resource-based policy explicitly denies access"
)


@operation
def encrypt(
    call: Call,
    *,
    key_id: str,
    plaintext: bytes,
    encryption_context: Context | None = None,
    grant_tokens: list[str] | None = None,
    encryption_algorithm: str = SYMMETRIC,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find(call, key_id)
    check_ready(found, "Encrypt", encryption_algorithm, encryption_context)
    if encryption_algorithm != SYMMETRIC:
        _check_room(found, encryption_algorithm, len(plaintext))
    if dry_run:
        raise DryRunOperationException
    blob = _enciphered(call, found, encryption_algorithm, plaintext, encryption_context)
    usages.note(call, found, "Encrypt")
    return {"CiphertextBlob": blob, "KeyId": found.arn, "EncryptionAlgorithm": encryption_algorithm}


def check_ready(found: Found, name: str, algorithm: str, context: Context | None) -> None:
    references.check_usage(found, name, specs.ENCRYPT)
    specs.check_algorithm(found.key.spec, found.key.usage, algorithm)
    if context and algorithm != SYMMETRIC:
        raise ValidationException("Encryption context is not supported for asymmetric keys.")
    if sum(len(part.encode()) for pair in (context or {}).items() for part in pair) > limits.CONTEXT_BYTES:
        raise ValidationException(f"The encryption context exceeds the limit of {limits.CONTEXT_BYTES} bytes.")


def _check_room(found: Found, algorithm: str, size_bytes: int) -> None:
    most = int(found.key.spec.removeprefix("RSA_")) // 8 - 2 * _OAEP[algorithm]().digest_size - 2
    if size_bytes > most:
        raise ValidationException(
            f"Algorithm {algorithm} and key spec {found.key.spec} cannot encrypt data larger than {most} bytes."
        )


def _oaep(algorithm: str) -> padding.OAEP:
    digest = _OAEP[algorithm]
    return padding.OAEP(mgf=padding.MGF1(algorithm=digest()), algorithm=digest(), label=None)


def _enciphered(call: Call, found: Found, algorithm: str, plaintext: bytes, context: Context | None) -> bytes:
    if algorithm == SYMMETRIC:
        return sealed(call, found, plaintext, context)
    material = state.current_of(found.at, found.key)
    blob: bytes = key_pairs.read(material.secret).public_key().encrypt(plaintext, _oaep(algorithm))
    return blob


def sealed(call: Call, found: Found, plaintext: bytes, context: Context | None) -> bytes:
    """A ciphertext blob of a symmetric key."""
    at, key, _ = found
    return ciphertexts.seal(
        state.current_of(at, key).secret,
        at.account,
        key.id,
        key.current,
        call.chance.bytes(ciphertexts.NONCE_BYTES),
        plaintext,
        ciphertexts.context_bytes(context),
    )


class Opened(NamedTuple):
    """`material` is the one that encrypted."""

    found: Found
    plaintext: bytes
    material: Material | None


def source(call: Call, blob: bytes, key_id: str, algorithm: str, action: str) -> Found:
    """The key that a ciphertext is to be decrypted with: the one named, else the one that a symmetric blob names."""
    if key_id:
        return references.find(call, key_id)
    if algorithm != SYMMETRIC or not blob:
        raise ValidationException("KeyId must be specified when decrypting with an asymmetric key.")
    parts = ciphertexts.read(blob)
    place = f"arn:aws:kms:{call.region}:{parts.account}:key/{parts.key_id}"
    at, name = references.split(call, place)
    key = state.keys.get(at, name)
    if key is None:
        raise AccessDeniedException(f"User: {call.caller.arn} is not authorized to perform: {action} {UNKNOWN}")
    return Found(at, key)


def opened(
    call: Call, blob: bytes, key_id: str, algorithm: str, context: Context | None, name: str, *, is_checked: bool
) -> Opened:
    """`is_checked` False asks only for the state of the key, not for the ciphertext (a dry run without one)."""
    found = source(call, blob, key_id, algorithm, "kms:Decrypt" if name == "Decrypt" else "kms:ReEncryptFrom")
    if is_checked and algorithm == SYMMETRIC:
        parts = ciphertexts.read(blob)
        if (parts.account, parts.key_id) != (found.at.account, found.key.id):
            raise IncorrectKeyException
    check_ready(found, name, algorithm, context)
    if not is_checked:
        return Opened(found, b"", None)
    if algorithm != SYMMETRIC:
        return Opened(found, _deciphered(found, algorithm, blob), None)
    material = state.materials.get(found.at, found.key.id, parts.material_id)
    if material is None or not material.secret:
        raise InvalidCiphertextException
    plaintext = ciphertexts.unseal(material.secret, parts, ciphertexts.context_bytes(context))
    return Opened(found, plaintext, material)


def _deciphered(found: Found, algorithm: str, blob: bytes) -> bytes:
    private = key_pairs.read(state.current_of(found.at, found.key).secret)
    try:
        plaintext: bytes = private.decrypt(blob, _oaep(algorithm))
    except ValueError:
        raise InvalidCiphertextException from None
    return plaintext


@operation
def decrypt(
    call: Call,
    *,
    ciphertext_blob: bytes = b"",
    encryption_context: Context | None = None,
    grant_tokens: list[str] | None = None,
    key_id: str = "",
    encryption_algorithm: str = SYMMETRIC,
    dry_run: bool = False,
    dry_run_modifiers: list[str] | None = None,
) -> dict[str, Any]:
    is_checked = _needs_ciphertext(ciphertext_blob, dry_run, dry_run_modifiers)
    done = opened(
        call, ciphertext_blob, key_id, encryption_algorithm, encryption_context, "Decrypt", is_checked=is_checked
    )
    if dry_run:
        raise DryRunOperationException
    usages.note(call, done.found, "Decrypt")
    answer = {"KeyId": done.found.arn, "Plaintext": done.plaintext, "EncryptionAlgorithm": encryption_algorithm}
    return {**answer, "KeyMaterialId": done.material.id} if done.material is not None else answer


def _needs_ciphertext(blob: bytes, is_dry: bool, modifiers: list[str] | None) -> bool:
    if IGNORE_CIPHERTEXT in (modifiers or []):
        if not is_dry:
            raise ValidationException("DryRunModifiers is valid only when DryRun is true.")
        return False
    if not blob:
        raise ValidationException(
            "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must "
            "not be null"
        )
    return True


@operation
def re_encrypt(
    call: Call,
    *,
    destination_key_id: str,
    ciphertext_blob: bytes = b"",
    source_encryption_context: Context | None = None,
    source_key_id: str = "",
    destination_encryption_context: Context | None = None,
    source_encryption_algorithm: str = SYMMETRIC,
    destination_encryption_algorithm: str = SYMMETRIC,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
    dry_run_modifiers: list[str] | None = None,
) -> dict[str, Any]:
    is_checked = _needs_ciphertext(ciphertext_blob, dry_run, dry_run_modifiers)
    done = opened(
        call, ciphertext_blob, source_key_id, source_encryption_algorithm, source_encryption_context, "ReEncrypt",
        is_checked=is_checked,
    )  # fmt: skip
    target = references.find(call, destination_key_id)
    algorithm = destination_encryption_algorithm
    check_ready(target, "ReEncrypt", algorithm, destination_encryption_context)
    if algorithm != SYMMETRIC:
        _check_room(target, algorithm, len(done.plaintext))
    if dry_run:
        raise DryRunOperationException
    blob = _enciphered(call, target, algorithm, done.plaintext, destination_encryption_context)
    usages.note(call, done.found, "ReEncrypt")
    usages.note(call, target, "ReEncrypt")
    answer = {
        "CiphertextBlob": blob,
        "SourceKeyId": done.found.arn,
        "KeyId": target.arn,
        "SourceEncryptionAlgorithm": source_encryption_algorithm,
        "DestinationEncryptionAlgorithm": algorithm,
    }
    if done.material is not None:
        answer["SourceKeyMaterialId"] = done.material.id
    if algorithm == SYMMETRIC:
        answer["DestinationKeyMaterialId"] = target.key.current
    return answer
