"""Mapping templates and parameter mappings of MOCK integrations: literal text and simple references. Pure.

Of the Velocity language only references are here: `$context.x`, `$stageVariables.x`, `$input.body`, `$input.json('$')` and
`$input.params('x')`, also as `${…}`. Anything else is refused when the template is given, not when it is used.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.web import WebRequest

from .errors import BadRequestException

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_INNER = (
    rf"context((?:\.{_NAME})+)|stageVariables\.({_NAME})|(input\.body|input\.json\('\$'\))|input\.params\('([^']+)'\)"
)
_REFERENCE = re.compile(rf"\$(?:\{{(?:{_INNER})\}}|(?:{_INNER}))")
_DIRECTIVE = re.compile(r"#(?:\{?(?:set|if|elseif|else|end|foreach|macro|parse|include|define|stop|break)\b|#|\*|\[\[)")
_VARIABLE = re.compile(r"\$!?\{?[A-Za-z_]")
_CONTEXT = re.compile(rf"^context((?:\.{_NAME})+)$")
_STAGE_VARIABLE = re.compile(rf"^stageVariables\.({_NAME})$")


class Scope:
    """What templates can refer to."""

    def __init__(self, request: WebRequest, parameters: dict[str, str], variables: dict[str, str]) -> None:
        self.request = request
        self.parameters = parameters
        self.variables = variables
        self.context: dict[str, Any] = {}

    def parameter(self, name: str) -> str:
        """A path parameter, else a query parameter, else a header, as `$input.params` looks them up."""
        if name in self.parameters:
            return self.parameters[name]
        found = dict(parse_qsl(self.request.query, keep_blank_values=True))
        return found[name] if name in found else self.request.headers.get(name.lower(), "")

    def from_context(self, path: str) -> str:
        value: Any = self.context
        for part in path.strip(".").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return "" if value is None else str(value)


def check(text: str) -> None:
    """Refuse what `render` would not render as AWS does."""
    rest = _REFERENCE.sub("", text)
    found = _DIRECTIVE.search(rest) or _VARIABLE.search(rest)
    if found is not None:
        near = rest[found.start() : found.start() + 40].splitlines()[0]
        raise NotImplementedHere(f"Skyjar does not implement this in mapping templates of apigateway: {near}")


def render(text: str, scope: Scope) -> str:
    def value(match: re.Match[str]) -> str:
        groups = match.groups()
        context, variable, body, parameter = (groups[i] or groups[i + 4] for i in range(4))
        if context:
            return scope.from_context(context)
        if variable:
            return scope.variables.get(variable, "")
        if parameter:
            return scope.parameter(parameter)
        whole = scope.request.body.decode("utf-8", "replace")
        return whole if body == "input.body" else whole or "{}"

    return _REFERENCE.sub(value, text)


def check_parameter(text: str) -> None:
    """A header's mapping: a literal in quotes, or a reference to the context or a stage variable."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return
    if _CONTEXT.match(text) or _STAGE_VARIABLE.match(text):
        return
    if text.startswith(("integration.response.header.", "integration.response.body")):
        raise NotImplementedHere(f"Skyjar does not implement the mapping {text[:128]} of apigateway.")
    raise BadRequestException(f"Invalid mapping expression specified: {text[:128]}")


def parameter(text: str, scope: Scope) -> str:
    context, variable = _CONTEXT.match(text), _STAGE_VARIABLE.match(text)
    if context is not None:
        return scope.from_context(context[1])
    if variable is not None:
        return scope.variables.get(variable[1], "")
    return text[1:-1]


_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})["']?\s*[,}]""")


def status_of(rendered: str) -> str | None:
    """The statusCode of a MOCK integration's request; API Gateway reads JSON with or without quotes."""
    found = _STATUS.search(rendered)
    return found[1] if found is not None else None
