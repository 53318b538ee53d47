"""Secrets that two parties share: derived from two key pairs, or encapsulated for one."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import key_pairs, references, specs, state, usages
from .errors import DryRunOperationException, InvalidCiphertextException, ValidationException
from .state import Found


def _private(found: Found) -> Any:
    return key_pairs.read(state.current_of(found.at, found.key).secret)


@operation
def derive_shared_secret(
    call: Call,
    *,
    key_id: str,
    key_agreement_algorithm: str,
    public_key: bytes,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "DeriveSharedSecret", specs.AGREE, key_agreement_algorithm)
    peer = _peer(public_key, found.key.spec)
    if dry_run:
        raise DryRunOperationException
    secret = _private(found).exchange(ec.ECDH(), peer)
    usages.note(call, found, "DeriveSharedSecret")
    return {
        "KeyId": found.arn,
        "SharedSecret": secret,
        "KeyAgreementAlgorithm": key_agreement_algorithm,
        "KeyOrigin": found.key.origin,
    }


def _peer(public_key: bytes, spec: str) -> ec.EllipticCurvePublicKey:
    try:
        peer = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        raise ValidationException("The public key is not a valid DER-encoded X.509 public key.") from None
    if not isinstance(peer, ec.EllipticCurvePublicKey) or key_pairs.spec_of(peer) != spec:
        raise ValidationException(f"The public key must be on the same curve as the KMS key, {spec}.")
    return peer


@operation
def encapsulate(
    call: Call,
    *,
    key_id: str,
    encapsulation_algorithm: str,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "Encapsulate", specs.ENCAPSULATE, encapsulation_algorithm)
    if dry_run:
        raise DryRunOperationException
    secret, blob = _private(found).public_key().encapsulate()
    usages.note(call, found, "Encapsulate")
    return {
        "KeyId": found.arn,
        "SharedSecret": secret,
        "SharedSecretCiphertextBlob": blob,
        "EncapsulationAlgorithm": encapsulation_algorithm,
    }


@operation
def decapsulate(
    call: Call,
    *,
    key_id: str,
    shared_secret_ciphertext_blob: bytes,
    encapsulation_algorithm: str,
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "Decapsulate", specs.ENCAPSULATE, encapsulation_algorithm)
    if dry_run:
        raise DryRunOperationException
    try:
        secret = _private(found).decapsulate(shared_secret_ciphertext_blob)
    except ValueError:
        raise InvalidCiphertextException from None
    usages.note(call, found, "Decapsulate")
    return {"KeyId": found.arn, "SharedSecret": secret, "EncapsulationAlgorithm": encapsulation_algorithm}
