"""Which route a request takes: the most specific one, as API Gateway documents it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

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


def match(template: str, path: str) -> dict[str, str] | None:
    """The parameters, decoded, when the path is one of the template's."""
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    found: dict[str, str] = {}
    for index, part in enumerate(wanted):
        if part.endswith("+}"):
            rest = "/".join(given[index:])
            if not rest:
                return None
            found[part[1:-2]] = unquote(rest)
            return found
        if index >= len(given):
            return None
        if part.startswith("{") and part.endswith("}"):
            if not given[index]:
                return None
            found[part[1:-1]] = unquote(given[index])
        elif part != given[index] and part != unquote(given[index]):
            return None
    return found if len(wanted) == len(given) else None


def specificity(template: str) -> tuple[int, int, int]:
    """Not greedy, then fewer variables, then longer."""
    parts = template.strip("/").split("/")
    return (
        int(not any(part.endswith("+}") for part in parts)),
        -sum(part.startswith("{") for part in parts),
        len(parts),
    )
