"""SAML 2.0 without sockets: an identity provider's metadata, and what a signed response says.

Documents come from strangers. Nothing of a DTD or an entity is read, comments are dropped before anything is looked at,
and what an assertion says is taken from the very bytes that the signature covers, as `signxml` gives them back: an
assertion that was moved or wrapped is not what was signed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from .xml_encryption import decrypted

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


class Malformed(Exception):
    """Not a document of the kind that is asked for."""


class Unsigned(Exception):
    """No signature of one of the provider's keys covers the assertion."""


class Metadata(msgspec.Struct, frozen=True):
    """`certificates`: PEM, those that sign. `valid_until` 0: without an end."""

    issuer: str
    certificates: tuple[str, ...]
    valid_until: float


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """Times are seconds since the epoch, 0 where there is none."""

    issuer: str
    subject: str
    subject_format: str
    recipient: str
    audiences: tuple[str, ...]
    issued_at: float
    not_before: float
    not_on_or_after: float
    session_ends_at: float
    attributes: dict[str, tuple[str, ...]]


def _parse(document: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("not XML") from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("a document type is not accepted")
    return root


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _time(text: str | None) -> float:
    if not text:
        return 0.0
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Malformed(f"not a time: {text[:64]}") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def read_metadata(document: str) -> Metadata:
    """Raises Malformed unless it describes an identity provider with at least one certificate that signs."""
    root = _parse(document.encode())
    if root.tag != f"{METADATA}EntityDescriptor" or not root.get("entityID"):
        raise Malformed("not an EntityDescriptor")
    found: list[str] = []
    for key in root.iterfind(f"{METADATA}IDPSSODescriptor/{METADATA}KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            found += [_pem(_text(each)) for each in key.iterfind(f"{DSIG}KeyInfo/{DSIG}X509Data/{DSIG}X509Certificate")]
    if not found:
        raise Malformed("no certificate that signs")
    return Metadata(root.get("entityID"), tuple(found), _time(root.get("validUntil")))


def _pem(text: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    lines = "\n".join(text.split())
    try:
        certificate = x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode()
        )
    except ValueError:
        raise Malformed("not a certificate") from None
    return certificate.public_bytes(Encoding.PEM).decode()


def read_response(
    response: bytes, certificates: tuple[str, ...], now: float, private_keys: tuple[str, ...] = ()
) -> Assertion:
    """What the response asserts. Raises Malformed, Unsigned when none of the certificates' keys signed it, or
    Undecipherable when it is encrypted, and not for one of the private keys."""
    root = _parse(response)
    if root.tag != f"{PROTOCOL}Response":
        raise Malformed("not a Response")
    names = (f"{SAML}Assertion", f"{SAML}EncryptedAssertion")
    if len([each for each in root if each.tag in names]) != 1 or len(list(root.iter(*names))) != 1:
        raise Malformed("not one Assertion")
    status = root.find(f"{PROTOCOL}Status/{PROTOCOL}StatusCode")
    if status is not None and status.get("Value") != SUCCESS:
        raise Malformed("not a success")
    for certificate in certificates:
        signed = _asserted(root, certificate, now, private_keys)
        if signed is not None:
            return _read_assertion(signed)
    raise Unsigned


def is_encrypted(response: bytes) -> bool:
    return _parse(response).find(f"{SAML}EncryptedAssertion") is not None


def _asserted(root: Any, certificate: str, now: float, private_keys: tuple[str, ...]) -> Any:
    """The assertion as it was signed, with the response around it or by itself; encrypted before or after that."""
    if root.find(f"{DSIG}Signature") is not None:
        whole = _signed(root, "./", certificate, now)
        if whole is None or whole.tag != root.tag:
            return None
        sealed = whole.find(f"{SAML}EncryptedAssertion")
        return whole.find(f"{SAML}Assertion") if sealed is None else _opened(sealed, private_keys)
    sealed = root.find(f"{SAML}EncryptedAssertion")
    if sealed is None:
        found = _signed(root, f"./{SAML}Assertion/", certificate, now)
    else:
        found = _signed(_opened(sealed, private_keys), "./", certificate, now)
    return found if found is not None and found.tag == f"{SAML}Assertion" else None


def _opened(sealed: Any, private_keys: tuple[str, ...]) -> Any:
    assertion = _parse(decrypted(sealed, private_keys))
    if assertion.tag != f"{SAML}Assertion":
        raise Malformed("not an Assertion")
    return assertion


def _signed(root: Any, location: str, certificate: str, now: float) -> Any:
    """The element that the signature at this place covers, as it was signed; None if it is not the certificate's."""
    from lxml.etree import LxmlError
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    expected = SignatureConfiguration(
        location=location, expect_references=1, verification_time=datetime.fromtimestamp(now, UTC)
    )
    try:
        result = XMLVerifier().verify(root, x509_cert=certificate, id_attribute="ID", expect_config=expected)
    except (SignXMLException, LxmlError, ValueError):
        return None
    return getattr(result, "signed_xml", None)


def _read_assertion(assertion: Any) -> Assertion:
    subject = assertion.find(f"{SAML}Subject/{SAML}NameID")
    data = _bearer(assertion)
    conditions = assertion.find(f"{SAML}Conditions")
    session = assertion.find(f"{SAML}AuthnStatement")
    ends = [_time(each.get("NotOnOrAfter")) for each in (data, conditions) if each is not None]
    return Assertion(
        issuer=_text(assertion.find(f"{SAML}Issuer")),
        subject=_text(subject),
        subject_format=subject.get("Format", "") if subject is not None else "",
        recipient=data.get("Recipient", "") if data is not None else "",
        audiences=tuple(
            _text(each) for each in assertion.iterfind(f"{SAML}Conditions/{SAML}AudienceRestriction/{SAML}Audience")
        ),
        issued_at=_time(assertion.get("IssueInstant")),
        not_before=_time(conditions.get("NotBefore")) if conditions is not None else 0.0,
        not_on_or_after=min([end for end in ends if end], default=0.0),
        session_ends_at=_time(session.get("SessionNotOnOrAfter")) if session is not None else 0.0,
        attributes={
            each.get("Name", ""): tuple(_text(value) for value in each.iterfind(f"{SAML}AttributeValue"))
            for each in assertion.iterfind(f"{SAML}AttributeStatement/{SAML}Attribute")
        },
    )


def _bearer(assertion: Any) -> Any:
    for each in assertion.iterfind(f"{SAML}Subject/{SAML}SubjectConfirmation"):
        if each.get("Method") == BEARER:
            return each.find(f"{SAML}SubjectConfirmationData")
    return None
