"""Who may have a certificate for a name: the records and mails that prove it.

A record is found in the hosted zones of the certificate's account, once Route 53 is there; until then, and for names that
are kept elsewhere, somebody says that it exists (`endpoints.py`). Names below `.localhost` are the cloud's own.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.principals import root

from . import limits, state
from .state import SUCCESS, Account, Certificate, Domain

_ZONES = "100"  # of one name; Route 53 counts in texts
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def bare(name: str) -> str:
    """A name without the asterisk: what is proved for it, is proved for the wildcard."""
    return name.removeprefix("*.")


def default_mail_domain(name: str) -> str:
    return bare(name).removeprefix("www.")


def emails(domain: Domain) -> list[str]:
    return [f"{box}@{domain.mail_domain}" for box in limits.MAILBOXES]


def refusal(name: str) -> str:
    """Why no public authority gives anybody a certificate for this name; empty if one might."""
    lowered = bare(name).lower()
    if any(lowered == each or lowered.endswith("." + each) for each in limits.AMAZONS):
        return "DOMAIN_NOT_ALLOWED"
    return "INVALID_PUBLIC_DOMAIN" if any(lowered.endswith("." + each) for each in limits.PRIVATE) else ""


def is_own(name: str) -> bool:
    return name.lower().endswith("." + limits.OWN)


def record(call: Call, name: str) -> dict[str, str]:
    """The CNAME record of a name: the same for every certificate of the account, and for the name's wildcard."""
    secret = _secret(call)
    lowered = bare(name).lower()
    left, right = (
        hmac.new(secret, f"{side} {lowered}".encode(), hashlib.sha256).digest() for side in ("name", "value")
    )
    zone = "".join(_LETTERS[byte % 26] for byte in right[16:26])
    return {
        "Name": f"_{left[:16].hex()}.{lowered}.",
        "Type": "CNAME",
        "Value": f"_{right[:16].hex()}.{zone}.acm-validations.aws.",
    }


def _secret(call: Call) -> bytes:
    found = state.accounts.get(call, "")
    assert found is not None
    return found.secret


def prepare(call: Call) -> None:
    """Give the account what its records are made of, if it is new here."""
    if state.accounts.get(call, "") is None:
        state.accounts.add(call, Account(id="", secret=call.chance.bytes(32)))


def is_proved(call: Call, found: Certificate, domain: Domain) -> bool:
    if is_own(domain.name) or domain.is_vouched:
        return True
    return found.method == "DNS" and is_published(call, record(call, domain.name))


def is_published(call: Call, wanted: dict[str, str]) -> bool:
    """Whether a hosted zone of this account has the record. DNS is public, so nobody's permissions count."""
    dns = call.ask("route53", root(call.account))
    labels = wanted["Name"].rstrip(".").split(".")
    try:
        for start in range(1, len(labels) - 1):
            name = ".".join(labels[start:]) + "."
            zones = dns.list_hosted_zones_by_name(dns_name=name, max_items=_ZONES)["HostedZones"]
            if any(_is_public(zone, name) and _has(dns, zone["Id"], wanted) for zone in zones):
                return True
    except NotImplementedHere:
        return False
    return False


def _is_public(zone: dict[str, Any], name: str) -> bool:
    is_private: bool = zone.get("Config", {}).get("PrivateZone", False)
    return bool(zone["Name"] == name) and not is_private


def _has(dns: Any, zone: str, wanted: dict[str, str]) -> bool:
    found = dns.list_resource_record_sets(
        hosted_zone_id=zone, start_record_name=wanted["Name"], start_record_type="CNAME", max_items="1"
    )["ResourceRecordSets"]
    return any(
        each["Type"] == "CNAME"
        and each["Name"].rstrip(".") == wanted["Name"].rstrip(".")
        and any(value["Value"].rstrip(".") == wanted["Value"].rstrip(".") for value in each.get("ResourceRecords", []))
        for each in found
    )


def shown(call: Call, found: Certificate, domain: Domain, status: str) -> dict[str, Any]:
    """A DomainValidation."""
    answer: dict[str, Any] = {
        "DomainName": domain.name,
        "ValidationDomain": domain.mail_domain,
        "ValidationStatus": status,
        "ValidationMethod": found.method,
    }
    if found.method == "DNS":
        return {**answer, "ResourceRecord": record(call, domain.name)}
    return {**answer, "ValidationEmails": emails(domain)}


def look_every(age_s: float) -> float:
    """How long to wait before looking again, for a request of this age."""
    return next((float(pause) for pause, until in limits.LOOKS if age_s < until), float(limits.LOOKS[-1][0]))


def proved(call: Call, found: Certificate, domains: tuple[Domain, ...]) -> tuple[Domain, ...]:
    """The names, each with what is known of it now."""
    return tuple(
        msgspec.structs.replace(each, status=SUCCESS)
        if each.status != SUCCESS and is_proved(call, found, each)
        else each
        for each in domains
    )


def all_proved(domains: tuple[Domain, ...]) -> tuple[Domain, ...]:
    return tuple(msgspec.structs.replace(each, status=SUCCESS) for each in domains)


def all_vouched(domains: tuple[Domain, ...]) -> tuple[Domain, ...]:
    return tuple(msgspec.structs.replace(each, is_vouched=True) for each in domains)
