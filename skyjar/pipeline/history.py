"""Writes the history of calls (`kernel/history.py`), without holding up those who call.

A call costs one test. Of a management call what many have in common (`Origin`) is kept once for all that are written together,
its parameters and its answer are encoded at once: to hold the call itself until then would cost more than everything else, since
memory that is used again at once stays in the processor's cache. What a model marks as sensitive, and bodies, are left out on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel import service as services
from skyjar.kernel.errors import AWSError
from skyjar.kernel.history import DATA, KEPT, Kept, Origin, Row, append, keeps_answer, next_number, selects
from skyjar.kernel.principals import Principal
from skyjar.kernel.service import Operation
from skyjar.kernel.store import Store, Transaction
from skyjar.wire import models
from skyjar.wire.models import Shape

if TYPE_CHECKING:
    from skyjar.kernel.call import Call

    from .exchange import Exchange
    from .judgement import Judgement

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
BATCH = 256  # calls that wait to be written
PENDING = 16 * BATCH  # where they cannot be
ALSO_HIDDEN = ("ParameterValue",)  # of stacks: no model says that a parameter may be NoEcho
ENCODED_BYTES = 100_000  # CloudTrail's limit; what is longer is left out
_NESTED = ("structure", "list", "map", "timestamp", "blob")
Member = tuple[str, Shape | None]  # the name that is shown, and the shape of a value that has to be looked into


class Plan:
    """How the parameters and the answer of an operation are shown."""

    __slots__ = ("answer", "is_data", "name", "parameters", "service")

    def __init__(self, function: Operation) -> None:
        service = services.load(function.service)
        assert service is not None
        model = models.service(service.model)
        self.name = next(name for name in model.operations if models.snake(name) == function.name)
        self.service = service.model
        self.is_data = function.name in DATA.get(service.name, ())
        operation = model.operation(self.name)
        self.parameters: dict[str, Member] = {}
        if operation.input_shape is not None:
            for name, shape in operation.input_shape.members.items():
                if not shape.trait("streaming"):
                    self.parameters[models.snake(name)] = (_lower(name), _looked_into(shape))
        self.answer = operation.output_shape if keeps_answer(service.name, function.name) else None


class History:
    """`skips`: operations whose calls are not kept, for the one test that every call pays."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pending: list[Kept] = []
        self._origins: list[Origin] = []  # of what is pending
        self.full: Callable[[], object] = self.flush
        self._places: dict[tuple[Any, ...], int] = {}  # where they are, by what tells them apart
        self._callers: list[Principal] = []  # whose `id` tells them apart, so it must not become another's
        self._plans: dict[Operation, Plan] = {}
        self._selected: frozenset[str] | None = None
        self._next = -1
        self._encode = msgspec.msgpack.Encoder(enc_hook=str).encode
        self.skips: set[Operation] = set()

    def _plan(self, function: Operation) -> Plan | None:
        """None when the operation's calls are not kept, now."""
        plan = self._plans.get(function)
        if plan is None:
            plan = self._plans[function] = Plan(function)
        if plan.is_data and function.service not in self._selection():
            self.skips.add(function)
            return None
        return plan

    def see(self, x: Exchange, judgement: Judgement | None, message: str) -> None:
        """A call from a socket. One that could not be authenticated is nobody's."""
        function, principal, request = x.function, x.principal, x.request
        assert function is not None
        plan = self._plans.get(function) or self._plan(function)
        if plan is None or (principal.kind == "anonymous" and (x.credential is not None or not plan.is_data)):
            return
        what = (function, id(principal), x.account, x.region, request.peer, x.user_agent, request.host, request.scheme)
        place = self._places.get(what)
        if place is None:
            origin = Origin(
                service=plan.service,
                operation=plan.name,
                is_data=plan.is_data,
                principal=_without_policies(principal),
                account=x.account,
                region=x.region,
                source_ip=request.peer,
                user_agent=x.user_agent,
                via="",
                is_secure=request.scheme == "https",
                host=request.host,
            )
            place = self._place(what, origin)
            self._callers.append(principal)
        error, parameters, answer = x.error_code, x.parameters, x.result
        self._keep(
            Kept(
                place,
                x.clock_began,
                x.request_id,
                x.parent,
                error,
                message,
                judgement.resource if judgement is not None else "",
                self._parameters(plan, parameters) if parameters else b"",
                self._answer(plan, answer) if answer and not error else b"",
            )
        )

    def hear(
        self,
        call: Call,
        inner: Call,
        function: Operation,
        parameters: dict[str, Any],
        answer: Any,
        error: AWSError | None,
    ) -> None:
        """A call from inside: `inner`, made while `call` was being worked on. What succeeded is kept once that is committed."""
        plan = self._plan(function)
        caller = inner.caller
        if plan is None or (caller.kind == "root" and caller != call.caller):
            return  # a look into an account on behalf of nobody there
        origin = _origin_inside(plan, call, inner)
        judgement = getattr(error, "judgement", None)
        what, at, names = (function, origin), inner.now, (inner.request_id, inner.parent)
        told = (error.code, error.message) if error is not None else ("", "")
        resource = judgement.resource if judgement is not None else ""
        packed = (self._parameters(plan, parameters), self._answer(plan, answer) if error is None else b"")

        def keep() -> None:
            place = self._places.get(what)
            if place is None:
                place = self._place(what, origin)
            self._keep(Kept(place, at, *names, *told, resource, *packed))

        if error is not None:
            keep()
        else:
            call.tx.after_commit.append(keep)

    def _place(self, what: tuple[Any, ...], origin: Origin) -> int:
        """Where in the row that is pending the origin is from now on."""
        place = self._places[what] = len(self._origins)
        self._origins.append(origin)
        return place

    def _keep(self, kept: Kept) -> None:
        self._pending.append(kept)
        if not len(self._pending) % BATCH:
            self.full()

    def _selection(self) -> frozenset[str]:
        if self._selected is None:
            tx = self._store.begin()
            try:
                self._selected = selects(tx)
            finally:
                tx.abort()
        return self._selected

    def changed(self, call: Call, event: Any) -> None:
        """The reaction to another selection, which holds once it has been committed."""
        call.tx.after_commit.append(self.select)

    def select(self) -> None:
        self._selected = None
        self.skips.clear()

    def flush(self) -> bool:
        """Write what is known by now; whether there was anything."""
        if not self._pending:
            return False
        calls, origins, self._pending, self._origins = self._pending, self._origins, [], []
        self._places.clear()
        self._callers.clear()
        try:
            self._store.transact(lambda tx: self._write(tx, tuple(origins), tuple(calls)))
        except BaseException:
            self._next = -1
            if len(calls) < PENDING:  # else the disk is full for good
                self._pending, self._origins = calls, origins
            raise
        return True

    def _write(self, tx: Transaction, origins: tuple[Origin, ...], calls: tuple[Kept, ...]) -> None:
        if self._next < 0:
            self._next = next_number(tx)
        last = self._next + len(calls) - 1
        append(tx, Row(last, origins, calls), KEPT)
        self._next = last + 1

    def _parameters(self, plan: Plan, parameters: dict[str, Any]) -> bytes:
        return self._packed(_shown_parameters(plan, parameters)) if parameters else b""

    def _answer(self, plan: Plan, answer: Any) -> bytes:
        return self._packed(_shown(plan.answer, answer)) if plan.answer is not None and answer else b""

    def _packed(self, shown: Any) -> bytes:
        if not shown:
            return b""
        packed = self._encode(shown)
        return packed if len(packed) <= ENCODED_BYTES else b""


