"""Parameters as they are stored: the latest version in `parameters`, so that reading one is one read, and every version
that is kept in `versions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from skyjar.kernel.tables import At, Place, Record, Table

from .errors import ParameterNotFound, ParameterVersionNotFound


class Policy(msgspec.Struct, frozen=True, array_like=True):
    """A policy of an advanced parameter; it acts at `due_at`. `period_s` is what a notification's time is counted from."""

    type: str
    text: str
    due_at: float
    period_s: int = 0
    status: str = "Pending"


class Version(Record, frozen=True):
    """`value` is encrypted for a SecureString (see secure.py), whose KMS key is `key_id` as it was given."""

    name: str
    version: int
    value: str
    type: str
    modified_at: float
    modified_by: str
    tier: str = "Standard"
    data_type: str = "text"
    description: str = ""
    allowed_pattern: str = ""
    labels: tuple[str, ...] = ()
    key_id: str = ""
    policies: tuple[Policy, ...] = ()


class Parameter(Version, frozen=True):
    """The latest version (its labels are with `versions`), and the parameter's tags."""

    tags: dict[str, str] = {}


class Count(Record, frozen=True):
    """`parameters` are of both tiers."""

    id: str
    parameters: int = 0
    advanced: int = 0


class Sharing(Record, frozen=True):
    """The resource policy of a parameter, which lets other accounts read it. `hash` names its content."""

    name: str
    id: str
    hash: str
    document: str


class Setting(Record, frozen=True):
    """A service setting whose value the account has chosen; `id` is its path."""

    id: str
    value: str
    modified_at: float
    modified_by: str


_BEFORE_KEYS = 11  # fields of a version before there was `key_id`
_BEFORE_POLICIES = 12
parameters = Table(
    "ssm.parameters",
    Parameter,
    key=("name",),
    version=3,
    upgrades={
        1: lambda fields: [*fields[:_BEFORE_KEYS], "", *fields[_BEFORE_KEYS:]],
        2: lambda fields: [*fields[:_BEFORE_POLICIES], (), *fields[_BEFORE_POLICIES:]],
    },
)
versions = Table("ssm.versions", Version, key=("name", "version"))
counts = Table("ssm.counts", Count, key=("id",))
sharings = Table("ssm.sharings", Sharing, key=("name",))
settings = Table("ssm.settings", Setting, key=("id",))


def split(at: At, reference: str) -> tuple[At, str, str]:
    """(where, name, selector) of `name`, `name:3`, `name:label` or an ARN of one, which names `/x` and `x` alike.

    An ARN may be of another account, whose policy decides who reads it.
    """
    reference = reference.strip()
    name, _, selector = reference.partition(":")
    if not reference.startswith("arn:"):
        return at, name, selector
    parts = reference.split(":", 6)
    if len(parts) < 6 or parts[2] != "ssm" or parts[3] != at.region or not parts[5].startswith("parameter/"):
        raise ParameterNotFound(reference)
    if parts[4] != at.account:
        at = Place(at.tx, parts[4], at.region)
    name = parts[5].removeprefix("parameter")
    if name.count("/") == 1 and parameters.get(at, name) is None:
        name = name[1:]
    return at, name, parts[6] if len(parts) > 6 else ""


def named(at: At, name: str) -> Parameter:
    """The parameter of a name, which is no ARN and selects nothing."""
    found = parameters.get(at, name.strip())
    if found is None:
        raise ParameterNotFound(name)
    return found


def referred(at: At, reference: str) -> tuple[At, Parameter]:
    """Where a parameter is, and the parameter; a selector is not heeded."""
    where, name, _ = split(at, reference)
    found = parameters.get(where, name)
    if found is None:
        raise ParameterNotFound(reference)
    return where, found


def selected(at: At, reference: str) -> tuple[At, Version, str]:
    """Where the version that a reference means is, the version, and its selector as given."""
    where, name, selector = split(at, reference)
    found = parameters.get(where, name)
    if found is None:
        raise ParameterNotFound(name)
    if not selector:
        return where, found, ""
    if selector.isascii() and selector.isdigit():
        version = versions.get(where, name, int(selector)) if len(selector) < 19 else None
        if version is None:
            raise ParameterVersionNotFound(f"version {selector}", name)
        return where, version, f":{selector}"
    labelled = with_label(where, name, selector)
    if labelled is None:
        raise ParameterVersionNotFound(f"label {selector}", name)
    return where, labelled, f":{selector}"


def with_label(at: At, name: str, label: str) -> Version | None:
    return next((version for version in versions.range(at, name) if label in version.labels), None)


def below(at: At, path: str) -> Iterator[Parameter]:
    """The parameters whose names begin with the path, in order."""
    for parameter in parameters.each(at, start=(path,)):
        if not parameter.name.startswith(path):
            return
        yield parameter


def count(at: At, *, parameters: int = 0, advanced: int = 0) -> None:
    """So many more of them."""
    now = counted(at)
    counts.put(at, replace(now, parameters=now.parameters + parameters, advanced=now.advanced + advanced))


def counted(at: At) -> Count:
    return counts.get(at, "") or Count(id="")


def change(at: At, old: Parameter, new: Parameter) -> None:
    """Of the latest version, in place."""
    parameters.replace(at, old, new)
    held = versions.get(at, old.name, old.version)
    if held is not None:
        versions.replace(at, held, replace(held, policies=new.policies))


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:ssm:{at.region}:{at.account}:parameter{'' if name.startswith('/') else '/'}{name}"


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
