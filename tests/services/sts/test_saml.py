"""SAML: what a signed response is worth, and that nothing of an unsigned, moved or wrapped one is believed."""

import copy
import json
import os
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from skyjar.kernel import credentials
from skyjar.kernel.errors import AWSError

ACCOUNT = "111122223333"
IDP = "https://idp.example.com/saml"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
RECIPIENT = "https://signin.aws.amazon.com/saml"


class Signer:
    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = made.serial_number(7).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        self.certificate = made.not_valid_after(datetime(2040, 1, 1, tzinfo=UTC)).sign(self.key, hashes.SHA256())

    def sign(self, element: Any) -> Any:
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(element, key=self.key, cert=[self.certificate], reference_uri="#" + element.get("ID"))


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def metadata(signer: Signer) -> str:
    certificate = b64encode(signer.certificate.public_bytes(Encoding.DER)).decode()
    return f"""<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{IDP}">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
      <X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{IDP}/sso"/>
  </IDPSSODescriptor>
</EntityDescriptor>"""


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(now: float, *, subject: str = "ann", audience: str = "urn:amazon:webservices", **more: Any) -> str:
    values = {"Role": f"{ROLE},{PROVIDER}", "RoleSessionName": "ann@example.com", **more.get("attributes", {})}
    attributes = "".join(
        f'<Attribute Name="https://aws.amazon.com/SAML/Attributes/{name}"><AttributeValue>{value}</AttributeValue>'
        "</Attribute>"
        for name, value in values.items()
        if value
    )
    attributes += (
        '<Attribute Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.1"><AttributeValue>staff</AttributeValue></Attribute>'
    )
    return f"""<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0"
      IssueInstant="{iso(now)}"><Issuer>{more.get("issuer", IDP)}</Issuer>
    <Subject><NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</NameID>
    <SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData
      NotOnOrAfter="{iso(now + 300)}" Recipient="{more.get("recipient", RECIPIENT)}"/></SubjectConfirmation></Subject>
    <Conditions NotBefore="{iso(now - 60)}" NotOnOrAfter="{iso(now + 300)}"><AudienceRestriction>
      <Audience>{audience}</Audience></AudienceRestriction></Conditions>
    <AuthnStatement AuthnInstant="{iso(now)}" SessionNotOnOrAfter="{iso(now + more.get("lasts", 36000))}"/>
    <AttributeStatement>{attributes}</AttributeStatement></Assertion>"""


def response(inner: str, signer: Signer | None, *, whole: bool = False) -> str:
    """Encoded as a client sends it; the assertion signed, or the whole response."""
    made = etree.fromstring(inner)
    if signer is not None and not whole:
        made = signer.sign(made)
    outer = etree.fromstring(
        b'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0"><p:Status>'
        b'<p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status></p:Response>'
    )
    outer.append(made)
    if signer is not None and whole:
        outer = signer.sign(outer)
    return encoded(etree.tostring(outer))


def encoded(document: bytes) -> str:
    return b64encode(document).decode()


@pytest.fixture
def trusting(desk: Any, signer: Signer) -> Callable[..., None]:
    desk.ask("iam").create_saml_provider(name="corp", saml_metadata_document=metadata(signer))

    def make(conditions: dict[str, Any] | None = None, *actions: str) -> None:
        statement = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}}
        statement |= {"Action": ["sts:AssumeRoleWithSAML", *actions], "Condition": conditions or {}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        desk.ask("iam").create_role(role_name="r", assume_role_policy_document=trust)

    return make


def assume(desk: Any, given: str, **more: Any) -> dict[str, Any]:
    sts = desk.ask("sts")
    parameters = {"role_arn": ROLE, "principal_arn": PROVIDER, "saml_assertion": given, **more}
    found: dict[str, Any] = sts.assume_role_with_saml(**parameters)
    return found


def refused(desk: Any, given: str, **more: Any) -> str:
    with pytest.raises(AWSError) as caught:
        assume(desk, given, **more)
    return f"{caught.value.code}: {caught.value.message}"


@pytest.mark.parametrize("whole", [False, True])
def test_a_signed_response_is_worth_a_session(
    desk: Any, signer: Signer, trusting: Callable[..., None], whole: bool
) -> None:
    trusting({"StringEquals": {"SAML:aud": RECIPIENT, "SAML:sub_type": "persistent", "SAML:iss": IDP}})
    answer = assume(desk, response(assertion(desk.clock.now()), signer, whole=whole))
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/ann@example.com"
    assert (answer["Subject"], answer["SubjectType"], answer["Issuer"]) == ("ann", "persistent", IDP)
    assert answer["Audience"] == RECIPIENT
    assert answer["Credentials"]["Expiration"] == desk.clock.now() + 3600


def test_what_the_assertion_says_is_judged_and_kept(desk: Any, signer: Signer, trusting: Callable[..., None]) -> None:
    trusting(
        {
            "StringEquals": {"aws:RequestTag/team": "red"},
            "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"},
        },
        "sts:TagSession",
    )
    now = desk.clock.now()
    assert refused(desk, response(assertion(now), signer)).startswith("AccessDenied: Not authorized to perform")
    answer = assume(desk, response(assertion(now, attributes={"PrincipalTag:team": "red"}, lasts=1200), signer))
    assert answer["Credentials"]["Expiration"] == now + 1200
    key = answer["Credentials"]["AccessKeyId"]
    held = desk.store.transact(lambda tx: credentials.find(tx, key)).principal
    assert dict(held.session_tags) == {"team": "red"}
    assert dict(held.session_context)["saml:sub"] == "ann"


