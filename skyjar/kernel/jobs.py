"""Jobs: what outlives a request. A job is a row written in the transaction that caused it.

The runner takes jobs as they fall due, in order. A job's function runs in a transaction that also deletes its row, so
its effects in the store happen exactly once. It may `raise Wait(…)` to be run again on a change, or return an `Outside`:
then the row is leased while the outside part runs, and deleted in the transaction of `then`; that part happens at least
once. A job that fails is tried again, later each time, and is kept with its error when its tries are used up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from .principals import Principal
from .store import Transaction
from .tables import Place, Record, Table

if TYPE_CHECKING:
    from .call import Call

BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)


class Job:
    """A function `(call, **payload)` that can be scheduled. Made by `@job`; its name is `service.function`."""

    def __init__(self, function: Callable[..., Any], *, tries: int, otherwise: Callable[..., Any] | None) -> None:
        self.function = function
        self.tries = tries
        self.otherwise = otherwise
        self.service = function.__module__.split(".")[2]
        self.name = f"{self.service}.{function.__name__}"

    def __call__(self, call: Call, **payload: Any) -> Any:
        return self.function(call, **payload)


def job(tries: int = 6, otherwise: Callable[..., Any] | None = None) -> Callable[[Callable[..., Any]], Job]:
    """Declare a job, in a service's `jobs.py`. `tries`: how often it is run before it is given up.

    `otherwise(call, error, **payload)` runs instead, in a transaction of its own that also ends the job, when the job
    raises an AWSError or its tries are used up: what it wrote is dropped, and this says what follows from the failure.
    """
    return lambda function: Job(function, tries=tries, otherwise=otherwise)


class JobRecord(Record, frozen=True):
    id: str
    kind: str
    account: str
    region: str
    due: float
    payload: bytes
    caller: Principal
    parent: str = ""
    attempts: int = 0
    leased_until: float = 0.0
    error: str = ""
    has_failed: bool = False
    endpoint: str = "http://127.0.0.1:4566"


jobs = Table(
    "kernel.jobs",
    JobRecord,
    key=("id",),
    scope="cloud",
    indexes={"due": ("has_failed", "due"), "owner": ("account", "kind")},
)


def everywhere(tx: Transaction) -> Place:
    return Place(tx, "", "")


def schedule(call: Call, job: Job, due: float, key: str, payload: dict[str, Any]) -> str:
    identity = f"{job.name}/{call.account}/{call.region}/{key}" if key else call.new_id()
    record = JobRecord(
        id=identity,
        kind=job.name,
        account=call.account,
        region=call.region,
        due=due,
        payload=msgspec.msgpack.encode(payload),
        caller=call.caller,
        parent=call.request_id,
        endpoint=call.endpoint,
    )
    place = everywhere(call.tx)
    if key:
        jobs.put(place, record)
    else:
        jobs.add(place, record)
    return identity


def due_jobs(tx: Transaction, now: float, limit: int) -> list[JobRecord]:
    """The jobs that are due at `now`, earliest first."""
    return jobs.range(everywhere(tx), False, via="due", end=(now + 1e-6,), limit=limit, is_queue=True)


def next_due(tx: Transaction, after: float) -> float | None:
    """When the earliest job falls due after `after`."""
    found = jobs.first(everywhere(tx), False, via="due", start=(after + 1e-6,))
    return found.due if found else None


def failed(record: JobRecord, tries: int, now: float, error: str) -> JobRecord:
    """The record after one more failure: put off, or given up when `tries` are used up."""
    attempts = record.attempts + 1
    pause = BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]
    return msgspec.structs.replace(
        record, attempts=attempts, due=now + pause, error=error, has_failed=attempts >= tries, leased_until=0.0
    )
