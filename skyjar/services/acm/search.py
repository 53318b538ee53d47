"""SearchCertificates: by what is in a certificate and what ACM knows of it."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import pages
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import distinguished, limits, searching, state
from .certificates import origin_of
from .errors import ValidationException
from .searching import Known


@operation
def search_certificates(
    call: Call,
    *,
    filter_statement: dict[str, Any] | None = None,
    max_results: int = limits.SEARCH_PAGE,
    next_token: str = "",
    sort_by: str = "CREATED_AT",
    sort_order: str = "DESCENDING",
) -> dict[str, Any]:
    known = [_known(call, each) for each in state.certificates.range(call)]
    found = [each for each in known if not filter_statement or searching.matches(filter_statement, each)]
    key = searching.SORTED_BY[sort_by]
    found.sort(key=lambda each: (key(each), each.arn), reverse=sort_order == "DESCENDING")
    try:
        page, token = pages.page(found, next_token, max_results)
    except pages.BadToken:
        raise ValidationException("The NextToken value is not valid.") from None
    shown: dict[str, Any] = {"Results": [_shown(call, each) for each in page]}
    return {**shown, "NextToken": token} if token else shown


def _known(call: Call, found: state.Certificate) -> Known:
    return Known(
        arn=state.arn_of(call, found.id),
        certificate=found,
        status=state.status_of(found, call.now),
        is_used=bool(state.users(call, found)),
        is_eligible=state.is_eligible(call, found, call.now),
        origin=origin_of(found),
    )


def _shown(call: Call, known: Known) -> dict[str, Any]:
    metadata = {"AcmCertificateMetadata": _metadata(known)}
    return {"CertificateArn": known.arn, "X509Attributes": _attributes(call, known), "CertificateMetadata": metadata}


def _attributes(call: Call, known: Known) -> dict[str, Any]:
    found = known.certificate
    shown: dict[str, Any] = {
        "Subject": {"CommonName": found.domain},
        "SubjectAlternativeNames": [{"DnsName": name} for name in found.names],
        "KeyAlgorithm": found.algorithm,
    }
    if found.facts is None:
        return shown
    issuer, subject = distinguished.names(state.held(call, found).certificate)
    return {
        **shown,
        "Issuer": issuer,
        "Subject": subject,
        "SerialNumber": found.facts.serial,
        "NotBefore": found.facts.not_before,
        "NotAfter": found.facts.not_after,
        "KeyUsages": list(found.facts.usages),
        "ExtendedKeyUsages": [name for name, _ in found.facts.extended],
    }


def _metadata(known: Known) -> dict[str, Any]:
    found = known.certificate
    shown: dict[str, Any] = {
        "CreatedAt": found.created_at,
        "Exported": found.was_exported,
        "InUse": known.is_used,
        "RenewalEligibility": "ELIGIBLE" if known.is_eligible else "INELIGIBLE",
        "Status": known.status,
        "Type": found.type,
        "ExportOption": "ENABLED" if found.is_exportable else "DISABLED",
        "CertificateKeyPairOrigin": known.origin,
    }
    optional = {
        "ImportedAt": found.imported_at,
        "IssuedAt": found.issued_at,
        "RevokedAt": found.revoked_at,
        "RenewalStatus": known.renewal_status,
        "ValidationMethod": found.method,
    }
    return shown | {name: value for name, value in optional.items() if value}
