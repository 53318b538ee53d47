"""What CloudWatch does by itself: alarms are evaluated and act, services say how they stand, old points are put together.

An alarm is evaluated at the next full minute (ten seconds for one of a shorter period) after something was told of its
metrics, and at every further one as long as there is anything in what it looks at. After that its state cannot change, and
it costs nothing until something is told again.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job

from . import actions, combining, gauges, judging, limits, state, tiers
from .settings import step_of

TIDIED_S = limits.DAY_S


def wake(call: Call, name: str, *, is_over: bool = False) -> None:
    """Have a metric alarm evaluated at the next moment that it may be; at once when what was told is of a time that is over."""
    alarm = state.alarms.get(call, name)
    if alarm is not None and not alarm.is_composite:
        step = step_of(alarm.settings)
        due = call.now if is_over else (call.now // step + 1) * step
        call.later(evaluate, key=name, due=due, name=name)


@job()
def evaluate(call: Call, *, name: str) -> None:
    alarm = state.alarms.get(call, name)
    if alarm is not None and judging.judge(call, alarm):
        wake(call, name)


@job()
def combine(call: Call, *, name: str, path: list[str]) -> None:
    """Evaluate a composite alarm because those of `path`, the last one first of all, have changed. A cycle ends here."""
    alarm = state.alarms.get(call, name)
    if alarm is not None and alarm.is_composite and name not in path:
        combining.judge(call, alarm, path)


@job()
def release(call: Call, *, name: str) -> None:
    """A composite alarm has waited long enough for its suppressor."""
    alarm = state.alarms.get(call, name)
    if alarm is not None:
        combining.release(call, alarm)


def _given_up(call: Call, error: Exception, *, name: str, action: str, told: dict[str, Any]) -> None:
    actions.failed(call, name, action, told, error)


@job(otherwise=_given_up)
def act(call: Call, *, name: str, action: str, told: dict[str, Any]) -> None:
    """Perform one action of an alarm that changed."""
    try:
        actions.perform(call, name, action, told)
    except AWSError as error:
        actions.failed(call, name, action, told, error)


def keep_tidy(call: Call) -> None:
    """See that old points are put together every day, if nobody does so yet."""
    tidied = state.tidied.get(call, "")
    if tidied is None:
        due = call.now + TIDIED_S
        state.tidied.add(call, state.Tidied(name="", due=due))
        call.later(tidy, key="tidy", due=due)


@job()
def tidy(call: Call, *, namespace: str = "", name: str = "", series: str = "") -> None:
    """Put together what has become old, metric after metric (from the one named on), and come again the next day while
    anything is kept."""
    after = tiers.tidy(call, namespace, name, series)
    if after is not None:
        call.later(tidy, key="tidy", namespace=after[0], name=after[1], series=after[2])
        return
    state.tidied.delete(call, "")
    if state.metrics.first(call) is not None or state.items.first(call) is not None:
        keep_tidy(call)


@job()
def sample(call: Call, *, every_s: int, number: int) -> None:
    """What services say of themselves at the end of a minute, or of a day."""
    if gauges.sample(call, every_s, number):
        gauges.ask_again(call, every_s, call.now)
