"""Reading a template: JSON or YAML with CloudFormation's short tags, into one plain form.

Short tags become their long names (`!Sub x` -> `{"Fn::Sub": x}`), so nothing else knows YAML. Sizes, nesting and YAML
aliases are bounded, since templates come from outside.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from .errors import TemplateError

TEMPLATE_BYTES = 1_000_000
DEPTH = 60
_WITHOUT_PREFIX = ("Ref", "Condition")

Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """YAML as CloudFormation reads it: no timestamps. `_look_over` has seen the text before it."""


def _look_over(text: str) -> None:
    """Refuse aliases and deep nesting event by event: the parser recurses in C, so that nesting would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                raise TemplateError("Template format error: the template is nested too deeply.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            raise TemplateError("Template format error: YAML aliases are not allowed in CloudFormation templates")


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in _WITHOUT_PREFIX else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise TemplateError(f"Template format error: YAML not well-formed. (duplicate key {key.value})")
            seen.add(key.value)
    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


_Loader.add_multi_constructor("!", _short_tag)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _json(text: str) -> Any:
    """The template when it is JSON, much faster than as YAML; None when it is not."""
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise TemplateError(f"Template format error: JSON not well-formed. (duplicate key {twice})")
    return found


def _refuse_constant(name: str) -> Any:
    raise TemplateError(f"Template format error: JSON not well-formed. ({name})")


def load(text: str) -> Template:
    """The template as plain data. Raises TemplateError with CloudFormation's sentence."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise TemplateError("Template format error: unsupported structure.") from None
    if size > TEMPLATE_BYTES:
        raise TemplateError(f"Template size limit of {TEMPLATE_BYTES} bytes exceeded.")
    try:
        loaded = _json(text) if text.lstrip().startswith("{") else None
        if loaded is None:
            _look_over(text)
            loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        kind = "JSON" if text.lstrip().startswith("{") else "YAML"
        raise TemplateError(f"Template format error: {kind} not well-formed.{where}") from None
    except (RecursionError, ValueError, OverflowError, TypeError):  # such as a number of ten thousand digits
        raise TemplateError("Template format error: unsupported structure.") from None
    if not isinstance(loaded, dict):
        raise TemplateError("Template format error: unsupported structure.")
    _check_depth(loaded, 0)
    return loaded


def _check_depth(value: Any, depth: int) -> None:
    if depth > DEPTH:
        raise TemplateError("Template format error: the template is nested too deeply.")
    if isinstance(value, dict):
        for item in value.values():
            _check_depth(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_depth(item, depth + 1)


def transforms(template: Template) -> list[str]:
    """The names of the macros that the whole template passes through."""
    found = template.get("Transform", [])
    found = found if isinstance(found, list) else [found]
    return [str(item.get("Name", "")) if isinstance(item, dict) else str(item) for item in found]
