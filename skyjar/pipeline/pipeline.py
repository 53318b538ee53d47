"""The one request path: every call passes the same list of steps.

`STEPS` is the whole of it for a call from a socket. A call from inside (`call.ask`, from an operation, a job or
CloudFormation) enters at `authorise`, in its caller's transaction. Nothing enters by a side door.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec

from skyjar.kernel import credentials
from skyjar.kernel import service as services
from skyjar.kernel.blobs import Blobs
from skyjar.kernel.call import Call
from skyjar.kernel.clock import Alarm, Clock
from skyjar.kernel.errors import AWSError, NotImplementedHere, Wait
from skyjar.kernel.ids import Chance
from skyjar.kernel.outside import Compute, Failed, Fetch, Outside
from skyjar.kernel.principals import Principal
from skyjar.kernel.store import Conflict, Store, Watch
from skyjar.kernel.web import WebResponse
from skyjar.wire import models, sigv4
from skyjar.wire.chunked import Decoder
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request, Respond, Response, Sink, WebSocket, WebSocketHandler

from . import cors
from .authenticate import Roots, authenticate
from .authorise import authorise, judge
from .bodies import SMALL_BYTES, BlobSink, is_chunked
from .exchange import Exchange
from .history import History
from .identities import Identities
from .judgement import Judgement
from .memberships import Memberships
from .parse import parse
from .planes import Planes
from .records import CallRecord, Records
from .respond import internal_failure, render, render_error
from .route import Known, route
from .run import run
from .runner import Runner
from .verdicts import Verdicts

log = logging.getLogger("skyjar.pipeline")

Step = Callable[["Pipeline", Exchange], None]
STEPS: tuple[Step, ...] = (route, authenticate, parse, authorise, run)
AGAIN: tuple[Step, ...] = (authorise, run)  # after a wait or a conflict: permissions may have changed
RERUNS = 32
FLUSH_S = 0.2


class Pipeline:
    """The application that the edge serves, and the cloud behind every call."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        chance: Chance,
        blobs: Blobs,
        *,
        is_strict: bool = False,
        is_auditing: bool = False,
        is_lenient: bool = False,
        is_synced: bool = False,
        trusts_loopback: bool = True,
        own_endpoint: str = "http://127.0.0.1:4566",
    ) -> None:
        self.store = store
        self.clock = clock
        self.chance = chance
        self.blobs = blobs
        self.is_strict = is_strict
        self.is_auditing = is_auditing
        self.is_lenient = is_lenient
        self.is_synced = is_synced
        self.trusts_loopback = trusts_loopback
        self.own_endpoint = own_endpoint
        self.planes = Planes()
        self.known_routes = Known()
        self.records = Records(store)
        self.history = History(store)
        self.identities = Identities()
        self.memberships = Memberships(store)
        self.verdicts = Verdicts(self.memberships)
        self.machine_time = time.monotonic
        self.root_of = Roots().of
        self.loop: asyncio.AbstractEventLoop
        self.runner: Runner
        self.performers: dict[type, Callable[[Any], Awaitable[Any]]] = {Compute: _compute, Fetch: _fetch}
        self.internal: Callable[[Request, Respond], bool] = lambda request, respond: False
        self.ends: list[Callable[[], Awaitable[None]]] = []  # what else must end before the state is swapped
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._unanswered: list[tuple[Exchange, Response]] = []  # until the next flush
        self._losses = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.woken = 0
        self._reactions: dict[str, list[Callable[..., Any]]] | None = None
        self._resource_types: dict[str, Any] | None = None
        self._flushing: asyncio.TimerHandle | None = None

    # Life

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.runner = Runner(self)
        self.clock.changed = self._set_timer
        self._set_timer()
        self.runner.start()

    async def stop(self) -> None:
        await self.runner.stop()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            self._flushing.cancel()
        self.records.flush()
        self.history.flush()

    async def quiesce(self) -> None:
        """End what runs outside and the jobs that wait; calls that wait stay parked."""
        await self.runner.stop()
        for end in self.ends:
            await end()

    def resume(self) -> None:
        """After `quiesce`, with whatever is in the store now."""
        self.records = Records(self.store)
        self.history = History(self.store)
        self.memberships.forget()
        self.runner = Runner(self)
        self.runner.start()

    def _set_timer(self) -> None:
        """Keep one real timer at the earliest alarm of the cloud's clock."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.clock.next_due()
        if due is None or (self.clock.is_frozen and due > self.clock.now()):
            return
        self._timer = self.loop.call_later(max(0.0, due - self.clock.now()), self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.clock.ring()
        self._set_timer()

    # The edge's application

    def admit(self, request: Request) -> Sink | Response | None:
        """Long bodies of streaming operations go to a blob as they arrive; others are buffered."""
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) <= SMALL_BYTES:
            return None  # it only waits for 100 Continue
        x = self._exchange(request, None)
        tx = x.tx = self.store.begin()
        try:
            route(self, x)
            if x.plane is not None or x.model is None or x.model.streaming_input is None:
                return None
            authenticate(self, x)
            return self._sink(x)
        except (AWSError, WireError) as error:
            refusal = render_error(x, error)
            if "origin" in request.headers:
                cors.decorate(self, x, refusal)
            return refusal
        finally:
            tx.abort()

    def _sink(self, x: Exchange) -> BlobSink:
        decoder = self.decoder_of(x) if is_chunked(x.request) else None
        is_sealed = x.service is not None and x.service.seals_bodies
        return BlobSink(self.blobs, decoder, x.request.headers, is_sealed=is_sealed)

    def decoder_of(self, x: Exchange) -> Decoder | None:
        """Undoes `aws-chunked`, verifying each chunk's signature where the key is one that Skyjar issued."""
        issued = credentials.find(x.tx, x.credential.access_key) if x.credential is not None else None
        return sigv4.decoder(x.request, x.credential, issued.secret if issued is not None else None)

    def refuse(self, request: Request, error: Exception, respond: Respond) -> None:
        """A sink refused the body."""
        x = self._exchange(request, respond)
        x.tx = self.store.begin()
        try:
            route(self, x)
        except (AWSError, WireError):
            pass
        finally:
            x.tx.abort()
        self._fail(x, error)

    def handle(self, request: Request, respond: Respond) -> None:
        if request.path.startswith(("/_skyjar/", "/_localstack/")) and self.internal(request, respond):
            return
        x = self._exchange(request, respond)
        if request.method == "OPTIONS" and self._preflight(x):
            return
        self._attempt(x, STEPS)

    def _preflight(self, x: Exchange) -> bool:
        answer = cors.preflight(self, x)
        if isinstance(answer, AWSError):
            self._fail(x, answer)
        elif answer is not None:
            x.status = answer.status
            self._record(x, None, "")
            self._send(x, answer)
        return answer is not None

    def connect(self, request: Request, socket: WebSocket) -> WebSocketHandler | Response:
        return Response(404, [("content-type", "text/plain")], b"No WebSocket API answers here.\n")

    def allows_origin(self, request: Request, origin: str) -> bool:
        """Data planes answer browsers from anywhere: who may call them is the application's own business. A bucket
        answers those that its CORS rules admit."""
        return bool(self.planes.find(request)) or cors.allows(self, self._exchange(request, None), origin)

    def _exchange(self, request: Request, respond: Respond | None) -> Exchange:
        return Exchange(
            request, respond, self.chance.uuid(), time.perf_counter(), self.clock.now(), self.trusts_loopback
        )

    # One attempt

    def _attempt(self, x: Exchange, steps: tuple[Step, ...], reruns: int = 0) -> None:
        tx = x.tx = self.store.begin()
        try:
            for step in steps:
                step(self, x)
        except Wait as wait:
            tx.abort()
            self._park(x, wait)
            return
        except Conflict:
            tx.abort()
            if reruns < RERUNS:
                self._attempt(x, AGAIN, reruns + 1)
            else:
                self._fail(x, NotServed())
            return
        except Exception as error:  # noqa: BLE001 - told apart and answered in _fail
            tx.abort()
            self._fail(x, error)
            return
        if type(x.result) is Outside:
            self._reach_outside(x, x.result)
        else:
            self._answer(x)

    def _park(self, x: Exchange, wait: Wait) -> None:
        """Run the operation again when a watch is touched, or the deadline comes by the cloud's or the machine's clock."""
        x.waited = True
        has_left = False
        watches: list[Watch] = []

        def release() -> bool:
            if not watches:
                return False
            for watch in watches:
                watch.cancel()
            watches.clear()
            alarm.cancel()
            timer.cancel()
            return True

        def wake() -> None:
            if release():
                self.wake(again)

        def again() -> None:
            if not has_left:  # what it would take is for somebody who is there
                self._attempt(x, AGAIN)

        def leave() -> None:
            nonlocal has_left
            has_left = True
            release()

        watches += [self.store.watch(prefix, wake) for prefix in wait.on]
        alarm: Alarm = self.clock.call_at(wait.until, wake)
        timer = self.loop.call_later(max(0.0, wait.until - self.clock.now()), wake)
        if x.respond is not None:
            x.respond.on_close = leave

    def wake(self, work: Callable[[], None]) -> None:
        """Run what was waiting in the next turn of the loop; the runner does not settle before."""
        self.woken += 1

        def run() -> None:
            self.woken -= 1
            work()

        self.loop.call_soon(run)

    def _reach_outside(self, x: Exchange, pending: Outside) -> None:
        """What the call has written must be safe before anything happens elsewhere."""
        try:
            self.store.flush()
        except Exception as error:  # noqa: BLE001 - told apart and answered in _fail
            self._fail(x, error)
        else:
            self.spawn(self._perform_for(x, pending))

    async def _perform_for(self, x: Exchange, pending: Any) -> None:
        try:
            while isinstance(pending, Outside):
                result = await self.perform(pending.request)
                then = pending.then
                call = self.call_of(x)
                pending = self.store.transact(lambda tx: then(call.at(tx, self.clock.now()), result))  # noqa: B023
            x.result = pending
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - told apart and answered in _fail
            self._fail(x, error)
            return
        self._answer(x)

    async def perform(self, request: object) -> Any:
        performer = self.performers.get(type(request))
        if performer is None:
            raise LookupError(f"nothing performs {type(request).__name__}")
        return await performer(request)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # Answers and records

    def _answer(self, x: Exchange) -> None:
        try:
            response = render(x)
        except Exception as error:  # noqa: BLE001 - a result that does not fit the model is a bug
            self._fail(x, error)
            return
        x.status = response.status
        self._record(x, x.judgement, "")
        self._send(x, response)

    def _fail(self, x: Exchange, error: Exception) -> None:
        if not isinstance(error, AWSError | WireError):
            log.error("%s %s failed", x.name, x.model, exc_info=error)
            error = internal_failure()
        x.status, x.error_code, x.call = error.status, error.code, None
        response = render_error(x, error)
        self._record(x, getattr(error, "judgement", x.judgement), error.message)
        self._send(x, response)

    def _send(self, x: Exchange, response: Response) -> None:
        assert x.respond is not None
        if "origin" in x.request.headers:
            cors.decorate(self, x, response)
        if not self.store.is_gathering and not self.is_synced:
            x.respond(response)
            return
        if not self._unanswered:
            self._losses = self.store.driver.losses
            self.loop.call_soon(self._settle)
        self._unanswered.append((x, response))

    def _settle(self) -> None:
        """One write, and one flush to the disk where that is wanted, for all calls that committed in this turn."""
        waiting, self._unanswered = self._unanswered, []
        try:
            self.store.flush()
            if self.is_synced:
                self.store.sync()
            is_lost = self.store.driver.losses != self._losses  # when somebody else had it written
        except Exception:
            log.exception("%d calls could not be written", len(waiting))
            is_lost = True
        if is_lost:
            waiting = [(x, render_error(x, internal_failure())) for x, _ in waiting]
        for x, response in waiting:
            assert x.respond is not None
            x.respond(response)

    def _record(self, x: Exchange, judgement: Judgement | None, message: str) -> None:
        self.records.add(
            CallRecord(
                x.request_id,
                x.parent,
                x.clock_began,
                x.name,
                x.model.name if x.model is not None else (x.plane.name if x.plane is not None else ""),
                x.principal.arn,
                x.account,
                x.region,
                x.status,
                x.error_code,
                int((time.perf_counter() - x.began) * 1e6),
                x.request.peer,
                judgement,
                message,
                x.principal.access_key,
            )
        )
        function = x.function
        if function is not None and function not in self.history.skips:
            self.history.see(x, judgement, message)
        if self._flushing is None:
            self._flushing = self.loop.call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        self.records.flush()
        self.history.flush()

    # The cloud behind a call

    def call_of(self, x: Exchange) -> Call:
        waited = x.waited
        return Call(
            self,
            x.tx,
            self.clock.now() if waited else x.clock_began,
            x.principal,
            x.account,
            x.region,
            x.name,
            x.model.snake if x.model is not None else "",
            x.request_id,
            x.parent,
            x,
            max(time.perf_counter() - x.began, self.clock.now() - x.clock_began) if waited else 0.0,
        )

    def ask(
        self,
        call: Call,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        principal: Principal,
        account: str,
        region: str,
        context: dict[str, str],
    ) -> Any:
        """A call from inside: judged, run in the caller's transaction, and recorded below it."""
        found = services.load(service)
        function = found.operations.get(operation) if found is not None else None
        if found is None or function is None:
            raise NotImplementedHere(f"Skyjar does not implement {service}:{operation}.")
        inner = self._inner(call, found, operation, principal, account, region)
        inner.context = context
        began = time.perf_counter()
        name = _aws_name(found.model, operation)
        judgement: Judgement | None = None
        status, code, message = 200, "", ""
        is_kept = function not in self.history.skips
        try:
            judgement = judge(self, inner, found, operation, name, parameters)
            result = function.function(inner, **parameters)
            is_outside = type(result) is Outside
            if is_kept:
                self.history.hear(call, inner, function, parameters, None if is_outside else result, None)
            return result.within(inner) if is_outside else result
        except Wait:
            name = ""
            raise
        except AWSError as error:
            status, code, message = error.status, error.code, error.message
            judgement = getattr(error, "judgement", judgement)
            if is_kept:
                self.history.hear(call, inner, function, parameters, None, error)
            raise
        finally:
            inner.looked_up = None  # which may lead back to the call
            if name:
                self.records.add(
                    CallRecord(
                        inner.request_id,
                        inner.parent,
                        inner.now,
                        service,
                        name,
                        principal.arn,
                        account,
                        inner.region,
                        status,
                        code,
                        int((time.perf_counter() - began) * 1e6),
                        principal.name if principal.kind == "service" else call.source_ip,
                        judgement,
                        message,
                    )
                )

    def may(
        self,
        call: Call,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        principal: Principal,
        account: str,
        region: str,
    ) -> bool:
        found = services.load(service)
        if found is None or operation not in found.operations:
            return False
        inner = self._inner(call, found, operation, principal, account, region)
        judgement: Judgement | None = None
        try:
            judgement = judge(self, inner, found, operation, _aws_name(found.model, operation), parameters)
        except found.access_denied as denied:
            judgement = getattr(denied, "judgement", None)
            return False
        finally:
            if judgement is not None and judgement.action:
                self._record_question(inner, judgement)
        return True

    def judge(
        self,
        call: Call,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        principal: Principal,
        account: str,
        region: str,
    ) -> None:
        found = services.load(service)
        assert found is not None, service
        inner = self._inner(call, found, operation, principal, account, region)
        judge(self, inner, found, operation, _aws_name(found.model, operation), parameters)

    def _record_question(self, inner: Call, judgement: Judgement) -> None:
        """What was asked and not done is recorded by the action judged, such as execute-api:Invoke."""
        service, _, action = judgement.action.partition(":")
        self.records.add(
            CallRecord(
                inner.request_id,
                inner.parent,
                inner.now,
                service,
                action,
                inner.caller.arn,
                inner.account,
                inner.region,
                200 if judgement.is_allowed else 403,
                "" if judgement.is_allowed else "AccessDenied",
                0,
                inner.source_ip,
                judgement,
            )
        )

    def _inner(
        self, call: Call, service: services.Service, operation: str, principal: Principal, account: str, region: str
    ) -> Call:
        """A call below another, in its transaction."""
        inner = call.at(call.tx, call.now)
        inner.caller, inner.account, inner.region = principal, account, "us-east-1" if service.is_global else region
        inner.service, inner.operation = service.name, operation
        inner.parent, inner.request_id = call.request_id, self.chance.uuid()
        return inner

    def emit(self, call: Call, event: msgspec.Struct) -> None:
        if self._reactions is None:
            self._reactions = {
                "organizations.MembershipsChanged": [self.memberships.changed],
                "cloudtrail.SelectionChanged": [self.history.changed],
            }
            for service in services.having("events.py"):
                for reaction in service.reactions:
                    self._reactions.setdefault(reaction.event, []).append(reaction.function)
        origin = type(event).__module__.split(".")[2]
        for function in self._reactions.get(f"{origin}.{type(event).__name__}", ()):
            function(call, event)

    def keep_history(self) -> None:
        self.history.flush()

    def scheduled(self, due: float) -> None:
        self.runner.poke(due)

    def resource_types(self) -> dict[str, Any]:
        if self._resource_types is None:
            self._resource_types = {}
            for service in services.having("cfn.py"):
                self._resource_types.update(service.resource_types)
        return self._resource_types


class NotServed(AWSError):
    code = "ServiceUnavailable"
    status = 503
    sentence = "The request conflicted with others too often. Please try again."


async def _compute(request: Compute) -> Any:
    try:
        return await asyncio.to_thread(request.function, *request.arguments)
    except AWSError as error:
        return error
    except Exception as error:
        log.exception("a computation failed")
        return Failed(f"{type(error).__name__}: {error}")


async def _fetch(request: Fetch) -> Any:
    from .fetches import fetch

    return await fetch(request)


def _aws_name(model: str, operation: str) -> str:
    return _names(model).get(operation, operation)


def _names(model: str, known: dict[str, dict[str, str]] = {}) -> dict[str, str]:  # noqa: B006 - a cache
    found = known.get(model)
    if found is None:
        found = known[model] = {models.snake(name): name for name in models.service(model).operations}
    return found


__all__ = ["STEPS", "Pipeline", "WebResponse"]
