"""Runs jobs as they fall due, and turns the clock.

Everything happens on the event loop's thread. A job is taken, run in one transaction and gone; one that waits is parked
on its watches; one with an outside part is performed by a task. `advance` moves the clock from one due moment to the
next and lets what fell due finish, so that turned time does the work of the time skipped, in order.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.kernel.clock import Alarm
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.jobs import JobRecord, due_jobs, everywhere, failed, jobs, next_due
from skyjar.kernel.outside import Outside
from skyjar.kernel.store import Conflict, Transaction, Watch

if TYPE_CHECKING:
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.jobs")
AT_ONCE = 64
LEASE_S = 900.0


class Parked:
    """A job that waits for its watches or its deadline."""

    __slots__ = ("alarm", "watches")

    def __init__(self, watches: list[Watch], alarm: Alarm) -> None:
        self.watches = watches
        self.alarm = alarm

    def cancel(self) -> None:
        self.alarm.cancel()
        for watch in self.watches:
            watch.cancel()


class Runner:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._store = pipeline.store
        self._clock = pipeline.clock
        self._alarm: Alarm | None = None
        self._outside: dict[str, asyncio.Task[None]] = {}
        self._parked: dict[str, Parked] = {}
        self._is_looking = False
        self._is_stopped = False

    def start(self) -> None:
        """Look for due jobs. Leases of a process that died are void: this one is alone on its store."""
        self._look_soon()

    def poke(self, due: float) -> None:
        """A job due at `due` was written."""
        if due <= self._clock.now():
            self._look_soon()
        elif self._alarm is None or self._alarm.callback is None or due < self._alarm.due:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._clock.call_at(due, self._look_soon)

    def _look_soon(self) -> None:
        if not self._is_looking and not self._is_stopped:
            self._is_looking = True
            self._pipeline.loop.call_soon(self._look)

    def _look(self) -> None:
        self._is_looking = False
        if self._is_stopped:
            return
        now = self._clock.now()
        taken = len(self._outside) + len(self._parked)
        tx = self._store.begin()
        records = due_jobs(tx, now, AT_ONCE + taken)
        later = next_due(tx, now)
        tx.abort()
        ran = 0
        for record in records:
            if record.id not in self._outside and record.id not in self._parked:
                self._run(record)
                ran += 1
        if ran:
            self._look_soon()
        elif later is not None:
            self.poke(later)

    def _run(self, record: JobRecord, elapsed_s: float = 0.0) -> None:
        tx = self._store.begin()
        try:
            current = jobs.get(everywhere(tx), record.id)
            if current is None or current.due > self._clock.now() or current.has_failed:
                return
            job = _job_of(current.kind)
            call = self._call(tx, current, elapsed_s)
            jobs.remove(everywhere(tx), current)
            result = job.function(call, **msgspec.msgpack.decode(current.payload))
            if isinstance(result, Outside):
                jobs.add(everywhere(tx), current)
                jobs.replace(
                    everywhere(tx), current, msgspec.structs.replace(current, leased_until=self._clock.now() + LEASE_S)
                )
                tx.commit()
                self._outside[record.id] = self._pipeline.loop.create_task(self._finish(record.id, call, result))
                return
            tx.commit()
        except Wait as wait:
            tx.abort()
            self._park(record, wait)
        except Conflict:
            tx.abort()
            self._look_soon()
        except Exception as error:  # noqa: BLE001 - a job's failure is kept with the job
            tx.abort()
            self._fail(record.id, error)
        finally:
            tx.abort()

    def _call(self, tx: Transaction, record: JobRecord, elapsed_s: float = 0.0) -> Call:
        return Call(
            self._pipeline,
            tx,
            now=self._clock.now(),
            caller=record.caller,
            account=record.account,
            region=record.region,
            service=record.kind.partition(".")[0],
            operation=record.kind,
            request_id=self._pipeline.chance.uuid(),
            parent=record.parent,
            endpoint=self._pipeline.own_endpoint,
            secure=True,
            elapsed_s=elapsed_s,
        )

    def _park(self, record: JobRecord, wait: Wait) -> None:
        began = self._pipeline.machine_time()

        def wake() -> None:
            parked = self._parked.pop(record.id, None)
            if parked is not None:
                parked.cancel()
                self._pipeline.loop.call_soon(self._run, record, self._pipeline.machine_time() - began)

        watches = [self._store.watch(prefix, wake) for prefix in wait.on]
        self._parked[record.id] = Parked(watches, self._clock.call_at(wait.until, wake))

    async def _finish(self, identity: str, call: Call, outside: Outside) -> None:
        """Perform the outside part, then its `then`, until that is no longer an Outside; then the job is gone."""
        try:
            pending: Any = outside
            while isinstance(pending, Outside):
                result = await self._pipeline.perform(pending.request)
                pending = self._conclude(identity, call, pending, result)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a job's failure is kept with the job
            self._fail(identity, error)
        finally:
            self._outside.pop(identity, None)
            self._look_soon()

    def _conclude(self, identity: str, call: Call, outside: Outside, result: Any) -> Any:
        def body(tx: Transaction) -> Any:
            place = everywhere(tx)
            current = jobs.get(place, identity)
            if current is not None:
                jobs.remove(place, current)
            answer = outside.then(call.at(tx, self._clock.now()), result)
            if isinstance(answer, Outside) and current is not None:
                jobs.put(place, current)
            return answer

        return self._store.transact(body)

    def _fail(self, identity: str, error: Exception) -> None:
        def body(tx: Transaction) -> None:
            place = everywhere(tx)
            current = jobs.get(place, identity)
            if current is not None:
                job = _job_of(current.kind)
                is_last = isinstance(error, AWSError) or current.attempts + 1 >= job.tries
                if job.otherwise is not None and is_last:
                    jobs.remove(place, current)
                    payload = msgspec.msgpack.decode(current.payload)
                    job.otherwise(self._call(tx, current), error, **payload)
                    return
                sentence = f"{type(error).__name__}: {error}"[:2000]
                new = failed(current, job.tries, self._clock.now(), sentence)
                jobs.replace(place, current, new)

        if not isinstance(error, AWSError):
            log.error("the job %s failed", identity, exc_info=error)
        self._store.transact(body)
        self._look_soon()

    async def settle(self) -> None:
        """Return when nothing that is due is left undone (jobs that wait for something else do not count)."""
        while True:
            await asyncio.sleep(0)
            running = [*self._outside.values(), *self._pipeline.tasks]
            if running:
                await asyncio.wait(running)
            elif not self._is_looking:
                return

    async def advance(self, to: float) -> int:
        """Move the clock to `to`, doing what falls due on the way, in order; returns how many moments there were."""
        moments = 0
        await self.settle()
        while (due := self._clock.next_due()) is not None and due <= to:
            if due > self._clock.now():
                self._clock.set(due)
            self._clock.ring()
            moments += 1
            await self.settle()
        self._clock.set(to)
        return moments

    async def stop(self) -> None:
        self._is_stopped = True
        for parked in self._parked.values():
            parked.cancel()
        self._parked.clear()
        tasks = list(self._outside.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _job_of(kind: str) -> Any:
    service = services.load(kind.partition(".")[0])
    if service is None or kind not in service.jobs:
        raise LookupError(f"no job {kind}")
    return service.jobs[kind]
