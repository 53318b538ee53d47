"""AWS::CloudTrail::Trail."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from .errors import TrailNotFoundException

_FLAGS = {
    "IncludeGlobalServiceEvents": "include_global_service_events",
    "IsMultiRegionTrail": "is_multi_region_trail",
    "EnableLogFileValidation": "enable_log_file_validation",
    "IsOrganizationTrail": "is_organization_trail",
}
_TEXTS = {
    "S3BucketName": "s3_bucket_name",
    "S3KeyPrefix": "s3_key_prefix",
    "CloudWatchLogsLogGroupArn": "cloud_watch_logs_log_group_arn",
    "CloudWatchLogsRoleArn": "cloud_watch_logs_role_arn",
}
_SELECTORS = {"EventSelectors": "event_selectors", "AdvancedEventSelectors": "advanced_event_selectors"}


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _parameters(properties: Properties) -> dict[str, Any]:
    found: dict[str, Any] = {name: properties[key] for key, name in _TEXTS.items() if key in properties}
    return found | {name: _true(properties[key]) for key, name in _FLAGS.items() if key in properties}


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _select(call: Call, name: str, properties: Properties) -> None:
    given = {parameter: properties[key] for key, parameter in _SELECTORS.items() if properties.get(key)}
    if given:
        call.ask("cloudtrail").put_event_selectors(trail_name=name, **_booleans(given))


def _booleans(value: Any) -> Any:
    """Templates write true and false as text as well."""
    if isinstance(value, dict):
        return {
            key: _true(each) if key == "IncludeManagementEvents" else _booleans(each) for key, each in value.items()
        }
    return [_booleans(each) for each in value] if isinstance(value, list) else value


def _log(call: Call, name: str, properties: Properties) -> None:
    asked = call.ask("cloudtrail")
    (asked.start_logging if _true(properties["IsLogging"]) else asked.stop_logging)(name=name)


def create(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("TrailName") or resource.name(128)
    tags = _listed(_tags(resource, properties))
    made = call.ask("cloudtrail").create_trail(
        name=name, **_parameters(properties), **({"tags_list": tags} if tags else {})
    )
    _select(call, name, properties)
    _log(call, name, properties)
    return Physical(name, {"Arn": made["TrailARN"]})


def update(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    asked = call.ask("cloudtrail")
    gone: dict[str, Any] = {_TEXTS[key]: "" for key in _TEXTS.keys() & (before.keys() - properties.keys())}
    gone |= {
        _FLAGS[key]: key == "IncludeGlobalServiceEvents" for key in _FLAGS.keys() & (before.keys() - properties.keys())
    }
    asked.update_trail(name=old.id, **{**gone, **_parameters(properties)})
    if any(properties.get(key) != before.get(key) for key in _SELECTORS):
        _select(call, old.id, properties)
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    arn = old.attributes["Arn"]
    if had.keys() - wanted.keys():
        asked.remove_tags(resource_id=arn, tags_list=[{"Key": key} for key in sorted(had.keys() - wanted.keys())])
    if wanted != had and wanted:
        asked.add_tags(resource_id=arn, tags_list=_listed(wanted))
    _log(call, old.id, properties)
    return old


def delete(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("cloudtrail").delete_trail(name=physical.id)
    except TrailNotFoundException:
        return


RESOURCE_TYPES = {
    "AWS::CloudTrail::Trail": ResourceType(
        create=create,
        update=update,
        delete=delete,
        properties=("TrailName", "IsLogging", "Tags", *_FLAGS, *_TEXTS, *_SELECTORS),
    )
}
