"""Fetches public documents for operations: keys of identity providers.

In a thread with the standard library's client, because such fetches are rare and short: five seconds and a megabyte at
most, no redirects, no proxies.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from skyjar.kernel.outside import Failed, Fetch, Fetched

TIMEOUT_S = 5.0
BODY_BYTES = 1_048_576


async def fetch(request: Fetch) -> Fetched | Failed:
    try:
        return await asyncio.to_thread(_fetch, request)
    except ssl.SSLCertVerificationError as error:
        failed = Failed(f"the certificate of {request.url} is not trusted: {error.verify_message}")
        failed.is_stranger = True
        return failed
    except (OSError, HTTPException, ValueError) as error:
        return Failed(f"{request.url}: {type(error).__name__}: {error}")


def _fetch(request: Fetch) -> Fetched:
    address = urlsplit(request.url)
    host = address.hostname or ""
    path = address.path or "/"
    if address.query:
        path += "?" + address.query
    if address.scheme == "http":
        return _get(HTTPConnection(host, address.port, timeout=TIMEOUT_S), path)
    if address.scheme != "https":
        raise ValueError(f"neither http nor https: {address.scheme}")
    try:
        return _get(_secure(host, address.port, ssl.create_default_context()), path)
    except ssl.SSLCertVerificationError:
        pinned = _pinned(host, address.port or 443, request.thumbprints)
        if pinned is None:
            raise
        return _get(_secure(host, address.port, pinned), path)


def _secure(host: str, port: int | None, context: ssl.SSLContext) -> HTTPSConnection:
    return HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)


def _get(connection: HTTPConnection, path: str) -> Fetched:
    try:
        connection.request("GET", path, headers={"Accept": "application/json", "User-Agent": "skyjar"})
        response = connection.getresponse()
        body = response.read(BODY_BYTES + 1)
    finally:
        connection.close()
    if len(body) > BODY_BYTES:
        raise ValueError(f"longer than {BODY_BYTES} bytes")
    return Fetched(response.status, body)


def _pinned(host: str, port: int, thumbprints: tuple[str, ...]) -> ssl.SSLContext | None:
    """A context whose one authority is the certificate of the server's chain that has one of the thumbprints; OpenSSL
    then checks, in a connection of its own, that it vouches for the server."""
    if not thumbprints:
        return None
    wanted = {thumbprint.lower() for thumbprint in thumbprints}
    for der in _chain(host, port):
        if hashlib.sha1(der).hexdigest() in wanted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.load_verify_locations(cadata=der)
            return context
    return None


def _chain(host: str, port: int) -> list[bytes]:
    """The certificates that the server sends, as DER, unverified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = _secure(host, port, context)
    try:
        connection.connect()
        inner = getattr(connection.sock, "_sslobj")  # noqa: B009 - public only from Python 3.13 on
        sent = inner.get_unverified_chain() or []
        return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in sent]
    finally:
        connection.close()
