"""AWS::IAM::*: roles, users, groups, policies, access keys, instance profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from .errors import NoSuchEntityException

Kind = Literal["role", "user", "group"]
_HOLDERS: dict[str, Kind] = {"Roles": "role", "Users": "user", "Groups": "group"}


def _text(document: Any) -> str:
    return document if isinstance(document, str) else orjson.dumps(document).decode()


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """The stack's tags and the resource's own. IAM does not take CloudFormation's `aws:` ones."""
    tags = resource.tags | {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _tag_list(tags: dict[str, str]) -> dict[str, Any]:
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}


def _given(properties: Properties, names: dict[str, str]) -> dict[str, Any]:
    """Parameters of an operation from the properties that are there."""
    return {parameter: properties[name] for name, parameter in names.items() if properties.get(name) is not None}


def _asked(call: Call, verb: str, kind: Kind, noun: str) -> Callable[..., Any]:
    """`attach`, `role`, `policy` -> attach_role_policy."""
    found: Callable[..., Any] = getattr(call.ask("iam"), f"{verb}_{kind}_{noun}")
    return found


def _sync(call: Call, kind: Kind, name: str, new: Properties, old: Properties) -> None:
    """Give a role, user or group the inline and managed policies of `new` instead of those of `old`."""
    who = {f"{kind}_name": name}
    wanted, had = set(new.get("ManagedPolicyArns", [])), set(old.get("ManagedPolicyArns", []))
    for arn in sorted(had - wanted):
        _ignoring_gone(_asked(call, "detach", kind, "policy"), **who, policy_arn=arn)
    for arn in [arn for arn in new.get("ManagedPolicyArns", []) if arn not in had]:
        _asked(call, "attach", kind, "policy")(**who, policy_arn=arn)
    inline = {policy["PolicyName"]: _text(policy["PolicyDocument"]) for policy in new.get("Policies", [])}
    before = {policy["PolicyName"]: _text(policy["PolicyDocument"]) for policy in old.get("Policies", [])}
    for policy in sorted(before.keys() - inline.keys()):
        _ignoring_gone(_asked(call, "delete", kind, "policy"), **who, policy_name=policy)
    for policy, text in inline.items():
        if before.get(policy) != text:
            _asked(call, "put", kind, "policy")(**who, policy_name=policy, policy_document=text)


def _ignoring_gone(function: Callable[..., Any], **parameters: Any) -> None:
    try:
        function(**parameters)
    except NoSuchEntityException:
        return


