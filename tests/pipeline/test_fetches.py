"""Fetching from outside: whose certificate is believed, and how much is read."""

import asyncio
import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from skyjar.kernel.outside import Failed, Fetch, Fetched
from skyjar.pipeline import fetches


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = 302 if self.path == "/moved" else 200
        body = b"x" * (fetches.BODY_BYTES + 1) if self.path == "/long" else self.path.encode()
        self.send_response(status)
        self.send_header("Location", "/there")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def served(context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(url: str, *thumbprints: str) -> Fetched | Failed:
    return asyncio.run(fetches.fetch(Fetch(url, thumbprints)))


def certificate(name: str, key: Any, by: Any = None, by_key: Any = None, *, is_authority: bool = False) -> Any:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(named(name)).issuer_name(by.subject if by else named(name))
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    if not is_authority:
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        made = made.add_extension(address, critical=False)
    return made.sign(by_key or key, hashes.SHA256())


def thumbprint(of: Any) -> str:
    return hashlib.sha1(of.public_bytes(Encoding.DER)).hexdigest()


@pytest.fixture
def chain(tmp_path: Path) -> tuple[ssl.SSLContext, Any, Any]:
    """A server's certificate and the authority's that signed it, sent together."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    authority = certificate("authority", keys[0], is_authority=True)
    leaf = certificate("leaf", keys[1], authority, keys[0])
    path = tmp_path / "chain.pem"
    private = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, authority, leaf


def test_a_page_is_read_and_a_redirect_is_not_followed() -> None:
    with served() as port:
        found = fetch(f"http://127.0.0.1:{port}/a?b=c")
        assert isinstance(found, Fetched)
        assert (found.status, found.body) == (200, b"/a?b=c")
        moved = fetch(f"http://127.0.0.1:{port}/moved")
        assert isinstance(moved, Fetched)
        assert moved.status == 302


def test_what_cannot_be_fetched_is_said() -> None:
    with served() as port:
        assert "longer than" in str(fetch(f"http://127.0.0.1:{port}/long"))
    assert "ConnectionRefused" in str(fetch(f"http://127.0.0.1:{port}/"))
    assert "neither http nor https" in str(fetch("file:///etc/passwd"))


def test_a_certificate_must_be_trusted_or_have_its_thumbprint(chain: tuple[ssl.SSLContext, Any, Any]) -> None:
    context, authority, leaf = chain
    with served(context) as port:
        url = f"https://127.0.0.1:{port}/keys"
        for thumbprints in ((), ("ab" * 20,)):
            failed = fetch(url, *thumbprints)
            assert isinstance(failed, Failed)
            assert failed.is_stranger
        for known in (authority, leaf):
            found = fetch(url, "ab" * 20, thumbprint(known).upper())
            assert isinstance(found, Fetched), found
            assert found.body == b"/keys"


def test_a_thumbprint_of_a_certificate_that_vouches_for_nothing_is_worth_nothing(tmp_path: Path) -> None:
    """Anybody can send a known authority's certificate along."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    authority, leaf = certificate("authority", keys[0], is_authority=True), certificate("leaf", keys[1])
    path = tmp_path / "chain.pem"
    private = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with served(context) as port:
        failed = fetch(f"https://127.0.0.1:{port}/", thumbprint(authority))
        assert isinstance(failed, Failed)
        assert failed.is_stranger
