"""CloudWatch's alarms that policies are triggered by: how they stand, and what they look at."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call

from . import linked_roles


def described(call: Call, namespace: str, name: str) -> dict[str, Any] | None:
    asked = call.ask("cloudwatch", linked_roles.session(call, namespace))
    found = asked.describe_alarms(alarm_names=[name], alarm_types=["MetricAlarm", "CompositeAlarm"])
    both: list[dict[str, Any]] = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return both[0] if both else None


def having(call: Call, namespace: str, action: str) -> list[dict[str, str]]:
    """The alarms that have this action."""
    asked = call.ask("cloudwatch", linked_roles.session(call, namespace))
    found = asked.describe_alarms(action_prefix=action, alarm_types=["MetricAlarm", "CompositeAlarm"])
    return [
        {"AlarmName": each["AlarmName"], "AlarmARN": each["AlarmArn"]}
        for each in (*found["MetricAlarms"], *found["CompositeAlarms"])
    ]


def values(call: Call, alarm: dict[str, Any]) -> list[float]:
    """What it looks at, oldest first, of as many periods as it is judged by. The linked role may not read metrics, on AWS
    neither: this is between the two services."""
    if "EvaluationPeriods" not in alarm:
        return []
    period_s = int(alarm.get("Period") or _period(alarm["Metrics"]))
    end = call.now // period_s * period_s
    given = alarm.get("Metrics") or [_query(alarm, period_s)]
    asked = call.ask("cloudwatch", principals.root(call.account), account=call.account)
    found = asked.get_metric_data(
        metric_data_queries=given,
        start_time=end - alarm["EvaluationPeriods"] * period_s,
        end_time=end,
        scan_by="TimestampAscending",
    )["MetricDataResults"]
    read: list[float] = list(found[0]["Values"]) if found else []
    return read


def _query(alarm: dict[str, Any], period_s: int) -> dict[str, Any]:
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions") if name in alarm}
    looked: dict[str, Any] = {
        "Metric": metric,
        "Period": period_s,
        "Stat": alarm.get("Statistic") or alarm["ExtendedStatistic"],
    }
    if "Unit" in alarm:
        looked["Unit"] = alarm["Unit"]
    return {"Id": "looked", "MetricStat": looked}


def _period(queries: list[dict[str, Any]]) -> int:
    return max(each.get("Period") or each.get("MetricStat", {}).get("Period") or 60 for each in queries)


def told(alarm: dict[str, Any]) -> list[float]:
    """What its last change says that it looked at."""
    try:
        data = orjson.loads(alarm.get("StateReasonData") or "{}")
    except orjson.JSONDecodeError:
        return []
    points = data.get("recentDatapoints") if isinstance(data, dict) else None
    return [float(each) for each in points or () if isinstance(each, int | float)]
