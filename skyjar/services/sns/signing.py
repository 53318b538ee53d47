"""Signatures of notifications, with a certificate that the cloud serves itself.

Source: Developer Guide, "Verifying the signatures of Amazon SNS messages": version 1 is RSA with SHA-1, version 2 with
SHA-256, over the names and values of certain members, each on a line of its own.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Place

from . import state
from .state import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_YEARS = 10


def signer(call: Call) -> Signer:
    """The cloud's signer, made when it is first wanted."""
    at = Place(call.tx, "", "")
    found = state.signers.get(at, "")
    if found is None:
        found = _make(call)
        state.signers.put(at, found)
    return found


def _make(call: Call) -> Signer:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begins = datetime.fromtimestamp(call.now, UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(call.chance.hex(30), 16) | 1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("sns.amazonaws.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signer(id="", key=der, certificate=certificate.public_bytes(serialization.Encoding.PEM).decode())


@lru_cache(4)
def _key(der: bytes) -> RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@lru_cache(4)
def fingerprint(certificate: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex()[:32]


def certificate_url(call: Call, found: Signer, region: str) -> str:
    """Of https, which validators insist on."""
    endpoint = call.endpoint.replace("http://", "https://", 1)
    return f"{endpoint}/_aws/sns/{region}/SimpleNotificationService-{fingerprint(found.certificate)}.pem"


def sign(found: Signer, version: str, message: dict[str, str | None]) -> str:
    """The signature, in base64, of a message with AWS's member names."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    names = _NOTIFICATION if message["Type"] == "Notification" else _CONFIRMATION
    lines = [f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None]
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - what version 1 is
    return b64encode(_key(found.key).sign("".join(lines).encode(), padding.PKCS1v15(), digest)).decode()
