"""Runs jobs as they fall due, and turns the clock.

Everything happens on the event loop's thread. A job is taken, run in one transaction and gone; one that waits is parked
on its watches; one with an outside part is performed by a task. `advance` moves the clock from one due moment to the
next and lets what fell due finish, so that turned time does the work of the time skipped, in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel import service as services
from skyjar.kernel.call import Call, Origin
from skyjar.kernel.clock import Alarm
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.jobs import Job, JobRecord, due_jobs, everywhere, failed, jobs, next_due
from skyjar.kernel.outside import Outside
from skyjar.kernel.store import Conflict, Transaction, Watch

if TYPE_CHECKING:
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.jobs")
AT_ONCE = 64
LEASE_S = 900.0
UNWRITTEN_S = 1.0  # until a job is tried again whose failure could not be written


class Parked:
    """A job that waits for its watches or its deadline."""

    __slots__ = ("alarm", "record", "watches")

    def __init__(self, record: JobRecord, watches: list[Watch], alarm: Alarm) -> None:
        self.record = record
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
        self._is_waiting = False  # because nothing can be written now

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
        if not self._is_looking and not self._is_stopped and not self._is_waiting:
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
            if record.id not in self._outside and not self._waits(record):
                self._run(record)
                ran += 1
        if ran:
            self._look_soon()
        elif later is not None:
            self.poke(later)

    def _waits(self, record: JobRecord) -> bool:
        """Whether this job is parked. One that was replaced under its key meanwhile waits no more."""
        parked = self._parked.get(record.id)
        if parked is None:
            return False
        if parked.record == record:
            return True
        parked.cancel()
        del self._parked[record.id]
        return False

    def _run(self, record: JobRecord, elapsed_s: float = 0.0) -> None:
        tx = self._store.begin()
        current = None
        try:
            current = jobs.get(everywhere(tx), record.id)
            if current is None or current.due > self._clock.now() or current.has_failed:
                return
            job = _job_of(current.kind)
            call = self._call(tx, current, elapsed_s)
            jobs.remove(everywhere(tx), current)
            result = job.function(call, **msgspec.msgpack.decode(current.payload))
            if isinstance(result, Outside):
                leased = msgspec.structs.replace(current, leased_until=self._clock.now() + LEASE_S)
                if jobs.get(everywhere(tx), record.id) is None:  # else it has put another in its own place
                    jobs.add(everywhere(tx), current)
                    jobs.replace(everywhere(tx), current, leased)
                tx.commit()
                self._outside[record.id] = self._pipeline.loop.create_task(self._finish(leased, call, result))
                return
            tx.commit()
        except Wait as wait:
            tx.abort()
            self._park(current or record, wait, elapsed_s)
        except Conflict:
            tx.abort()
            self._look_soon()
        except Exception as error:  # noqa: BLE001 - a job's failure is kept with the job
            tx.abort()
            self._fail(current or record, error)
        finally:
            tx.abort()

    def _call(self, tx: Transaction, record: JobRecord, elapsed_s: float = 0.0) -> Call:
        return Call(
            self._pipeline.inside,
            tx,
            now=self._clock.now(),
            caller=record.caller,
            account=record.account,
            region=record.region,
            service=record.kind.partition(".")[0],
            operation=record.kind,
            request_id=self._pipeline.chance.uuid(),
            parent=record.parent,
            origin=Origin(self._pipeline.own_endpoint, secure=True),
            elapsed_s=elapsed_s,
        )

    def _park(self, record: JobRecord, wait: Wait, elapsed_s: float) -> None:
        began = self._pipeline.machine_time() - elapsed_s

        def wake() -> None:
            parked = self._parked.pop(record.id, None)
            if parked is not None:
                parked.cancel()
                self._pipeline.wake(lambda: self._run(record, self._pipeline.machine_time() - began))

        watches = [self._store.watch(prefix, wake) for prefix in wait.on]
        self._parked[record.id] = Parked(record, watches, self._clock.call_at(wait.until, wake))

    async def _finish(self, leased: JobRecord, call: Call, outside: Outside) -> None:
        """Perform the outside part, then its `then`, until that is no longer an Outside; then the job is gone.

        A job that was put in its place meanwhile, under the same key, is left alone and runs afterwards."""
        try:
            pending: Any = outside
            while isinstance(pending, Outside):
                result = await self._pipeline.perform(pending.request)
                pending = self._conclude(leased, call, pending, result)
        except asyncio.CancelledError:
            raise
        except Wait as wait:
            self._park(leased, wait, 0.0)
        except Exception as error:  # noqa: BLE001 - a job's failure is kept with the job
            self._fail(leased, error)
        finally:
            self._outside.pop(leased.id, None)
            self._look_soon()

    def _conclude(self, leased: JobRecord, call: Call, outside: Outside, result: Any) -> Any:
        def body(tx: Transaction) -> Any:
            place = everywhere(tx)
            is_ours = jobs.get(place, leased.id) == leased
            if is_ours:
                jobs.remove(place, leased)
            answer = outside.then(call.at(tx, self._clock.now()), result)
            if isinstance(answer, Outside) and is_ours and jobs.get(place, leased.id) is None:
                jobs.put(place, leased)
            return answer

        return self._store.transact(body)

    def _fail(self, record: JobRecord, error: Exception) -> None:
        if not isinstance(error, AWSError):
            log.error("the job %s failed", record.id, exc_info=error)
        job = _jobs_of(record.kind).get(record.kind)
        tries = job.tries if job is not None else 1
        is_last = isinstance(error, AWSError) or record.attempts + 1 >= tries
        otherwise = job.otherwise if job is not None else None
        if otherwise is not None and is_last:
            try:
                self._store.transact(lambda tx: self._give_up(tx, record, otherwise, error))
                self._look_soon()
                return
            except Exception as another:  # what should have followed failed as well: keep the job
                log.error("what follows from the failure of the job %s failed", record.id, exc_info=another)
                tries = 1
        sentence = f"{type(error).__name__}: {error}"[:2000]
        new = failed(record, tries, self._clock.now(), sentence)
        try:
            self._store.transact(lambda tx: self._put_off(tx, record, new))
        except Exception as another:  # noqa: BLE001 - a full disk, say: it is as it was, and is tried again
            log.error("the failure of the job %s could not be written: %s", record.id, another)
            self._is_waiting = True
            self._pipeline.loop.call_later(UNWRITTEN_S, self._look_again)
        self._look_soon()

    def _look_again(self) -> None:
        self._is_waiting = False
        self._look_soon()

    def _give_up(self, tx: Transaction, record: JobRecord, otherwise: Callable[..., Any], error: Exception) -> None:
        if jobs.get(everywhere(tx), record.id) == record:
            jobs.remove(everywhere(tx), record)
            otherwise(self._call(tx, record), error, **msgspec.msgpack.decode(record.payload))

    def _put_off(self, tx: Transaction, record: JobRecord, new: JobRecord) -> None:
        if jobs.get(everywhere(tx), record.id) == record:
            jobs.replace(everywhere(tx), record, new)

    async def settle(self) -> None:
        """Return when nothing that is due is left undone (jobs that wait for something else do not count)."""
        while True:
            await asyncio.sleep(0)
            running = [*self._outside.values(), *self._pipeline.tasks]
            if running:
                await asyncio.wait(running)
            elif self._pipeline.history.flush() or self._pipeline.access_logs.flush():
                continue  # somebody may wait for what happened
            elif not self._is_looking and not self._pipeline.woken:
                return

    async def advance(self, to: float, moved: Callable[[], None] = lambda: None) -> int:
        """Move the clock to `to`, doing what falls due on the way, in order; returns how many moments there were.

        `moved` is called whenever the clock has moved, before anything happens at that time."""
        moments = 0
        await self.settle()
        while (due := self._clock.next_due()) is not None and due <= to:
            if due > self._clock.now():
                self._clock.set(due)
                moved()
            self._clock.ring()
            moments += 1
            await self.settle()
        self._clock.set(to)
        moved()
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


def _jobs_of(kind: str) -> dict[str, Job]:
    """The jobs of the service that a job's kind names."""
    service = services.load(kind.partition(".")[0])
    return service.jobs if service is not None else {}


def _job_of(kind: str) -> Job:
    job = _jobs_of(kind).get(kind)
    if job is None:
        raise LookupError(f"no job {kind}")
    return job
