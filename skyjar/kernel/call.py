"""A call: all that an operation may know of the world."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from .behaviour import Behaviour
from .blobs import Blobs
from .ids import Chance
from .jobs import Job, schedule
from .metrics import Dimensions, Follower, Tallies
from .principals import Principal
from .store import Transaction
from .tables import At


class Cloud(Protocol):
    """What stands behind a call; the pipeline."""

    chance: Chance
    blobs: Blobs
    is_strict: bool
    behaviour: Behaviour
    memory: dict[Any, Any]

    def ask(self, call: Call, service: str, operation: str, parameters: dict[str, Any], principal: Principal,
            account: str, region: str, context: dict[str, str]) -> Any: ...  # fmt: skip

    def may(self, call: Call, service: str, operation: str, parameters: dict[str, Any], principal: Principal,
            account: str, region: str) -> bool: ...  # fmt: skip

    def judge(self, call: Call, service: str, operation: str, parameters: dict[str, Any], principal: Principal,
              account: str, region: str, *, is_part: bool = False) -> None: ...  # fmt: skip

    def emit(self, call: Call, event: msgspec.Struct) -> None: ...

    def scheduled(self, due: float) -> None: ...

    def resource_types(self) -> Any: ...

    def keep_history(self) -> None: ...

    def keep_metrics(self) -> None: ...

    @property
    def tallies(self) -> Tallies: ...

    @property
    def standing_s(self) -> float: ...


class Origin:
    """How a call came in. `endpoint`: scheme, host and port by which the client came; `secure`: whether what it said was
    hidden from others on its way; `signature`: how it was signed (v4-header, v4-query, v4a-header, v4a-query, v2-header, v2-query), if it
    was; `region_set`: the Region that it was signed for, or the list of them that SigV4A has;
    `signed_at`: when, in epoch seconds (0: unsigned, or long ago by the cloud's turned clock); `signed_payload`: what
    `x-amz-content-sha256` says of the body; `tls_version`: of the connection, such as 1.3, if it has any;
    `is_accelerated`: by a name of S3's Transfer Acceleration; `took_ms`: how long ago it came, by the machine's clock."""

    is_accelerated = False
    took_ms = 0.0
    signed_at = 0.0
    signed_payload = ""
    tls_version = ""
    __slots__ = ("endpoint", "referer", "region_set", "secure", "signature", "source_ip", "user_agent")

    def __init__(
        self,
        endpoint: str,
        *,
        source_ip: str = "127.0.0.1",
        secure: bool = False,
        user_agent: str = "",
        referer: str = "",
        signature: str = "",
        region_set: str = "",
    ) -> None:
        self.endpoint = endpoint
        self.source_ip = source_ip
        self.secure = secure
        self.user_agent = user_agent
        self.referer = referer
        self.signature = signature
        self.region_set = region_set


class CameIn(Protocol):
    """An `Origin`, or what can tell the same when it is asked, which is seldom."""

    @property
    def endpoint(self) -> str: ...

    @property
    def source_ip(self) -> str: ...

    @property
    def secure(self) -> bool: ...

    @property
    def user_agent(self) -> str: ...

    @property
    def referer(self) -> str: ...

    @property
    def is_accelerated(self) -> bool: ...

    @property
    def signature(self) -> str: ...

    @property
    def region_set(self) -> str: ...

    @property
    def took_ms(self) -> float: ...

    @property
    def signed_at(self) -> float: ...

    @property
    def signed_payload(self) -> str: ...

    @property
    def tls_version(self) -> str: ...


_NOWHERE = Origin("http://127.0.0.1:4566")


class Call:
    """`now`: the one time, seconds since the epoch. `origin`: how it came in.

    `elapsed_s`: how long this call has been waiting (see `Wait`), by the cloud's clock or the machine's, whichever is
    more, so that a long poll ends even while the clock is frozen. `looked_up` is a service's own: what its `permissions.py`
    found of the resource, so that the operation need not look again; so is `follower` (`metrics.py`).
    """

    __slots__ = (
        "_cloud",
        "account",
        "caller",
        "context",
        "elapsed_s",
        "follower",
        "looked_up",
        "now",
        "operation",
        "origin",
        "parent",
        "region",
        "request_id",
        "service",
        "tx",
    )

    def __init__(
        self,
        cloud: Cloud,
        tx: Transaction,
        now: float,
        caller: Principal,
        account: str,
        region: str,
        service: str = "",
        operation: str = "",
        request_id: str = "",
        parent: str = "",
        origin: CameIn = _NOWHERE,
        elapsed_s: float = 0.0,
        context: dict[str, str] | None = None,
    ) -> None:
        self._cloud = cloud
        self.tx = tx
        self.now = now
        self.caller = caller
        self.account = account
        self.region = region
        self.service = service
        self.operation = operation
        self.request_id = request_id
        self.parent = parent
        self.origin = origin
        self.elapsed_s = elapsed_s
        self.context: dict[str, str] = context if context is not None else {}
        self.looked_up: Any = None
        self.follower: Follower | None = None

    @property
    def endpoint(self) -> str:
        return self.origin.endpoint

    @property
    def source_ip(self) -> str:
        return self.origin.source_ip

    @property
    def chance(self) -> Chance:
        return self._cloud.chance

    @property
    def blobs(self) -> Blobs:
        return self._cloud.blobs

    @property
    def is_strict(self) -> bool:
        """Whether keys that were never issued are refused, instead of acting as their account's root user."""
        return self._cloud.is_strict

    @property
    def behaviour(self) -> Behaviour:
        """What is slower or less consistent than it could be."""
        return self._cloud.behaviour

    @property
    def memory(self) -> dict[Any, Any]:
        """What services hold in the memory of this cloud by keys of their own, such as a table's root: only what nobody
        misses after a restart, or once another state is loaded."""
        return self._cloud.memory

    @property
    def standing_s(self) -> float:
        """How long the cloud's clock has been standing at `now`, by the machine's clock; 0 while it runs. For rates, which
        would have no end in a second that lasts for ever."""
        return self._cloud.standing_s

    @property
    def now_ms(self) -> int:
        return int(self.now * 1000)

    def resource_types(self) -> dict[str, Any]:
        """The CloudFormation resource types that services have, by name (see formation/resources.py)."""
        found: dict[str, Any] = self._cloud.resource_types()
        return found

    def keep_history(self) -> None:
        """Write what is known of the calls up to now (`kernel/history.py`), which is done from time to time otherwise."""
        self._cloud.keep_history()

    def keep_metrics(self) -> None:
        """Write what services have told of their metrics up to now, as `keep_history` does for calls."""
        self._cloud.keep_metrics()

    @property
    def tallies(self) -> Tallies:
        """Where counts go at once, whatever becomes of this transaction."""
        return self._cloud.tallies

    def count(
        self, namespace: str, dimensions: Dimensions, name: str, unit: str, value: float = 1.0, *, at: At | None = None
    ) -> None:
        """Tell of a metric of a service once this transaction has committed; of `at`'s account and Region, or the call's.
        For what no operation's end tells (see kernel/metrics.py)."""
        place = at or self
        account, region, now, tallies = place.account, place.region, self.now, self._cloud.tallies
        self.tx.after_commit.append(
            lambda: tallies.of(account, region, now, namespace, dimensions).add((name, unit), value)
        )

    def new_id(self) -> str:
        """A new UUID."""
        return self._cloud.chance.uuid()

    def emit(self, event: msgspec.Struct) -> None:
        """Tell whoever reacts to this event (`@on` in their `events.py`), in this transaction."""
        self._cloud.emit(self, event)

    def later(self, job: Job, /, *, due: float | None = None, key: str = "", **payload: Any) -> str:
        """Write a job that runs once this transaction has committed and the clock reaches `due` (now, by default).

        A job with a `key` replaces the waiting one with the same function and key. Returns the job's id.
        """
        at = self.now if due is None else due
        identity = schedule(self, job, at, key, payload)
        self.tx.after_commit.append(lambda: self._cloud.scheduled(at))
        return identity

    def ask(
        self,
        service: str,
        principal: Principal | None = None,
        *,
        account: str = "",
        region: str = "",
        context: dict[str, str] | None = None,
    ) -> Asked:
        """Another service's operations, as `principal` (the caller itself unless given), judged like any call.

        `context` adds condition keys that a service states about such a call, such as `aws:SourceArn`.
        """
        who = principal or self.caller
        stated = context or {}
        if principal is None and self.context:
            stated = {**self.context, **stated}
        return Asked(self, service, who, account or who.account or self.account, region or self.region, stated)

    def may(self, service: str, operation: str, principal: Principal, *, region: str = "", **parameters: Any) -> bool:
        """Whether `ask` would let this principal do this, which is not done. The decision is recorded below this call,
        unless an operation asks about its own service."""
        account = principal.account or self.account
        return self._cloud.may(self, service, operation, parameters, principal, account, region or self.region)

    def judge(self, service: str, operation: str, principal: Principal, **parameters: Any) -> None:
        """Raise what `ask` would if this principal may not do this, with its reasons for `skyjar why`; nothing is done."""
        account = principal.account or self.account
        self._cloud.judge(self, service, operation, parameters, principal, account, self.region)

    def judge_part(self, service: str, operation: str, **parameters: Any) -> None:
        """As `judge`, of the caller, for a part of this call that goes on without it: the decision is recorded below it."""
        account = self.caller.account or self.account
        self._cloud.judge(self, service, operation, parameters, self.caller, account, self.region, is_part=True)

    def acting(self, principal: Principal, context: dict[str, str] | None = None) -> Call:
        """The same call, made by somebody else: a role that a service acts in."""
        other = self.at(self.tx, self.now)
        other.caller = principal
        other.account = principal.account or self.account
        other.context = context if context is not None else self.context
        return other

    def at(self, tx: Transaction, now: float) -> Call:
        """The same call in another transaction (what follows an `Outside`)."""
        return Call(
            self._cloud,
            tx,
            now,
            self.caller,
            self.account,
            self.region,
            self.service,
            self.operation,
            self.request_id,
            self.parent,
            self.origin,
            self.elapsed_s,
            self.context,
        )


class Asked:
    """Another service as `call.ask` gives it: every attribute is one of its operations."""

    __slots__ = ("_account", "_call", "_context", "_principal", "_region", "_service")

    def __init__(
        self, call: Call, service: str, principal: Principal, account: str, region: str, context: dict[str, str]
    ) -> None:
        self._call = call
        self._service = service
        self._principal = principal
        self._account = account
        self._region = region
        self._context = context

    def __getattr__(self, operation: str) -> Any:
        def ask(**parameters: Any) -> Any:
            return self._call._cloud.ask(
                self._call, self._service, operation, parameters, self._principal, self._account, self._region,
                self._context,
            )  # fmt: skip

        return ask
