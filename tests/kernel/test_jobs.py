"""Jobs through the desk: order, failures, replacement, waiting, what is done outside, and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skyjar.kernel import keys
from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.jobs import BACKOFF_S, Job, JobRecord, everywhere, jobs
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import Service

if TYPE_CHECKING:
    from tests.conftest import Desk
else:
    Desk = Any


class Toys:
    """A service made of whatever functions a test gives it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.service = Service("toys")
        self.ran: list[Any] = []

    def job(self, function: Callable[..., Any], name: str = "", tries: int = 6, otherwise: Any = None) -> Job:
        function.__module__ = "skyjar.services.toys.jobs"
        function.__name__ = name or function.__name__
        made = Job(function, tries=tries, otherwise=otherwise)
        self.service.jobs[made.name] = made
        return made

    def later(self, job: Job, **options: Any) -> None:
        self.desk.store.transact(lambda tx: self.desk.call(tx).later(job, **options))

    def left(self) -> list[JobRecord]:
        return self.desk.store.transact(lambda tx: jobs.range(everywhere(tx)))

    def put(self, key: str, value: str = "") -> None:
        self.desk.store.transact(lambda tx: tx.put(keys.text(key), value.encode()))

    def get(self, key: str) -> bytes | None:
        return self.desk.store.transact(lambda tx: tx.get(keys.text(key)))

    def now(self) -> float:
        return self.desk.clock.now()


@pytest.fixture
def toys(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toys]:
    made = Toys(desk)
    monkeypatch.setitem(services._loaded, "toys", made.service)
    yield made


def noting(toys: Toys) -> Job:
    def note(call: Call, *, what: Any = None) -> None:
        toys.ran.append((what, call.now))

    return toys.job(note)


def names(toys: Toys) -> list[Any]:
    return [what for what, _ in toys.ran]


def test_a_job_runs_after_its_transaction_and_is_gone(toys: Toys) -> None:
    toys.later(noting(toys), what="a")
    assert toys.ran == []
    toys.desk.settle()
    assert names(toys) == ["a"]
    assert toys.left() == []


def test_a_job_of_an_aborted_transaction_never_runs(toys: Toys) -> None:
    tx = toys.desk.store.begin()
    toys.desk.call(tx).later(noting(toys), what="a")
    tx.abort()
    toys.desk.advance(100)
    assert toys.ran == []


def test_jobs_run_in_the_order_in_which_they_fall_due_at_their_times(toys: Toys) -> None:
    note, noon = noting(toys), toys.now()
    for due in (30.0, 10.0, 20.0, 90.0):
        toys.later(note, due=noon + due, what=due)
    toys.desk.advance(60)
    assert toys.ran == [(due, pytest.approx(noon + due, abs=0.001)) for due in (10.0, 20.0, 30.0)]
    toys.desk.advance(60)
    assert names(toys)[-1] == 90.0
    assert toys.now() == noon + 120


def test_more_jobs_than_are_looked_at_together_all_run(toys: Toys) -> None:
    note = noting(toys)
    for n in range(300):
        toys.later(note, due=toys.now() + n / 100, what=n)
    toys.desk.advance(10)
    assert names(toys) == list(range(300))


def test_a_job_may_schedule_the_next_and_time_passes_in_between(toys: Toys) -> None:
    def tick(call: Call, *, left: int) -> None:
        toys.ran.append((left, call.now))
        if left:
            call.later(job, due=call.now + 3600, left=left - 1)

    job = toys.job(tick)
    noon = toys.now()
    toys.later(job, left=3)
    toys.desk.advance(86_400)
    assert [left for left, _ in toys.ran] == [3, 2, 1, 0]
    assert [at - noon for _, at in toys.ran] == pytest.approx([0, 3600, 7200, 10800], abs=0.01)


def test_its_writes_and_its_end_are_one_transaction(toys: Toys) -> None:
    def write(call: Call) -> None:
        call.tx.put(keys.text("written"), b"yes")
        raise RuntimeError("after the write")

    toys.later(toys.job(write, tries=1))
    toys.desk.settle()
    assert toys.get("written") is None


