"""Signing and verifying with a key pair, and its public key."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import key_pairs, references, specs, state, states, usages
from .errors import (
    DryRunOperationException,
    KMSInvalidSignatureException,
    UnsupportedOperationException,
    ValidationException,
)

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_ML_DSA, _EDWARDS, _EDWARDS_HASHED = "ML_DSA_SHAKE_256", "ED25519_SHA_512", "ED25519_PH_SHA_512"
_MU_BYTES = 64


class Signing:
    """How one algorithm signs and verifies one kind of message."""

    def __init__(self, spec: str, algorithm: str, message_type: str, message: bytes) -> None:
        self.algorithm = algorithm
        self.is_mu = message_type == "EXTERNAL_MU"
        self.arguments: tuple[Any, ...] = ()
        if algorithm == _EDWARDS_HASHED:
            raise NotImplementedHere(f"Skyjar does not implement the signing algorithm {algorithm} of kms.")
        wanted = {_ML_DSA: ("RAW", "EXTERNAL_MU"), _EDWARDS: ("RAW",)}.get(algorithm, ("RAW", "DIGEST"))
        if message_type not in wanted:
            raise ValidationException(f"Message type {message_type} is incompatible with key spec {spec}.")
        if self.is_mu and len(message) != _MU_BYTES:
            raise ValidationException(f"External Mu is invalid length for algorithm {algorithm}.")
        if algorithm not in (_ML_DSA, _EDWARDS):
            self.arguments = self._classical(algorithm, message_type == "DIGEST", message)

    @staticmethod
    def _classical(algorithm: str, is_digest: bool, message: bytes) -> tuple[Any, ...]:
        digest = _HASHES[algorithm.rpartition("_")[2]]()
        if is_digest and len(message) != digest.digest_size:
            raise ValidationException(f"Digest is invalid length for algorithm {algorithm}.")
        hashing = utils.Prehashed(digest) if is_digest else digest
        if algorithm.startswith("ECDSA"):
            return (ec.ECDSA(hashing),)
        if "PKCS1" in algorithm:
            return (padding.PKCS1v15(), hashing)
        return (padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size), hashing)

    def sign(self, private: Any, message: bytes) -> bytes:
        signature: bytes = private.sign_mu(message) if self.is_mu else private.sign(message, *self.arguments)
        return signature

    def verify(self, public: Any, signature: bytes, message: bytes) -> None:
        try:
            if self.is_mu:
                public.verify_mu(signature, message)
            else:
                public.verify(signature, message, *self.arguments)
        except InvalidSignature:
            raise KMSInvalidSignatureException from None


@operation
def sign(
    call: Call,
    *,
    key_id: str,
    message: bytes,
    signing_algorithm: str,
    message_type: str = "RAW",
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "Sign", specs.SIGN, signing_algorithm)
    signing = Signing(found.key.spec, signing_algorithm, message_type, message)
    if dry_run:
        raise DryRunOperationException
    signature = signing.sign(key_pairs.read(state.current_of(found.at, found.key).secret), message)
    usages.note(call, found, "Sign")
    return {"KeyId": found.arn, "Signature": signature, "SigningAlgorithm": signing_algorithm}


@operation
def verify(
    call: Call,
    *,
    key_id: str,
    message: bytes,
    signature: bytes,
    signing_algorithm: str,
    message_type: str = "RAW",
    grant_tokens: list[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    found = references.find_usable(call, key_id, "Verify", specs.SIGN, signing_algorithm)
    signing = Signing(found.key.spec, signing_algorithm, message_type, message)
    if dry_run:
        raise DryRunOperationException
    private = key_pairs.read(state.current_of(found.at, found.key).secret)
    signing.verify(private.public_key(), signature, message)
    usages.note(call, found, "Verify")
    return {"KeyId": found.arn, "SignatureValid": True, "SigningAlgorithm": signing_algorithm}


@operation
def get_public_key(call: Call, *, key_id: str, grant_tokens: list[str] | None = None) -> dict[str, Any]:
    found = references.find(call, key_id)
    at, key, _ = found
    if not specs.is_pair(key.spec):
        raise UnsupportedOperationException(f"{found.arn} key spec is {key.spec} which is not valid for GetPublicKey.")
    states.check_usable(key, found.arn)
    shown = {
        "KeyId": found.arn,
        "PublicKey": state.current_of(at, key).public,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        specs.LISTED_AS[key.usage]: list(specs.ALGORITHMS[key.spec][key.usage]),
    }
    return shown if key.spec in specs.WITHOUT_OLD_NAME else {**shown, "CustomerMasterKeySpec": key.spec}
