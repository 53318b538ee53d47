"""Scalable targets, their policies, actions and activities, as they are stored."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At, Record, Table

from .errors import ObjectNotFoundException

Key = tuple[str, str, str]  # namespace, resource id, scalable dimension


class Target(Record, frozen=True):
    """`suspended`: scaling in, scaling out, scheduled scaling."""

    namespace: str
    resource: str
    dimension: str
    id: str
    least: int
    most: int
    created_at: float
    suspended: tuple[bool, bool, bool] = (False, False, False)
    tags: dict[str, str] = {}

    @property
    def key(self) -> Key:
        return self.namespace, self.resource, self.dimension


class Policy(Record, frozen=True):
    """`settings` is its configuration as it was put. `alarms` are those that it made, by what they are for. The cooldown
    began `scaled_at`, when capacity came from `scaled_from` to `scaled_to`."""

    namespace: str
    resource: str
    dimension: str
    name: str
    id: str
    kind: str
    settings: dict[str, Any]
    created_at: float
    alarms: dict[str, str] = {}
    scaled_at: float = 0.0
    scaled_from: int = 0
    scaled_to: int = 0

    @property
    def key(self) -> Key:
        return self.namespace, self.resource, self.dimension


class ScheduledAction(Record, frozen=True):
    """`least` and `most` are None where the action leaves them; `number` changes when it is put anew."""

    namespace: str
    resource: str
    dimension: str
    name: str
    id: str
    created_at: float
    schedule: str
    zone: str = ""
    begins_at: float | None = None
    ends_at: float | None = None
    least: int | None = None
    most: int | None = None
    number: int = 1

    @property
    def key(self) -> Key:
        return self.namespace, self.resource, self.dimension


class Activity(Record, frozen=True):
    """`reasons` say why nothing was scaled; `sought` is the capacity that is being waited for."""

    namespace: str
    resource: str
    dimension: str
    number: int
    id: str
    description: str
    cause: str
    began_at: float
    status: str
    ended_at: float = 0.0
    message: str = ""
    reasons: tuple[dict[str, Any], ...] = ()
    sought: int = 0
    policy: str = ""


class Sequence(Record, frozen=True):
    name: str
    number: int


class Session(Record, frozen=True):
    """Credentials of the linked role of a namespace."""

    namespace: str
    principal: Principal
    expires_at: float


_KEY = ("namespace", "resource", "dimension")
targets = Table("scaling.targets", Target, key=_KEY, indexes={"id": ("id",)})
policies = Table("scaling.policies", Policy, key=(*_KEY, "name"), indexes={"id": ("id",)})
actions = Table("scaling.actions", ScheduledAction, key=(*_KEY, "name"))
activities = Table("scaling.activities", Activity, key=(*_KEY, "number"))
sequences = Table("scaling.sequences", Sequence, key=("name",))
sessions = Table("scaling.sessions", Session, key=("namespace",), scope="account")


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def next_number(at: At) -> int:
    found = sequences.get(at, "activity")
    number = found.number + 1 if found is not None else 1
    sequences.put(at, Sequence(name="activity", number=number))
    return number


def named(key: Key) -> str:
    return f"service namespace: {key[0]}, resource ID: {key[1]}, scalable dimension: {key[2]}"


def registered(call: Call, key: Key) -> Target:
    found = targets.get(call, *key)
    if found is None:
        raise ObjectNotFoundException(f"No scalable target registered for {named(key)}")
    return found


def target_arn(at: At, target: Target) -> str:
    return f"arn:aws:application-autoscaling:{at.region}:{at.account}:scalable-target/{target.id}"


def policy_arn(at: At, policy: Policy) -> str:
    where = f"resource/{policy.namespace}/{policy.resource}"
    return f"arn:aws:autoscaling:{at.region}:{at.account}:scalingPolicy:{policy.id}:{where}:policyName/{policy.name}"


def action_arn(at: At, action: ScheduledAction) -> str:
    where = f"resource/{action.namespace}/{action.resource}"
    root = f"arn:aws:autoscaling:{at.region}:{at.account}:scheduledAction:{action.id}"
    return f"{root}:{where}:scheduledActionName/{action.name}"
