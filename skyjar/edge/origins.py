"""Which hosts and which browsers' origins the edge lets through.

A page of a foreign site that is open in the developer's browser can send requests to loopback, and since everybody
knows the keys `test`/`test` it could even sign them. Two rules stop it:

- A request that a browser marks as foreign (`Origin`, or `Sec-Fetch-Site: cross-site`) gets 403.
- A host name that a stranger's DNS may point at loopback (DNS rebinding) gets 400: only addresses, labels before an address
  (what SDKs put before their endpoint's host), single labels (`skyjar` in a compose file), names under special-use domains, and
  AWS's own domains are answered.

Data planes whose users choose names and origins (buckets with CORS, custom domains) open this for their own hosts: the
application's optional `allows_origin(request, origin) -> bool` and `allows_host(host) -> bool` are asked before refusing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from skyjar.wire.http import Application, Request

LOCAL_SUFFIXES = (".localhost", ".test", ".local", ".internal", ".lan", ".home.arpa", ".example", ".invalid")
"""Nobody can register these (RFC 6761, RFC 8375, RFC 6762), so no stranger's DNS can point them here."""
AWS_SUFFIXES = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".on.aws",
    ".amazoncognito.com",
    ".cloudfront.net",
    ".awsapps.com",
    ".localhost.localstack.cloud",
)
"""Names that AWS (and LocalStack, for its fixed 127.0.0.1 name) answers for; Skyjar's own DNS server may too."""
KNOWN_HOSTS_KEPT = 4096

_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})))(?::([0-9]{1,5}))?\Z")
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")


def host_name(host: str) -> str | None:
    """The lower-case name or address in a `Host` header, without port and brackets; None when it is malformed."""
    match = _HOST.match(host)
    if match is None or (match[3] is not None and int(match[3]) > 65535):
        return None
    name: str = match[1] or match[2]
    if match[2] is not None and (".." in name or len(name) > 253):
        return None
    return name.lower().rstrip(".")


def is_own_name(name: str) -> bool:
    """Can no stranger make this name point at us?"""
    if (
        "." not in name or ":" in name or name.rpartition(".")[2].isdecimal()
    ):  # no domain of the Internet ends in a number
        return True
    return name.endswith(LOCAL_SUFFIXES) or name.endswith(AWS_SUFFIXES) or name == "localhost.localstack.cloud"


def is_local_name(name: str) -> bool:
    """Loopback by name or address: whose pages may call us."""
    return name in ("localhost", "::1") or name.endswith(".localhost") or bool(_IPV4.match(name) and name[:4] == "127.")


class Origins:
    """The judge of hosts and origins; `listed_origins` (`https://app.example.org`, `null`) and `listed_hosts` are let in."""

    def __init__(self, listed_origins: Iterable[str] = (), listed_hosts: Iterable[str] = ()) -> None:
        self.listed_origins = frozenset(origin.lower().rstrip("/") for origin in listed_origins)
        self.listed_hosts = frozenset(host.lower() for host in listed_hosts)
        self.known_hosts: set[str] = set()
        """`Host` headers already found good by name alone: one look-up on the hot path."""

    def refusal_of_host(self, application: Application, host: str) -> str | None:
        """Why this `Host` is refused, in a sentence; None when it is fine."""
        name = host_name(host)
        if name is None:
            return "The Host header is missing or malformed."
        if is_own_name(name) or name in self.listed_hosts:
            if len(self.known_hosts) < KNOWN_HOSTS_KEPT:
                self.known_hosts.add(host)
            return None
        allows = getattr(application, "allows_host", None)
        if allows is not None and allows(name):
            return None
        return "This host name is not one of Skyjar's: list it as an allowed host."

    def refusal_of_origin(self, application: Application, request: Request) -> str | None:
        """Why a browser's request is refused; None when it comes from a local page, from no page, or from a listed one."""
        origin = foreign_origin(request)
        if origin is None or origin.lower() in self.listed_origins:
            return None
        allows = getattr(application, "allows_origin", None)
        if allows is not None and allows(request, origin):
            return None
        return "Requests from pages of other sites are refused: list their origin as an allowed one."


def foreign_origin(request: Request) -> str | None:
    """The origin of the page that sent this, if it is neither local nor the very host that is asked."""
    headers = request.headers
    origin = headers.get("origin")
    if origin is None:
        if headers.get("sec-fetch-site") != "cross-site":
            return None
        # Images, scripts, frames and links carry no Origin; the browser's Referer, if there is one, says who asks.
        origin = "/".join(headers.get("referer", "null").split("/")[:3])
    name = host_name(origin.partition("://")[2])
    if name is None or origin.lower() == "null":
        return origin
    if is_local_name(name) or name == host_name(request.host):
        return None
    return origin
