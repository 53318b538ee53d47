"""Documents of strangers: whatever they hold, they are read or refused in our words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyjar.planes.saml import Malformed, Unsigned, read_metadata, read_response

RESPONSE = (
    '<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns="urn:oasis:names:tc:SAML:2.0:assertion">'
    '<Assertion ID="a"><Issuer>x</Issuer><Conditions NotOnOrAfter="never"/></Assertion></p:Response>'
)
PIECES = [
    "<",
    ">",
    "/",
    "&x;",
    "<!DOCTYPE x>",
    "<!--",
    "-->",
    'ID="a"',
    "<Assertion/>",
    "\x00",
    "\ufffe",
    "<?xml encoding='UTF-16'?>",
]


@given(st.integers(0, len(RESPONSE)), st.sampled_from(PIECES), st.integers(0, 20))
def test_a_broken_response_is_refused(at: int, piece: str, cut: int) -> None:
    broken = RESPONSE[:at] + piece + RESPONSE[at + cut :]
    with pytest.raises((Malformed, Unsigned)):
        read_response(broken.encode(), ("not a certificate",), 1_800_000_000.0)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_response_are_refused(document: bytes) -> None:
    with pytest.raises(Malformed):
        read_response(document, (), 0.0)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<a/>",
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>',
        '<!DOCTYPE a [<!ENTITY b "c">]><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>',
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor><KeyDescriptor>'
        '<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>AAAA</X509Certificate></X509Data>'
        "</KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>",
    ],
)
def test_what_describes_no_provider_is_refused(document: str) -> None:
    with pytest.raises(Malformed):
        read_metadata(document)
