"""AWS::IAM::AccessKey, InstanceProfile, ServerCertificate, ServiceLinkedRole and VirtualMFADevice in stacks."""

from __future__ import annotations

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from .cfn_properties import given, ignoring_gone, own_tags, tag_list, tags_changed


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
    ignoring_gone(call.ask("iam").delete_access_key, user_name=user, access_key_id=physical.id)


def create_profile(call: Call, resource: Resource, properties: Properties) -> Physical:
    iam = call.ask("iam")
    name = properties.get("InstanceProfileName") or resource.name(128)
    path = given(properties, {"Path": "path"})
    profile = iam.create_instance_profile(instance_profile_name=name, **path)["InstanceProfile"]
    for role in properties["Roles"]:
        iam.add_role_to_instance_profile(instance_profile_name=name, role_name=role)
    return Physical(name, {"Arn": profile["Arn"]})


def update_profile(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    iam = call.ask("iam")
    for role in before["Roles"]:
        ignoring_gone(iam.remove_role_from_instance_profile, instance_profile_name=old.id, role_name=role)
    for role in properties["Roles"]:
        iam.add_role_to_instance_profile(instance_profile_name=old.id, role_name=role)
    return old


def delete_profile(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    iam, name = call.ask("iam"), physical.id
    for role in properties["Roles"]:
        ignoring_gone(iam.remove_role_from_instance_profile, instance_profile_name=name, role_name=role)
    ignoring_gone(iam.delete_instance_profile, instance_profile_name=name)


def create_certificate(call: Call, resource: Resource, properties: Properties) -> Physical:
    optional = {"CertificateChain": "certificate_chain", "Path": "path"}
    name = properties.get("ServerCertificateName") or resource.name(128)
    made = call.ask("iam").upload_server_certificate(
        server_certificate_name=name,
        certificate_body=properties["CertificateBody"],
        private_key=properties["PrivateKey"],
        **given(properties, optional),
        **tag_list(own_tags(resource, properties)),
    )
    return Physical(name, {"Arn": made["ServerCertificateMetadata"]["Arn"]})


def update_certificate(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    iam, which = call.ask("iam"), {"server_certificate_name": old.id}
    if properties.get("Path", "/") != before.get("Path", "/"):
        iam.update_server_certificate(**which, new_path=properties.get("Path", "/"))
    tags_changed(call, "server_certificate", which, resource, properties, before)
    found = iam.get_server_certificate(**which)["ServerCertificate"]["ServerCertificateMetadata"]
    return Physical(old.id, {"Arn": found["Arn"]})


def delete_certificate(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    ignoring_gone(call.ask("iam").delete_server_certificate, server_certificate_name=physical.id)


def create_linked_role(call: Call, resource: Resource, properties: Properties) -> Physical:
    optional = {"Description": "description", "CustomSuffix": "custom_suffix"}
    made = call.ask("iam").create_service_linked_role(
        aws_service_name=properties["AWSServiceName"], **given(properties, optional)
    )["Role"]
    return Physical(made["RoleName"], {"RoleName": made["RoleName"]})


def update_linked_role(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    description = properties.get("Description", "")
    call.ask("iam").update_role_description(role_name=old.id, description=description)
    return old


def delete_linked_role(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """Submitted: the role is gone a moment later."""
    ignoring_gone(call.ask("iam").delete_service_linked_role, role_name=physical.id)


def create_device(call: Call, resource: Resource, properties: Properties) -> Physical:
    """`Users` must be empty: a device is enabled with two of its codes, which a template cannot have."""
    _refuse_users(properties)
    made = call.ask("iam").create_virtual_mfa_device(
        virtual_mfa_device_name=properties.get("VirtualMfaDeviceName") or resource.name(128),
        **given(properties, {"Path": "path"}),
        **tag_list(own_tags(resource, properties)),
    )["VirtualMFADevice"]
    return Physical(made["SerialNumber"], {"SerialNumber": made["SerialNumber"]})


def _refuse_users(properties: Properties) -> None:
    if properties.get("Users"):
        raise NotImplementedHere("Skyjar does not enable the MFA devices of templates: Users must be empty.")


def update_device(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    _refuse_users(properties)
    tags_changed(call, "mfa_device", {"serial_number": old.id}, resource, properties, before)
    return old


def delete_device(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    ignoring_gone(call.ask("iam").delete_virtual_mfa_device, serial_number=physical.id)
