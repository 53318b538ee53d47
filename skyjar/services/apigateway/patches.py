"""Patch operations, as every Update operation takes them: an `op`, a `path` and mostly a `value`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.errors import NotImplementedHere

from .errors import BadRequestException
from .state import replace, without

Patch = dict[str, str]
Apply = Callable[[Any, str, str, str], Any]  # (record, op, the path's last part, value) -> record


def apply(record: Any, patches: list[Patch] | None, rules: dict[str, Apply]) -> Any:
    """The record after the patches. `rules` has exact paths, and `/variables/*` for any name below a path."""
    for patch in patches or ():
        op, path = patch["op"], patch.get("path", "")
        if op not in ("add", "remove", "replace"):
            raise NotImplementedHere(f"Skyjar does not implement the patch operation {op} of apigateway.")
        folder, _, last = path.rpartition("/")
        rule = rules.get(path) or rules.get(f"{folder}/*")
        if rule is None:
            raise _refused(op, path, rules)
        record = rule(record, op, last.replace("~1", "/").replace("~0", "~"), patch.get("value", ""))
    return record


def _refused(op: str, path: str, rules: dict[str, Apply]) -> Exception:
    if path.startswith(_NOT_HERE) or path.count("/") > 2:
        return NotImplementedHere(f"Skyjar does not implement patching {path[:128]} of apigateway.")
    known = ", ".join(sorted(rules))
    return BadRequestException(f"Invalid patch path  '{path[:128]}' specified for op '{op}'. Must be one of: [{known}]")


_NOT_HERE = (
    "/accessLogSettings",
    "/apiKeyRequired",
    "/authorizationScopes",
    "/authorizerId",
    "/cache",
    "/canarySettings",
    "/clientCertificateId",
    "/connection",
    "/credentials",
    "/documentationVersion",
    "/endpointAccessMode",
    "/endpointConfiguration",
    "/minimumCompressionSize",
    "/parentId",
    "/requestParameters",
    "/requestValidatorId",
    "/securityPolicy",
    "/tlsConfig",
    "/tracingEnabled",
    "/throttle",
    "/webAclArn",
    "/*",
)


def field(name: str, read: Callable[[str], Any] = str) -> Apply:
    """A member that is replaced as a whole, and emptied by `remove`."""
    return lambda record, op, last, value: replace(record, **{name: read("" if op == "remove" else value)})


def entry(name: str, read: Callable[[str], Any] = str) -> Apply:
    """One entry of a mapping."""

    def change(record: Any, op: str, last: str, value: str) -> Any:
        old = getattr(record, name)
        return replace(record, **{name: without(old, last) if op == "remove" else {**old, last: read(value)}})

    return change


def flag(value: str) -> bool:
    return value.lower() == "true"


def never(what: str) -> Apply:
    """A feature that is not here: it can be patched to be off, which it is."""

    def check(record: Any, op: str, last: str, value: str) -> Any:
        if op != "remove" and value.lower() != "false":
            raise NotImplementedHere(f"Skyjar does not implement {what} of apigateway.")
        return record

    return check
