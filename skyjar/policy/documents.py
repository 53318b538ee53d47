"""Policy documents: compiled once per content, kept in a bounded cache, never changed."""

import threading
from collections import OrderedDict
from typing import Any, Literal

from . import grammar
from .errors import SYNTAX, MalformedPolicy
from .statements import Statement
from .texts import MOST_STATEMENTS, parse, text_of

CACHED_CHARS = 16_000_000
CACHED_ACTIONS = 512  # per document

ELEMENTS = {"Version", "Id", "Statement"}
VERSIONS = ("2008-10-17", "2012-10-17")

PolicyKind = Literal["identity", "managed", "resource", "trust", "boundary", "session", "scp", "rcp"]
Selected = tuple[tuple[Statement, ...], tuple[Statement, ...]]


class Document:
    """A compiled policy. `text` is what it was compiled from."""

    __slots__ = ("_selected", "id", "statements", "text", "version")

    def __init__(self, text: str) -> None:
        self.text = text
        source = parse(text)
        if not set(source) <= ELEMENTS or "Statement" not in source:
            raise MalformedPolicy(SYNTAX)
        self.version = source.get("Version", VERSIONS[0])
        self.id = source.get("Id", "")
        if self.version not in VERSIONS or type(self.id) is not str:
            raise MalformedPolicy(SYNTAX)
        found = source["Statement"] if isinstance(source["Statement"], list) else [source["Statement"]]
        if len(found) > MOST_STATEMENTS:
            raise MalformedPolicy(SYNTAX)
        self.statements = tuple(Statement(index, each, self.version) for index, each in enumerate(found))
        self._selected: dict[str, Selected] = {}

    def select(self, action_key: str) -> Selected:
        """The Deny and the Allow statements whose action element covers the action, given in lower case."""
        selected = self._selected.get(action_key)
        if selected is None:
            covering = [each for each in self.statements if each.does_action(action_key)]
            selected = (
                tuple(each for each in covering if not each.is_allow),
                tuple(each for each in covering if each.is_allow),
            )
            if len(self._selected) >= CACHED_ACTIONS:
                self._selected.clear()
            self._selected[action_key] = selected
        return selected

    def context_keys(self) -> set[str]:
        """The condition keys (lower case) that a decision may depend on, those of variables included."""
        keys: set[str] = set()
        for statement in self.statements:
            keys |= statement.variable_keys
            for condition in statement.conditions:
                keys |= {condition.key, *condition.variable_keys}
        return keys


class _Cache:
    """The documents used last, up to a total length of text."""

    def __init__(self, limit_chars: int) -> None:
        self._limit_chars = limit_chars
        self._size_chars = 0
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> Document | None:
        with self._lock:
            document = self._documents.get(text)
            if document is not None:
                self._documents.move_to_end(text)
            return document

    def put(self, document: Document) -> Document:
        with self._lock:
            if document.text not in self._documents:
                self._documents[document.text] = document
                self._size_chars += len(document.text)
            while self._size_chars > self._limit_chars:
                text, _ = self._documents.popitem(last=False)
                self._size_chars -= len(text)
        return document


_cache = _Cache(CACHED_CHARS)


def compile_document(text: str | bytes | dict[str, Any]) -> Document:
    """The compiled document; raises MalformedPolicy with IAM's sentence. Accepts what any kind of policy may contain."""
    if not isinstance(text, str):
        text = text_of(text)
    return _cache.get(text) or _cache.put(Document(text))


def validate(text: str | bytes | dict[str, Any], kind: PolicyKind, *, size_limit: int | None = None) -> Document:
    """The compiled document, if AWS would accept it as a policy of this kind; raises MalformedPolicy or PolicyTooLarge.

    `size_limit` replaces the kind's own quota, e.g. 2048 for the inline policies of a user.
    """
    text = text_of(text)
    grammar.check_size(text, kind, size_limit)
    document = compile_document(text)
    grammar.check(document.statements, parse(text), kind)
    return document


def canonical(document: Document) -> dict[str, Any]:
    """The same policy in one form: lists everywhere, sorted and without repetition; it decides as the original does."""
    source = parse(document.text)
    found = source["Statement"] if isinstance(source["Statement"], list) else [source["Statement"]]
    return {
        "Version": document.version,
        **({"Id": document.id} if document.id else {}),
        "Statement": [
            _canonical_statement(each, compiled) for each, compiled in zip(found, document.statements, strict=True)
        ],
    }


def _canonical_statement(source: dict[str, Any], compiled: Statement) -> dict[str, Any]:
    result: dict[str, Any] = {"Effect": compiled.effect}
    if compiled.sid:
        result["Sid"] = compiled.sid
    for name in ("Principal", "NotPrincipal"):
        if name in source:
            named = {"AWS": "*"} if source[name] == "*" else source[name]
            result[name] = {kind: _sorted(values) for kind, values in sorted(named.items())}
    result["NotAction" if compiled.not_action else "Action"] = sorted({each.lower() for each in compiled.actions})
    if compiled.resources:
        result["NotResource" if compiled.not_resource else "Resource"] = sorted(set(compiled.resources))
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in sorted(compiled.conditions, key=lambda each: (each.operator, each.name)):
        conditions.setdefault(condition.operator, {})[condition.name] = sorted(set(condition.values))
    return {**result, **({"Condition": conditions} if conditions else {})}


def _sorted(values: str | list[str]) -> list[str]:
    return sorted({values} if isinstance(values, str) else set(values))