def _origin_inside(plan: Plan, call: Call, inner: Call) -> Origin:
    """What a job does on somebody's behalf, or a service says that it does for its caller, comes from that service."""
    caller = inner.caller
    is_service = caller.kind == "service"
    said = inner.context.get("kms:ViaService", "").partition(".")[0] or ("." in call.operation and call.service)
    via = f"{said}.amazonaws.com" if said and not is_service else ""
    return Origin(
        service=plan.service,
        operation=plan.name,
        is_data=plan.is_data,
        principal=_without_policies(caller),
        account=inner.account,
        region=inner.region,
        source_ip=caller.name if is_service else via or call.source_ip,
        user_agent=caller.name if is_service else via or call.origin.user_agent,
        via=via,
    )


def _without_policies(principal: Principal) -> Principal:
    if not principal.session_policies:
        return principal
    return msgspec.structs.replace(principal, session_policies=())


def _lower(name: str) -> str:
    """AWS's name of a member as events have it: `RoleName` is `roleName`, `ARN` is `aRN`."""
    return name[:1].lower() + name[1:]


def _looked_into(shape: Shape) -> Shape | None:
    return shape if shape.type in _NESTED or shape.trait("sensitive") else None


def _shown_parameters(plan: Plan, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    members = plan.parameters
    for name, value in parameters.items():
        member = members.get(name)
        if member is None or value is None:
            continue
        shown = value if member[1] is None else _shown(member[1], value)
        if shown is not None:
            found[member[0]] = shown
    return found


def _shown(shape: Shape, value: Any) -> Any:
    """None for what is left out: blobs."""
    if shape.trait("sensitive"):
        return HIDDEN
    kind = shape.type
    if kind == "structure" and isinstance(value, dict):
        return _shown_members(shape, value)
    if kind == "list" and isinstance(value, list | tuple):
        return [_shown(shape.member, each) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {str(key): _shown(shape.value, each) for key, each in value.items()}
    if kind == "timestamp" and isinstance(value, int | float):
        return datetime.fromtimestamp(int(value), UTC).strftime("%b %d, %Y, %I:%M:%S %p").replace(" 0", " ")
    return value if isinstance(value, str | int | float) and kind != "blob" else None


def _shown_members(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    members = shape.members
    for name, each in value.items():
        member = members.get(name)
        if member is None or each is None:
            continue
        shown = HIDDEN if name in ALSO_HIDDEN else _shown(member, each)
        if shown is not None and (shown is not HIDDEN or name != "SecretAccessKey"):
            found[_lower(name)] = shown
    return found
