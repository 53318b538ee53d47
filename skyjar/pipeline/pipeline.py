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

from skyjar.kernel import credentials, quotas
from skyjar.kernel.behaviour import Behaviour
from skyjar.kernel.blobs import Blobs, size_of
from skyjar.kernel.call import Call
from skyjar.kernel.clock import Clock
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.ids import Chance
from skyjar.kernel.outside import Outside
from skyjar.kernel.store import Conflict, Store
from skyjar.wire import sigv4
from skyjar.wire.chunked import Decoder
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request, Respond, Response, Sink, WebSocket, WebSocketHandler

from . import cors
from .access_logs import AccessLogs
from .answers import Answers
from .authenticate import Roots, authenticate, authenticate_head
from .authorise import authorise
from .bodies import SMALL_BYTES, BlobSink, is_chunked
from .exchange import Exchange
from .flows import Flows, Held
from .flushes import Flushes
from .form_bodies import form_sink
from .history import History
from .identities import Identities
from .inside import Inside
from .memberships import Memberships
from .metrics import Metrics
from .note import note
from .parse import parse
from .performers import performers_of
from .planes import Planes, host_of
from .records import Records
from .respond import NotServed, internal_failure, render, render_error
from .route import Known, is_site, route
from .run import run
from .runner import Runner
from .sweeping import Sweeping
from .verdicts import Verdicts
from .waiting import park

log = logging.getLogger("skyjar.pipeline")

