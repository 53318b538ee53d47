"""Whether a template has the right shape: its sections, and what they may hold.

What refers to what is checked by `graphs`, what a resource type has by `schemas`.
"""

from __future__ import annotations

from typing import Any

from .errors import TemplateError
from .templates import Template

RESOURCES = 500
PARAMETERS = 200
OUTPUTS = 200
_SECTIONS = frozenset(
    (
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Transform",
        "Resources",
        "Outputs",
        "Hooks",
        "Globals",
    )
)
_PARAMETER = frozenset(
    (
        "Type",
        "Default",
        "NoEcho",
        "AllowedValues",
        "AllowedPattern",
        "MaxLength",
        "MinLength",
        "MaxValue",
        "MinValue",
        "Description",
        "ConstraintDescription",
    )
)
_RESOURCE = frozenset(
    (
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "Metadata",
        "CreationPolicy",
        "UpdatePolicy",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "Connectors",
    )
)
_POLICIES = ("Delete", "Retain", "Snapshot", "RetainExceptOnCreate")
_SNAPSHOTS = frozenset(
    (
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::DocDB::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
    )
)
LOOP = "Fn::ForEach::"
EXTENSIONS = "AWS::LanguageExtensions"


def check(template: Template) -> None:
    unknown = sorted(str(name) for name in template if name not in _SECTIONS)
    if unknown:
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = template.get("AWSTemplateFormatVersion", "2010-09-09")
    if str(version) != "2010-09-09":
        raise TemplateError(f"Template format error: unrecognized template format version {version}.")
    if not isinstance(template.get("Description", ""), str):
        raise TemplateError("Template format error: Description must be a string.")
    for section in ("Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Outputs"):
        if not isinstance(template.get(section) or {}, dict):
            raise TemplateError(f"Template format error: {section} must be an object.")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    for section, most in (("Resources", RESOURCES), ("Parameters", PARAMETERS), ("Outputs", OUTPUTS)):
        count = len(template.get(section) or ())
        if count > most:
            raise TemplateError(
                f"Template format error: Number of {section.lower()}, {count}, is greater than maximum allowed, {most}"
            )
    for name, parameter in (template.get("Parameters") or {}).items():
        _check_parameter(name, parameter)
    for name, mapping in (template.get("Mappings") or {}).items():
        _check_mapping(name, mapping)
    conditions = template.get("Conditions") or {}
    if not any(name == EXTENSIONS for name in _items(template.get("Transform", []))):
        _refuse_loops(resources, conditions, template.get("Outputs") or {})
    for name, resource in resources.items():
        if not str(name).startswith(LOOP):
            _check_resource(name, resource, conditions)
    for name, output in (template.get("Outputs") or {}).items():
        if not str(name).startswith(LOOP):
            _check_output(name, output, conditions)


def _refuse_loops(*sections: dict[str, Any]) -> None:
    for section in sections:
        for name in section:
            if str(name).startswith(LOOP):
                raise TemplateError(f"Template format error: {name} needs the transform {EXTENSIONS}.")


def _check_name(section: str, name: Any) -> None:
    if not str(name).isalnum() or not str(name).isascii():
        raise TemplateError(f"Template format error: {section} name {name} is non alphanumeric.")


def _check_parameter(name: Any, parameter: Any) -> None:
    _check_name("Parameter", name)
    if not isinstance(parameter, dict) or not isinstance(parameter.get("Type"), str):
        raise TemplateError("Template format error: Every Parameters object must contain a Type member.")
    unknown = sorted(str(key) for key in parameter if key not in _PARAMETER)
    if unknown:
        raise TemplateError(f"Invalid template parameter property '{unknown[0]}'")
    for key, value in parameter.items():
        is_list = key == "AllowedValues"
        if is_list != isinstance(value, list) or any(isinstance(item, dict | list) for item in _items(value)):
            kind = "list of strings" if is_list else "string"
            raise TemplateError(f"Template format error: Every {key} member must be a {kind}.")
    for key in ("MinLength", "MaxLength", "MinValue", "MaxValue"):
        try:
            float(parameter.get(key, 0))
        except (TypeError, ValueError):
            raise TemplateError(f"Template format error: {key} of parameter {name} must be a number.") from None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_mapping(name: Any, mapping: Any) -> None:
    _check_name("Mapping", name)
    rows = mapping.values() if isinstance(mapping, dict) else [None]
    for row in rows:
        if not isinstance(row, dict):
            raise TemplateError(f"Template format error: Every Mappings member {name} must be a map of maps.")
        for value in row.values():
            if any(isinstance(item, dict | list) for item in _items(value)):
                raise TemplateError("Template format error: Every Mappings attribute must be a String or a List.")


def _check_condition(where: str, holder: dict[str, Any], conditions: dict[str, Any]) -> None:
    if "Condition" not in holder:
        return
    name = holder["Condition"]
    if not isinstance(name, str):
        raise TemplateError(f"Template format error: Every Condition member must be a string ({where}).")
    if name not in conditions and not any(str(key).startswith(LOOP) for key in conditions):
        raise TemplateError(
            f"Template format error: Unresolved condition dependency {name} in the {where} block of the template"
        )


def _check_resource(name: Any, resource: Any, conditions: dict[str, Any]) -> None:
    _check_name("Resource", name)
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    unknown = sorted(str(key) for key in resource if key not in _RESOURCE)
    if unknown and not resource["Type"].startswith("AWS::Serverless::"):
        raise TemplateError(f"Invalid template resource property '{unknown[0]}'")
    if not isinstance(resource.get("Properties", {}), dict):
        raise TemplateError(
            f"Template format error: [/Resources/{name}/Properties] 'null' values are not allowed in templates"
        )
    needs = resource.get("DependsOn", [])
    if not all(isinstance(item, str) for item in _items(needs)):
        raise TemplateError("Template format error: DependsOn must be a string or list of strings.")
    _check_condition("Resources", resource, conditions)
    for key in ("DeletionPolicy", "UpdateReplacePolicy"):
        if not isinstance(resource.get(key), dict):
            check_policy(name, resource, key)


def check_policy(name: str, resource: dict[str, Any], key: str) -> None:
    policy = resource.get(key, "Delete")
    allowed = _POLICIES if key == "DeletionPolicy" else _POLICIES[:3]
    if policy not in allowed:
        raise TemplateError(f"Template error: Unrecognized {key} {policy} for resource {name}")
    if policy == "Snapshot" and resource["Type"] not in _SNAPSHOTS:
        kind = "deletion policy" if key == "DeletionPolicy" else "update replace policy"
        raise TemplateError(f"Template error: resource type {resource['Type']} does not support {kind} Snapshot")


def _check_output(name: Any, output: Any, conditions: dict[str, Any]) -> None:
    _check_name("Output", name)
    if not isinstance(output, dict) or "Value" not in output:
        raise TemplateError(
            f"Template format error: [/Outputs/{name}] Every Outputs member must contain a Value object"
        )
    if not isinstance(output.get("Description", ""), str):
        raise TemplateError(f"Template format error: Description of output {name} must be a string.")
    exported = output.get("Export")
    if exported is not None and (not isinstance(exported, dict) or "Name" not in exported):
        raise TemplateError(
            f"Template format error: Output {name} is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens."
        )
    _check_condition("Outputs", output, conditions)
