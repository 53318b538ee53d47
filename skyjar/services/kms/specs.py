"""Key specs: what each can be used for, with which algorithms. Pure.

Source: KMS Developer Guide, "Key spec reference".
"""

from __future__ import annotations

from skyjar.kernel.errors import NotImplementedHere

from .errors import InvalidKeyUsageException, ValidationException

SYMMETRIC = "SYMMETRIC_DEFAULT"
ENCRYPT, SIGN, MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"
AGREE, ENCAPSULATE = "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"

_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSA_SIGNING = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))
_RSA = {ENCRYPT: _OAEP, SIGN: _RSA_SIGNING}


def _ecc(bits: int) -> dict[str, tuple[str, ...]]:
    return {SIGN: (f"ECDSA_SHA_{bits}",), AGREE: ("ECDH",)}


# The algorithms of each spec by key usage.
ALGORITHMS: dict[str, dict[str, tuple[str, ...]]] = {
    SYMMETRIC: {ENCRYPT: (SYMMETRIC,)},
    "RSA_2048": _RSA,
    "RSA_3072": _RSA,
    "RSA_4096": _RSA,
    "ECC_NIST_P256": _ecc(256),
    "ECC_NIST_P384": _ecc(384),
    "ECC_NIST_P521": _ecc(512),
    "ECC_SECG_P256K1": {SIGN: ("ECDSA_SHA_256",)},
    "ECC_NIST_EDWARDS25519": {SIGN: ("ED25519_SHA_512", "ED25519_PH_SHA_512")},
    "ML_DSA_44": {SIGN: ("ML_DSA_SHAKE_256",)},
    "ML_DSA_65": {SIGN: ("ML_DSA_SHAKE_256",)},
    "ML_DSA_87": {SIGN: ("ML_DSA_SHAKE_256",)},
    "ML_KEM_768": {ENCAPSULATE: ("ML_KEM",)},
    "ML_KEM_1024": {ENCAPSULATE: ("ML_KEM",)},
    **{f"HMAC_{bits}": {MAC: (f"HMAC_SHA_{bits}",)} for bits in (224, 256, 384, 512)},
}
# The member of an answer that lists the algorithms of a key of this usage.
LISTED_AS = {
    ENCRYPT: "EncryptionAlgorithms",
    SIGN: "SigningAlgorithms",
    MAC: "MacAlgorithms",
    AGREE: "KeyAgreementAlgorithms",
    ENCAPSULATE: "EncapsulationAlgorithms",
}
# CustomerMasterKeySpec is the older name of KeySpec, and ends where the newer specs begin.
WITHOUT_OLD_NAME = ("ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_768", "ML_KEM_1024")


def is_pair(spec: str) -> bool:
    return spec != SYMMETRIC and not spec.startswith("HMAC")


def choose(spec: str, old_spec: str, usage: str) -> tuple[str, str]:
    """(spec, usage) of a new key as CreateKey asks for them."""
    if spec and old_spec:
        raise ValidationException(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is "
            "deprecated."
        )
    spec = spec or old_spec or SYMMETRIC
    check_supported(spec)
    if not usage:
        if spec != SYMMETRIC:
            raise ValidationException(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
            )
        usage = ENCRYPT
    if usage not in ALGORITHMS[spec]:
        raise ValidationException(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return spec, usage


def check_supported(spec: str) -> None:
    if spec not in ALGORITHMS:
        raise NotImplementedHere(f"Skyjar does not implement the key spec {spec} of kms.")


def check_algorithm(spec: str, usage: str, algorithm: str) -> None:
    if algorithm not in ALGORITHMS[spec][usage]:
        raise InvalidKeyUsageException(f"Algorithm {algorithm} is incompatible with key spec {spec}.")
