"""Where a stack's intrinsic functions find their values."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation import intrinsics
from skyjar.formation.errors import TemplateError
from skyjar.kernel.call import Call

from . import dynamics, state
from .state import Stack


class StackScope:
    """The values of a live stack: parameters, pseudo parameters, and the resources that exist by now."""

    def __init__(self, call: Call, stack: Stack, template: dict[str, Any], values: dict[str, Any]) -> None:
        self._call = call
        self._stack = stack
        self._template = template
        self._values = values
        self._conditions: dict[str, bool] = {}
        self._asking: set[str] = set()
        self.imported: list[str] = []
        self._pseudo: dict[str, Any] = {
            "AWS::AccountId": call.account,
            "AWS::Region": call.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::NotificationARNs": [],
        }

    def ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in self._pseudo:
            return self._pseudo[name]
        return self._resource(name).physical_id

    def get_att(self, logical_id: str, attribute: str) -> Any:
        found: Any = orjson.loads(self._resource(logical_id).attributes)
        if attribute in found:
            return found[attribute]
        for part in attribute.split("."):
            if not isinstance(found, dict) or part not in found:
                raise TemplateError(
                    f"Template error: resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
                )
            found = found[part]
        return found

    def _resource(self, logical_id: str) -> state.StackResource:
        found = state.resources.get(self._call, self._stack.id, logical_id)
        if found is None or not found.physical_id:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{logical_id}] in the Resources block of the template"
            )
        return found

    def condition(self, name: str) -> bool:
        known = self._conditions.get(name)
        if known is None:
            conditions = self._template.get("Conditions") or {}
            if name not in conditions:
                raise TemplateError(f"Template format error: Unresolved condition dependency {name}")
            if name in self._asking:
                raise TemplateError(f"Template format error: Found circular condition dependency: [{name}]")
            self._asking.add(name)
            known = self._conditions[name] = intrinsics.test(conditions[name], self)
        return known

    def mapping(self, name: str) -> Any:
        mappings = self._template.get("Mappings") or {}
        if name not in mappings:
            raise TemplateError(
                f"Template error: Mapping named '{name}' is not present in the 'Mappings' section of template."
            )
        return mappings[name]

    def import_value(self, name: str) -> Any:
        export = state.exports.get(self._call, name)
        if export is None:
            raise TemplateError(f"No export named {name} found.")
        self.imported.append(name)
        return export.value

    def dynamic(self, service: str, key: str) -> str:
        return dynamics.resolve(self._call, service, key)

    def zones(self, region: str) -> list[str]:
        return [f"{region}{letter}" for letter in "abc"]


def included(template: dict[str, Any], scope: intrinsics.Scope) -> set[str]:
    """The logical ids whose condition holds."""
    return {
        name
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or scope.condition(resource["Condition"])
    }
