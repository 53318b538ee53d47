"""Certificates: showing and deleting them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state, validation
from .errors import RequestInProgressException, ResourceInUseException
from .state import FAILED, PENDING, TIMED_OUT, Certificate, Domain


@operation
def describe_certificate(call: Call, *, certificate_arn: str) -> dict[str, Any]:
    found = state.find(call, certificate_arn)
    status = state.status_of(found, call.now)
    shown: dict[str, Any] = {
        "CertificateArn": certificate_arn,
        "DomainName": found.domain,
        "SubjectAlternativeNames": list(found.names),
        "Type": found.type,
        "Status": status,
        "KeyAlgorithm": found.algorithm,
        "CreatedAt": found.created_at,
        "InUseBy": state.users(call, found),
        "RenewalEligibility": "ELIGIBLE" if state.is_eligible(call, found, call.now) else "INELIGIBLE",
        "CertificateKeyPairOrigin": origin_of(found),
        "Options": options_of(found),
        **_dates(found),
        **_facts(found),
    }
    if found.domains:
        shown["DomainValidationOptions"] = [
            validation.shown(call, found, each, _domain_status(each, status)) for each in found.domains
        ]
    if found.renewal is not None:
        shown["RenewalSummary"] = _renewal(call, found)
    reasons = {"FailureReason": found.failure_reason, "RevocationReason": found.revocation_reason}
    return {"Certificate": shown | {name: reason for name, reason in reasons.items() if reason}}


def origin_of(found: Certificate) -> str:
    return "CUSTOMER_PROVIDED" if found.type == "IMPORTED" else "AWS_MANAGED"


def options_of(found: Certificate) -> dict[str, str]:
    logged = "DISABLED" if found.type == "IMPORTED" else "ENABLED"
    return {
        "CertificateTransparencyLoggingPreference": logged,
        "Export": "ENABLED" if found.is_exportable else "DISABLED",
    }


def _domain_status(domain: Domain, status: str) -> str:
    return FAILED if status == TIMED_OUT and domain.status == PENDING else domain.status


def _dates(found: Certificate) -> dict[str, float]:
    dates = {"IssuedAt": found.issued_at, "ImportedAt": found.imported_at, "RevokedAt": found.revoked_at}
    return {name: at for name, at in dates.items() if at}


def _facts(found: Certificate) -> dict[str, Any]:
    if found.facts is None:
        return {"Subject": f"CN={found.domain}", "KeyUsages": [], "ExtendedKeyUsages": []}
    return {
        "Serial": found.facts.serial,
        "Subject": found.facts.subject,
        "Issuer": found.facts.issuer,
        "NotBefore": found.facts.not_before,
        "NotAfter": found.facts.not_after,
        "SignatureAlgorithm": found.facts.signed_by,
        "KeyUsages": [{"Name": name} for name in found.facts.usages],
        "ExtendedKeyUsages": [{"Name": name, "OID": oid} for name, oid in found.facts.extended],
    }


def _renewal(call: Call, found: Certificate) -> dict[str, Any]:
    renewal = found.renewal
    assert renewal is not None
    return {
        "RenewalStatus": renewal.status,
        "DomainValidationOptions": [validation.shown(call, found, each, each.status) for each in renewal.domains],
        "UpdatedAt": renewal.updated_at,
        **({"RenewalStatusReason": renewal.reason} if renewal.reason else {}),
    }


@operation
def get_certificate(call: Call, *, certificate_arn: str) -> dict[str, str]:
    found = state.find(call, certificate_arn)
    if found.facts is None:
        raise RequestInProgressException
    held = state.held(call, found)
    return {"Certificate": held.certificate, **({"CertificateChain": held.chain} if held.chain else {})}


@operation
def delete_certificate(call: Call, *, certificate_arn: str) -> None:
    found = state.find(call, certificate_arn)
    if state.users(call, found):
        raise ResourceInUseException(certificate_arn, call.account)
    state.drop(call, found)
