"""Key material on its way in: wrapped under an RSA public key, and checked against what the key is for. Pure."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_private_key

from . import key_pairs, specs
from .errors import IncorrectKeyMaterialException, InvalidCiphertextException

_OAEP: dict[str, type[hashes.HashAlgorithm]] = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}
ALGORITHMS = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")
SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")


def unwrap(private: Any, algorithm: str, wrapped: bytes) -> bytes:
    """RSA-OAEP, or RSA-OAEP of an AES key with which the rest is wrapped (RFC 5649)."""
    digest = _OAEP["SHA_" + algorithm.rpartition("_SHA_")[2]]
    oaep = padding.OAEP(mgf=padding.MGF1(digest()), algorithm=digest(), label=None)
    try:
        if algorithm.startswith("RSAES"):
            return bytes(private.decrypt(wrapped, oaep))
        size = private.key_size // 8
        return keywrap.aes_key_unwrap_with_padding(private.decrypt(wrapped[:size], oaep), wrapped[size:])
    except (ValueError, keywrap.InvalidUnwrap):
        raise InvalidCiphertextException from None


def checked(spec: str, secret: bytes) -> bytes:
    """The material in the form in which it is kept, if it is of the spec."""
    if not specs.is_pair(spec):
        if len(secret) != key_pairs.HMAC_BYTES.get(spec, key_pairs.SYMMETRIC_BYTES):
            raise IncorrectKeyMaterialException
        return secret
    try:
        private = load_der_private_key(secret, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IncorrectKeyMaterialException from None
    if key_pairs.spec_of(private) != spec:
        raise IncorrectKeyMaterialException
    return key_pairs.encoded(private)
