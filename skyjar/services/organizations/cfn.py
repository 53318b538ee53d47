"""AWS::Organizations::Organization, OrganizationalUnit, Account, Policy and ResourcePolicy."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import jobs
from .errors import (
    AccountAlreadyClosedException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    OrganizationalUnitNotFoundException,
    PolicyNotFoundException,
    ResourcePolicyNotFoundException,
)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else orjson.dumps(content).decode()


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def _tagging(resource: Resource, properties: Properties) -> dict[str, Any]:
    """The parameter of an operation that makes something with tags."""
    tags = _tags(resource, properties)
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}


def _update_tags(call: Call, resource: Resource, held: str, properties: Properties, before: Properties) -> None:
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    gone = sorted(had.keys() - wanted.keys())
    if gone:
        call.ask("organizations").untag_resource(resource_id=held, tag_keys=gone)
    if wanted != had and wanted:
        listed = [{"Key": key, "Value": value} for key, value in wanted.items()]
        call.ask("organizations").tag_resource(resource_id=held, tags=listed)


def _unless_gone(call: Call, operation: str, *gone: type[AWSError], **parameters: Any) -> None:
    try:
        getattr(call.ask("organizations"), operation)(**parameters)
    except gone:
        return


# Organization


def create_organization(call: Call, resource: Resource, properties: Properties) -> Physical:
    orgs = call.ask("organizations")
    made = orgs.create_organization(feature_set=properties.get("FeatureSet", "ALL"))["Organization"]
    attributes = {
        "Id": made["Id"],
        "Arn": made["Arn"],
        "ManagementAccountId": made["MasterAccountId"],
        "ManagementAccountArn": made["MasterAccountArn"],
        "ManagementAccountEmail": made["MasterAccountEmail"],
        "RootId": orgs.list_roots()["Roots"][0]["Id"],
    }
    return Physical(made["Id"], attributes)


def update_organization(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    if properties.get("FeatureSet", "ALL") == before.get("FeatureSet", "ALL"):
        return old
    if properties.get("FeatureSet", "ALL") != "ALL":
        raise InvalidInputException("INVALID_ENUM", "You can't take features from an organization.")
    orgs = call.ask("organizations")
    orgs.accept_handshake(handshake_id=orgs.enable_all_features()["Handshake"]["Id"])
    return old


def delete_organization(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _unless_gone(call, "delete_organization", AWSOrganizationsNotInUseException)


# OrganizationalUnit


def create_unit(call: Call, resource: Resource, properties: Properties) -> Physical:
    made = call.ask("organizations").create_organizational_unit(
        parent_id=properties["ParentId"], name=properties["Name"], **_tagging(resource, properties)
    )["OrganizationalUnit"]
    return Physical(made["Id"], {"Id": made["Id"], "Arn": made["Arn"], "Path": made["Path"]})


def update_unit(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    call.ask("organizations").update_organizational_unit(organizational_unit_id=old.id, name=properties["Name"])
    _update_tags(call, resource, old.id, properties, before)
    return old


def delete_unit(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    gone = (OrganizationalUnitNotFoundException, AWSOrganizationsNotInUseException)
    _unless_gone(call, "delete_organizational_unit", *gone, organizational_unit_id=physical.id)


# Account


def _parent(properties: Properties) -> str:
    parents = properties.get("ParentIds", [])
    if len(parents) > 1:
        raise InvalidInputException("INVALID_LIST_MEMBER", "An account has exactly one parent.")
    return str(parents[0]) if parents else ""


def create_account(call: Call, resource: Resource, properties: Properties) -> Physical:
    """CreateAccount and, at once, the job that it leaves; the stack goes on when the account is there."""
    orgs = call.ask("organizations")
    role = {"role_name": properties["RoleName"]} if "RoleName" in properties else {}
    asked = orgs.create_account(
        email=properties["Email"], account_name=properties["AccountName"], **role, **_tagging(resource, properties)
    )["CreateAccountStatus"]
    jobs.finish(call, asked["Id"])
    status = orgs.describe_create_account_status(create_account_request_id=asked["Id"])["CreateAccountStatus"]
    if status["State"] != "SUCCEEDED":
        reason = status["FailureReason"]
        raise ConstraintViolationException(reason, f"The account could not be made: {reason}.")
    _move(call, status["AccountId"], _parent(properties))
    return _show_account(call, status["AccountId"])


def _move(call: Call, account: str, parent: str) -> None:
    orgs = call.ask("organizations")
    present = orgs.list_parents(child_id=account)["Parents"][0]["Id"]
    wanted = parent or orgs.list_roots()["Roots"][0]["Id"]
    if present != wanted:
        orgs.move_account(account_id=account, source_parent_id=present, destination_parent_id=wanted)


def _show_account(call: Call, account: str) -> Physical:
    shown = call.ask("organizations").describe_account(account_id=account)["Account"]
    names = ("Arn", "JoinedMethod", "Status", "State", "Paths")
    attributes = {"AccountId": account, **{name: shown[name] for name in names}}
    return Physical(account, attributes | {"JoinedTimestamp": str(shown["JoinedTimestamp"])})


def update_account(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    for name in ("AccountName", "Email", "RoleName"):
        if properties.get(name) != before.get(name):
            raise InvalidInputException("INVALID_ENUM", f"You can't change the {name} of an account.")
    _move(call, old.id, _parent(properties))
    _update_tags(call, resource, old.id, properties, before)
    return _show_account(call, old.id)


def delete_account(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    gone = (AccountNotFoundException, AccountAlreadyClosedException, AWSOrganizationsNotInUseException)
    _unless_gone(call, "close_account", *gone, account_id=physical.id)


# Policy


def create_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    orgs = call.ask("organizations")
    made = orgs.create_policy(
        name=properties["Name"],
        type=properties["Type"],
        content=_text(properties["Content"]),
        description=properties.get("Description", ""),
        **_tagging(resource, properties),
    )["Policy"]["PolicySummary"]
    for target in properties.get("TargetIds", []):
        orgs.attach_policy(policy_id=made["Id"], target_id=target)
    return Physical(made["Id"], {"Id": made["Id"], "Arn": made["Arn"], "AwsManaged": made["AwsManaged"]})


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    orgs = call.ask("organizations")
    orgs.update_policy(
        policy_id=old.id,
        name=properties["Name"],
        content=_text(properties["Content"]),
        description=properties.get("Description", ""),
    )
    wanted, had = set(properties.get("TargetIds", [])), set(before.get("TargetIds", []))
    for target in sorted(wanted - had):
        orgs.attach_policy(policy_id=old.id, target_id=target)
    for target in sorted(had - wanted):
        orgs.detach_policy(policy_id=old.id, target_id=target)
    _update_tags(call, resource, old.id, properties, before)
    return old


def delete_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    orgs = call.ask("organizations")
    try:
        for target in orgs.list_targets_for_policy(policy_id=physical.id)["Targets"]:
            orgs.detach_policy(policy_id=physical.id, target_id=target["TargetId"])
        orgs.delete_policy(policy_id=physical.id)
    except (PolicyNotFoundException, AWSOrganizationsNotInUseException):
        return


# ResourcePolicy


def put_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    made = call.ask("organizations").put_resource_policy(
        content=_text(properties["Content"]), **_tagging(resource, properties)
    )["ResourcePolicy"]["ResourcePolicySummary"]
    return Physical(made["Id"], {"Id": made["Id"], "Arn": made["Arn"]})


def update_put_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    call.ask("organizations").put_resource_policy(content=_text(properties["Content"]))
    _update_tags(call, resource, old.id, properties, before)
    return old


def delete_put_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _unless_gone(call, "delete_resource_policy", ResourcePolicyNotFoundException, AWSOrganizationsNotInUseException)


RESOURCE_TYPES = {
    "AWS::Organizations::Organization": ResourceType(
        create=create_organization, update=update_organization, delete=delete_organization, properties=("FeatureSet",)
    ),
    "AWS::Organizations::OrganizationalUnit": ResourceType(
        create=create_unit, update=update_unit, delete=delete_unit, properties=("Name", "ParentId", "Tags")
    ),
    "AWS::Organizations::Account": ResourceType(
        create=create_account,
        update=update_account,
        delete=delete_account,
        properties=("AccountName", "Email", "RoleName", "ParentIds", "Tags"),
    ),
    "AWS::Organizations::Policy": ResourceType(
        create=create_policy,
        update=update_policy,
        delete=delete_policy,
        properties=("Name", "Type", "Content", "Description", "TargetIds", "Tags"),
    ),
    "AWS::Organizations::ResourcePolicy": ResourceType(
        create=put_policy, update=update_put_policy, delete=delete_put_policy, properties=("Content", "Tags")
    ),
}
