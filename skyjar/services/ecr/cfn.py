"""AWS::ECR::Repository."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from .errors import RepositoryNotFoundException


def _text(document: Any) -> str:
    return document if isinstance(document, str) else orjson.dumps(document).decode()


def _exclusions(properties: Properties) -> list[dict[str, str]]:
    found = properties.get("ImageTagMutabilityExclusionFilters", [])
    return [
        {
            "filterType": each.get("ImageTagMutabilityExclusionFilterType", "WILDCARD"),
            "filter": each["ImageTagMutabilityExclusionFilterValue"],
        }
        for each in found
    ]


def _mutability(properties: Properties) -> dict[str, Any]:
    given: dict[str, Any] = {"image_tag_mutability": properties.get("ImageTagMutability", "MUTABLE")}
    exclusions = _exclusions(properties)
    return {**given, "image_tag_mutability_exclusion_filters": exclusions} if exclusions else given


def _scanning(properties: Properties) -> dict[str, Any]:
    asked = properties.get("ImageScanningConfiguration", {}).get("ScanOnPush", False)
    return {"image_scanning_configuration": {"scanOnPush": str(asked).lower() == "true"}}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """ECR does not take CloudFormation's `aws:` tags from a request."""
    tags = resource.tags | {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def create(call: Call, resource: Resource, properties: Properties) -> Physical:
    ecr = call.ask("ecr")
    name = properties.get("RepositoryName") or resource.name(256, is_lower=True)
    encryption = properties.get("EncryptionConfiguration")
    tags = _tag_list(_tags(resource, properties))
    made = ecr.create_repository(
        repository_name=name,
        **_mutability(properties),
        **_scanning(properties),
        **({"encryption_configuration": {"encryptionType": encryption["EncryptionType"]}} if encryption else {}),
        **({"tags": tags} if tags else {}),
    )["repository"]
    _sync_policies(call, name, properties, {})
    return Physical(name, {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]})


def _sync_policies(call: Call, name: str, new: Properties, old: Properties) -> None:
    ecr, where = call.ask("ecr"), {"repository_name": name}
    if new.get("RepositoryPolicyText"):
        ecr.set_repository_policy(**where, policy_text=_text(new["RepositoryPolicyText"]))
    elif old.get("RepositoryPolicyText"):
        ecr.delete_repository_policy(**where)
    if new.get("LifecyclePolicy", {}).get("LifecyclePolicyText"):
        text = _text(new["LifecyclePolicy"]["LifecyclePolicyText"])
        ecr.put_lifecycle_policy(**where, lifecycle_policy_text=text)
    elif old.get("LifecyclePolicy", {}).get("LifecyclePolicyText"):
        ecr.delete_lifecycle_policy(**where)


def update(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    ecr = call.ask("ecr")
    ecr.put_image_tag_mutability(repository_name=old.id, **_mutability(properties))
    ecr.put_image_scanning_configuration(repository_name=old.id, **_scanning(properties))
    _sync_policies(call, old.id, properties, before)
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    gone = sorted(had.keys() - wanted.keys())
    if gone:
        ecr.untag_resource(resource_arn=old.attributes["Arn"], tag_keys=gone)
    if wanted != had:
        ecr.tag_resource(resource_arn=old.attributes["Arn"], tags=_tag_list(wanted))
    return old


def delete(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("ecr").delete_repository(repository_name=physical.id)
    except RepositoryNotFoundException:
        return


_HANDLED = (
    "RepositoryName",
    "ImageTagMutability",
    "ImageTagMutabilityExclusionFilters",
    "ImageScanningConfiguration",
    "EncryptionConfiguration",
    "RepositoryPolicyText",
    "LifecyclePolicy",
    "Tags",
)
RESOURCE_TYPES = {
    "AWS::ECR::Repository": ResourceType(create=create, update=update, delete=delete, properties=_HANDLED)
}