def test_a_failing_job_is_tried_again_later_each_time_and_kept_with_its_error(toys: Toys) -> None:
    def fail(call: Call) -> None:
        toys.ran.append(call.now)
        raise RuntimeError("as always")

    began = toys.now()
    toys.later(toys.job(fail, tries=4))
    toys.desk.advance(1000)
    waits = [0.0, BACKOFF_S[0], BACKOFF_S[0] + BACKOFF_S[1], sum(BACKOFF_S[:3])]
    assert [at - began for at in toys.ran] == pytest.approx(waits, abs=0.01)
    (kept,) = toys.left()
    assert kept.has_failed
    assert kept.attempts == 4
    assert kept.error == "RuntimeError: as always"
    toys.desk.advance(100_000)
    assert len(toys.ran) == 4


def test_a_job_that_succeeds_in_the_end_leaves_nothing(toys: Toys) -> None:
    def sometimes(call: Call) -> None:
        toys.ran.append(1)
        if len(toys.ran) < 3:
            raise RuntimeError("not yet")

    toys.later(toys.job(sometimes))
    toys.desk.advance(60)
    assert len(toys.ran) == 3
    assert toys.left() == []


def test_a_failing_job_does_not_hold_up_the_others(toys: Toys) -> None:
    def fail(call: Call) -> None:
        raise RuntimeError

    toys.later(toys.job(fail))
    toys.later(noting(toys), what="b")
    toys.desk.settle()
    assert names(toys) == ["b"]


class Refused(AWSError):
    code = "Refused"
    sentence = "No."


def otherwise_of(toys: Toys) -> Callable[..., None]:
    def instead(call: Call, error: Exception, *, name: str) -> None:
        toys.ran.append((name, str(error)))
        call.tx.put(keys.text("instead"), name.encode())

    return instead


def test_otherwise_follows_an_aws_error_at_once_without_what_was_written(toys: Toys) -> None:
    def refused(call: Call, *, name: str) -> None:
        call.tx.put(keys.text("written"), b"yes")
        raise Refused

    toys.later(toys.job(refused, otherwise=otherwise_of(toys)), name="x")
    toys.desk.settle()
    assert toys.ran == [("x", "No.")]
    assert toys.get("written") is None
    assert toys.get("instead") == b"x"
    assert toys.left() == []


def test_otherwise_follows_the_last_try_of_another_failure(toys: Toys) -> None:
    def fail(call: Call, *, name: str) -> None:
        toys.ran.append("try")
        raise RuntimeError("broken")

    toys.later(toys.job(fail, tries=3, otherwise=otherwise_of(toys)), name="x")
    toys.desk.advance(60)
    assert toys.ran == ["try", "try", "try", ("x", "broken")]
    assert toys.left() == []


def test_when_otherwise_fails_too_the_job_is_kept_and_the_rest_goes_on(toys: Toys) -> None:
    def worse(call: Call, error: Exception) -> None:
        toys.ran.append("worse")
        raise RuntimeError("worse")

    def refused(call: Call) -> None:
        raise Refused

    toys.later(toys.job(refused, otherwise=worse))
    toys.later(noting(toys), what="b")
    toys.desk.advance(600)
    assert toys.ran.count("worse") == 1
    assert ("b", pytest.approx(toys.now() - 600)) in toys.ran
    assert [job.has_failed for job in toys.left()] == [True]


def test_a_job_of_a_kind_that_is_no_more_is_kept_as_failed(toys: Toys) -> None:
    job = noting(toys)
    toys.later(job, what="a")
    del toys.service.jobs[job.name]
    toys.desk.advance(10)
    (kept,) = toys.left()
    assert kept.has_failed
    assert "no job toys.note" in kept.error


def test_a_keyed_job_replaces_the_waiting_one(toys: Toys) -> None:
    note, noon = noting(toys), toys.now()
    toys.later(note, key="k", due=noon + 10, what="first")
    toys.later(note, key="k", due=noon + 50, what="second")
    toys.later(note, key="other", due=noon + 20, what="other")
    toys.desk.advance(30)
    assert names(toys) == ["other"]
    toys.desk.advance(30)
    assert names(toys) == ["other", "second"]
    toys.later(note, key="k", due=noon + 500, what="late")
    toys.later(note, key="k", what="now")
    toys.desk.settle()
    assert names(toys)[-1] == "now"
    toys.desk.advance(1000)
    assert names(toys)[-1] == "now"


