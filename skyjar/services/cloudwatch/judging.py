"""Evaluating a metric alarm: what it looks at is read, judged, and its state changed."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from skyjar.kernel.call import Call

from . import evaluation, limits, queries, reading, reasons, statistics, transitions
from .queries import Window
from .settings import metrics_of, period_of, returned, statistic_of, step_of, treatment_of
from .state import Alarm


class Looked(NamedTuple):
    """Of each period, oldest first: its value, None where there is none, and how many samples it has, where that is known."""

    times: list[int]
    values: list[float | None]
    counts: list[float | None]


def judge(call: Call, alarm: Alarm) -> bool:
    """Whether it has to be judged again, even when nothing more is told."""
    settings = alarm.settings
    period_s = period_of(settings)
    step = step_of(settings)
    end = int(call.now // step) * step
    number = settings["EvaluationPeriods"] + limits.PERIODS_MORE
    start = end - number * period_s
    looked = look(call, alarm, Window(start, end, call.now))
    compare, _ = evaluation.COMPARISONS[settings["ComparisonOperator"]]
    breaching = [None if value is None else compare(value, settings["Threshold"]) for value in looked.values]
    if not _is_significant(alarm, looked):
        return has_any(call, alarm, start)
    needed = settings.get("DatapointsToAlarm", settings["EvaluationPeriods"])
    verdict = evaluation.judge(breaching, settings["EvaluationPeriods"], needed, treatment_of(settings))
    if verdict.state is not None and verdict.state != alarm.state:
        sentence = reasons.sentence(verdict, alarm.state, looked.values, looked.times, settings)
        statistic = "" if "Metrics" in settings else statistic_of(settings)
        data = reasons.data(verdict, *looked[1::-1], looked.counts, settings, call.now, statistic, period_s)
        transitions.change(call, alarm, verdict.state, sentence[:1023], data[:4000])
    return has_any(call, alarm, start) or queries.tells_time(settings)


def has_any(call: Call, alarm: Alarm, start: int) -> bool:
    """Whether anything is known of its metrics since then."""
    return any(reading.has_any_since(call, queries.series_of(metric), start) for metric in metrics_of(alarm.settings))


def look(call: Call, alarm: Alarm, window: Window) -> Looked:
    settings = alarm.settings
    period_s = period_of(settings)
    times = list(range(window.start, window.end, period_s))
    if "Metrics" in settings:
        line = queries.run(call, settings["Metrics"], window)[returned(settings)["Id"]].single()
        return Looked(times, [line.values.get(at) for at in times], [None] * len(times))
    series = queries.series_of(settings)
    unit = settings.get("Unit")
    found = reading.periods(call, series, window.start, window.end, period_s, call.now, unit, by_unit=False)
    name = statistic_of(settings)
    samples = [found.get((at, "")) for at in times]
    values = [None if sample is None else statistics.value(sample, name) for sample in samples]
    return Looked(times, values, [None if sample is None else sample.count for sample in samples])


def _is_significant(alarm: Alarm, looked: Looked) -> bool:
    """Whether there are enough samples for a percentile to mean something: ten of those beyond it, half a hundred of the
    median, or else the alarm does not care (User Guide, "Percentile-based alarms and low data samples")."""
    settings = alarm.settings
    if settings.get("EvaluateLowSampleCountPercentile") != "ignore" or "ExtendedStatistic" not in settings:
        return True
    trimmed = statistics.parse(settings["ExtendedStatistic"])
    share = trimmed.high if trimmed.is_share and trimmed.high is not None else 0.5
    rare = min(share, 1 - share)
    least = ceil(10 / rare - 1e-6) if rare else 1
    recent = [count for count in looked.counts if count is not None][-settings["EvaluationPeriods"] :]
    return all(count >= least for count in recent)
