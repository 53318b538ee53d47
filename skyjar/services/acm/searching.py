"""Which certificates a search means, and in which order. Pure, but for the clock that is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from . import limits
from .errors import ValidationException
from .state import Certificate


class Known(msgspec.Struct, frozen=True):
    """A certificate with what depends on the moment: its status, whether it is used, whether it would be renewed."""

    arn: str
    certificate: Certificate
    status: str
    is_used: bool
    is_eligible: bool
    origin: str

    @property
    def common_name(self) -> str:
        return self.certificate.domain

    @property
    def renewal_status(self) -> str:
        return self.certificate.renewal.status if self.certificate.renewal is not None else ""


Filter = dict[str, Any]


def matches(wanted: Filter, known: Known, depth: int = 0) -> bool:
    """A statement is exactly one of And, Or, Not and Filter."""
    if len(wanted) != 1 or depth > limits.FILTER_DEPTH:
        raise ValidationException(
            "A filter statement must have exactly one of And, Or, Not and Filter, and not be nested too deeply."
        )
    [(kind, inner)] = wanted.items()
    if kind == "And":
        return all(matches(each, known, depth + 1) for each in inner)
    if kind == "Or":
        return any(matches(each, known, depth + 1) for each in inner)
    return not matches(inner, known, depth + 1) if kind == "Not" else _filter(inner, known)


def _filter(wanted: Filter, known: Known) -> bool:
    [(kind, inner)] = _one(wanted).items()
    if kind == "CertificateArn":
        return bool(inner == known.arn)
    tests = _X509 if kind == "X509AttributeFilter" else _METADATA
    [(name, value)] = _one(inner).items()
    return tests[name](value, known)


def _one(wanted: Filter) -> Filter:
    if len(wanted) != 1:
        raise ValidationException("A filter must have exactly one member.")
    return wanted


def _text(wanted: Filter, have: str) -> bool:
    value, lowered = wanted["Value"].lower(), have.lower()
    return value in lowered if wanted["ComparisonOperator"] == "CONTAINS" else value == lowered


def _within(wanted: dict[str, float], at: float | None) -> bool:
    return at is not None and wanted.get("Start", 0.0) <= at <= wanted.get("End", float("inf"))


def _fact(known: Known, name: str) -> Any:
    return getattr(known.certificate.facts, name, None)


Test = Callable[[Any, Known], bool]
_X509: dict[str, Test] = {
    "Subject": lambda wanted, known: _text(_one(wanted)["CommonName"], known.common_name),
    "SubjectAlternativeName": lambda wanted, known: any(
        _text(_one(wanted)["DnsName"], name) for name in known.certificate.names
    ),
    "ExtendedKeyUsage": lambda wanted, known: wanted in [name for name, _ in _fact(known, "extended") or ()],
    "KeyUsage": lambda wanted, known: wanted in (_fact(known, "usages") or ()),
    "KeyAlgorithm": lambda wanted, known: wanted == known.certificate.algorithm,
    "SerialNumber": lambda wanted, known: wanted == _fact(known, "serial"),
    "NotAfter": lambda wanted, known: _within(wanted, _fact(known, "not_after")),
    "NotBefore": lambda wanted, known: _within(wanted, _fact(known, "not_before")),
}
_METADATA: dict[str, Test] = {
    "Status": lambda wanted, known: wanted == known.status,
    "RenewalStatus": lambda wanted, known: wanted == known.renewal_status,
    "Type": lambda wanted, known: wanted == known.certificate.type,
    "InUse": lambda wanted, known: wanted is known.is_used,
    "Exported": lambda wanted, known: wanted is known.certificate.was_exported,
    "ExportOption": lambda wanted, known: (wanted == "ENABLED") is known.certificate.is_exportable,
    "ValidationMethod": lambda wanted, known: wanted == known.certificate.method,
    "CertificateKeyPairOrigin": lambda wanted, known: wanted == known.origin,
    # What no certificate here has: a manager, an ACME endpoint, an ACME account.
    "ManagedBy": lambda wanted, known: False,
    "AcmeEndpointArn": lambda wanted, known: False,
    "AcmeAccountId": lambda wanted, known: False,
}

SORTED_BY: dict[str, Callable[[Known], Any]] = {
    "CREATED_AT": lambda known: known.certificate.created_at,
    "NOT_AFTER": lambda known: _fact(known, "not_after") or 0.0,
    "NOT_BEFORE": lambda known: _fact(known, "not_before") or 0.0,
    "ISSUED_AT": lambda known: known.certificate.issued_at,
    "IMPORTED_AT": lambda known: known.certificate.imported_at,
    "REVOKED_AT": lambda known: known.certificate.revoked_at,
    "STATUS": lambda known: known.status,
    "RENEWAL_STATUS": lambda known: known.renewal_status,
    "RENEWAL_ELIGIBILITY": lambda known: known.is_eligible,
    "EXPORTED": lambda known: known.certificate.was_exported,
    "EXPORT_OPTION": lambda known: known.certificate.is_exportable,
    "IN_USE": lambda known: known.is_used,
    "KEY_ALGORITHM": lambda known: known.certificate.algorithm,
    "TYPE": lambda known: known.certificate.type,
    "CERTIFICATE_ARN": lambda known: known.arn,
    "COMMON_NAME": lambda known: known.common_name,
    "VALIDATION_METHOD": lambda known: known.certificate.method,
    "CERTIFICATE_KEY_PAIR_ORIGIN": lambda known: known.origin,
    "MANAGED_BY": lambda known: "",
    "ACME_ENDPOINT_ARN": lambda known: "",
    "ACME_ACCOUNT_ID": lambda known: "",
}
