"""What an X.509 certificate says of itself, in ACM's words. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

_CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}
_USAGES = {
    "digital_signature": "DIGITAL_SIGNATURE",
    "content_commitment": "NON_REPUDIATION",
    "key_encipherment": "KEY_ENCIPHERMENT",
    "data_encipherment": "DATA_ENCIPHERMENT",
    "key_agreement": "KEY_AGREEMENT",
    "key_cert_sign": "CERTIFICATE_SIGNING",
    "crl_sign": "CRL_SIGNING",
}
_EXTENDED = {
    "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
    "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
    "1.3.6.1.5.5.7.3.5": "IPSEC_END_SYSTEM",
    "1.3.6.1.5.5.7.3.6": "IPSEC_TUNNEL",
    "1.3.6.1.5.5.7.3.7": "IPSEC_USER",
    "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
    "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
    "2.5.29.37.0": "ANY",
}


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """`usages` are ACM's names, `extended` pairs of ACM's name and the OID. `names` begins with the common name, if any."""

    serial: str
    subject: str
    issuer: str
    not_before: float
    not_after: float
    algorithm: str
    signed_by: str
    names: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    extended: tuple[tuple[str, str], ...] = ()


def of(certificate: Any) -> Facts:
    """Raises ValueError where the certificate has no issuer or a key of a kind that ACM does not know."""
    if not list(certificate.issuer):
        raise ValueError("no issuer")
    digits = f"{certificate.serial_number:x}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    return Facts(
        serial=":".join(digits[at : at + 2] for at in range(0, len(digits), 2)),
        subject=_text(certificate.subject),
        issuer=_issuer(certificate.issuer),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
        algorithm=algorithm_of(certificate.public_key()),
        signed_by=_signature(certificate),
        names=_names(certificate),
        usages=_usages(certificate),
        extended=_extended(certificate),
    )


def algorithm_of(key: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise ValueError("a key of another kind")


def _text(name: Any) -> str:
    return ",".join(each.rfc4514_string() for each in name)


def _issuer(name: Any) -> str:
    """The organisation, as ACM shows it (`Amazon`); or the common name; or all of it."""
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)
    return _text(name)


def _signature(certificate: Any) -> str:
    digest = certificate.signature_hash_algorithm
    if digest is None:
        return str(certificate.signature_algorithm_oid.dotted_string)
    kind = "ECDSA" if "ecdsa" in certificate.signature_algorithm_oid._name.lower() else "RSA"
    return f"{digest.name.upper()}WITH{kind}"


def _extension(certificate: Any, kind: Any) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(certificate: Any) -> tuple[str, ...]:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    common = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    alternative = _extension(certificate, x509.SubjectAlternativeName)
    others = alternative.get_values_for_type(x509.DNSName) if alternative is not None else []
    return tuple(dict.fromkeys([*common[:1], *others]))


def _usages(certificate: Any) -> tuple[str, ...]:
    from cryptography import x509

    found = _extension(certificate, x509.KeyUsage)
    return tuple(name for flag, name in _USAGES.items() if getattr(found, flag)) if found is not None else ()


def _extended(certificate: Any) -> tuple[tuple[str, str], ...]:
    from cryptography import x509

    found = [each.dotted_string for each in _extension(certificate, x509.ExtendedKeyUsage) or ()]
    return tuple((_EXTENDED.get(oid, "CUSTOM"), oid) for oid in found)