def test_what_is_not_of_the_provider_is_refused(desk: Any, signer: Signer, trusting: Callable[..., None]) -> None:
    trusting()
    now = desk.clock.now()
    invalid = "InvalidIdentityToken: "
    signature = invalid + "Response signature invalid"
    for given, message in [
        (response(assertion(now), None), signature),
        (response(assertion(now), Signer()), signature),
        (response(assertion(now, issuer="https://other.example.com"), signer), invalid + "Issuer not present in"),
        (response(assertion(now, audience="urn:other"), signer), invalid + "Response does not contain the required"),
        (
            response(assertion(now, recipient="https://evil.example/saml"), signer),
            invalid + "Response does not contain",
        ),
        (response(assertion(now - 900), signer), "ExpiredTokenException: Token must be redeemed within 5 minutes"),
        (
            response(assertion(now, attributes={"Role": ""}), signer),
            "AccessDenied: Not authorized to perform sts:Assum",
        ),
        (response(assertion(now, attributes={"RoleSessionName": ""}), signer), invalid + "RoleSessionName is required"),
        (response(assertion(now, attributes={"RoleSessionName": "a b"}), signer), invalid + "RoleSessionName in Authn"),
        (encoded(b"<x/>"), invalid + "Invalid SAML response"),
        ("%%%%", invalid + "Invalid SAML response"),
    ]:
        assert refused(desk, given).startswith(message), message
    other = {"principal_arn": PROVIDER + "x"}
    assert refused(desk, response(assertion(now), signer), **other) == invalid + "Specified provider doesn't exist"


def wrapped(now: float, signer: Signer, place: str) -> bytes:
    """A forged assertion where it is looked for, and the signed one where it is not."""
    good = signer.sign(etree.fromstring(assertion(now)))
    forged = etree.fromstring(assertion(now, subject="root").replace('ID="_a1"', 'ID="_a2"'))
    outer = etree.fromstring(b'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1"/>')
    signature = good.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    if place == "beside":
        outer.extend([forged, good])
    elif place == "inside":
        forged.append(good)
        outer.append(forged)
    elif place == "extension":
        etree.SubElement(outer, "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions").append(good)
        outer.append(forged)
    elif place == "object":
        forged.append(signature)
        etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object").append(good)
        outer.append(forged)
    else:
        good.find(".//{*}NameID").text = "root"
        outer.append(good)
    return etree.tostring(outer)


@pytest.mark.parametrize("place", ["beside", "inside", "extension", "object", "changed"])
def test_a_wrapped_assertion_is_not_believed(
    desk: Any, signer: Signer, trusting: Callable[..., None], place: str
) -> None:
    trusting()
    assert refused(desk, encoded(wrapped(desk.clock.now(), signer, place))).startswith("InvalidIdentityToken")


def test_entities_and_comments_do_nothing(desk: Any, signer: Signer, trusting: Callable[..., None]) -> None:
    trusting()
    now = desk.clock.now()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]><x>&a;&f;</x>'
    assert refused(desk, encoded(bomb)) == "InvalidIdentityToken: Invalid SAML response"
    with pytest.raises(AWSError, match="Could not parse metadata"):
        document = metadata(signer).replace("<Entity", '<!DOCTYPE x [<!ENTITY a "b">]><Entity', 1)
        desk.ask("iam").create_saml_provider(name="other", saml_metadata_document=document)
    split = assertion(now, subject="ann<!-- -->@evil.example")
    assert assume(desk, response(split, signer))["Subject"] == "ann@evil.example"


