"""What ACM's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state
from .state import Certificate

_NOWHERE = (
    "request_certificate",
    "list_certificates",
    "search_certificates",
    "get_account_configuration",
    "put_account_configuration",
)


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation in _NOWHERE:
        return ["*"]
    return [parameters.get("certificate_arn") or state.arn_of(call, "*")]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Whoever makes a certificate with tags must be allowed to tag one."""
    if operation in ("request_certificate", "import_certificate") and parameters.get("tags"):
        return [("acm:AddTagsToCertificate", state.arn_of(call, "*"), {})]
    return []


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _requested(parameters) if operation == "request_certificate" else {}
    tags = parameters.get("tags") or []
    if tags:
        found["aws:TagKeys"] = [tag.get("Key", "") for tag in tags]
        found |= {f"aws:RequestTag/{tag.get('Key', '')}": tag.get("Value", "") for tag in tags}
    held = _held(call, parameters)
    if held is not None:
        found |= {f"aws:ResourceTag/{key}": value for key, value in held.tags.items()}
        if operation in ("export_certificate", "revoke_certificate"):
            found["acm:DomainNames"] = list(held.names)
    return found


def _requested(parameters: dict[str, Any]) -> dict[str, Any]:
    """As the user guide has it ("Condition keys for ACM"): names in lower case, defaults filled in."""
    options = parameters.get("options") or {}
    names = [parameters.get("domain_name", ""), *(parameters.get("subject_alternative_names") or [])]
    return {
        "acm:DomainNames": sorted({name.lower() for name in names}),
        "acm:ValidationMethod": parameters.get("validation_method", "EMAIL"),
        "acm:KeyAlgorithm": parameters.get("key_algorithm", "RSA_2048"),
        "acm:CertificateTransparencyLogging": options.get("CertificateTransparencyLoggingPreference", "ENABLED"),
        "acm:Export": options.get("Export", "DISABLED"),
    }


def _held(call: Call, parameters: dict[str, Any]) -> Certificate | None:
    arn = parameters.get("certificate_arn") or ""
    found = state.certificates.get(call, arn.rpartition("/")[2]) if "/" in arn else None
    return found if found is not None and state.arn_of(call, found.id) == arn else None