def waiting(toys: Toys, until_s: float = 100.0) -> Job:
    def wait(call: Call, *, what: str = "") -> None:
        toys.ran.append(("look", what, round(call.now - toys.noon)))  # type: ignore[attr-defined]
        if call.tx.get(keys.text("sign")) is None and call.elapsed_s == 0 and call.now < toys.noon + until_s:  # type: ignore[attr-defined]
            raise Wait(on=keys.text("sign"), until=toys.noon + until_s)  # type: ignore[attr-defined]
        call.tx.put(keys.text("done"), what.encode())

    toys.noon = toys.now()  # type: ignore[attr-defined]
    return toys.job(wait)


def test_a_job_that_waits_runs_again_on_a_change(toys: Toys) -> None:
    toys.later(waiting(toys))
    toys.desk.settle()
    assert toys.ran == [("look", "", 0)]
    assert len(toys.left()) == 1
    toys.put("unrelated")
    toys.desk.advance(10)
    assert len(toys.ran) == 1
    toys.put("sign")
    toys.desk.settle()
    assert toys.ran[1:] == [("look", "", 10)]
    assert toys.get("done") == b""
    assert toys.left() == []


def test_a_job_that_waits_runs_again_at_its_deadline(toys: Toys) -> None:
    toys.later(waiting(toys))
    toys.desk.advance(1000)
    assert toys.ran == [("look", "", 0), ("look", "", 100)]
    assert toys.left() == []


def test_a_job_that_waits_and_is_replaced_runs_with_what_replaced_it(toys: Toys) -> None:
    job = waiting(toys)
    toys.later(job, key="k", what="old")
    toys.desk.settle()
    toys.later(job, key="k", what="new")
    toys.desk.settle()
    assert [what for _, what, _ in toys.ran] == ["old", "new"]
    toys.put("sign")
    toys.desk.settle()
    assert toys.get("done") == b"new"
    assert [what for _, what, _ in toys.ran] == ["old", "new", "new"]
    assert toys.left() == []


class Errand:
    def __init__(self, name: str) -> None:
        self.name = name


