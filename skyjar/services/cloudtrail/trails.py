"""Trails: made, shown, changed, started and stopped."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel import memberships
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.history import next_number
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import access, bridging, contents, jobs, limits, selectors, state
from .errors import (
    CloudTrailAccessNotEnabledException,
    InvalidParameterCombinationException,
    InvalidS3PrefixException,
    InvalidTrailNameException,
    MaximumNumberOfTrailsExceededException,
    NotOrganizationMasterAccountException,
    OrganizationNotInAllFeaturesModeException,
    OrganizationsNotInUseException,
    TrailAlreadyExistsException,
)
from .state import Trail
from .tags import Tags, merged

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?![._-])){1,126}[A-Za-z0-9]")
_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")


def _check_name(name: str) -> None:
    if len(name) < 3 or len(name) > 128:
        raise InvalidTrailNameException(
            f"Trail name must be at least 3 characters and no more than 128 characters. Specified name: {name}"
        )
    if not _NAME.fullmatch(name) or _ADDRESS.fullmatch(name):
        raise InvalidTrailNameException(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), "
            "and underscores (_)."
        )


@operation
def create_trail(
    call: Call,
    *,
    name: str,
    s3_bucket_name: str,
    s3_key_prefix: str = "",
    include_global_service_events: bool = True,
    is_multi_region_trail: bool = False,
    enable_log_file_validation: bool = False,
    cloud_watch_logs_log_group_arn: str = "",
    cloud_watch_logs_role_arn: str = "",
    is_organization_trail: bool = False,
    tags_list: Tags | None = None,
) -> dict[str, Any]:
    _check_name(name)
    if state.trails.get(call, name) is not None:
        raise TrailAlreadyExistsException(name, call.account)
    if state.trails.count(call) >= limits.TRAILS:
        raise MaximumNumberOfTrailsExceededException(call.account, limits.TRAILS)
    trail = Trail(
        name=name,
        bucket=s3_bucket_name,
        prefix=s3_key_prefix,
        has_global=include_global_service_events,
        is_everywhere=is_multi_region_trail,
        is_validated=enable_log_file_validation,
        log_group=cloud_watch_logs_log_group_arn,
        log_role=cloud_watch_logs_role_arn,
        organization=_organization(call) if is_organization_trail else "",
        tags=merged({}, tags_list or []),
    )
    _check(call, trail)
    state.trails.add(call, trail)
    return _made(call, trail)


def _check(call: Call, trail: Trail) -> None:
    if trail.is_everywhere and not trail.has_global:
        raise InvalidParameterCombinationException("Multi-Region trail must include global service events.")
    if bool(trail.log_group) != bool(trail.log_role):
        raise InvalidParameterCombinationException(
            "You must specify both CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn."
        )
    if len(trail.prefix) > 200 or trail.prefix.startswith("/") or trail.prefix.endswith("/"):
        raise InvalidS3PrefixException(f"The S3 key prefix {trail.prefix} is not valid.")
    access.check_bucket(call, call, trail)
    if trail.log_group:
        access.check_logs(call, call, trail)


def _organization(call: Call) -> str:
    """The organization that the caller's account manages, in which CloudTrail is trusted."""
    member = memberships.memberships.get(memberships.everywhere(call.tx), call.account)
    if member is None:
        raise OrganizationsNotInUseException
    orgs = call.ask("organizations")
    shown = orgs.describe_organization()["Organization"]
    if shown["MasterAccountId"] != call.account:
        raise NotOrganizationMasterAccountException
    if shown["FeatureSet"] != "ALL":
        raise OrganizationNotInAllFeaturesModeException
    trusted = orgs.list_aws_service_access_for_organization(max_results=20)["EnabledServicePrincipals"]
    if all(each["ServicePrincipal"] != access.PRINCIPAL for each in trusted):
        raise CloudTrailAccessNotEnabledException
    return member.organization


def _made(at: At, trail: Trail) -> dict[str, Any]:
    """As the answers of CreateTrail and UpdateTrail show it."""
    shown: dict[str, Any] = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": trail.has_global,
        "IsMultiRegionTrail": trail.is_everywhere,
        "TrailARN": state.arn_of(at, trail.name),
        "LogFileValidationEnabled": trail.is_validated,
        "IsOrganizationTrail": bool(trail.organization),
    }
    optional = {
        "S3KeyPrefix": trail.prefix,
        "CloudWatchLogsLogGroupArn": trail.log_group,
        "CloudWatchLogsRoleArn": trail.log_role,
    }
    return shown | {name: value for name, value in optional.items() if value}


def _show(at: At, trail: Trail) -> dict[str, Any]:
    return {
        **_made(at, trail),
        "HomeRegion": at.region,
        "HasCustomEventSelectors": bool(trail.selectors or trail.advanced),
        "HasInsightSelectors": False,
    }


