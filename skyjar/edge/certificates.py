"""Skyjar's own certificate authority: one authority per directory, and a certificate for each name that is asked for.

authority.pem        the authority's certificate: what clients are told to trust (AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS)
authority.key.pem    its private key and certificate (0600)
names/<name>.pem     a name's private key and certificate chain (0600), renewed before it ends

"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
import ssl
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from skyjar.kernel.certificates import Certified, Certify

AUTHORITY_DAYS = 3650
NAME_DAYS = 397
"""Apple's and the browsers' limit for a server's certificate is 398 days."""
RENEW_DAYS = 30
CONTEXTS_KEPT = 512
"""Names beyond this many get the default certificate: a client must not fill the disk with names."""
DEFAULT_NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")

_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")


class Authority:
    """Loads or makes the authority in `directory`, and keeps one `ssl.SSLContext` per name. A name that `is_plain` speaks no TLS:
    its handshakes fail."""

    def __init__(self, directory: Path, is_plain: Callable[[str], bool] | None = None) -> None:
        self.directory = directory
        self._is_plain = is_plain
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        (directory / "names").mkdir(exist_ok=True, mode=0o700)
        secret = directory / "authority.key.pem"
        if not secret.exists():
            write_once(secret, make_authority())
        pem = secret.read_bytes()
        self._key = _load_key(pem)
        self._certificate = x509.load_pem_x509_certificate(pem)
        self.certificate_path = directory / "authority.pem"
        if not self.certificate_path.exists():
            write_once(self.certificate_path, self._certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
        self._contexts: dict[str, ssl.SSLContext] = {}

    def default_context(self) -> ssl.SSLContext:
        """For clients that name no host, because they call an address; chooses a name's context when one is named."""
        context = self._contexts.get("")
        if context is None:
            context = self._contexts[""] = self._context("default", DEFAULT_NAMES)
            context.sni_callback = self._on_name
        return context

    def _on_name(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        if name is not None:
            if self._is_plain is not None and self._is_plain(name.lower()):
                return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
            connection.context = self.context_for(name)
        return None

    def context_for(self, name: str) -> ssl.SSLContext:
        """The context for a host name: its certificate covers the name and everything directly below it."""
        name = name.lower()
        found = self._contexts.get(name)
        if found is not None:
            return found
        # OpenSSL does not let `*.localhost` stand for a name of two labels, so those get certificates of their own too.
        if name == "localhost" or not _NAME.match(name) or len(self._contexts) >= CONTEXTS_KEPT:
            return self.default_context()
        found = self._contexts[name] = self._context(name, (name, f"*.{name}"))
        return found

    def _context(self, file_name: str, names: Iterable[str]) -> ssl.SSLContext:
        path = self.directory / "names" / f"{file_name}.pem"
        if not path.exists() or not self._is_good(path.read_bytes()):
            path.unlink(missing_ok=True)
            write_once(path, self._make(names))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path)
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context

    def _is_good(self, pem: bytes) -> bool:
        """Signed by this authority and not about to end?"""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            certificate.verify_directly_issued_by(self._certificate)
        except Exception:  # noqa: BLE001 - a broken file is simply made again
            return False
        return certificate.not_valid_after_utc - _now() > datetime.timedelta(days=RENEW_DAYS)

    def _make(self, names: Iterable[str]) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        now = _now()
        begins, ends = now - datetime.timedelta(days=1), now + datetime.timedelta(days=NAME_DAYS - 1)
        return _key_pem(key) + self._sign(key.public_key(), list(names), begins, ends) + self._pem()

    def certify(self, wanted: Certify) -> Certified:
        """A certificate for somebody else's key, with the dates that were asked for."""
        key = serialization.load_pem_public_key(wanted.public_key.encode())
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise TypeError(f"no certificates for a {type(key).__name__}")
        begins, ends = (datetime.datetime.fromtimestamp(at, datetime.UTC) for at in (wanted.begins, wanted.ends))
        signed = self._sign(key, list(wanted.names), begins, ends, wanted.serial)
        return Certified(signed.decode(), self._pem().decode())

    def _sign(
        self,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        names: list[str],
        begins: datetime.datetime,
        ends: datetime.datetime,
        serial: int | None = None,
    ) -> bytes:
        authority_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        is_rsa = isinstance(key, rsa.RSAPublicKey)
        certificate = (
            _builder(key, names[0][:64], self._certificate.subject, begins, ends, serial)
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_key_usage(signs_certificates=False, enciphers_keys=is_rsa), critical=True)
            .add_extension(authority_key_id, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    def _pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)


def make_authority() -> bytes:
    """A new authority: its private key and certificate, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Skyjar local authority")])
    now = _now()
    begins, ends = now - datetime.timedelta(days=1), now + datetime.timedelta(days=AUTHORITY_DAYS - 1)
    certificate = (
        _builder(key.public_key(), "Skyjar local authority", name, begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _key_pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def write_once(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Create the file whole; when another process was first, its file stays."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()


def _builder(
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    name: str,
    issuer: x509.Name,
    begins: datetime.datetime,
    ends: datetime.datetime,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool, enciphers_keys: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=enciphers_keys,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is not an elliptic curve key")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
