"""AWS::SSM::Parameter."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import state
from .errors import ParameterNotFound, ValidationException

_OPTIONAL = {
    "Description": "description",
    "Policies": "policies",
    "AllowedPattern": "allowed_pattern",
    "Tier": "tier",
    "DataType": "data_type",
}
_WITHOUT = {"Description": "", "Policies": "[{}]", "DataType": "text"}
"""What a property that a template no longer has becomes."""


def _parameters(name: str, properties: Properties) -> dict[str, Any]:
    if properties["Type"] == "SecureString":
        raise ValidationException("SSM Parameters of type SecureString cannot be created using CloudFormation")
    given = {parameter: properties[key] for key, parameter in _OPTIONAL.items() if key in properties}
    return {"name": name, "type": properties["Type"], "value": str(properties["Value"]), **given}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    tags: dict[str, str] = resource.tags | properties.get("Tags", {})
    return tags


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": str(value)} for key, value in tags.items()]


def _physical(call: Call, name: str, properties: Properties) -> Physical:
    told = {"Arn": state.arn_of(call, name), "Type": properties["Type"], "Value": str(properties["Value"])}
    return Physical(name, told)


def create(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("Name") or f"CFN-{resource.logical_id}-{resource.token}"
    tags = _tag_list(_tags(resource, properties))
    call.ask("ssm").put_parameter(**_parameters(name, properties), **({"tags": tags} if tags else {}))
    return _physical(call, name, properties)


def update(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    ssm = call.ask("ssm")
    gone = {name: value for name, value in _WITHOUT.items() if name in before and name not in properties}
    given = _parameters(old.id, {**properties, **gone})
    ssm.put_parameter(**given, overwrite=True)
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    where = {"resource_type": "Parameter", "resource_id": old.id}
    untagged = sorted(had.keys() - wanted.keys())
    if untagged:
        ssm.remove_tags_from_resource(**where, tag_keys=untagged)
    if wanted != had:
        ssm.add_tags_to_resource(**where, tags=_tag_list(wanted))
    return _physical(call, old.id, properties)


def delete(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("ssm").delete_parameter(name=physical.id)
    except ParameterNotFound:
        return


RESOURCE_TYPES = {
    "AWS::SSM::Parameter": ResourceType(
        create=create, update=update, delete=delete, properties=("Name", "Type", "Value", "Tags", *_OPTIONAL)
    )
}
