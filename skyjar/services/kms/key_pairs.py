"""Private keys: making them, reading them, their public halves. Pure, but for the randomness that is handed in.

RSA keys alone are made with the library's own randomness, and slowly: an operation has that done outside.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa

CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
_SEEDED: dict[str, tuple[Any, int]] = {
    "ECC_NIST_EDWARDS25519": (ed25519.Ed25519PrivateKey.from_private_bytes, 32),
    "ML_DSA_44": (mldsa.MLDSA44PrivateKey.from_seed_bytes, 32),
    "ML_DSA_65": (mldsa.MLDSA65PrivateKey.from_seed_bytes, 32),
    "ML_DSA_87": (mldsa.MLDSA87PrivateKey.from_seed_bytes, 32),
    "ML_KEM_768": (mlkem.MLKEM768PrivateKey.from_seed_bytes, 64),
    "ML_KEM_1024": (mlkem.MLKEM1024PrivateKey.from_seed_bytes, 64),
}
HMAC_BYTES = {"HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
SYMMETRIC_BYTES = 32
READ = 256


def is_slow(spec: str) -> bool:
    return spec.startswith("RSA")


def make_rsa(spec: str) -> bytes:
    """A new private key as PKCS #8."""
    return encoded(rsa.generate_private_key(public_exponent=65537, key_size=int(spec.removeprefix("RSA_"))))


def seed_bytes(spec: str) -> int:
    """How many random bytes `make` needs."""
    if spec in CURVES:
        return CURVES[spec]().key_size // 8 + 9
    return _SEEDED[spec][1] if spec in _SEEDED else HMAC_BYTES.get(spec, SYMMETRIC_BYTES)


def make(spec: str, seed: bytes) -> bytes:
    """The key that follows from the seed: a symmetric one as it is, a private one as PKCS #8."""
    if spec in CURVES:
        curve = CURVES[spec]()
        return encoded(ec.derive_private_key(int.from_bytes(seed, "big") % (curve.group_order - 1) + 1, curve))
    return encoded(_SEEDED[spec][0](seed)) if spec in _SEEDED else seed


def encoded(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@lru_cache(READ)
def read(secret: bytes) -> Any:
    """The private key of a PKCS #8 document that was made here or checked when it came in."""
    return serialization.load_der_private_key(secret, None, unsafe_skip_rsa_key_validation=True)


def public_of(secret: bytes) -> bytes:
    """The public key, as SubjectPublicKeyInfo."""
    key: bytes = (
        read(secret)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return key


def spec_of(key: Any) -> str:
    """The spec that a key which somebody brings would have; empty for one that KMS does not know."""
    if isinstance(key, rsa.RSAPrivateKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return next((name for name, curve in CURVES.items() if isinstance(key.curve, curve)), "")
    return "ECC_NIST_EDWARDS25519" if isinstance(key, ed25519.Ed25519PrivateKey) else ""
