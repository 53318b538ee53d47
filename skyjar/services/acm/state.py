"""Certificates as they are stored. The PEM texts and the private key are in `kernel/certificates.py`, by ARN.

What only the clock decides is not stored: that a request has timed out, that a certificate has expired.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import certificates as shared
from skyjar.kernel.call import Call
from skyjar.kernel.certificates import Held
from skyjar.kernel.tables import At, Record, Table

from . import limits
from .errors import InvalidArnException, ResourceNotFoundException
from .facts import Facts

PENDING, ISSUED, FAILED, REVOKED = "PENDING_VALIDATION", "ISSUED", "FAILED", "REVOKED"
TIMED_OUT, EXPIRED = "VALIDATION_TIMED_OUT", "EXPIRED"
SUCCESS = "SUCCESS"


class Domain(msgspec.Struct, frozen=True, array_like=True):
    """One name of a request. `is_vouched`: somebody has said that the record exists, or has approved by mail."""

    name: str
    mail_domain: str
    status: str = PENDING
    is_vouched: bool = False


class Renewal(msgspec.Struct, frozen=True, array_like=True):
    status: str
    updated_at: float
    domains: tuple[Domain, ...] = ()
    reason: str = ""


class Certificate(Record, frozen=True):
    """`exported_at`: when the present certificate was exported, 0 if it never was; `was_exported`: whether any before."""

    id: str
    type: str
    domain: str
    created_at: float
    status: str = PENDING
    names: tuple[str, ...] = ()
    algorithm: str = "RSA_2048"
    method: str = ""
    is_exportable: bool = False
    domains: tuple[Domain, ...] = ()
    token: str = ""
    facts: Facts | None = None
    issued_at: float = 0.0
    imported_at: float = 0.0
    revoked_at: float = 0.0
    revocation_reason: str = ""
    failure_reason: str = ""
    exported_at: float = 0.0
    was_exported: bool = False
    renewal: Renewal | None = None
    tags: dict[str, str] = {}


class Approval(Record, frozen=True):
    """A request or renewal that can be approved by hand: where it is."""

    id: str
    account: str
    region: str


class Made(Record, frozen=True):
    """That a certificate was requested or imported, for the quota of a year. Kept when it is deleted."""

    type: str
    at: float
    id: str


class Account(Record, frozen=True):
    """`secret` makes the validation records; they are the same for a name as long as the account exists."""

    id: str
    secret: bytes = b""


class Configuration(Record, frozen=True):
    id: str
    expiry_days: int = limits.EXPIRY_DAYS
    token: str = ""
    at: float = 0.0


certificates = Table("acm.certificates", Certificate, key=("id",), indexes={"token": ("token",)})
approvals = Table("acm.approvals", Approval, key=("id",), scope="cloud")
made = Table("acm.made", Made, key=("type", "at", "id"))
accounts = Table("acm.accounts", Account, key=("id",), scope="account")
configurations = Table("acm.configurations", Configuration, key=("id",))


def arn_of(at: At, identity: str) -> str:
    return f"arn:aws:acm:{at.region}:{at.account}:certificate/{identity}"


def find(call: Call, arn: str) -> Certificate:
    """The certificate of an ARN; another account's or Region's is not found."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("certificate/"):
        raise InvalidArnException(arn)
    found = certificates.get(call, parts[5].removeprefix("certificate/"))
    if found is None or arn != arn_of(call, found.id):
        raise ResourceNotFoundException(arn)
    return found


def status_of(found: Certificate, now: float) -> str:
    if found.status == PENDING and now >= found.created_at + limits.TIMEOUT_S:
        return TIMED_OUT
    if found.status == ISSUED and found.facts is not None and now > found.facts.not_after:
        return EXPIRED
    return found.status


def change(at: At, found: Certificate, **changes: Any) -> Certificate:
    new = msgspec.structs.replace(found, **changes)
    certificates.replace(at, found, new)
    return new


def users(at: At, found: Certificate) -> list[str]:
    return shared.users(at.tx, arn_of(at, found.id))


def held(at: At, found: Certificate) -> Held:
    kept = shared.held.get(shared.everywhere(at.tx), arn_of(at, found.id))
    assert kept is not None
    return kept


def hold(at: At, found: Certificate, certificate: str, chain: str, private_key: str) -> None:
    kept = Held(arn=arn_of(at, found.id), certificate=certificate, chain=chain, private_key=private_key)
    shared.held.put(shared.everywhere(at.tx), kept)


def drop(at: At, found: Certificate) -> None:
    shared.held.delete(shared.everywhere(at.tx), arn_of(at, found.id))
    approvals.delete(at, found.id)
    certificates.remove(at, found)


def is_eligible(at: At, found: Certificate, now: float) -> bool:
    """Whether ACM would renew it: issued by ACM, not expired, and used or exported since it was issued."""
    is_good = found.type == "AMAZON_ISSUED" and status_of(found, now) == ISSUED
    return is_good and bool(found.exported_at or users(at, found))
