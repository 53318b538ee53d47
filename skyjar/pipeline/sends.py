"""Sends HTTP requests to other servers: notifications, events. In threads of their own with the standard library's client,
so that slow servers hold up nothing but each other. No redirects, no proxies."""

from __future__ import annotations

import asyncio
import ssl
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from skyjar.kernel.outside import Failed, Send, Sent

AT_ONCE = 32
BODY_BYTES = 1_048_576


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send")


async def send(request: Send) -> Sent | Failed:
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(_threads(), _send, request), request.timeout_s + 1)
    except (OSError, HTTPException, ValueError, TimeoutError) as error:
        return Failed(f"{request.url}: {type(error).__name__}: {error}")


def _send(request: Send) -> Sent:
    address = urllib.parse.urlsplit(request.url)
    if address.scheme not in ("http", "https"):
        raise ValueError(f"neither http nor https: {address.scheme}")
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    connection = _connection(address.scheme, address.hostname or "", address.port, request.timeout_s)
    try:
        connection.request(request.method, path, request.body or None, request.headers)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Sent(response.status, headers, response.read(BODY_BYTES))
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None, timeout_s: float) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, port, timeout=timeout_s)
    return HTTPSConnection(host, port, timeout=timeout_s, context=ssl.create_default_context())
