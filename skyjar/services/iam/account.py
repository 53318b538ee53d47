"""The account: its alias and the summary of what is in it."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import devices
from skyjar.kernel.service import operation

from . import federation_state, limits, state
from .credential_state import server_certificates
from .errors import EntityAlreadyExistsException, NoSuchEntityException
from .state import Alias


@operation
def create_account_alias(call: Call, *, account_alias: str) -> None:
    """An account has one alias: a new one takes the place of the old."""
    taken = state.aliases.get(call, account_alias)
    if taken is not None:
        raise EntityAlreadyExistsException(f"The account alias {account_alias} already exists.")
    account = state.account_of(call)
    if account.alias:
        state.aliases.delete(call, account.alias)
    state.aliases.add(call, Alias(alias=account_alias, account=call.account))
    state.accounts.put(call, state.replace(account, alias=account_alias))


@operation
def delete_account_alias(call: Call, *, account_alias: str) -> None:
    account = state.account_of(call)
    if account.alias != account_alias:
        raise NoSuchEntityException(f"The account alias {account_alias} cannot be found.")
    state.aliases.delete(call, account_alias)
    state.accounts.put(call, state.replace(account, alias=""))


@operation
def list_account_aliases(call: Call, *, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    alias = state.account_of(call).alias
    return {"AccountAliases": [alias] if alias else [], "IsTruncated": False}


@operation
def set_security_token_service_preferences(call: Call, *, global_endpoint_token_version: str) -> None:
    """Told in the account's summary. Here every token is good in every Region, as AWS's second version is."""
    account = state.account_of(call)
    state.accounts.put(call, state.replace(account, token_version=int(global_endpoint_token_version[1])))


@operation
def get_account_summary(call: Call) -> dict[str, Any]:
    account = state.account_of(call)
    versions = sum(len(policy.versions) for policy in state.policies.each(call))
    return {
        "SummaryMap": {
            "Users": account.users,
            "UsersQuota": state.quota(call, "users"),
            "Groups": account.groups,
            "GroupsQuota": state.quota(call, "groups"),
            "Roles": account.roles,
            "RolesQuota": state.quota(call, "roles"),
            "Policies": account.policies,
            "PoliciesQuota": state.quota(call, "policies"),
            "InstanceProfiles": account.profiles,
            "InstanceProfilesQuota": limits.INSTANCE_PROFILES,
            "PolicySizeQuota": limits.MANAGED_POLICY_CHARS,
            "PolicyVersionsInUse": versions,
            "PolicyVersionsInUseQuota": 10_000,
            "VersionsPerPolicyQuota": limits.VERSIONS_PER_POLICY,
            "UserPolicySizeQuota": limits.INLINE_CHARS["user"],
            "GroupPolicySizeQuota": limits.INLINE_CHARS["group"],
            "RolePolicySizeQuota": limits.INLINE_CHARS["role"],
            "AssumeRolePolicySizeQuota": limits.TRUST_POLICY_CHARS,
            "AttachedPoliciesPerUserQuota": limits.ATTACHED_POLICIES,
            "AttachedPoliciesPerGroupQuota": limits.ATTACHED_POLICIES,
            "AttachedPoliciesPerRoleQuota": limits.ATTACHED_POLICIES,
            "GroupsPerUserQuota": limits.GROUPS_PER_USER,
            "AccessKeysPerUserQuota": limits.KEYS_PER_USER,
            "AccountAccessKeysPresent": min(1, state.access_keys.count(call, "")),
            "AccountMFAEnabled": 0,
            "AccountSigningCertificatesPresent": 0,
            "MFADevices": devices.count(call),
            "MFADevicesInUse": devices.count(call) - devices.count(call, "", via="user"),
            "Providers": federation_state.issuers.count(call) + federation_state.saml_providers.count(call),
            "ServerCertificates": server_certificates.count(call),
            "ServerCertificatesQuota": limits.SERVER_CERTIFICATES,
            "SigningCertificatesPerUserQuota": limits.SIGNING_CERTIFICATES_PER_USER,
            "GlobalEndpointTokenVersion": account.token_version,
        }
    }
