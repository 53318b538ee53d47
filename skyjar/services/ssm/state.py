"""Parameters as they are stored: the latest version in `parameters`, so that reading one is one read, and every version
that is kept in `versions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from skyjar.kernel.tables import At, Record, Table

from .errors import ParameterNotFound, ParameterVersionNotFound


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


class Parameter(Version, frozen=True):
    """The latest version (its labels are with `versions`), and the parameter's tags."""

    tags: dict[str, str] = {}


class Count(Record, frozen=True):
    id: str
    parameters: int = 0


_BEFORE_KEYS = 11  # fields of a version before there was `key_id`
parameters = Table(
    "ssm.parameters",
    Parameter,
    key=("name",),
    version=2,
    upgrades={1: lambda fields: [*fields[:_BEFORE_KEYS], "", *fields[_BEFORE_KEYS:]]},
)
versions = Table("ssm.versions", Version, key=("name", "version"))
counts = Table("ssm.counts", Count, key=("id",))


def split(at: At, reference: str) -> tuple[str, str]:
    """(name, selector) of `name`, `name:3`, `name:label` or an ARN of one, which names `/x` and `x` alike."""
    name, selector = reference, ""
    if reference.startswith("arn:"):
        parts = reference.split(":", 6)
        if len(parts) < 6 or parts[2:5] != ["ssm", at.region, at.account] or not parts[5].startswith("parameter/"):
            raise ParameterNotFound(reference)
        name = parts[5].removeprefix("parameter")
        selector = parts[6] if len(parts) > 6 else ""
        if name.count("/") == 1 and parameters.get(at, name) is None:
            name = name[1:]
    elif ":" in reference:
        name, _, selector = reference.partition(":")
    return name, selector


def parameter_of(at: At, reference: str) -> Parameter:
    """The parameter; a selector is not heeded."""
    name, _ = split(at, reference)
    found = parameters.get(at, name)
    if found is None:
        raise ParameterNotFound(reference)
    return found


def selected(at: At, reference: str) -> tuple[Version, str]:
    """The version that a reference means, and its selector as given."""
    name, selector = split(at, reference)
    found = parameters.get(at, name)
    if found is None:
        raise ParameterNotFound(name)
    if not selector:
        return found, ""
    if selector.isdigit():
        version = versions.get(at, name, int(selector))
        if version is None:
            raise ParameterVersionNotFound(f"version {selector}", name)
        return version, f":{selector}"
    labelled = with_label(at, name, selector)
    if labelled is None:
        raise ParameterVersionNotFound(f"label {selector}", name)
    return labelled, f":{selector}"


def with_label(at: At, name: str, label: str) -> Version | None:
    return next((version for version in versions.range(at, name) if label in version.labels), None)


def below(at: At, path: str) -> Iterator[Parameter]:
    """The parameters whose names begin with the path, in order."""
    for parameter in parameters.each(at, start=(path,)):
        if not parameter.name.startswith(path):
            return
        yield parameter


def count(at: At, change: int) -> int:
    now = counts.get(at, "") or Count(id="")
    counts.put(at, replace(now, parameters=now.parameters + change))
    return now.parameters + change


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:ssm:{at.region}:{at.account}:parameter{'' if name.startswith('/') else '/'}{name}"


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