def encrypted(assertion: Any, key: Any, mode: str = "gcm") -> Any:
    """The assertion as a provider encrypts it for a private key."""
    secret, nonce = os.urandom(32), os.urandom(12 if mode == "gcm" else 16)
    text = etree.tostring(assertion)
    if mode == "gcm":
        sealed = nonce + AESGCM(secret).encrypt(nonce, text, None)
        algorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    else:
        size = 16 - len(text) % 16
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(nonce)).encryptor()
        sealed = nonce + encryptor.update(text + os.urandom(size - 1) + bytes([size])) + encryptor.finalize()
        algorithm = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
    wrapped_key = key.public_key().encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))
    return etree.fromstring(
        f"""<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><x:EncryptedData
        xmlns:x="http://www.w3.org/2001/04/xmlenc#"><x:EncryptionMethod Algorithm="{algorithm}"/>
        <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><x:EncryptedKey>
        <x:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>
        <x:CipherData><x:CipherValue>{b64encode(wrapped_key).decode()}</x:CipherValue></x:CipherData></x:EncryptedKey>
        </KeyInfo><x:CipherData><x:CipherValue>{b64encode(sealed).decode()}</x:CipherValue></x:CipherData>
        </x:EncryptedData></EncryptedAssertion>"""
    )


def private(key: Any) -> str:
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text.decode()


@pytest.mark.parametrize("mode", ["gcm", "cbc"])
def test_an_assertion_may_be_encrypted_before_or_after_it_is_signed(
    desk: Any, signer: Signer, trusting: Callable[..., None], mode: str
) -> None:
    trusting()
    iam, now = desk.ask("iam"), desk.clock.now()
    ours, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    outer = etree.fromstring(b'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1"/>')
    inner = etree.fromstring(assertion(now))
    after = copy.deepcopy(outer)
    after.append(encrypted(signer.sign(copy.deepcopy(inner)), ours, mode))
    before = copy.deepcopy(outer)
    before.append(encrypted(inner, ours, mode))
    before = signer.sign(before)
    unsigned = copy.deepcopy(outer)
    unsigned.append(encrypted(inner, ours, mode))
    cannot = "InvalidIdentityToken: Unable to decrypt the SAML assertion."
    assert refused(desk, encoded(etree.tostring(after))) == cannot
    iam.update_saml_provider(saml_provider_arn=PROVIDER, add_private_key=private(other))
    assert refused(desk, encoded(etree.tostring(after))) == cannot
    iam.update_saml_provider(saml_provider_arn=PROVIDER, add_private_key=private(ours))
    for given in (after, before):
        assert assume(desk, encoded(etree.tostring(given)))["Subject"] == "ann"
    signature = "InvalidIdentityToken: Response signature invalid"
    assert refused(desk, encoded(etree.tostring(unsigned))) == signature
    plain = response(assertion(now), signer)
    assert assume(desk, plain)
    iam.update_saml_provider(saml_provider_arn=PROVIDER, assertion_encryption_mode="Required")
    assert refused(desk, plain) == "InvalidIdentityToken: The SAML provider requires encrypted assertions."


def test_private_keys_of_a_provider(desk: Any, signer: Signer) -> None:
    iam = desk.ask("iam")
    create = {"name": "corp", "saml_metadata_document": metadata(signer)}
    for more, message in [
        ({"add_private_key": "rubbish"}, "Invalid private key."),
        ({"assertion_encryption_mode": "Required"}, "Unable to set assertion encryption mode to Required"),
    ]:
        with pytest.raises(AWSError, match=message):
            iam.create_saml_provider(**create, **more)
    key = private(rsa.generate_private_key(65537, 2048))
    iam.create_saml_provider(**create, assertion_encryption_mode="Required", add_private_key=key)
    found = iam.get_saml_provider(saml_provider_arn=PROVIDER)
    (held,) = found["PrivateKeyList"]
    assert (found["AssertionEncryptionMode"], "BEGIN" in str(held)) == ("Required", False)
    change = {"saml_provider_arn": PROVIDER}
    iam.update_saml_provider(**change, add_private_key=key)
    for more, message in [
        ({}, "No updates are defined"),
        ({"add_private_key": key}, "Private key limit of 2 is reached"),
        ({"remove_private_key": "X" * 22}, "the Key ID does not match a private key"),
        ({"remove_private_key": held["KeyId"], "add_private_key": key}, "Unable to add and remove private keys"),
    ]:
        with pytest.raises(AWSError, match=message):
            iam.update_saml_provider(**change, **more)
    iam.update_saml_provider(**change, remove_private_key=held["KeyId"])
    assert len(iam.get_saml_provider(**change)["PrivateKeyList"]) == 1
