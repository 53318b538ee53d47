"""The AWS::LanguageExtensions transform: Fn::ForEach, and functions in DeletionPolicy and UpdateReplacePolicy.

Fn::Length, Fn::ToJsonString and the default of Fn::FindInMap, which belong to it too, are ordinary functions here.
"""

from __future__ import annotations

from typing import Any

from . import intrinsics
from .checks import EXTENSIONS, LOOP
from .errors import TemplateError
from .templates import Template

MOST = 10_000


class Expansion:
    """`values` are those of the template's parameters, over which a loop may run."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._done = 0

    def expand(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.expand(item) for item in value]
        if not isinstance(value, dict):
            return value
        found: dict[Any, Any] = {}
        for key, item in value.items():
            made = self._loop(key, item) if str(key).startswith(LOOP) else {key: self.expand(item)}
            twice = made.keys() & found.keys()
            if twice:
                raise TemplateError(f"Template error: Fn::ForEach makes the key {min(map(str, twice))} more than once")
            found |= made
        return found

    def _loop(self, key: str, argument: Any) -> dict[str, Any]:
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[2], dict):
            raise TemplateError(f"Template error: {key} requires an identifier, a collection and an object")
        name, collection, body = argument
        found: dict[str, Any] = {}
        for item in self._items(key, collection):
            self._done += 1
            if self._done > MOST:
                raise TemplateError("Template error: the loops of the template make too much")
            made = self.expand(_substituted(body, str(name), item))
            if made.keys() & found.keys():
                raise TemplateError(f"Template error: {key} makes the same key more than once")
            found |= made
        return found

    def _items(self, key: str, collection: Any) -> list[str]:
        if isinstance(collection, dict) and set(collection) == {"Ref"}:
            collection = self._values.get(str(collection["Ref"]))
        if not isinstance(collection, list):
            raise TemplateError(f"Template error: the collection of {key} must be a list")
        found: list[str] = []
        for item in collection:
            value = self._values.get(str(item["Ref"])) if isinstance(item, dict) and set(item) == {"Ref"} else item
            found += map(str, value) if isinstance(value, list) else [str(value)]
        return found


def _substituted(value: Any, name: str, item: str) -> Any:
    if isinstance(value, str):
        plain = "".join(letter for letter in item if letter.isalnum())
        return value.replace("${" + name + "}", item).replace("&{" + name + "}", plain)
    if isinstance(value, list):
        return [_substituted(each, name, item) for each in value]
    if isinstance(value, dict):
        if value == {"Ref": name}:
            return item
        return {_substituted(key, name, item): _substituted(each, name, item) for key, each in value.items()}
    return value


def expand(template: Template, values: dict[str, Any]) -> Template:
    """The template with its loops unrolled, when it asks for that."""
    found = template.get("Transform", [])
    names = found if isinstance(found, list) else [found]
    if EXTENSIONS not in names:
        return template
    expansion = Expansion(values)
    made = {key: value if key == "Parameters" else expansion.expand(value) for key, value in template.items()}
    rest = [name for name in names if name != EXTENSIONS]
    del made["Transform"]
    return {**made, "Transform": rest} if rest else made


def settle_policies(template: Template, scope: intrinsics.Scope) -> Template:
    """DeletionPolicy and UpdateReplacePolicy with their functions resolved."""
    resources = {}
    for name, resource in template["Resources"].items():
        changed = {
            key: intrinsics.evaluate(resource[key], scope)
            for key in ("DeletionPolicy", "UpdateReplacePolicy")
            if isinstance(resource.get(key), dict)
        }
        resources[name] = {**resource, **changed} if changed else resource
    return {**template, "Resources": resources}
