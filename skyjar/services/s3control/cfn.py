"""AWS::S3::AccessPoint."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import limits
from .errors import NoSuchAccessPoint


def _policy_of(given: Any) -> str:
    return given if isinstance(given, str) else orjson.dumps(given).decode()


def create_access_point(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("Name") or resource.name(limits.NAME_LENGTH, is_lower=True)
    optional = {
        "bucket_account_id": properties.get("BucketAccountId"),
        "vpc_configuration": properties.get("VpcConfiguration"),
        "public_access_block_configuration": _flags(properties.get("PublicAccessBlockConfiguration")),
    }
    s3control = call.ask("s3control")
    given = {key: value for key, value in optional.items() if value is not None}
    made = s3control.create_access_point(account_id=call.account, name=name, bucket=properties["Bucket"], **given)
    if properties.get("Policy"):
        s3control.put_access_point_policy(account_id=call.account, name=name, policy=_policy_of(properties["Policy"]))
    origin = "VPC" if properties.get("VpcConfiguration") else "Internet"
    return Physical(
        name, {"Arn": made["AccessPointArn"], "Alias": made["Alias"], "Name": name, "NetworkOrigin": origin}
    )


def _flags(given: dict[str, Any] | None) -> dict[str, bool] | None:
    """Templates write truth as a word, too."""
    return {key: str(value).lower() == "true" for key, value in given.items()} if given is not None else None


def update_access_point(
    call: Call, resource: Resource, physical: Physical, properties: Properties, previous: Properties
) -> Physical:
    s3control = call.ask("s3control")
    if properties.get("Policy"):
        s3control.put_access_point_policy(
            account_id=call.account, name=physical.id, policy=_policy_of(properties["Policy"])
        )
    elif previous.get("Policy"):
        s3control.delete_access_point_policy(account_id=call.account, name=physical.id)
    return physical


def delete_access_point(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("s3control").delete_access_point(account_id=call.account, name=physical.id)
    except NoSuchAccessPoint:
        return


RESOURCE_TYPES = {
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
            "VpcConfiguration",
        ),
    )
}