@operation
def update_trail(
    call: Call,
    *,
    name: str,
    s3_bucket_name: str | None = None,
    s3_key_prefix: str | None = None,
    include_global_service_events: bool | None = None,
    is_multi_region_trail: bool | None = None,
    enable_log_file_validation: bool | None = None,
    cloud_watch_logs_log_group_arn: str | None = None,
    cloud_watch_logs_role_arn: str | None = None,
    is_organization_trail: bool | None = None,
) -> dict[str, Any]:
    at, trail = state.own(call, name)
    given = {
        "bucket": s3_bucket_name,
        "prefix": s3_key_prefix,
        "has_global": include_global_service_events,
        "is_everywhere": is_multi_region_trail,
        "is_validated": enable_log_file_validation,
        "log_group": cloud_watch_logs_log_group_arn,
        "log_role": cloud_watch_logs_role_arn,
    }
    changed: Trail = state.replace(trail, **{field: value for field, value in given.items() if value is not None})
    if is_organization_trail is not None:
        changed = state.replace(changed, organization=_organization(call) if is_organization_trail else "")
    _check(call, changed)
    state.trails.replace(at, trail, changed)
    if changed.is_logging and changed.is_validated and not trail.is_validated:
        jobs.plan_digest(call, at, changed)
    return _made(at, changed)


@operation
def delete_trail(call: Call, *, name: str) -> None:
    at, trail = state.own(call, name)
    state.trails.remove(at, trail)
    for file in state.files.range(at, trail.name):
        state.files.remove(at, file)
    _end_chain(at, trail)
    selectors.select(call)


def _end_chain(at: At, trail: Trail) -> None:
    """The next digest names none before it."""
    for digest in state.digests.range(at, trail.name):
        state.digests.remove(at, digest)


@operation
def describe_trails(
    call: Call, *, trail_name_list: list[str] | None = None, include_shadow_trails: bool = True
) -> dict[str, Any]:
    """A shadow trail is one of another Region, or of the organization's management account, that covers this one."""
    if trail_name_list:
        found = []
        for reference in trail_name_list:
            try:
                found.append(state.visible(call, reference))
            except AWSError as error:
                if error.code != "TrailNotFoundException":
                    raise
    else:
        found = [
            (at, trail)
            for at, trail in state.everywhere(call, call.account)
            if at.region == call.region or trail.is_everywhere
        ]
    own = (call.account, call.region)
    return {
        "trailList": [
            _show(at, trail) for at, trail in found if include_shadow_trails or (at.account, at.region) == own
        ]
    }


@operation
def get_trail(call: Call, *, name: str) -> dict[str, Any]:
    return {"Trail": _show(*state.visible(call, name))}


@operation
def list_trails(call: Call, *, next_token: str = "") -> dict[str, Any]:
    return {
        "Trails": [
            {"TrailARN": state.arn_of(at, trail.name), "Name": trail.name, "HomeRegion": at.region}
            for at, trail in state.everywhere(call, call.account)
        ]
    }


@operation
def start_logging(call: Call, *, name: str) -> None:
    """From the next call on; what was before is in the event history only."""
    at, trail = state.own(call, name)
    if trail.is_logging:
        return
    _end_chain(at, trail)
    call.keep_history()
    position = next_number(call.tx)
    changed = state.replace(trail, is_logging=True, started_at=call.now, position=position, delivery_error="")
    state.trails.replace(at, trail, changed)
    selectors.select(call)
    arn = state.arn_of(at, trail.name)
    call.later(jobs.listen, key=arn, arn=arn)
    bridging.begin(call, position)
    if changed.is_validated:
        jobs.plan_digest(call, at, changed)


@operation
def stop_logging(call: Call, *, name: str) -> None:
    """What happened until now is still delivered."""
    at, trail = state.own(call, name)
    if trail.is_logging:
        state.trails.replace(at, trail, state.replace(trail, is_logging=False, stopped_at=call.now))
        selectors.select(call)
        arn = state.arn_of(at, trail.name)
        call.later(jobs.deliver, key=arn, arn=arn)


@operation
def get_trail_status(call: Call, *, name: str) -> dict[str, Any]:
    _, trail = state.visible(call, name)
    times = {
        "LatestDeliveryTime": trail.delivered_at,
        "StartLoggingTime": trail.started_at,
        "StopLoggingTime": trail.stopped_at,
        "LatestCloudWatchLogsDeliveryTime": trail.logged_at,
        "LatestDigestDeliveryTime": trail.digested_at,
    }
    texts = {
        "LatestDeliveryError": trail.delivery_error,
        "LatestCloudWatchLogsDeliveryError": trail.log_error,
        "LatestDigestDeliveryError": trail.digest_error,
        "LatestDeliveryAttemptTime": _iso(trail.attempted_at),
        "LatestDeliveryAttemptSucceeded": _iso(trail.delivered_at),
        "TimeLoggingStarted": _iso(trail.started_at),
        "TimeLoggingStopped": _iso(trail.stopped_at),
    }
    found: dict[str, Any] = {"IsLogging": trail.is_logging}
    found |= {key: value for key, value in times.items() if value}
    return found | {key: value for key, value in texts.items() if value}


def _iso(at: float) -> str:
    return contents.iso(at) if at else ""