Step = Callable[["Pipeline", Exchange], None]
STEPS: tuple[Step, ...] = (route, authenticate, parse, authorise, run)
AGAIN: tuple[Step, ...] = (authorise, run)  # after a wait or a conflict: permissions may have changed
RERUNS = 32


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
    ) -> None:
        self.store = store
        self.clock = clock
        self.chance = chance
        self.blobs = blobs
        self.behaviour = Behaviour()
        self.is_strict = is_strict
        self.is_auditing = is_auditing
        self.is_lenient = is_lenient
        self.trusts_loopback = trusts_loopback
        self.own_endpoint = "http://127.0.0.1:4566"
        self.planes = Planes()
        self.known_routes = Known()
        self.flushes = Flushes(self)
        self.flows = Flows(self, STEPS)
        self._attend()
        self.identities = Identities()
        self.memberships = Memberships(store)
        self.verdicts = Verdicts(self.memberships)
        self.machine_time = time.monotonic
        self.root_of = Roots().of
        self.loop: asyncio.AbstractEventLoop
        self.runner: Runner
        self.performers = performers_of(self)
        self.internal: Callable[[Request, Respond], bool] = lambda request, respond: False
        self.ends: list[Callable[[], Awaitable[None]]] = []  # what else must end before the state is swapped
        self._timer: asyncio.TimerHandle | None = None
        self.answers = Answers(store, is_synced=is_synced)
        self.tasks: set[asyncio.Task[None]] = set()
        self.woken = 0
        self.inside = Inside(self)

    # Life

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = self.answers.loop = loop
        self.runner = Runner(self)
        self.clock.changed = self._set_timer
        self._set_timer()
        self.runner.start()
        self.sweeping.start(loop)

    async def stop(self) -> None:
        self.sweeping.stop()
        await self.runner.stop()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        self.flushes.flush()
        self.metrics.flush()

    async def quiesce(self) -> None:
        """End what runs outside and the jobs that wait; calls that wait stay parked."""
        self.sweeping.stop()
        await self.runner.stop()
        for end in self.ends:
            await end()
        self.metrics.flush()

    def resume(self) -> None:
        """After `quiesce`, with whatever is in the store now."""
        self._attend()
        self.memberships.forget()
        self.inside.memory.clear()
        self.runner = Runner(self)
        self.runner.start()
        self.sweeping.start(self.loop)

    def _attend(self) -> None:
        """Make what accompanies the present store: the logs of calls, and the collection of blobs."""
        self.records = Records(self.store)
        self.history = History(self.store)
        self.access_logs = AccessLogs(self.store)
        self.records.full = self.history.full = self.access_logs.full = self.flushes.soon
        self.metrics = Metrics(self)
        self.heed_quotas()
        self.sweeping = Sweeping(self.store, self.blobs)

    def heed_quotas(self) -> None:
        """Look which quotas are set now."""
        found = self.store.transact(quotas.listing)
        self.behaviour.set_quotas = frozenset((each.service, each.name) for each in found)

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
        x = self.exchange(request, None)
        tx = x.tx = self.store.begin()
        try:
            route(self, x)
            if x.plane is not None and x.plane.form_bytes:
                return form_sink(self.blobs, x, x.plane.form_bytes)
            if x.plane is not None or x.model is None or x.model.streaming_input is None:
                return None
            authenticate_head(self, x)
            if x.function is not None and x.function.is_on_head and "x-amz-content-sha256" in request.headers:
                return self.flows.begin(x)
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
        check = x.service.check_body if x.service is not None else None
        return BlobSink(self.blobs, decoder, x.request.headers, is_sealed=is_sealed, check=check)

    def decoder_of(self, x: Exchange) -> Decoder | None:
        """Undoes `aws-chunked`, verifying each chunk's signature where the key is one that Skyjar issued."""
        issued = credentials.find(x.tx, x.credential.access_key) if x.credential is not None else None
        return sigv4.decoder(x.request, x.credential, issued.secret if issued is not None else None)

    def refuse(self, request: Request, error: Exception, respond: Respond) -> None:
        """A sink refused the body."""
        x = self.exchange(request, respond)
        x.tx = self.store.begin()
        try:
            route(self, x)
        except (AWSError, WireError):
            pass
        finally:
            x.tx.abort()
        self._fail(x, error)

    def handle(self, request: Request, respond: Respond) -> None:
        if type(request.body) is Held:
            request.body.deliver(respond)
            return
        is_own = request.path.startswith(("/_skyjar/", "/_localstack/")) and not is_site(self, host_of(request))
        if is_own and self.internal(request, respond):
            return
        x = self.exchange(request, respond)
        if request.method == "OPTIONS" and self._preflight(x):
            return
        self.attempt(x, STEPS)

    def _preflight(self, x: Exchange) -> bool:
        answer = cors.preflight(self, x)
        if isinstance(answer, AWSError):
            self._fail(x, answer)
        elif answer is not None:
            x.status = answer.status
            note(self, x, None, "")
            self._send(x, answer)
        return answer is not None

    def connect(self, request: Request, socket: WebSocket) -> WebSocketHandler | Response:
        return Response(404, [("content-type", "text/plain")], b"No WebSocket API answers here.\n")

    def allows_origin(self, request: Request, origin: str) -> bool:
        """Data planes answer browsers from anywhere: who may call them is the application's own business. A bucket
        answers those that its CORS rules admit."""
        return bool(self.planes.find(request)) or cors.allows(self, self.exchange(request, None), origin)

    def allows_host(self, host: str) -> bool:
        """A domain that is a website of the cloud, and nothing else."""
        return is_site(self, host)

    def is_plain(self, host: str) -> bool:
        """Websites, by AWS's names and by their own domains', speak no TLS."""
        return self.planes.is_plain(host) or is_site(self, host)

    def exchange(self, request: Request, respond: Respond | None) -> Exchange:
        return Exchange(
            request, respond, self.chance.uuid(), time.perf_counter(), self.clock.now(), self.trusts_loopback
        )

    # One attempt

    def attempt(self, x: Exchange, steps: tuple[Step, ...], reruns: int = 0) -> None:
        tx = x.tx = self.store.begin()
        try:
            for step in steps:
                step(self, x)
        except Wait as wait:
            tx.abort()
            park(self, x, wait)
            return
        except Conflict:
            tx.abort()
            if reruns < RERUNS:
                self.attempt(x, AGAIN, reruns + 1)
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

    def attempt_again(self, x: Exchange) -> None:
        self.attempt(x, AGAIN)

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
            response = render(x, self.flows)
        except Exception as error:  # noqa: BLE001 - a result that does not fit the model is a bug
            self._fail(x, error)
            return
        x.status = response.status
        note(self, x, x.judgement, "")
        self._send(x, response)
        x.result, x.parameters = None, {}  # an answer may wait for its turn, and what it was made of is large

    def _fail(self, x: Exchange, error: Exception) -> None:
        if not isinstance(error, AWSError | WireError):
            log.error("%s %s failed", x.name, x.model, exc_info=error)
            error = internal_failure(x.name)
        x.status, x.error_code, x.call = error.status, error.code, None
        response = render_error(x, error)
        note(self, x, getattr(error, "judgement", x.judgement), error.message)
        self._send(x, response)

    def _send(self, x: Exchange, response: Response) -> None:
        if self.access_logs.is_on:
            self.access_logs.see(self, x, response)
        if x.follower is not None:
            x.sent_bytes = size_of(response.body)
            x.follower(x, self.metrics)
        if "origin" in x.request.headers:
            cors.decorate(self, x, response)
        self.answers.send(x, response)

    # The cloud behind a call

    def call_of(self, x: Exchange) -> Call:
        waited = x.waited
        return Call(
            self.inside,
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
