"""Whom an analyzer trusts, and whose resources it looks at."""

from __future__ import annotations

from skyjar.kernel import memberships
from skyjar.kernel.call import Call
from skyjar.policy.grammar import RCP_SERVICES

from .errors import ValidationException
from .state import Analyzer
from .zones import Zone


def organization_of(call: Call) -> str:
    found = memberships.memberships.get(memberships.everywhere(call.tx), call.account)
    return found.organization if found is not None else ""


def restriction(call: Call, account: str, arn: str) -> str:
    """Whether resource control policies of the organization stand above a resource."""
    service = "sts" if arn.startswith("arn:aws:iam:") else arn.split(":")[2]
    found = memberships.memberships.get(memberships.everywhere(call.tx), account)
    is_above = found is not None and bool(found.rcp) and service in RCP_SERVICES
    return "APPLICABLE" if is_above else "NOT_APPLICABLE"


def zone(call: Call, analyzer: Analyzer) -> Zone:
    organization = organization_of(call) if analyzer.is_of_organization else ""
    if not organization:
        return Zone(frozenset({call.account}))
    everybody = memberships.memberships.range(memberships.everywhere(call.tx))
    members = (each.account for each in everybody if each.organization == organization)
    return Zone(frozenset(members), organization)


def check_may_see_all(call: Call) -> None:
    """An analyzer of an organization belongs to its management account, or to a delegated administrator."""
    if not organization_of(call):
        raise ValidationException("The account is not a member of an organization.")
    organizations = call.ask("organizations")
    manager = organizations.describe_organization()["Organization"]["MasterAccountId"]
    if call.account == manager:
        return
    delegated = organizations.list_delegated_administrators(service_principal="access-analyzer.amazonaws.com")
    if all(each["Id"] != call.account for each in delegated["DelegatedAdministrators"]):
        raise ValidationException(
            "An analyzer of an organization can only be created in its management account or by a delegated administrator."
        )
