"""Listing certificates."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import pages
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .certificates import origin_of
from .errors import InvalidArgsException, ValidationException
from .state import Certificate


@operation
def list_certificates(
    call: Call,
    *,
    certificate_statuses: list[str] | None = None,
    certificate_key_pair_origins: list[str] | None = None,
    includes: dict[str, Any] | None = None,
    next_token: str = "",
    max_items: int = limits.PAGE,
    sort_by: str = "",
    sort_order: str = "",
) -> dict[str, Any]:
    """The newest first, unless another order is asked for."""
    if bool(sort_by) != bool(sort_order):
        raise InvalidArgsException("If you specify SortBy, you must also specify SortOrder, and the other way round.")
    found = [
        each
        for each in state.certificates.range(call)
        if (not certificate_statuses or state.status_of(each, call.now) in certificate_statuses)
        and (not certificate_key_pair_origins or origin_of(each) in certificate_key_pair_origins)
        and _is_included(each, includes or {})
    ]
    found.sort(key=lambda each: (each.created_at, each.id), reverse=sort_order != "ASCENDING")
    try:
        page, token = pages.page(found, next_token, max_items)
    except pages.BadToken:
        raise ValidationException("The NextToken value is not valid.") from None
    shown: dict[str, Any] = {"CertificateSummaryList": [_shown(call, each) for each in page]}
    return {**shown, "NextToken": token} if token else shown


def _is_included(found: Certificate, includes: dict[str, Any]) -> bool:
    """By default RSA keys of up to 2048 bits. Of several usages that are asked for, all must be there."""
    if found.algorithm not in (includes.get("keyTypes") or limits.LISTED_BY_DEFAULT):
        return False
    if "exportOption" in includes and (includes["exportOption"] == "ENABLED") != found.is_exportable:
        return False
    if "managedBy" in includes:
        return False  # CloudFront manages none here
    usages = found.facts.usages if found.facts is not None else ()
    extended = [name for name, _ in found.facts.extended] if found.facts is not None else []
    return _are(usages, includes.get("keyUsage") or []) and _are(extended, includes.get("extendedKeyUsage") or [])


def _are(present: tuple[str, ...] | list[str], wanted: list[str]) -> bool:
    return all(not present if name == "NONE" else name in present for name in wanted)


def _shown(call: Call, found: Certificate) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "CertificateArn": state.arn_of(call, found.id),
        "DomainName": found.domain,
        "SubjectAlternativeNameSummaries": list(found.names[: limits.NAMES_LISTED]),
        "HasAdditionalSubjectAlternativeNames": len(found.names) > limits.NAMES_LISTED,
        "Status": state.status_of(found, call.now),
        "Type": found.type,
        "KeyAlgorithm": found.algorithm,
        "KeyUsages": list(found.facts.usages) if found.facts is not None else [],
        "ExtendedKeyUsages": [name for name, _ in found.facts.extended] if found.facts is not None else [],
        "ExportOption": "ENABLED" if found.is_exportable else "DISABLED",
        "InUse": bool(state.users(call, found)),
        "Exported": found.was_exported,
        "RenewalEligibility": "ELIGIBLE" if state.is_eligible(call, found, call.now) else "INELIGIBLE",
        "CreatedAt": found.created_at,
        "CertificateKeyPairOrigin": origin_of(found),
    }
    if found.facts is not None:
        shown |= {"NotBefore": found.facts.not_before, "NotAfter": found.facts.not_after}
    dates = {"IssuedAt": found.issued_at, "ImportedAt": found.imported_at, "RevokedAt": found.revoked_at}
    return shown | {name: at for name, at in dates.items() if at}
