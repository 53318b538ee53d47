"""X.509 certificates and keys on their way in: are they what they say they are? Pure."""

from __future__ import annotations

import hashlib
from typing import Any

from .errors import (
    InvalidPublicKeyException,
    KeyPairMismatchException,
    MalformedCertificateException,
    UnrecognizedPublicKeyEncodingException,
)

RSA_BITS = 2048


def certificate(text: str) -> Any:
    """The one certificate of a PEM text."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise MalformedCertificateException(
            "Unable to parse certificate. Please ensure the certificate is in PEM format."
        ) from None
    if len(found) != 1:
        raise MalformedCertificateException("Please ensure that only one certificate is specified.")
    return found[0]


def check_chain(leaf: Any, text: str) -> None:
    """Every certificate of the chain must have signed the one before it."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise MalformedCertificateException(
            "Unable to parse certificate chain. Please ensure it is in PEM format."
        ) from None
    for signed, signer in zip([leaf, *chain], chain, strict=False):
        try:
            signed.verify_directly_issued_by(signer)
        except (ValueError, TypeError, InvalidSignature):
            raise MalformedCertificateException(
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                "certificate, followed by any intermediaries in order."
            ) from None


def check_pair(leaf: Any, text: str) -> None:
    """The private key must be the certificate's, unencrypted."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MalformedCertificateException(
            "Invalid Private Key. Please ensure it is in PEM format and not encrypted."
        ) from None
    if key.public_key() != leaf.public_key():
        raise KeyPairMismatchException("Public key in certificate and private key don't match.")


def is_rsa_key(text: str) -> bool:
    """Whether it is an RSA private key as PEM, unencrypted."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return isinstance(load_pem_private_key(text.encode(), None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def fingerprint_of(leaf: Any) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    found: bytes = leaf.fingerprint(SHA256())
    return found.hex()


def ssh_key(text: str) -> Any:
    """An RSA public key in OpenSSH's or PEM's encoding."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    encoded = text.strip().encode()
    is_ssh = encoded.startswith(b"ssh-")
    if not is_ssh and not encoded.startswith(b"-----BEGIN"):
        raise UnrecognizedPublicKeyEncodingException("The public key must be encoded in ssh-rsa or PEM format.")
    try:
        key = load_ssh_public_key(encoded) if is_ssh else load_pem_public_key(encoded)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidPublicKeyException("The public key is malformed.") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < RSA_BITS:
        raise InvalidPublicKeyException(f"The public key must be an RSA key of at least {RSA_BITS} bits.")
    return key


def encoded_ssh(key: Any, encoding: str) -> str:
    """`SSH` or `PEM`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if encoding == "SSH":
        text: bytes = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    else:
        text = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def ssh_fingerprint(key: Any) -> str:
    """MD5 of the key in its SSH encoding, as `ssh-keygen -E md5 -lf` shows it."""
    from base64 import b64decode

    blob = b64decode(encoded_ssh(key, "SSH").split(" ")[1])
    digest = hashlib.md5(blob).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, 32, 2))
