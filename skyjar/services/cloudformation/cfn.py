"""CloudFormation's own resource types."""

from __future__ import annotations

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import custom


def _create(call: Call, resource: Resource, properties: Properties) -> Physical:
    return Physical(resource.name(128))


def _update(call: Call, resource: Resource, old: Physical, new: Properties, before: Properties) -> Physical:
    return old


def _delete(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """There is nothing behind these types, on AWS as here."""


def _nothing(*properties: str) -> ResourceType:
    return ResourceType(create=_create, update=_update, delete=_delete, properties=frozenset(properties))


RESOURCE_TYPES = {
    custom.NAME: custom.TYPE,
    "AWS::CDK::Metadata": _nothing("Analytics"),
    "AWS::CloudFormation::WaitConditionHandle": _nothing(),
}
