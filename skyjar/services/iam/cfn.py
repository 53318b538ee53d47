"""AWS::IAM::*: roles, users and groups; the table of all types."""

from __future__ import annotations

from typing import Literal

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import cfn_credentials, cfn_federation, cfn_policies
from .cfn_properties import HOLDERS, Kind, as_text, asked, given, ignoring_gone, own_tags, tag_list, tags_changed
from .errors import NoSuchEntityException


def _sync(call: Call, kind: Kind, name: str, new: Properties, old: Properties) -> None:
    """Give a role, user or group the inline and managed policies of `new` instead of those of `old`."""
    who = {f"{kind}_name": name}
    wanted, had = set(new.get("ManagedPolicyArns", [])), set(old.get("ManagedPolicyArns", []))
    for arn in sorted(had - wanted):
        ignoring_gone(asked(call, "detach", kind, "policy"), **who, policy_arn=arn)
    for arn in [arn for arn in new.get("ManagedPolicyArns", []) if arn not in had]:
        asked(call, "attach", kind, "policy")(**who, policy_arn=arn)
    inline = {policy["PolicyName"]: as_text(policy["PolicyDocument"]) for policy in new.get("Policies", [])}
    before = {policy["PolicyName"]: as_text(policy["PolicyDocument"]) for policy in old.get("Policies", [])}
    for policy in sorted(before.keys() - inline.keys()):
        ignoring_gone(asked(call, "delete", kind, "policy"), **who, policy_name=policy)
    for policy, text in inline.items():
        if before.get(policy) != text:
            asked(call, "put", kind, "policy")(**who, policy_name=policy, policy_document=text)


def _sync_boundary_and_tags(
    call: Call, kind: Literal["role", "user"], name: str, resource: Resource, new: Properties, old: Properties
) -> None:
    who = {f"{kind}_name": name}
    boundary, before = new.get("PermissionsBoundary"), old.get("PermissionsBoundary")
    if boundary and boundary != before:
        asked(call, "put", kind, "permissions_boundary")(**who, permissions_boundary=boundary)
    elif before and not boundary:
        asked(call, "delete", kind, "permissions_boundary")(**who)
    tags_changed(call, kind, who, resource, new, old)


def _delete(call: Call, kind: Kind, physical: Physical, properties: Properties) -> None:
    """With the policies that the template gave it; any other stands in the way, as on AWS."""
    try:
        _sync(call, kind, physical.id, {}, properties)
        getattr(call.ask("iam"), f"delete_{kind}")(**{f"{kind}_name": physical.id})
    except NoSuchEntityException:
        return


# Roles


