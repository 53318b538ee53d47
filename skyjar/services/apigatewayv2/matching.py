"""Which route a request takes: the most specific one, as API Gateway documents it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from skyjar.planes.http_proxy import match, specificity

from .state import Route


def choose(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route and its path parameters. A full match beats `{proxy+}`, a method beats ANY, `$default` comes last."""
    best: tuple[tuple[int, ...], Route, dict[str, str]] | None = None
    for route in routes:
        if route.key == "$default":
            rank: tuple[int, ...] = (0,)
            parameters: dict[str, str] | None = {}
        else:
            wanted, _, template = route.key.partition(" ")
            if wanted not in (method, "ANY"):
                continue
            parameters = match(template, path)
            rank = (1, *specificity(template), int(wanted != "ANY"))
        if parameters is not None and (best is None or rank > best[0]):
            best = (rank, route, parameters)
    return (best[1], best[2]) if best is not None else None
