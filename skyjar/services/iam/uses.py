"""Last uses, from the records of calls.

Calls themselves pay nothing: the pipeline hands over its records when it writes them, a batch at a time, and what is
already known to the minute is not written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from skyjar.kernel import credentials
from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import At, Place

from . import state, usage_state
from .usage_state import KeyUse, Use

PRECISION_S = 60.0
REMEMBERED = 65_536
_USERS, _ROLES = ":user/", ":assumed-role/"


class Called(Protocol):
    """What is read of a record of a call."""

    at: float
    service: str
    operation: str
    principal: str
    account: str
    region: str
    access_key: str


Subject = tuple[str, str, str]


class Uses:
    """Tells what is new in a batch; remembers what was written, so that the rest costs a look into a dictionary. What
    was written is void when somebody's uses are forgotten: another may come by the same name."""

    _forgettings: ClassVar[int] = 0

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], float] = {}
        self._seen = Uses._forgettings

    def write(self, tx: Transaction, batch: Iterable[Called]) -> None:
        if len(self._known) > REMEMBERED or self._seen != Uses._forgettings:
            self._known.clear()
            self._seen = Uses._forgettings
        fresh: dict[tuple[str, ...], float] = {}
        for each in batch:
            key = each.access_key
            if key and self._is_new(("key", key, each.service), each.at, fresh):
                _write_key(tx, each)
            subject = subject_of(each.principal)
            if subject is not None and self._is_new((*subject, each.service, each.operation), each.at, fresh):
                _write_use(tx, subject, each)
        tx.after_commit.append(lambda: self._known.update(fresh))

    def _is_new(self, what: tuple[str, ...], at: float, fresh: dict[tuple[str, ...], float]) -> bool:
        last = fresh.get(what) or self._known.get(what, -PRECISION_S)
        if abs(at - last) < PRECISION_S:
            return False
        fresh[what] = at
        return True


def subject_of(arn: str) -> Subject | None:
    """(kind, account, name) of a user, or of the role behind a session."""
    if _ROLES in arn:
        head, _, tail = arn.partition(_ROLES)
        return "role", head.split(":")[4], tail.partition("/")[0]
    if _USERS in arn and ":iam::" in arn:
        head, _, tail = arn.partition(_USERS)
        return "user", head.split(":")[4], tail.rpartition("/")[2]
    return None


def prefix_of(service: str) -> str:
    found = services.load(service) if services.exists(service) else None
    return found.iam if found is not None else service


def _write_key(tx: Transaction, called: Called) -> None:
    """Of keys that were issued here; others are nobody's."""
    if credentials.find(tx, called.access_key) is None:
        return
    use = KeyUse(key=called.access_key, at=called.at, service=prefix_of(called.service), region=called.region)
    usage_state.key_uses.put(Place(tx, "", ""), use)


def _write_use(tx: Transaction, subject: Subject, called: Called) -> None:
    kind, account, name = subject
    place = Place(tx, account, "")
    if state.TABLES[kind].get(place, name) is None:
        return
    service = prefix_of(called.service)
    held = usage_state.uses.get(place, kind, name, service)
    actions = {**(held.actions if held is not None else {}), called.operation: (called.at, called.region)}
    use = Use(kind=kind, name=name, service=service, at=called.at, region=called.region, actions=actions)
    usage_state.uses.put(place, use)


def forget(at: At, kind: str, name: str) -> None:
    Uses._forgettings += 1
    for each in usage_state.uses.range(at, kind, name):
        usage_state.uses.remove(at, each)


def rename(at: At, kind: str, old: str, new: str) -> None:
    Uses._forgettings += 1
    for each in usage_state.uses.range(at, kind, old):
        usage_state.uses.remove(at, each)
        usage_state.uses.add(at, state.replace(each, name=new))


def last_of(at: At, kind: str, name: str) -> Use | None:
    return max(usage_state.uses.range(at, kind, name), key=lambda each: each.at, default=None)


def forget_key(call: Call, key: str) -> None:
    usage_state.key_uses.delete(call, key)


def last_of_key(call: Call, key: str) -> KeyUse | None:
    return usage_state.key_uses.get(call, key)
