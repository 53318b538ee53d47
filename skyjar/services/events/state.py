"""Buses, rules, targets, and events on their way, and the only reads and writes of them.

An event that came in is a `Happening` of its bus until the bus's job has matched it against the rules and given it to
their targets. What a target has not taken yet is an `Attempt`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal, service
from skyjar.kernel.tables import At, Place, Record, Table

from .errors import ResourceNotFoundException, ValidationException

PRINCIPAL = "events.amazonaws.com"
DEFAULT = "default"
FEW = 32


class Bus(Record, frozen=True):
    """The default bus is there without being made; it is stored once something of it has been changed."""

    name: str
    created_at: float = 0.0
    changed_at: float = 0.0
    description: str = ""
    policy: str = ""
    dead_letter: str = ""
    tags: dict[str, str] = {}


class Rule(Record, frozen=True):
    """`number` is another one for each life of the rule, so that a schedule of an earlier life does not go on."""

    bus: str
    name: str
    number: int = 0
    pattern: str = ""
    schedule: str = ""
    rule_state: str = "ENABLED"
    description: str = ""
    role: str = ""
    managed_by: str = ""
    created_by: str = ""
    tags: dict[str, str] = {}

    @property
    def is_on(self) -> bool:
        return self.rule_state != "DISABLED"


class Target(Record, frozen=True):
    """`document` is the target as it was put, in JSON."""

    bus: str
    rule: str
    id: str
    arn: str
    document: bytes


class Happening(Record, frozen=True):
    """`replay` is the replay that it is of, and `rules` the only ones that it is for then, by name; `hops` counts the buses
    that it came by."""

    bus: str
    number: int
    body: bytes
    came_at: float
    replay: str = ""
    is_read_only: bool = False
    rules: tuple[str, ...] = ()
    hops: int = 0


class Attempt(Record, frozen=True):
    """`id` names it among the target's; `document` is the target as it was then, `body` the event."""

    rule_arn: str
    target: str
    id: str
    bus: str
    rule: str
    document: bytes
    body: bytes
    came_at: float
    tries: int = 0
    hops: int = 0


class Sequence(Record, frozen=True):
    name: str
    number: int


class Session(Record, frozen=True):
    """Credentials of a role that targets are reached in."""

    role: str
    principal: Principal
    expires_at: float


buses = Table("events.buses", Bus, key=("name",), remembers=True)
rules = Table("events.rules", Rule, key=("bus", "name"))
targets = Table("events.targets", Target, key=("bus", "rule", "id"), indexes={"arn": ("bus", "arn", "rule")})
happenings = Table("events.happenings", Happening, key=("bus", "number"))
attempts = Table("events.attempts", Attempt, key=("rule_arn", "target", "id"))
sequences = Table("events.sequences", Sequence, key=("name",), remembers=True)
sessions = Table("events.sessions", Session, key=("role",), scope="account")


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def next_number(at: At, name: str) -> int:
    found = sequences.get(at, name)
    number = found.number + 1 if found is not None else 1
    sequences.put(at, Sequence(name=name, number=number))
    return number


def bus_arn(at: At, name: str) -> str:
    return f"arn:aws:events:{at.region}:{at.account}:event-bus/{name}"


def rule_arn(at: At, bus: str, name: str) -> str:
    path = name if bus == DEFAULT else f"{bus}/{name}"
    return f"arn:aws:events:{at.region}:{at.account}:rule/{path}"


def locate(call: Call, given: str | None) -> tuple[At, str]:
    """Where a bus's name or ARN points: the account's and Region's place, and the bus's name."""
    if not given:
        return call, DEFAULT
    if not given.startswith("arn:"):
        return call, given
    parts = given.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("event-bus/"):
        raise ValidationException("Parameter EventBusName is not valid. Reason: Provided Arn is not in correct format.")
    name = parts[5].removeprefix("event-bus/")
    if parts[4] == call.account and parts[3] == call.region:
        return call, name
    return Place(call.tx, parts[4], parts[3]), name


def find_bus(at: At, name: str) -> Bus | None:
    found = buses.get(at, name)
    return Bus(name=DEFAULT) if found is None and name == DEFAULT else found


def existing_bus(call: Call, given: str | None) -> tuple[At, Bus]:
    at, name = locate(call, given)
    found = find_bus(at, name)
    if found is None:
        raise ResourceNotFoundException(f"Event bus {name} does not exist.")
    return at, found


def existing_rule(call: Call, bus: str | None, name: str) -> tuple[At, Rule]:
    at, held = existing_bus(call, bus)
    found = rules.get(at, held.name, name)
    if found is None:
        raise ResourceNotFoundException(f"Rule {name} does not exist on EventBus {held.name}.")
    return at, found


def rules_of(at: At, bus: str) -> list[Rule]:
    """All of a bus. Few are usual, and these are at hand in memory."""
    found = rules.range(at, bus, limit=FEW, is_queue=True)
    return found if len(found) < FEW else rules.range(at, bus)


def targets_of(at: At, rule: Rule) -> list[Target]:
    return targets.range(at, rule.bus, rule.name, limit=FEW, is_queue=True)


def acting(call: Call, at: At) -> Call:
    """The call as EventBridge itself makes it for whoever owns a bus there."""
    other = call.acting(service(PRINCIPAL, at.account), {})
    other.region = at.region
    return other
