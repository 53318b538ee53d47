"""AWS::S3::AccessPoint, and MultiRegionAccessPoint with its policy, which stacks of every Region make in us-west-2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere, Wait
from skyjar.kernel.outside import Compute, Outside

from . import limits
from . import multi_region_state as kept
from .errors import NoSuchAccessPoint, NoSuchMultiRegionAccessPoint


def _policy_of(given: Any) -> str:
    return given if isinstance(given, str) else orjson.dumps(given).decode()


def create_access_point(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("Name") or resource.name(limits.NAME_LENGTH, is_lower=True)
    optional = {
        "bucket_account_id": properties.get("BucketAccountId"),
        "vpc_configuration": properties.get("VpcConfiguration"),
        "public_access_block_configuration": _flags(properties.get("PublicAccessBlockConfiguration")),
    }
    if tagged := _tags(resource, properties):
        optional["tags"] = _tag_list(tagged)
    s3control = call.ask("s3control")
    given = {key: value for key, value in optional.items() if value is not None}
    made = s3control.create_access_point(account_id=call.account, name=name, bucket=properties["Bucket"], **given)
    if properties.get("Policy"):
        s3control.put_access_point_policy(account_id=call.account, name=name, policy=_policy_of(properties["Policy"]))
    origin = "VPC" if properties.get("VpcConfiguration") else "Internet"
    return Physical(
        name, {"Arn": made["AccessPointArn"], "Alias": made["Alias"], "Name": name, "NetworkOrigin": origin}
    )


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """Of the stack and of the point; AWS's own names are not a user's to give."""
    own = {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags") or ()}
    return {key: value for key, value in (resource.tags | own).items() if not key.startswith("aws:")}


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _flags(given: dict[str, Any] | None) -> dict[str, bool] | None:
    """Templates write truth as a word, too."""
    return {key: str(value).lower() == "true" for key, value in given.items()} if given is not None else None


def update_access_point(
    call: Call, resource: Resource, physical: Physical, properties: Properties, previous: Properties
) -> Physical:
    if properties.get("PublicAccessBlockConfiguration") != previous.get("PublicAccessBlockConfiguration"):
        raise NotImplementedHere("Skyjar does not change PublicAccessBlockConfiguration of AWS::S3::AccessPoint.")
    s3control = call.ask("s3control")
    if properties.get("Policy"):
        s3control.put_access_point_policy(
            account_id=call.account, name=physical.id, policy=_policy_of(properties["Policy"])
        )
    elif previous.get("Policy"):
        s3control.delete_access_point_policy(account_id=call.account, name=physical.id)
    wanted, there = _tags(resource, properties), _tags(resource.before(), previous)
    named = {"account_id": call.account, "resource_arn": physical.attributes["Arn"]}
    if gone := sorted(there.keys() - wanted.keys()):
        s3control.untag_resource(**named, tag_keys=gone)
    if wanted and wanted != there:
        s3control.tag_resource(**named, tags=_tag_list(wanted))
    return physical


def delete_access_point(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("s3control").delete_access_point(account_id=call.account, name=physical.id)
    except NoSuchAccessPoint:
        return


# Multi-Region access points. Their requests are begun once, and waited for as long as AWS's times are asked for.


def _home(call: Call) -> Any:
    return call.ask("s3control", region=limits.MULTI_REGION_HOME[0])


def _wait(call: Call, _: Any = None) -> Any:
    raise Wait(on=kept.points.watched(call), until=call.now + 1)


def _settled(call: Call, arn: str, answer: Callable[[], Physical | None]) -> Physical | Outside | None:
    """What `answer` gives when the request is over; what it failed with is raised."""
    told = _home(call).describe_multi_region_access_point_operation(account_id=call.account, request_token_arn=arn)
    outcome = told["AsyncOperation"]
    if outcome["RequestStatus"] == kept.IN_PROGRESS:
        return Outside(Compute(str), _wait)
    if outcome["RequestStatus"] == kept.FAILED:
        failure = outcome["ResponseDetails"]["ErrorDetails"]
        error = AWSError(failure["Message"])
        error.code = failure["Code"]
        raise error
    return answer()


def create_multi_region(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    """Asked again with the same token, it is not made again."""
    name = properties.get("Name") or resource.name(limits.NAME_LENGTH, is_lower=True)
    details: dict[str, Any] = {"Name": name, "Regions": properties["Regions"]}
    if properties.get("PublicAccessBlockConfiguration") is not None:
        details["PublicAccessBlock"] = _flags(properties["PublicAccessBlockConfiguration"])
    begun = _home(call).create_multi_region_access_point(
        account_id=call.account, client_token=f"cloudformation-{resource.token}", details=details
    )

    def made() -> Physical:
        shown = _home(call).get_multi_region_access_point(account_id=call.account, name=name)["AccessPoint"]
        created = datetime.fromtimestamp(shown["CreatedAt"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Physical(name, {"Alias": shown["Alias"], "CreatedAt": created})

    answer = _settled(call, begun["RequestTokenARN"], made)
    assert answer is not None
    return answer


def delete_multi_region(call: Call, resource: Resource, physical: Physical, properties: Properties) -> Outside | None:
    try:
        _home(call).get_multi_region_access_point(account_id=call.account, name=physical.id)
    except NoSuchMultiRegionAccessPoint:
        return None
    begun = _home(call).delete_multi_region_access_point(
        account_id=call.account, client_token=f"cloudformation-{resource.token}-gone", details={"Name": physical.id}
    )
    answer = _settled(call, begun["RequestTokenARN"], lambda: None)
    return answer if isinstance(answer, Outside) else None


def put_multi_region_policy(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    name, wanted = properties["MrapName"], _policy_of(properties["Policy"])
    home = _home(call)

    def made() -> Physical:
        status = home.get_multi_region_access_point_policy_status(account_id=call.account, name=name)["Established"]
        return Physical(name, {"PolicyStatus": status, "PolicyStatus.IsPublic": str(status["IsPublic"]).lower()})

    held = home.get_multi_region_access_point_policy(account_id=call.account, name=name)["Policy"]
    if held.get("Established", {}).get("Policy") == wanted:
        return made()
    if held.get("Proposed", {}).get("Policy") == wanted:
        waited: Physical = _wait(call)
        return waited
    begun = home.put_multi_region_access_point_policy(
        account_id=call.account, client_token=call.new_id(), details={"Name": name, "Policy": wanted}
    )
    answer = _settled(call, begun["RequestTokenARN"], made)
    assert answer is not None
    return answer


def update_multi_region_policy(
    call: Call, resource: Resource, physical: Physical, properties: Properties, previous: Properties
) -> Physical | Outside:
    return put_multi_region_policy(call, resource, properties)


def keep_multi_region_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """No operation deletes the policy of a Multi-Region access point: it goes with that."""


RESOURCE_TYPES = {
    "AWS::S3::MultiRegionAccessPoint": ResourceType(
        create=create_multi_region,
        update=None,
        delete=delete_multi_region,
        properties=("Name", "PublicAccessBlockConfiguration", "Regions"),
    ),
    "AWS::S3::MultiRegionAccessPointPolicy": ResourceType(
        create=put_multi_region_policy,
        update=update_multi_region_policy,
        delete=keep_multi_region_policy,
        properties=("MrapName", "Policy"),
    ),
    "AWS::S3::AccessPoint": ResourceType(
        create=create_access_point,
        update=update_access_point,
        delete=delete_access_point,
        properties=(
            "Bucket",
            "BucketAccountId",
            "Name",
            "Policy",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VpcConfiguration",
        ),
    ),
}
