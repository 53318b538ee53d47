"""Distinguished names, as SearchCertificates shows them. Pure."""

from __future__ import annotations

from typing import Any

_ATTRIBUTES = {
    "2.5.4.3": "CommonName",
    "2.5.4.6": "Country",
    "2.5.4.46": "DistinguishedNameQualifier",
    "2.5.4.44": "GenerationQualifier",
    "2.5.4.42": "GivenName",
    "2.5.4.43": "Initials",
    "2.5.4.7": "Locality",
    "2.5.4.10": "Organization",
    "2.5.4.11": "OrganizationalUnit",
    "2.5.4.65": "Pseudonym",
    "2.5.4.5": "SerialNumber",
    "2.5.4.8": "State",
    "2.5.4.4": "Surname",
    "2.5.4.12": "Title",
}
_DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25"


def names(pem: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The issuer and the subject of a certificate."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(pem.encode())
    return _shown(certificate.issuer), _shown(certificate.subject)


def _shown(name: Any) -> dict[str, Any]:
    """Of attributes that stand more than once, the first; what has no member of its own is a custom attribute."""
    found: dict[str, Any] = {}
    for each in name:
        oid, value = each.oid.dotted_string, str(each.value)
        if oid == _DOMAIN_COMPONENT:
            found.setdefault("DomainComponents", []).append(value)
        elif oid in _ATTRIBUTES:
            found.setdefault(_ATTRIBUTES[oid], value)
        else:
            found.setdefault("CustomAttributes", []).append({"ObjectIdentifier": oid, "Value": value})
    return found
