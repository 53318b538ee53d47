"""Certificates of other authorities: read, checked and kept."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import facts, limits, quotas, state
from .errors import ValidationException
from .facts import Facts
from .state import ISSUED, Certificate
from .tags import Tags, checked_tags


@operation
def import_certificate(
    call: Call,
    *,
    certificate: bytes,
    private_key: bytes,
    certificate_chain: bytes = b"",
    certificate_arn: str = "",
    tags: Tags | None = None,
) -> dict[str, str]:
    """With an ARN it replaces what was imported under it, which may be in use."""
    old = state.find(call, certificate_arn) if certificate_arn else None
    if old is not None and old.type != "IMPORTED":
        raise ValidationException(f"Certificate {certificate_arn} was not imported, so it cannot be imported again.")
    if old is not None and tags:
        raise ValidationException("Tagging is not permitted on re-import.")
    leaf = _leaf(certificate)
    said = _facts(leaf)
    key = _key(private_key, leaf)
    _check_dates(said, call.now)
    chain = _chain(leaf, certificate_chain)
    if old is None:
        quotas.count(call, "IMPORTED")
    elif old.algorithm != said.algorithm and state.users(call, old):
        raise ValidationException("The key type and size of a certificate that is in use cannot change.")
    made = Certificate(
        id=old.id if old is not None else call.new_id(),
        type="IMPORTED",
        domain=said.names[0] if said.names else "",
        created_at=float(int(call.now)) if old is None else old.created_at,
        imported_at=float(int(call.now)),
        status=ISSUED,
        names=said.names,
        algorithm=said.algorithm,
        facts=said,
        tags=old.tags if old is not None else checked_tags(tags or []),
    )
    state.certificates.put(call, made)
    state.hold(call, made, _pem([leaf]), _pem(chain), key)
    return {"CertificateArn": state.arn_of(call, made.id)}


def _leaf(text: bytes) -> Any:
    """The one certificate, of version 3."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(text)
    except (ValueError, x509.InvalidVersion):
        raise ValidationException("The certificate body/chain provided is not in a valid PEM format.") from None
    if len(found) > 1:
        raise ValidationException(
            "The certificate field contains more than one certificate. You can specify only one certificate in this field."
        )
    if found[0].version != x509.Version.v3:
        raise ValidationException("The certificate is not valid.")
    return found[0]


def _facts(leaf: Any) -> Facts:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return facts.of(leaf)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise ValidationException("The certificate is not valid.") from None


def _key(text: bytes, leaf: Any) -> str:
    """The private key, PEM, if it is the certificate's. Services accept RSA from 1024 to 4096 bits and three curves."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    if len(text) > limits.PRIVATE_KEY_BYTES:
        raise ValidationException(f"The private key is larger than {limits.PRIVATE_KEY_BYTES} bytes.")
    try:
        key: Any = serialization.load_pem_private_key(text, None)
        algorithm = facts.algorithm_of(key)
    except TypeError:
        raise ValidationException("The private key is encrypted. You can import only an unencrypted one.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValidationException("The private key is not supported.") from None
    if algorithm.startswith("RSA_") and algorithm not in ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"):
        raise ValidationException(f"The private key length {key.key_size} is not supported for key algorithm RSA.")
    if key.public_key() != leaf.public_key():
        raise ValidationException("The private key does not match the public key in the certificate.")
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def _check_dates(said: Facts, now: float) -> None:
    if now > said.not_after:
        raise ValidationException("The certificate has expired. You can import a certificate only while it is valid.")
    if now < said.not_before:
        raise ValidationException(
            "The certificate is not valid until a date in the future. You can import a certificate only while it is valid."
        )


def _chain(leaf: Any, text: bytes) -> list[Any]:
    """Each of the chain has signed the one before it. Without a chain the certificate must have signed itself."""
    from cryptography import x509

    if not text:
        if not _has_signed(leaf, leaf):
            raise ValidationException(
                "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate "
                "or certificate chain."
            )
        return []
    try:
        chain = x509.load_pem_x509_certificates(text)
    except (ValueError, x509.InvalidVersion):
        raise ValidationException("Unable to validate certificate chain.") from None
    if leaf in chain:
        raise ValidationException("The certificate chain contains the certificate itself.")
    if not all(_has_signed(signer, signed) for signed, signer in zip([leaf, *chain], chain, strict=False)):
        raise ValidationException("Could not validate the certificate with the certificate chain.")
    return chain


def _has_signed(signer: Any, signed: Any) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        signed.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _pem(several: list[Any]) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return "".join(each.public_bytes(Encoding.PEM).decode() for each in several)
