"""Analyzers, their archive rules, what they found and what they looked at."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import limits
from .errors import ResourceNotFoundException, ValidationException

ACTIVE, ARCHIVED, RESOLVED = "ACTIVE", "ARCHIVED", "RESOLVED"
EXTERNAL = "ExternalAccess"
RUNNING, DONE, FAILED, CANCELED = "IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELED"


class Exclusion(msgspec.Struct, frozen=True, array_like=True):
    """Whom an unused access analyzer leaves out: these accounts, and what has all tags of one of these sets."""

    accounts: tuple[str, ...] = ()
    tags: tuple[dict[str, str], ...] = ()


class Analyzer(Record, frozen=True):
    """`position`: up to where the history of calls has been read for changes; -1 before that has begun."""

    name: str
    type: str
    created_at: float
    tags: dict[str, str] = {}
    unused_days: int = limits.UNUSED_DAYS
    exclusions: tuple[Exclusion, ...] = ()
    last_resource: str = ""
    last_at: float = 0.0
    position: int = -1
    token: str = ""

    @property
    def is_unused(self) -> bool:
        return self.type.endswith("UNUSED_ACCESS")

    @property
    def is_of_organization(self) -> bool:
        return self.type.startswith("ORGANIZATION")


class Rule(Record, frozen=True):
    """`filter` is JSON, as it was given."""

    analyzer: str
    name: str
    filter: bytes
    created_at: float
    updated_at: float


class Finding(Record, frozen=True):
    """`details` are the finding's, JSON, of unused access; the rest from `principal` on is of external access.
    `restriction` says whether the organization's resource control policies may narrow it down, which is not weighed."""

    analyzer: str
    id: str
    kind: str
    resource: str
    resource_type: str
    owner: str
    created_at: float
    analyzed_at: float
    updated_at: float
    status: str = ACTIVE
    principal: dict[str, str] = {}
    condition: dict[str, str] = {}
    actions: tuple[str, ...] = ()
    is_public: bool = False
    sources: tuple[str, ...] = ()
    error: str = ""
    details: bytes = b"[]"
    restriction: str = ""


class Resource(Record, frozen=True):
    """Something that was analyzed, whether or not it is shared."""

    analyzer: str
    arn: str
    type: str
    owner: str
    created_at: float
    analyzed_at: float
    updated_at: float
    is_public: bool = False
    actions: tuple[str, ...] = ()
    is_shared: bool = False
    error: str = ""


class Generation(Record, frozen=True):
    """A policy that is made from recorded calls. `details` is what was asked for, `actions` what was found."""

    id: str
    principal: str
    status: str
    started_at: float
    details: bytes
    completed_at: float = 0.0
    error: tuple[str, str] = ("", "")
    actions: tuple[str, ...] = ()
    is_complete: bool = True
    files: int = 0
    token: str = ""


class Preview(Record, frozen=True):
    """`configurations` as they were given and `findings` as they are shown, JSON."""

    analyzer: str
    id: str
    created_at: float
    configurations: bytes
    status: str = "CREATING"
    reason: str = ""
    findings: bytes = b"[]"
    token: str = ""


class Token(Record, frozen=True):
    """A client token that was used."""

    operation: str
    token: str
    at: float


analyzers = Table("accessanalyzer.analyzers", Analyzer, key=("name",))
rules = Table("accessanalyzer.rules", Rule, key=("analyzer", "name"))
findings = Table(
    "accessanalyzer.findings", Finding, key=("analyzer", "id"), indexes={"resource": ("analyzer", "resource")}
)
resources = Table("accessanalyzer.resources", Resource, key=("analyzer", "arn"))
previews = Table("accessanalyzer.previews", Preview, key=("analyzer", "id"))
tokens = Table("accessanalyzer.tokens", Token, key=("operation", "token"))
generations = Table("accessanalyzer.generations", Generation, key=("id",))


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:access-analyzer:{at.region}:{at.account}:analyzer/{name}"


def by_name(call: Call, name: str) -> Analyzer:
    found = analyzers.get(call, name)
    if found is None:
        raise ResourceNotFoundException(f"Analyzer {name} not found.", name, "Analyzer")
    return found


def by_arn(call: Call, arn: str) -> Analyzer:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "access-analyzer" or not parts[5].startswith("analyzer/"):
        raise ValidationException(f"The ARN {arn} is not valid.")
    found = analyzers.get(call, parts[5].removeprefix("analyzer/"))
    if found is None or arn != arn_of(call, found.name):
        raise ResourceNotFoundException("The specified analyzer could not be found.", arn, "Analyzer")
    return found


def external_by_arn(call: Call, arn: str) -> Analyzer:
    """One of external access, which alone has what is asked for."""
    found = by_arn(call, arn)
    if found.is_unused:
        raise ValidationException("This operation is only for external access analyzers.", "notSupported")
    return found


def change(at: At, found: Analyzer, **changes: Any) -> Analyzer:
    new = msgspec.structs.replace(found, **changes)
    analyzers.replace(at, found, new)
    return new


def drop(call: Call, found: Analyzer) -> None:
    held: tuple[Table[Any], ...] = (rules, findings, resources, previews)
    for table in held:
        for each in table.range(call, found.name):
            table.remove(call, each)
    analyzers.remove(call, found)


def is_repeated(call: Call, token: str) -> bool:
    """Whether the operation has been called with this client token lately, and so has been done. Remembers it."""
    found = tokens.get(call, call.operation, token) if token else None
    if found is not None and call.now < found.at + limits.TOKEN_S:
        return True
    if token:
        tokens.put(call, Token(operation=call.operation, token=token, at=call.now))
    return False


def identity(analyzer: Analyzer, *parts: str) -> str:
    """The id of a finding: the same whenever the same is found again."""
    text = "\n".join([analyzer.name, str(analyzer.created_at), *parts])
    digits = hashlib.sha256(text.encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