def _sync_boundary_and_tags(
    call: Call, kind: Literal["role", "user"], name: str, resource: Resource, new: Properties, old: Properties
) -> None:
    who = {f"{kind}_name": name}
    boundary, before = new.get("PermissionsBoundary"), old.get("PermissionsBoundary")
    if boundary and boundary != before:
        _asked(call, "put", kind, "permissions_boundary")(**who, permissions_boundary=boundary)
    elif before and not boundary:
        _asked(call, "delete", kind, "permissions_boundary")(**who)
    tags, had = _tags(resource, new), _tags(resource.before(), old)
    gone = sorted(had.keys() - tags.keys())
    if gone:
        getattr(call.ask("iam"), f"untag_{kind}")(**who, tag_keys=gone)
    if tags != had:
        getattr(call.ask("iam"), f"tag_{kind}")(**who, **_tag_list(tags))


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
        assume_role_policy_document=_text(properties["AssumeRolePolicyDocument"]),
        **_given(properties, optional),
        **_session(properties),
        **_tag_list(_tags(resource, properties)),
    )["Role"]
    _sync(call, "role", name, properties, {})
    return Physical(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _session(properties: Properties) -> dict[str, int]:
    duration = properties.get("MaxSessionDuration")
    return {"max_session_duration": int(duration)} if duration else {}


def update_role(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    iam = call.ask("iam")
    trust = _text(properties["AssumeRolePolicyDocument"])
    if trust != _text(before["AssumeRolePolicyDocument"]):
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
    tags = _tag_list(_tags(resource, properties))
    user = call.ask("iam").create_user(user_name=name, **_given(properties, optional), **tags)["User"]
    _sync(call, "user", name, properties, {})
    _sync_groups(call, name, properties, {})
    return Physical(name, {"Arn": user["Arn"]})


def _sync_groups(call: Call, name: str, new: Properties, old: Properties) -> None:
    wanted, had = set(new.get("Groups", [])), set(old.get("Groups", []))
    for group in sorted(had - wanted):
        _ignoring_gone(call.ask("iam").remove_user_from_group, group_name=group, user_name=name)
    for group in sorted(wanted - had):
        call.ask("iam").add_user_to_group(group_name=group, user_name=name)


def update_user(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    if properties.get("Path", "/") != before.get("Path", "/"):
        call.ask("iam").update_user(user_name=old.id, new_path=properties.get("Path", "/"))
    _sync(call, "user", old.id, properties, before)
    _sync_groups(call, old.id, properties, before)
    _sync_boundary_and_tags(call, "user", old.id, resource, properties, before)
    return Physical(old.id, {"Arn": call.ask("iam").get_user(user_name=old.id)["User"]["Arn"]})


def delete_user(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _sync_groups(call, physical.id, {}, properties)
    _delete(call, "user", physical, properties)


def create_group(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("GroupName") or resource.name(128)
    group = call.ask("iam").create_group(group_name=name, **_given(properties, {"Path": "path"}))["Group"]
    _sync(call, "group", name, properties, {})
    return Physical(name, {"Arn": group["Arn"]})


def update_group(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    if properties.get("Path", "/") != before.get("Path", "/"):
        call.ask("iam").update_group(group_name=old.id, new_path=properties.get("Path", "/"))
    _sync(call, "group", old.id, properties, before)
    return Physical(old.id, {"Arn": call.ask("iam").get_group(group_name=old.id)["Group"]["Arn"]})


def delete_group(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _delete(call, "group", physical, properties)


# Policies


def _named_holders(properties: Properties) -> set[tuple[Kind, str]]:
    return {(kind, name) for member, kind in _HOLDERS.items() for name in properties.get(member, [])}


def put_inline(call: Call, resource: Resource, properties: Properties) -> Physical:
    """AWS::IAM::Policy is the same inline policy of several roles, users and groups."""
    for kind, name in sorted(_named_holders(properties)):
        _asked(call, "put", kind, "policy")(
            **{f"{kind}_name": name},
            policy_name=properties["PolicyName"],
            policy_document=_text(properties["PolicyDocument"]),
        )
    physical = resource.name(128)
    return Physical(physical, {"Id": physical})


def update_inline(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    is_renamed = properties["PolicyName"] != before["PolicyName"]
    put_inline(call, resource, properties)
    _drop_inline(
        call, before["PolicyName"], _named_holders(before) - (set() if is_renamed else _named_holders(properties))
    )
    return old


def _drop_inline(call: Call, policy: str, holders: set[tuple[Kind, str]]) -> None:
    for kind, name in sorted(holders):
        _ignoring_gone(_asked(call, "delete", kind, "policy"), **{f"{kind}_name": name}, policy_name=policy)


def delete_inline(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _drop_inline(call, properties["PolicyName"], _named_holders(properties))


def create_managed(call: Call, resource: Resource, properties: Properties) -> Physical:
    policy = call.ask("iam").create_policy(
        policy_name=properties.get("ManagedPolicyName") or resource.name(128),
        policy_document=_text(properties["PolicyDocument"]),
        **_given(properties, {"Path": "path", "Description": "description"}),
    )["Policy"]
    arn = policy["Arn"]
    for kind, name in sorted(_named_holders(properties)):
        _asked(call, "attach", kind, "policy")(**{f"{kind}_name": name}, policy_arn=arn)
    return Physical(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"]})


def update_managed(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    iam, arn = call.ask("iam"), old.id
    text = _text(properties["PolicyDocument"])
    if text != _text(before["PolicyDocument"]):
        versions = iam.list_policy_versions(policy_arn=arn)["Versions"]
        if len(versions) == 5:
            oldest = [each for each in versions if not each["IsDefaultVersion"]][-1]
            iam.delete_policy_version(policy_arn=arn, version_id=oldest["VersionId"])
        iam.create_policy_version(policy_arn=arn, policy_document=text, set_as_default=True)
    wanted, had = _named_holders(properties), _named_holders(before)
    for kind, name in sorted(had - wanted):
        _ignoring_gone(_asked(call, "detach", kind, "policy"), **{f"{kind}_name": name}, policy_arn=arn)
    for kind, name in sorted(wanted - had):
        _asked(call, "attach", kind, "policy")(**{f"{kind}_name": name}, policy_arn=arn)
    return old


def delete_managed(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    iam, arn = call.ask("iam"), physical.id
    for kind, name in sorted(_named_holders(properties)):
        _ignoring_gone(_asked(call, "detach", kind, "policy"), **{f"{kind}_name": name}, policy_arn=arn)
    try:
        versions = iam.list_policy_versions(policy_arn=arn)["Versions"]
    except NoSuchEntityException:
        return
    for version in versions:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(policy_arn=arn, version_id=version["VersionId"])
    iam.delete_policy(policy_arn=arn)


# Access keys and instance profiles


def create_key(call: Call, resource: Resource, properties: Properties) -> Physical:
    iam, user = call.ask("iam"), properties["UserName"]
    key = iam.create_access_key(user_name=user)["AccessKey"]
    if properties.get("Status") == "Inactive":
        iam.update_access_key(user_name=user, access_key_id=key["AccessKeyId"], status="Inactive")
    return Physical(key["AccessKeyId"], {"Id": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]})


def update_key(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    status = properties.get("Status", "Active")
    call.ask("iam").update_access_key(user_name=properties["UserName"], access_key_id=old.id, status=status)
    return old


def delete_key(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    user = properties["UserName"]
    _ignoring_gone(call.ask("iam").delete_access_key, user_name=user, access_key_id=physical.id)


def create_profile(call: Call, resource: Resource, properties: Properties) -> Physical:
    iam = call.ask("iam")
    name = properties.get("InstanceProfileName") or resource.name(128)
    path = _given(properties, {"Path": "path"})
    profile = iam.create_instance_profile(instance_profile_name=name, **path)["InstanceProfile"]
    for role in properties["Roles"]:
        iam.add_role_to_instance_profile(instance_profile_name=name, role_name=role)
    return Physical(name, {"Arn": profile["Arn"]})


def update_profile(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    iam = call.ask("iam")
    for role in before["Roles"]:
        _ignoring_gone(iam.remove_role_from_instance_profile, instance_profile_name=old.id, role_name=role)
    for role in properties["Roles"]:
        iam.add_role_to_instance_profile(instance_profile_name=old.id, role_name=role)
    return old


def delete_profile(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    iam, name = call.ask("iam"), physical.id
    for role in properties["Roles"]:
        _ignoring_gone(iam.remove_role_from_instance_profile, instance_profile_name=name, role_name=role)
    _ignoring_gone(iam.delete_instance_profile, instance_profile_name=name)


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
        properties=(*_SHARED, "UserName", "Groups", "PermissionsBoundary", "Tags"),
    ),
    "AWS::IAM::Group": ResourceType(
        create=create_group, update=update_group, delete=delete_group, properties=(*_SHARED, "GroupName")
    ),
    "AWS::IAM::Policy": ResourceType(
        create=put_inline,
        update=update_inline,
        delete=delete_inline,
        properties=("PolicyName", "PolicyDocument", *_HOLDERS),
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        create=create_managed,
        update=update_managed,
        delete=delete_managed,
        properties=("ManagedPolicyName", "PolicyDocument", "Path", "Description", *_HOLDERS),
    ),
    "AWS::IAM::AccessKey": ResourceType(
        create=create_key, update=update_key, delete=delete_key, properties=("UserName", "Status")
    ),
    "AWS::IAM::InstanceProfile": ResourceType(
        create=create_profile,
        update=update_profile,
        delete=delete_profile,
        properties=("InstanceProfileName", "Path", "Roles"),
    ),
}
