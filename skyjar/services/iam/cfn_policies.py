"""AWS::IAM::*Policy in stacks."""

from __future__ import annotations

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call

from .cfn_properties import HOLDERS, Kind, as_text, asked, given, ignoring_gone
from .errors import NoSuchEntityException


def _named_holders(properties: Properties) -> set[tuple[Kind, str]]:
    return {(kind, name) for member, kind in HOLDERS.items() for name in properties.get(member, [])}


def put_inline(call: Call, resource: Resource, properties: Properties) -> Physical:
    """AWS::IAM::Policy is the same inline policy of several roles, users and groups."""
    for kind, name in sorted(_named_holders(properties)):
        asked(call, "put", kind, "policy")(
            **{f"{kind}_name": name},
            policy_name=properties["PolicyName"],
            policy_document=as_text(properties["PolicyDocument"]),
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
        ignoring_gone(asked(call, "delete", kind, "policy"), **{f"{kind}_name": name}, policy_name=policy)


def delete_inline(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _drop_inline(call, properties["PolicyName"], _named_holders(properties))


def create_managed(call: Call, resource: Resource, properties: Properties) -> Physical:
    policy = call.ask("iam").create_policy(
        policy_name=properties.get("ManagedPolicyName") or resource.name(128),
        policy_document=as_text(properties["PolicyDocument"]),
        **given(properties, {"Path": "path", "Description": "description"}),
    )["Policy"]
    arn = policy["Arn"]
    for kind, name in sorted(_named_holders(properties)):
        asked(call, "attach", kind, "policy")(**{f"{kind}_name": name}, policy_arn=arn)
    return Physical(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"]})


def update_managed(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    iam, arn = call.ask("iam"), old.id
    text = as_text(properties["PolicyDocument"])
    if text != as_text(before["PolicyDocument"]):
        versions = iam.list_policy_versions(policy_arn=arn)["Versions"]
        if len(versions) == 5:
            oldest = [each for each in versions if not each["IsDefaultVersion"]][-1]
            iam.delete_policy_version(policy_arn=arn, version_id=oldest["VersionId"])
        iam.create_policy_version(policy_arn=arn, policy_document=text, set_as_default=True)
    wanted, had = _named_holders(properties), _named_holders(before)
    for kind, name in sorted(had - wanted):
        ignoring_gone(asked(call, "detach", kind, "policy"), **{f"{kind}_name": name}, policy_arn=arn)
    for kind, name in sorted(wanted - had):
        asked(call, "attach", kind, "policy")(**{f"{kind}_name": name}, policy_arn=arn)
    return old


def delete_managed(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    iam, arn = call.ask("iam"), physical.id
    for kind, name in sorted(_named_holders(properties)):
        ignoring_gone(asked(call, "detach", kind, "policy"), **{f"{kind}_name": name}, policy_arn=arn)
    try:
        versions = iam.list_policy_versions(policy_arn=arn)["Versions"]
    except NoSuchEntityException:
        return
    for version in versions:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(policy_arn=arn, version_id=version["VersionId"])
    iam.delete_policy(policy_arn=arn)


class Embedded:
    """AWS::IAM::UserPolicy, RolePolicy and GroupPolicy: one inline policy of one holder."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self.holder = f"{kind.title()}Name"

    def create(self, call: Call, resource: Resource, properties: Properties) -> Physical:
        name, holder = properties["PolicyName"], properties[self.holder]
        asked(call, "put", self._kind, "policy")(
            **{f"{self._kind}_name": holder}, policy_name=name, policy_document=as_text(properties["PolicyDocument"])
        )
        return Physical(f"{name}|{holder}")

    def update(
        self, call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
    ) -> Physical:
        return self.create(call, resource, properties)

    def delete(self, call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
        holder = {f"{self._kind}_name": properties[self.holder]}
        ignoring_gone(asked(call, "delete", self._kind, "policy"), **holder, policy_name=properties["PolicyName"])
