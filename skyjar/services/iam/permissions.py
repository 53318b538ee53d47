"""What IAM's operations need. Sessions of GetSessionToken without MFA, and federated users, may not use IAM at all."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import devices
from skyjar.kernel.tables import Table

from . import federation_state, linked_roles, state
from .credential_state import password_policies, server_certificates
from .errors import InvalidClientTokenId
from .protected import PATH

_TAGGED = {
    "create_user": "User",
    "create_role": "Role",
    "create_policy": "Policy",
    "create_instance_profile": "InstanceProfile",
    "create_open_id_connect_provider": "OpenIDConnectProvider",
    "create_saml_provider": "SAMLProvider",
    "create_virtual_mfa_device": "MFADevice",
    "upload_server_certificate": "ServerCertificate",
}
_ACTIONS = {"MFADevice": "CreateVirtualMFADevice", "ServerCertificate": "UploadServerCertificate"}
_ARNS = ("open_id_connect_provider_arn", "saml_provider_arn", "policy_source_arn", "arn")
_NAMED: dict[str, tuple[str, Table[Any]]] = {
    "role_name": ("role", state.roles),
    "user_name": ("user", state.users),
    "group_name": ("group", state.groups),
    "instance_profile_name": ("instance-profile", state.profiles),
    "server_certificate_name": ("server-certificate", server_certificates),
}
_KINDS: dict[str, Table[Any]] = {"user": state.users, "role": state.roles}
_OF_CALLER = (
    "get_user",
    "create_access_key",
    "list_access_keys",
    "update_access_key",
    "delete_access_key",
    "list_mfa_devices",
    "deactivate_mfa_device",
    "change_password",
    "create_login_profile",
    "get_login_profile",
    "delete_login_profile",
    "list_ssh_public_keys",
    "list_signing_certificates",
    "upload_signing_certificate",
    "update_signing_certificate",
    "delete_signing_certificate",
    "list_service_specific_credentials",
    "reset_service_specific_credential",
    "update_service_specific_credential",
    "delete_service_specific_credential",
)
_OF_USERS = ("create_access_key", "create_policy_version", "create_login_profile", "create_service_specific_credential")
_OWN_PASSWORD = ("change_password", "get_account_password_policy")
_LISTS = {
    "list_users": "user/",
    "list_roles": "role/",
    "list_groups": "group/",
    "list_instance_profiles": "instance-profile/",
    "list_policies": "policy path /",
    "list_server_certificates": "server-certificate/",
}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    caller = call.caller
    if caller.kind == "federated-user" or (
        caller.kind in ("user", "root") and caller.is_temporary and not caller.mfa_at
    ):
        raise InvalidClientTokenId
    if operation in _OWN_PASSWORD and caller.kind == "user":
        policy = password_policies.get(call, "")
        if policy is not None and policy.may_change:
            return []
    if operation in _TAGGED and parameters.get("tags"):
        noun = _TAGGED[operation]
        return ["iam:" + _ACTIONS.get(noun, f"Create{noun}"), f"iam:Tag{noun}"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    """A user, role, group or profile that does not exist has no ARN: IAM then says `user x`."""
    account = call.account
    for name in _ARNS:
        if name in parameters:
            return [parameters[name]]
    federated = _federated(account, operation, parameters)
    if federated:
        return [federated]
    if operation == "get_access_key_last_used":
        return [_owner(call, parameters["access_key_id"])]
    if operation == "get_service_linked_role_deletion_status":
        task = parameters["deletion_task_id"].removeprefix("task/")
        return [f"arn:aws:iam::{account}:role/{task.rpartition('/')[0] or task}"]
    if operation == "create_service_linked_role":
        service = parameters["aws_service_name"]
        name = linked_roles.name_of(service, parameters.get("custom_suffix", "")) or "*"
        return [state.arn_of(account, "role", f"{PATH}{service}/", name)]
    if (operation.startswith("create_") and operation not in _OF_USERS) or operation == "upload_server_certificate":
        return [_made(account, parameters)]
    if "policy_arn" in parameters and not any(name in parameters for name in _NAMED):
        return [parameters["policy_arn"]]
    for name in ("instance_profile_name", "server_certificate_name", "group_name"):
        if name in parameters:
            return [_existing(call, name, parameters)]
    for name in ("role_name", "user_name"):
        if parameters.get(name):
            return [_existing(call, name, parameters)]
    if operation in _OF_CALLER and call.caller.kind == "user":
        return [call.caller.arn]
    listed = _LISTS.get(operation)
    if listed is None:
        return ["*"]
    return [listed if listed.startswith("policy") else f"arn:aws:iam::{account}:{listed}"]


def _owner(call: Call, access_key_id: str) -> str:
    """The user whose a key is; of one that nobody has, any user."""
    held = credentials.find(call.tx, access_key_id)
    is_ours = held is not None and held.principal.kind == "user" and held.principal.account == call.account
    return held.principal.arn if held is not None and is_ours else f"arn:aws:iam::{call.account}:user/*"


def _federated(account: str, operation: str, parameters: dict[str, Any]) -> str:
    """Of a provider that is being made, and of a device by itself."""
    if operation == "create_open_id_connect_provider":
        url = parameters["url"]
        return f"arn:aws:iam::{account}:oidc-provider/{url.partition('://')[2] or url}"
    if operation == "create_saml_provider":
        return f"arn:aws:iam::{account}:saml-provider/{parameters['name']}"
    if operation == "create_virtual_mfa_device":
        return state.arn_of(account, "mfa", parameters.get("path") or "/", parameters["virtual_mfa_device_name"])
    if "serial_number" in parameters and operation.endswith(
        ("_virtual_mfa_device", "_mfa_device_tags", "tag_mfa_device")
    ):
        serial: str = parameters["serial_number"]
        return serial if serial.startswith("arn:") else state.arn_of(account, "mfa", "/", serial)
    return ""


def _made(account: str, parameters: dict[str, Any]) -> str:
    path = parameters.get("path") or "/"
    if "policy_name" in parameters:
        return state.arn_of(account, "policy", path, parameters["policy_name"])
    for name, (kind, _) in _NAMED.items():
        if name in parameters:
            return state.arn_of(account, kind, path, parameters[name])
    return "*"


def _existing(call: Call, parameter: str, parameters: dict[str, Any]) -> str:
    kind, table = _NAMED[parameter]
    name = parameters[parameter]
    found = table.get(call, name)
    if found is None and kind == "server-certificate":
        return state.arn_of(call.account, kind, "/", name)
    return f"{kind} {name}" if found is None else state.arn_of(call.account, kind, found.path, name)


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "policy_arn" in parameters and ("attach_" in operation or "detach_" in operation):
        found["iam:PolicyARN"] = parameters["policy_arn"]
    if "aws_service_name" in parameters:
        found["iam:AWSServiceName"] = parameters["aws_service_name"]
    if operation == "create_service_specific_credential":
        found["iam:ServiceSpecificCredentialServiceName"] = parameters["service_name"]
    if parameters.get("permissions_boundary"):
        found["iam:PermissionsBoundary"] = parameters["permissions_boundary"]
    if isinstance(parameters.get("tags"), list):
        found["aws:TagKeys"] = [tag["Key"] for tag in parameters["tags"]]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in parameters["tags"]}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    if not operation.startswith(("create_", "upload_")):
        found |= _of_tags(_tags_of(call, parameters))
    if not operation.startswith("create_") and "group_name" not in parameters:
        for parameter, kind in (("user_name", "user"), ("role_name", "role")):
            if parameters.get(parameter):
                found |= _of_holder(_KINDS[kind].get(call, parameters[parameter]))
    return found


def _tags_of(call: Call, parameters: dict[str, Any]) -> dict[str, str]:
    """Of the provider, device, certificate or profile acted upon."""
    arn = parameters.get("open_id_connect_provider_arn") or parameters.get("saml_provider_arn") or ""
    name = arn.partition("-provider/")[2]
    tables: list[tuple[Table[Any], Any]] = [
        (federation_state.issuers, name if "open_id_connect_provider_arn" in parameters else ""),
        (federation_state.saml_providers, name if "saml_provider_arn" in parameters else ""),
        (devices, parameters.get("serial_number")),
        (server_certificates, parameters.get("server_certificate_name")),
        (state.profiles, parameters.get("instance_profile_name")),
    ]
    for table, key in tables:
        found = table.get(call, key) if key else None
        if found is not None:
            tags: dict[str, str] = found.tags
            return tags
    return {}


def _of_tags(tags: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tags.items():
        found[f"aws:ResourceTag/{key}"] = found[f"iam:ResourceTag/{key}"] = value
    return found


def _of_holder(holder: Any) -> dict[str, Any]:
    """The keys that follow from the user or role acted upon."""
    if holder is None:
        return {}
    found = _of_tags(holder.tags)
    if holder.boundary:
        found.setdefault("iam:PermissionsBoundary", holder.boundary)
    return found


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Putting a role into an instance profile hands it to EC2."""
    if operation != "add_role_to_instance_profile":
        return []
    role = _existing(call, "role_name", parameters)
    return [("iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"})]
