"""Repositories and their settings."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, state
from .errors import InvalidParameterException, RepositoryAlreadyExistsException
from .state import Repository
from .tags import Tags, merged_tags

Filters = list[dict[str, str]]


@operation
def create_repository(
    call: Call,
    *,
    repository_name: str,
    registry_id: str = "",
    tags: Tags | None = None,
    image_tag_mutability: str = "MUTABLE",
    image_tag_mutability_exclusion_filters: Filters | None = None,
    image_scanning_configuration: dict[str, Any] | None = None,
    encryption_configuration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    at = state.registry(call, registry_id)
    if (encryption_configuration or {}).get("encryptionType", "AES256") != "AES256":
        raise NotImplementedHere("Skyjar does not implement KMS encryption of ecr:CreateRepository: no KMS yet.")
    if state.repositories.get(at, repository_name) is not None:
        raise RepositoryAlreadyExistsException(repository_name, at.account)
    repository = Repository(
        name=repository_name,
        created_at=call.now,
        mutability=image_tag_mutability,
        exclusions=_exclusions(image_tag_mutability, image_tag_mutability_exclusion_filters),
        scans_on_push=bool((image_scanning_configuration or {}).get("scanOnPush", False)),
        tags=merged_tags({}, tags or []),
    )
    state.repositories.add(at, repository)
    return {"repository": show(at, repository)}


def _exclusions(mutability: str, filters: Filters | None) -> tuple[tuple[str, str], ...]:
    if bool(filters) != mutability.endswith("_WITH_EXCLUSION"):
        raise InvalidParameterException(
            "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'exclusion filters "
            "go with IMMUTABLE_WITH_EXCLUSION and MUTABLE_WITH_EXCLUSION, and only with them'"
        )
    return tuple((each["filterType"], each["filter"]) for each in filters or [])


def _shown_exclusions(repository: Repository) -> dict[str, Any]:
    if not repository.exclusions:
        return {}
    shown = [{"filterType": of, "filter": text} for of, text in repository.exclusions]
    return {"imageTagMutabilityExclusionFilters": shown}


def show(at: At, repository: Repository) -> dict[str, Any]:
    return {
        "repositoryArn": state.arn_of(at, repository.name),
        "registryId": at.account,
        "repositoryName": repository.name,
        "repositoryUri": f"{at.account}.dkr.ecr.{at.region}.amazonaws.com/{repository.name}",
        "createdAt": repository.created_at,
        "imageTagMutability": repository.mutability,
        **_shown_exclusions(repository),
        "imageScanningConfiguration": {"scanOnPush": repository.scans_on_push},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


@operation
def describe_repositories(
    call: Call,
    *,
    registry_id: str = "",
    repository_names: list[str] | None = None,
    next_token: str = "",
    max_results: int | None = None,
) -> dict[str, Any]:
    at = state.registry(call, registry_id)
    if repository_names:
        return {"repositories": [show(at, state.repository_of(at, name)) for name in repository_names]}
    limit = max_results or limits.RESULTS
    found = state.repositories.range(at, start=(next_token,) if next_token else (), limit=limit + 1)
    more = {"nextToken": found[limit].name} if len(found) > limit else {}
    return {"repositories": [show(at, each) for each in found[:limit]], **more}


@operation
def delete_repository(
    call: Call, *, repository_name: str, registry_id: str = "", force: bool = False
) -> dict[str, Any]:
    """`force` deletes the images with it; there are none."""
    at = state.registry(call, registry_id)
    repository = state.repository_of(at, repository_name)
    state.repositories.remove(at, repository)
    return {"repository": show(at, repository)}


@operation
def put_image_tag_mutability(
    call: Call,
    *,
    repository_name: str,
    image_tag_mutability: str,
    registry_id: str = "",
    image_tag_mutability_exclusion_filters: Filters | None = None,
) -> dict[str, Any]:
    at = state.registry(call, registry_id)
    repository = state.repository_of(at, repository_name)
    exclusions = _exclusions(image_tag_mutability, image_tag_mutability_exclusion_filters)
    changed = state.change(at, repository, mutability=image_tag_mutability, exclusions=exclusions)
    return {
        "registryId": at.account,
        "repositoryName": repository_name,
        "imageTagMutability": image_tag_mutability,
        **_shown_exclusions(changed),
    }


@operation
def put_image_scanning_configuration(
    call: Call, *, repository_name: str, image_scanning_configuration: dict[str, Any], registry_id: str = ""
) -> dict[str, Any]:
    at = state.registry(call, registry_id)
    scans = bool(image_scanning_configuration.get("scanOnPush", False))
    state.change(at, state.repository_of(at, repository_name), scans_on_push=scans)
    return {
        "registryId": at.account,
        "repositoryName": repository_name,
        "imageScanningConfiguration": {"scanOnPush": scans},
    }
