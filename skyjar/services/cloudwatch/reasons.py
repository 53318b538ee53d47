"""Why an alarm is in its state, in CloudWatch's sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from .evaluation import COMPARISONS, Verdict


def clock(at: float) -> str:
    """As in `2019-10-02T17:04:40.985+0000`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def number(value: float) -> str:
    """As Java writes a double, for numbers of everyday size."""
    return repr(float(value))


def sentence(
    verdict: Verdict, old: str, values: Sequence[float | None], times: Sequence[int], settings: dict[str, Any]
) -> str:
    if verdict.state == "INSUFFICIENT_DATA":
        count = settings["EvaluationPeriods"]
        return f"Insufficient Data: {count} {'datapoint was' if count == 1 else 'datapoints were'} unknown."
    is_alarm = verdict.state == "ALARM"
    if not verdict.used:
        return _of_nothing(verdict, is_alarm)
    compare, words = COMPARISONS[settings["ComparisonOperator"]]
    threshold = settings["Threshold"]
    good = [place for place in verdict.used if compare(values[place] or 0.0, threshold) == is_alarm]
    listed = ", ".join(f"{number(values[place] or 0.0)} ({_short(times[place])})" for place in reversed(good))
    shown = len(good)
    verb = "was" if shown == 1 else "were"
    needed = settings.get("DatapointsToAlarm", settings["EvaluationPeriods"])
    if not is_alarm:
        needed = settings["EvaluationPeriods"] - needed + 1
    filled = (
        f" and {verdict.filled} missing datapoint{'s were' if verdict.filled > 1 else ' was'} treated as [{'Breaching' if is_alarm else 'NonBreaching'}]"
        if verdict.filled
        else ""
    )
    return (
        f"Threshold Crossed: {shown} out of the last {len(verdict.used)} datapoints [{listed}] {verb} "
        f"{'' if is_alarm else 'not '}{words} the threshold ({number(threshold)}){filled} "
        f"(minimum {needed} datapoint{'' if needed == 1 else 's'} for {'OK -> ALARM' if is_alarm else 'ALARM -> OK'} transition)."
    )


def _of_nothing(verdict: Verdict, is_alarm: bool) -> str:
    count = verdict.filled
    plural = "" if count == 1 else "s"
    return (
        f"Threshold Crossed: no datapoints were received for {count} period{plural} and {count} missing "
        f"datapoint{plural} {'was' if count == 1 else 'were'} treated as [{'Breaching' if is_alarm else 'NonBreaching'}]."
    )


def _short(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S}"


def data(
    verdict: Verdict, values: Sequence[float | None], times: Sequence[int], counts: Sequence[float | None],
    settings: dict[str, Any], now: float, statistic: str, period_s: int,
) -> str:  # fmt: skip
    """StateReasonData: what was looked at, as JSON."""
    said: dict[str, Any] = {"version": "1.0", "queryDate": clock(now)}
    if verdict.used:
        said["startDate"] = clock(times[verdict.used[0]])
    if statistic:
        said["statistic"] = statistic
    said |= {
        "period": period_s,
        "recentDatapoints": [values[place] for place in verdict.used],
        "threshold": settings["Threshold"],
    }
    evaluated = []
    for place in reversed(verdict.used):
        point: dict[str, Any] = {"timestamp": clock(times[place])}
        if counts[place] is not None:
            point["sampleCount"] = counts[place]
        evaluated.append({**point, "value": values[place]})
    if evaluated:
        said["evaluatedDatapoints"] = evaluated
    return orjson.dumps(said).decode()
