"""Finding a REST operation by method, path and query string.

A tree of path segments: at each step a literal segment is tried before a label, and a greedy label last. Operations that
share method and path are told apart by what their templates or models require in the query string and headers; the one
that requires most, and gets it, wins.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from skyjar.wire.http import Request
from skyjar.wire.models import OperationModel, ServiceModel

_LABEL = re.compile(r"\{([^}]+)\}")

# Where two operations require the same, this one is meant less often.
LAST = frozenset({"ListDirectoryBuckets"})


def template_regex(uri: str) -> tuple[re.Pattern[str], list[str]]:
    """A compiled matcher of the path of a URI template, and the names of its labels."""
    path = uri.partition("?")[0].rstrip("/")
    names: list[str] = []

    def label(match: re.Match[str]) -> str:
        name = match.group(1)
        names.append(name.rstrip("+"))
        return "\x00" if name.endswith("+") else "\x01"

    text = re.escape(_LABEL.sub(label, path)).replace("\\\x00", "\x00").replace("\\\x01", "\x01")
    greedy = "\x00" in text
    text = text.replace("\x00", "(.+)").replace("\x01", "([^/]+)")
    return re.compile(text + ("" if greedy and path.endswith("+}") else "/?"), re.DOTALL), names


class Candidate:
    """An operation and what must be there besides its path."""

    __slots__ = (
        "headers",
        "literals",
        "operation",
        "pattern",
        "query",
    )  # pattern: None where any rest of the path fits

    def __init__(self, operation: OperationModel) -> None:
        self.operation = operation
        literal_text = operation.http.request_uri.partition("?")[2]
        pairs = (part.partition("=") for part in literal_text.split("&") if part)
        self.literals = [(name, value) for name, _, value in pairs]
        shape = operation.input_shape
        members = {} if shape is None else {n: m for n, m in shape.members.items() if n in shape.required}
        self.query = [m.wire_name or n for n, m in members.items() if m.location == "querystring"]
        self.headers = [(m.wire_name or n).lower() for n, m in members.items() if m.location == "header"]
        path = operation.http.request_uri.partition("?")[0]
        self.pattern = None if path.endswith("+}") else template_regex(path)[0]

    @property
    def rank(self) -> tuple[int, int, int, int, bool, bool, str]:
        """Sorts the most demanding first; of templates with a greedy label, the one that goes on longest after it."""
        path = self.operation.http.request_uri.partition("?")[0]
        last = self.operation.name in LAST
        wanted = (-len(self.literals), -len(self.query), -len(self.headers))
        return (-len(path.partition("+}")[2]), *wanted, self.operation.deprecated, last, self.operation.name)

    def literal(self, query: dict[str, str]) -> bool:
        return all(name in query and (not value or query[name] == value) for name, value in self.literals)

    def satisfied(self, headers: dict[str, str], query: dict[str, str]) -> bool:
        for name in self.query:
            if name not in query:
                return False
        for name in self.headers:  # noqa: SIM110 - every REST request comes by here
            if name not in headers:
                return False
        return True


class Choices:
    """Operations that share method and path, the most demanding first; `plain`, those that ask for nothing in the query."""

    __slots__ = ("all", "plain")

    def __init__(self) -> None:
        self.all: list[Candidate] = []
        self.plain: list[Candidate] = []

    def add(self, candidate: Candidate) -> None:
        self.all.append(candidate)
        self.all.sort(key=lambda one: one.rank)
        self.plain = [one for one in self.all if not one.literals]


class Node:
    __slots__ = ("greedy", "label", "leaves", "literals", "mixed")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.mixed: list[tuple[re.Pattern[str], Node]] = []
        self.label: Node | None = None
        self.greedy: dict[str, Choices] = {}
        self.leaves: dict[str, Choices] = {}

    def child(self, segment: str) -> Node:
        if "{" not in segment:
            return self.literals.setdefault(unquote(segment), Node())
        if _LABEL.fullmatch(segment):
            self.label = self.label or Node()
            return self.label
        pattern = template_regex(segment)[0]
        for known, node in self.mixed:
            if known.pattern == pattern.pattern:
                return node
        self.mixed.append((pattern, Node()))
        return self.mixed[-1][1]


def query_names(query: str) -> dict[str, str]:
    rows = (part.partition("=") for part in query.split("&") if part)
    return {unquote(name): unquote(value) for name, _, value in rows}


class Routes:
    """The routes of one service."""

    def __init__(self, model: ServiceModel) -> None:
        self._root = Node()
        for name in model.operations:
            self._add(Candidate(model.operation(name)))

    def _add(self, candidate: Candidate) -> None:
        http = candidate.operation.http
        path = http.request_uri.partition("?")[0]
        node = self._root
        leaves = None
        for segment in path.strip("/").split("/") if path.strip("/") else ():
            if "+}" in segment:
                leaves = node.greedy
                break
            node = node.child(segment)
        leaves = node.leaves if leaves is None else leaves
        leaves.setdefault(http.method, Choices()).add(candidate)

    def find(self, request: Request) -> OperationModel | None:
        segments = request.path.split("/")[1:]
        query = query_names(request.query) if request.query else {}
        node, at = self._root, 0
        # Where there is one way on, as from a bucket to its keys, nothing has to be tried.
        while len(segments) > at + 1 and node.label is not None and not (node.mixed or node.greedy):
            segment = segments[at]
            if not segment or "%" in segment or segment in node.literals:
                break
            node, at = node.label, at + 1
        return self._walk(node, segments, at, request, query)

    def _walk(
        self, node: Node, segments: list[str], at: int, request: Request, query: dict[str, str]
    ) -> OperationModel | None:
        if at == len(segments) or (at == len(segments) - 1 and not segments[at]):
            return choose(node.leaves.get(request.method), request, query)
        if not (node.literals or node.mixed) and node.label is None:
            return choose(node.greedy.get(request.method), request, query, request.path)
        segment = unquote(segments[at]) if "%" in segments[at] else segments[at]
        nexts = [node.literals.get(segment)]
        if segment:
            nexts += [below for pattern, below in node.mixed if pattern.fullmatch(segment)]
            nexts.append(node.label)
        for below in nexts:
            if below is not None:
                found = self._walk(below, segments, at + 1, request, query)
                if found is not None:
                    return found
        return choose(node.greedy.get(request.method), request, query, request.path)


def choose(
    choices: Choices | None, request: Request, query: dict[str, str], path: str | None = None
) -> OperationModel | None:
    """The most demanding candidate that gets what it requires; else the one whose template fits and requires least. What is named in
    the query is meant, whatever else it lacks."""
    if choices is None:
        return None
    last = None
    headers = request.headers
    for one in choices.all if query else choices.plain:
        if one.literals:
            if not one.literal(query):
                continue
        elif last is not None and last.literals:
            break
        if path is None or one.pattern is None or one.pattern.fullmatch(path):
            if one.satisfied(headers, query):
                return one.operation
            last = one
    return last.operation if last is not None else None