class Performer:
    """Performs errands when told to: `finish(name)`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.began: list[str] = []
        self.answers: dict[str, asyncio.Future[str]] = {}
        desk.pipeline.performers[Errand] = self.perform

    async def perform(self, errand: Errand) -> str:
        self.began.append(errand.name)
        future = self.answers[errand.name] = self.desk.loop.create_future()
        return await future

    def turn(self) -> None:
        """Let the loop go round without waiting for what is outside."""
        for _ in range(8):
            self.desk.loop.run_until_complete(asyncio.sleep(0))

    def finish(self, name: str, answer: str | Exception = "done") -> None:
        if isinstance(answer, Exception):
            self.answers[name].set_exception(answer)
        else:
            self.answers[name].set_result(answer)
        self.turn()


def outgoing(toys: Toys) -> Job:
    def go(call: Call, *, name: str) -> Outside:
        call.tx.put(keys.text("went"), name.encode())

        def then(call: Call, result: str) -> None:
            toys.ran.append((name, result))
            call.tx.put(keys.text("came"), result.encode())

        return Outside(Errand(name), then)

    return toys.job(go)


def test_outside_inside_a_job(toys: Toys) -> None:
    performer = Performer(toys.desk)
    toys.later(outgoing(toys), name="a")
    performer.turn()
    assert performer.began == ["a"]
    assert toys.get("went") == b"a"
    assert len(toys.left()) == 1
    performer.finish("a")
    assert toys.ran == [("a", "done")]
    assert toys.get("came") == b"done"
    assert toys.left() == []
    assert performer.began == ["a"]


def test_outsides_of_several_jobs_go_on_beside_each_other(toys: Toys) -> None:
    performer, job = Performer(toys.desk), outgoing(toys)
    for name in "abc":
        toys.later(job, name=name)
    performer.turn()
    assert sorted(performer.began) == ["a", "b", "c"]
    for name in "cab":
        performer.finish(name)
    assert [name for name, _ in toys.ran] == ["c", "a", "b"]


def test_one_outside_after_another(toys: Toys) -> None:
    performer = Performer(toys.desk)

    def chain(call: Call, *, left: int) -> Any:
        def then(call: Call, result: str) -> Any:
            toys.ran.append(result)
            return chain(call, left=left - 1)

        return Outside(Errand(f"e{left}"), then) if left else None

    toys.later(toys.job(chain), left=2)
    performer.turn()
    performer.finish("e2", "two")
    assert len(toys.left()) == 1
    performer.finish("e1", "one")
    assert toys.ran == ["two", "one"]
    assert toys.left() == []


def test_an_errand_that_fails_is_run_again_later(toys: Toys) -> None:
    performer = Performer(toys.desk)
    toys.later(outgoing(toys), name="a")
    performer.turn()
    performer.finish("a", RuntimeError("the line is dead"))
    (left,) = toys.left()
    assert (left.attempts, left.error) == (1, "RuntimeError: the line is dead")
    toys.desk.clock.set(left.due)
    toys.desk.clock.ring()
    performer.turn()
    assert performer.began == ["a", "a"]
    performer.finish("a")
    assert toys.left() == []


def test_a_job_replaced_while_it_is_outside_runs_afterwards(toys: Toys) -> None:
    performer, job = Performer(toys.desk), outgoing(toys)
    toys.later(job, key="k", name="old")
    performer.turn()
    toys.later(job, key="k", name="new")
    performer.turn()
    assert performer.began == ["old"]
    performer.finish("old")
    assert performer.began == ["old", "new"]
    performer.finish("new")
    assert [name for name, _ in toys.ran] == ["old", "new"]
    assert toys.left() == []


def test_a_job_replaced_while_its_errand_fails_is_not_put_off(toys: Toys) -> None:
    performer, job = Performer(toys.desk), outgoing(toys)
    toys.later(job, key="k", name="old")
    performer.turn()
    toys.later(job, key="k", name="new")
    performer.finish("old", RuntimeError("dead"))
    assert performer.began == ["old", "new"]
    performer.finish("new")
    assert toys.left() == []


def test_a_job_that_puts_itself_off_while_it_goes_outside_comes_again(toys: Toys) -> None:
    performer = Performer(toys.desk)

    def again(call: Call, *, left: int) -> Outside:
        if left:
            call.later(job, key="k", due=call.now + 10, left=left - 1)
        return Outside(Errand(f"e{left}"), lambda call, result: toys.ran.append(result))

    job = toys.job(again)
    toys.later(job, key="k", left=1)
    performer.turn()
    performer.finish("e1", "first")
    assert len(toys.left()) == 1
    toys.desk.clock.set(toys.now() + 10)
    toys.desk.clock.ring()
    performer.turn()
    performer.finish("e0", "second")
    assert toys.ran == ["first", "second"]
    assert toys.left() == []


def test_a_restart_while_a_job_is_outside_runs_it_again(toys: Toys) -> None:
    performer = Performer(toys.desk)
    toys.later(outgoing(toys), name="a")
    performer.turn()
    toys.desk.loop.run_until_complete(toys.desk.pipeline.quiesce())  # what was outside is gone, as after a kill
    assert len(toys.left()) == 1
    toys.desk.pipeline.resume()
    performer.turn()
    assert performer.began == ["a", "a"]
    performer.finish("a")
    assert toys.ran == [("a", "done")]
    assert toys.left() == []


def test_a_restart_while_a_job_waits_runs_it_again(toys: Toys) -> None:
    toys.later(waiting(toys))
    toys.desk.settle()
    toys.desk.loop.run_until_complete(toys.desk.pipeline.quiesce())
    toys.put("sign")
    toys.desk.pipeline.resume()
    toys.desk.settle()
    assert toys.get("done") == b""
    assert toys.left() == []


def test_turned_time_lets_what_is_woken_finish_before_it_goes_on(toys: Toys) -> None:
    """A job that another one's write wakes sees the time of that write, not the end of the turn."""

    def listen(call: Call) -> None:
        if call.tx.get(keys.text("bell")) is None:
            raise Wait(on=keys.text("bell"), until=call.now + 10_000)
        toys.ran.append(("heard", round(call.now - noon)))

    def ring(call: Call) -> None:
        call.tx.put(keys.text("bell"), b"")

    noon = toys.now()
    toys.later(toys.job(listen))
    toys.desk.settle()
    toys.later(toys.job(ring), due=noon + 5)
    toys.later(noting(toys), due=noon + 6, what="next")
    toys.desk.advance(100)
    assert toys.ran[0] == ("heard", 5)
    assert toys.ran[1][0] == "next"


def test_jobs_left_on_a_store_run_when_it_is_opened_again(toys: Toys, tmp_path: Path) -> None:
    toys.later(noting(toys), due=toys.now() + 50, what="kept")
    toys.desk.loop.run_until_complete(toys.desk.pipeline.quiesce())
    toys.desk.clock.set(toys.now() + 100)
    toys.desk.pipeline.resume()
    toys.desk.settle()
    assert names(toys) == ["kept"]