def create_role(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("RoleName") or resource.name(64)
    optional = {
        "Path": "path",
        "Description": "description",
        "PermissionsBoundary": "permissions_boundary",
    }
    role = call.ask("iam").create_role(
        role_name=name,
        assume_role_policy_document=as_text(properties["AssumeRolePolicyDocument"]),
        **given(properties, optional),
        **_session(properties),
        **tag_list(own_tags(resource, properties)),
    )["Role"]
    _sync(call, "role", name, properties, {})
    return Physical(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _session(properties: Properties) -> dict[str, int]:
    duration = properties.get("MaxSessionDuration")
    return {"max_session_duration": int(duration)} if duration else {}


def update_role(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    iam = call.ask("iam")
    trust = as_text(properties["AssumeRolePolicyDocument"])
    if trust != as_text(before["AssumeRolePolicyDocument"]):
        iam.update_assume_role_policy(role_name=old.id, policy_document=trust)
    settings = [(each.get("Description", ""), _session(each)) for each in (properties, before)]
    if settings[0] != settings[1]:
        session = settings[0][1] or {"max_session_duration": 3600}
        iam.update_role(role_name=old.id, description=settings[0][0], **session)
    _sync(call, "role", old.id, properties, before)
    _sync_boundary_and_tags(call, "role", old.id, resource, properties, before)
    return old


def delete_role(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _delete(call, "role", physical, properties)


# Users and groups


def create_user(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("UserName") or resource.name(64)
    optional = {"Path": "path", "PermissionsBoundary": "permissions_boundary"}
    tags = tag_list(own_tags(resource, properties))
    user = call.ask("iam").create_user(user_name=name, **given(properties, optional), **tags)["User"]
    _sync(call, "user", name, properties, {})
    _sync_groups(call, name, properties, {})
    _sync_login(call, name, properties, {})
    return Physical(name, {"Arn": user["Arn"]})


def _sync_login(call: Call, name: str, new: Properties, old: Properties) -> None:
    wanted, had, iam = new.get("LoginProfile"), old.get("LoginProfile"), call.ask("iam")
    if had and not wanted:
        ignoring_gone(iam.delete_login_profile, user_name=name)
    elif wanted and wanted != had:
        must_change = wanted.get("PasswordResetRequired") in (True, "true")
        settings = {"password": wanted["Password"], "password_reset_required": must_change}
        (iam.update_login_profile if had else iam.create_login_profile)(user_name=name, **settings)


def _sync_groups(call: Call, name: str, new: Properties, old: Properties) -> None:
    wanted, had = set(new.get("Groups", [])), set(old.get("Groups", []))
    for group in sorted(had - wanted):
        ignoring_gone(call.ask("iam").remove_user_from_group, group_name=group, user_name=name)
    for group in sorted(wanted - had):
        call.ask("iam").add_user_to_group(group_name=group, user_name=name)


def update_user(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    if properties.get("Path", "/") != before.get("Path", "/"):
        call.ask("iam").update_user(user_name=old.id, new_path=properties.get("Path", "/"))
    _sync(call, "user", old.id, properties, before)
    _sync_groups(call, old.id, properties, before)
    _sync_login(call, old.id, properties, before)
    _sync_boundary_and_tags(call, "user", old.id, resource, properties, before)
    return Physical(old.id, {"Arn": call.ask("iam").get_user(user_name=old.id)["User"]["Arn"]})


def delete_user(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _sync_groups(call, physical.id, {}, properties)
    _sync_login(call, physical.id, {}, properties)
    _delete(call, "user", physical, properties)


def create_group(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("GroupName") or resource.name(128)
    group = call.ask("iam").create_group(group_name=name, **given(properties, {"Path": "path"}))["Group"]
    _sync(call, "group", name, properties, {})
    return Physical(name, {"Arn": group["Arn"]})


def update_group(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    if properties.get("Path", "/") != before.get("Path", "/"):
        call.ask("iam").update_group(group_name=old.id, new_path=properties.get("Path", "/"))
    _sync(call, "group", old.id, properties, before)
    return Physical(old.id, {"Arn": call.ask("iam").get_group(group_name=old.id)["Group"]["Arn"]})


def delete_group(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _delete(call, "group", physical, properties)


def create_addition(call: Call, resource: Resource, properties: Properties) -> Physical:
    """Users of a group, beside those whom their own resources put there."""
    _put_members(call, properties, {})
    physical = resource.name(128)
    return Physical(physical, {"Id": physical})


def _put_members(call: Call, new: Properties, old: Properties) -> None:
    iam = call.ask("iam")
    wanted = {(new["GroupName"], user) for user in new.get("Users", [])} if new else set()
    had = {(old["GroupName"], user) for user in old.get("Users", [])} if old else set()
    for group, user in sorted(had - wanted):
        ignoring_gone(iam.remove_user_from_group, group_name=group, user_name=user)
    for group, user in sorted(wanted - had):
        iam.add_user_to_group(group_name=group, user_name=user)


def update_addition(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _put_members(call, properties, before)
    return old


def delete_addition(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _put_members(call, {}, properties)


_SHARED = ("Path", "Policies", "ManagedPolicyArns")
RESOURCE_TYPES = {
    "AWS::IAM::Role": ResourceType(
        create=create_role,
        update=update_role,
        delete=delete_role,
        properties=(
            *_SHARED,
            "RoleName",
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "Tags",
        ),
    ),
    "AWS::IAM::User": ResourceType(
        create=create_user,
        update=update_user,
        delete=delete_user,
        properties=(*_SHARED, "UserName", "Groups", "LoginProfile", "PermissionsBoundary", "Tags"),
    ),
    "AWS::IAM::Group": ResourceType(
        create=create_group, update=update_group, delete=delete_group, properties=(*_SHARED, "GroupName")
    ),
    "AWS::IAM::Policy": ResourceType(
        create=cfn_policies.put_inline,
        update=cfn_policies.update_inline,
        delete=cfn_policies.delete_inline,
        properties=("PolicyName", "PolicyDocument", *HOLDERS),
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        create=cfn_policies.create_managed,
        update=cfn_policies.update_managed,
        delete=cfn_policies.delete_managed,
        properties=("ManagedPolicyName", "PolicyDocument", "Path", "Description", *HOLDERS),
    ),
    "AWS::IAM::AccessKey": ResourceType(
        create=cfn_credentials.create_key,
        update=cfn_credentials.update_key,
        delete=cfn_credentials.delete_key,
        properties=("UserName", "Status", "Serial"),
    ),
    "AWS::IAM::InstanceProfile": ResourceType(
        create=cfn_credentials.create_profile,
        update=cfn_credentials.update_profile,
        delete=cfn_credentials.delete_profile,
        properties=("InstanceProfileName", "Path", "Roles"),
    ),
    "AWS::IAM::OIDCProvider": ResourceType(
        create=cfn_federation.create_issuer,
        update=cfn_federation.update_issuer,
        delete=cfn_federation.delete_issuer,
        properties=("Url", "ClientIdList", "ThumbprintList", "Tags"),
    ),
    "AWS::IAM::SAMLProvider": ResourceType(
        create=cfn_federation.create_saml,
        update=cfn_federation.update_saml,
        delete=cfn_federation.delete_saml,
        properties=("Name", "SamlMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "Tags"),
    ),
    "AWS::IAM::ServerCertificate": ResourceType(
        create=cfn_credentials.create_certificate,
        update=cfn_credentials.update_certificate,
        delete=cfn_credentials.delete_certificate,
        properties=("ServerCertificateName", "CertificateBody", "CertificateChain", "PrivateKey", "Path", "Tags"),
    ),
    "AWS::IAM::ServiceLinkedRole": ResourceType(
        create=cfn_credentials.create_linked_role,
        update=cfn_credentials.update_linked_role,
        delete=cfn_credentials.delete_linked_role,
        properties=("AWSServiceName", "CustomSuffix", "Description"),
    ),
    "AWS::IAM::VirtualMFADevice": ResourceType(
        create=cfn_credentials.create_device,
        update=cfn_credentials.update_device,
        delete=cfn_credentials.delete_device,
        properties=("VirtualMfaDeviceName", "Path", "Users", "Tags"),
    ),
    "AWS::IAM::UserToGroupAddition": ResourceType(
        create=create_addition, update=update_addition, delete=delete_addition, properties=("GroupName", "Users")
    ),
} | {
    f"AWS::IAM::{kind.title()}Policy": ResourceType(
        create=embedded.create,
        update=embedded.update,
        delete=embedded.delete,
        properties=("PolicyName", "PolicyDocument", embedded.holder),
    )
    for kind, embedded in ((kind, cfn_policies.Embedded(kind)) for kind in HOLDERS.values())
}
