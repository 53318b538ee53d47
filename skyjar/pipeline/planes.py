"""Data planes by host name or path: which service's endpoint answers a request that is no AWS operation."""

from __future__ import annotations

import re

from skyjar.kernel import service as services
from skyjar.kernel.service import Endpoint
from skyjar.wire.http import Request

_LABEL = re.compile(r"\\\{([a-z_]+)(\\\+)?\\\}")


def host_of(request: Request) -> str:
    """The name without the port."""
    name, _, port = request.host.rpartition(":")
    return name if port.isdigit() else request.host


class Planes:
    """Compiled on first use; the services that have an `endpoints.py` are loaded then."""

    def __init__(self) -> None:
        self._hosts: list[tuple[re.Pattern[str], Endpoint]] | None = None
        self._paths: list[tuple[re.Pattern[str], Endpoint]] = []
        self.prefixes: tuple[str, ...] = ("/_aws/", "/execute-api/", "/restapis/")

    def find(self, request: Request) -> list[tuple[Endpoint, dict[str, str]]]:
        """The endpoints that may answer, with their labels; each is asked until one does."""
        if self._hosts is None:
            self._compile()
        assert self._hosts is not None
        host = host_of(request)
        found = [
            (endpoint, {**match.groupdict(), "path": request.path})
            for pattern, endpoint in self._hosts
            if (match := pattern.match(host)) is not None
        ]
        if found or not request.path.startswith(self.prefixes):
            return found
        return self.at(request.path)

    def at(self, path: str) -> list[tuple[Endpoint, dict[str, str]]]:
        """The endpoints of that path."""
        if self._hosts is None:
            self._compile()
        return [
            (endpoint, {**match.groupdict(), "path": "/" + (match.groupdict().get("path") or ""), "base": path})
            for pattern, endpoint in self._paths
            if (match := pattern.match(path)) is not None
        ]

    def is_plain(self, host: str) -> bool:
        """Whether what answers by that name does not speak TLS."""
        if self._hosts is None:
            self._compile()
        return any(endpoint.is_plain and pattern.match(host) for pattern, endpoint in self._hosts or ())

    def _compile(self) -> None:
        self._hosts = []
        for service in services.having("endpoints.py"):
            for endpoint in service.endpoints:
                self._hosts += [(_pattern(host, r"[^.]+"), endpoint) for host in endpoint.hosts]
                self._paths += [(_pattern(path, r"[^/]+"), endpoint) for path in endpoint.paths]


def _pattern(template: str, label: str) -> re.Pattern[str]:
    def replace(match: re.Match[str]) -> str:
        return f"(?P<{match[1]}>{'.*' if match[2] else label})"

    return re.compile(_LABEL.sub(replace, re.escape(template)) + "$")
