"""Functions, their versions, and what belongs to them, as they are stored.

A `Function` is what all versions share. Its versions are records of their own: number 0 is $LATEST, which changes; the
others never do. Concurrency that is in use is not state: the sandboxes know it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At, Place, Record, Table

from . import limits, names
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .names import LATEST, Reference


class Function(Record, frozen=True):
    """`reserved` is -1 where no concurrency is reserved. `next_number` is that of the next published version."""

    name: str
    next_number: int = 1
    reserved: int = -1
    tags: dict[str, str] = {}


class Layer(msgspec.Struct, frozen=True, array_like=True):
    """A layer version as a function uses it."""

    arn: str
    size: int
    unzipped: int
    blob: str


class Version(Record, frozen=True):
    """`environment` is in the order given; `layer_blobs` repeats those of `layers`, to keep them. `download` is the secret
    of the URL from which the code can be fetched."""

    name: str
    number: int
    arn: str
    revision: str
    modified: str
    role: str
    code_blob: str
    code_sha256: str
    code_size: int
    code_unzipped: int
    runtime: str = ""
    handler: str = ""
    description: str = ""
    timeout_s: int = limits.TIMEOUT_DEFAULT_S
    memory_mib: int = limits.MEMORY_DEFAULT_MIB
    ephemeral_mib: int = limits.EPHEMERAL_DEFAULT_MIB
    environment: dict[str, str] = {}
    architecture: str = "x86_64"
    layers: tuple[Layer, ...] = ()
    layer_blobs: tuple[str, ...] = ()
    dead_letter: str = ""
    log_format: str = "Text"
    log_group: str = ""
    app_log_level: str = ""
    system_log_level: str = ""
    download: str = ""

    @property
    def qualifier(self) -> str:
        return str(self.number) if self.number else LATEST

    @property
    def log_group_name(self) -> str:
        return self.log_group or f"/aws/lambda/{self.name}"


class Alias(Record, frozen=True):
    """`weights` are (version, share) of the traffic that goes elsewhere."""

    function: str
    name: str
    version: str
    revision: str
    description: str = ""
    weights: tuple[tuple[str, float], ...] = ()


class Policy(Record, frozen=True):
    """The resource policy of a function, or of one version or alias. `statements` are JSON texts by their Sid."""

    function: str
    qualifier: str
    revision: str
    statements: dict[str, str] = {}


class EventConfig(Record, frozen=True):
    """What asynchronous invocation does; None and empty are Lambda's defaults."""

    function: str
    qualifier: str
    modified: float
    retries: int | None = None
    age_s: int | None = None
    on_success: str = ""
    on_failure: str = ""


class LayerName(Record, frozen=True):
    name: str
    next_number: int = 1


class LayerVersion(Record, frozen=True):
    name: str
    number: int
    code_blob: str
    code_sha256: str
    code_size: int
    code_unzipped: int
    created: str
    description: str = ""
    license: str = ""
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    download: str = ""


class Session(Record, frozen=True):
    """Credentials of an execution role, as a function holds them."""

    role: str
    name: str
    access_key: str
    secret: str
    token: str
    expires_at: float
    principal: Principal


class Reservation(Record, frozen=True):
    """How much concurrency the functions of a region have reserved together."""

    name: str
    total: int


class Provisioned(Record, frozen=True):
    """Concurrency that is kept ready for a version or an alias. `status` as Lambda says it; `number` tells one setting from
    the next."""

    function: str
    qualifier: str
    requested: int
    modified: str
    number: str
    available: int = 0
    status: str = "IN_PROGRESS"
    reason: str = ""


functions = Table("lambda.functions", Function, key=("name",))
versions = Table("lambda.versions", Version, key=("name", "number"), blobs=("code_blob", "layer_blobs"))
aliases = Table("lambda.aliases", Alias, key=("function", "name"))
policies = Table("lambda.policies", Policy, key=("function", "qualifier"))
event_configs = Table("lambda.event_configs", EventConfig, key=("function", "qualifier"))
layer_names = Table("lambda.layer_names", LayerName, key=("name",))
layers = Table("lambda.layers", LayerVersion, key=("name", "number"), blobs=("code_blob",))
sessions = Table("lambda.sessions", Session, key=("role", "name"))
provisioned = Table("lambda.provisioned", Provisioned, key=("function", "qualifier"))
reservations = Table("lambda.reservations", Reservation, key=("name",))


def place(call: Call, reference: Reference) -> At:
    if reference.account == call.account:
        return call
    return Place(call.tx, reference.account, reference.region)


def refer(call: Call, given: str, qualifier: str | None = None) -> tuple[At, Reference]:
    reference = names.read(call.account, call.region, given, qualifier)
    return place(call, reference), reference


def head(call: Call, given: str) -> tuple[At, Function]:
    """A function without regard to versions; a qualifier in its name is refused."""
    at, reference = refer(call, given)
    if reference.qualifier and reference.qualifier != LATEST:
        raise InvalidParameterValueException("This operation does not permit qualified function names.")
    found = functions.get(at, reference.name)
    if found is None:
        raise missing(reference)
    return at, found


def find(call: Call, given: str, qualifier: str | None = None) -> tuple[At, Reference, Version]:
    """The version that a name and qualifier mean; an alias gives the version it points to."""
    at, reference = refer(call, given, qualifier)
    version = resolve(at, reference)
    return at, reference, version


def resolve(at: At, reference: Reference) -> Version:
    number = number_of(reference.qualifier)
    if number is None:
        alias = aliases.get(at, reference.name, reference.qualifier)
        number = number_of(alias.version) if alias is not None else None
    found = versions.get(at, reference.name, number) if number is not None else None
    if found is None:
        raise missing(reference)
    return found


def number_of(qualifier: str) -> int | None:
    """The version that a qualifier names; None for an alias."""
    if qualifier in ("", LATEST):
        return 0
    return int(qualifier) if qualifier.isascii() and qualifier.isdigit() else None


def missing(reference: Reference) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Function not found: {reference.arn}")


def latest(at: At, name: str) -> Version:
    found = versions.get(at, name, 0)
    assert found is not None, name
    return found


def concurrency(at: At) -> int:
    """How many executions at the same time the account may have in the Region."""
    return quotas.of(at, "lambda", "concurrency", limits.QUOTAS)


def reserved_total(at: At) -> int:
    found = reservations.get(at, "all")
    return found.total if found is not None else 0


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
